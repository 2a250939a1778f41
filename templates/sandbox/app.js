// The sandbox page: its parts, wired to the keys, the buttons and the program.
import { complain, grow, moveClock, recall, setReply, submit, tell, toggleBot, toggleMember, toggleMute } from "./actions.js";
import { loadUpcoming, renderUpcoming, wireCalendar } from "./calendar.js";
import { renderClock, setClock } from "./clock.js";
import { render, renderSoon } from "./columns.js";
import { followEnd, toEnd } from "./conversation.js";
import { $, keep, nameOf, narrow, remember, seenKey, setLanguage, state, t } from "./model.js";
import { closeSheets, go, openSheet } from "./moving.js";
import { follow } from "./net.js";
import { attach, dropPicture } from "./picture.js";

function wire() {
  $("write").addEventListener("submit", (ev) => {
    ev.preventDefault();
    submit();
    $("input").focus();
  });
  const input = $("input");
  input.addEventListener("input", () => {
    state.historyAt = -1;
    grow();
  });
  input.addEventListener("keydown", (ev) => {
    // Enter while a Chinese input method composes only takes the word.
    if (ev.isComposing || ev.keyCode === 229) return;
    const recalling = state.historyAt >= 0 || !input.value;
    if (ev.key === "Enter" && !ev.shiftKey) {
      ev.preventDefault();
      submit();
    } else if (ev.key === "ArrowUp" && recalling) {
      ev.preventDefault();
      recall(1);
    } else if (ev.key === "ArrowDown" && state.historyAt >= 0) {
      ev.preventDefault();
      recall(-1);
    }
  });
  // Some input methods and drivers send the line end apart from the key.
  input.addEventListener("keypress", (ev) => {
    if (ev.key === "Enter" && !ev.shiftKey) ev.preventDefault();
  });
  $("log").addEventListener("keydown", (ev) => {
    const rows = [...$("log").querySelectorAll(".message")];
    const at = rows.indexOf(document.activeElement);
    if (ev.key === "ArrowUp" || ev.key === "ArrowDown") {
      ev.preventDefault();
      const next = at < 0 ? rows.length - 1 : at + (ev.key === "ArrowUp" ? -1 : 1);
      rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
    } else if (at >= 0 && (ev.key === "r" || ev.key === "Enter") && !ev.ctrlKey && !ev.metaKey) {
      ev.preventDefault();
      rows[at].querySelector(".reply")?.click();
    }
  });
  followEnd();
  $("to-end").addEventListener("click", toEnd);
  $("cancel-reply").addEventListener("click", () => {
    setReply(null);
    input.focus();
  });
  $("attach").addEventListener("click", () => $("picture").click());
  $("picture").addEventListener("change", (ev) => attach(ev.target.files[0]));
  $("drop-picture").addEventListener("click", () => {
    dropPicture();
    input.focus();
  });
  input.addEventListener("paste", (ev) => {
    const file = [...(ev.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
    if (!file) return;
    ev.preventDefault();
    attach(file);
  });
  $("me").addEventListener("click", () => {
    if (narrow.matches) openSheet("sheet-panel", $("me"));
    else $("personas").querySelector('[aria-pressed="true"]')?.focus();
  });
  $("open-chats").addEventListener("click", () => openSheet("sheet-chats", $("open-chats")));
  $("open-panel").addEventListener("click", () => openSheet("sheet-panel", $("open-panel")));
  for (const el of document.querySelectorAll("[data-close]")) el.addEventListener("click", closeSheets);
  $("backdrop").addEventListener("click", closeSheets);
  narrow.addEventListener("change", closeSheets);
  for (const el of document.querySelectorAll("[data-step]")) el.addEventListener("click", () => moveClock({ step: el.dataset.step }));
  $("custom").addEventListener("submit", (ev) => {
    ev.preventDefault();
    const to = $("custom-to").value;
    if (to) moveClock({ to });
    else tell(t("error.clock"));
  });
  $("member-button").addEventListener("click", toggleMember);
  $("bot-button").addEventListener("click", toggleBot);
  $("mute-button").addEventListener("click", toggleMute);
  wireCalendar();
  for (const el of document.querySelectorAll("[data-lang]")) {
    el.addEventListener("click", async () => {
      try {
        await setLanguage(el.dataset.lang);
      } catch (cause) {
        complain(cause);
        return;
      }
      remember.set("lang", state.lang);
      render();
      renderUpcoming();
    });
  }
  document.addEventListener("keydown", (ev) => {
    if (ev.key === "Escape") {
      if (!closeSheets() && state.replyTo) setReply(null);
      return;
    }
    // By the key's place: Alt+1 types a letter on some keyboards.
    const digit = /^Digit([1-9])$/.exec(ev.code);
    const who = ev.altKey && !ev.ctrlKey && digit && state.personas[digit[1] - 1];
    if (!who) return;
    ev.preventDefault();
    const typing = document.activeElement === input;
    if (who.id !== state.persona) go(() => { state.persona = who.id; });
    if (typing) input.focus();
    tell(t("speak.now", { who: nameOf(who.id) }));
  });
  // Said enough: whoever goes on has read it.
  document.addEventListener("pointerdown", () => $("toast").classList.remove("shown"));
  document.addEventListener("visibilitychange", () => state.ready && render());
  setInterval(() => state.ready && renderClock(), 1000);
}

let lostTimer = 0;

// A blink of the connection is not worth a word.
function online(up) {
  clearTimeout(lostTimer);
  if (up) {
    $("net").hidden = true;
    if (state.lost) tell(t("net.back"));
    state.lost = false;
    return;
  }
  lostTimer = setTimeout(() => {
    state.lost = true;
    $("net").textContent = t("net.lost");
    $("net").hidden = false;
  }, 1200);
}

async function first(s) {
  state.languages = s.languages;
  state.personas = s.personas;
  const lang = remember.get("lang");
  await setLanguage(s.languages.includes(lang) ? lang : s.language);
  const who = remember.get("persona");
  if (state.personas.some((p) => p.id === who)) state.persona = who;
  const room = remember.get("room");
  if (room === "private" || s.chats.some((c) => c.id === room && c.type === "group")) state.room = room;
  $("app").hidden = false;
}

async function takeState(s) {
  state.chats = s.chats;
  state.maxText = s.max_text;
  state.upcoming = s.upcoming;
  state.messages = new Map();
  for (const m of s.messages) keep(m);
  state.clock = { ...s.clock, since: performance.now() };
  const starting = !state.ready;
  if (starting) {
    await first(s);
    for (const m of s.messages) {
      // What was said before the page was opened is not news.
      for (const p of state.personas) state.seen.set(seenKey(p.id, m.chat), Math.max(m.n, state.seen.get(seenKey(p.id, m.chat)) ?? 0));
    }
    state.ready = true;
  }
  render(starting);
  loadUpcoming();
  if (starting && !narrow.matches) $("input").focus();
  document.documentElement.dataset.ready = "true";
}

wire();
follow({
  state: takeState,
  online,
  message(m) {
    keep(m);
    renderSoon();
    if (m.from === "bot") loadUpcoming();
  },
  remove({ chat, id }) {
    state.messages.set(chat, (state.messages.get(chat) ?? []).filter((m) => m.id !== id));
    renderSoon();
  },
  chats(list) {
    state.chats = list;
    renderSoon();
  },
  clock: setClock,
});
