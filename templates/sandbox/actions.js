// What keys and buttons do.
import { clockText, setClock } from "./clock.js";
import { renderComposer } from "./columns.js";
import { renderLog } from "./conversation.js";
import { $, chatID, chatOf, isMember, nameOf, remember, state, t } from "./model.js";
import { newID, post, Refused } from "./net.js";
import { dropPicture } from "./picture.js";
import { dateText, dayOf, plain, timeOf } from "./view.js";

let sending = Promise.resolve();

function say(text) {
  const w = {
    id: newID(), chat: chatID(), as: state.persona, text, replyTo: state.replyTo?.id, at: clockText(), status: "sending",
    picture: state.picture?.list ? undefined : state.picture?.data,
    file: state.picture?.list ? { name: state.picture.name, data: state.picture.data } : undefined,
  };
  if (w.picture || w.file) dropPicture();
  state.waiting.push(w);
  setReply(null);
  remember.set("spoke", "1");
  transmit(w);
  renderLog(true);
  renderComposer();
}

function transmit(w) {
  w.status = "sending";
  // One after the other, so that quick messages keep their order.
  sending = sending.then(async () => {
    const body = { id: w.id, chat: w.chat, as: w.as, text: w.text, lang: state.lang };
    if (w.replyTo) body.reply_to = w.replyTo;
    if (w.picture) body.picture = w.picture;
    if (w.file) body.file = w.file;
    try {
      await post("/api/say", body);
      w.status = "sent";
      // A bot may take a message back before anybody saw it: then it never comes.
      setTimeout(() => {
        if (state.lost) return; // it may still come
        state.waiting = state.waiting.filter((o) => o !== w);
        renderLog();
      }, 3000);
    } catch (cause) {
      w.status = "failed";
      // That it was not sent stands under the message; say why only where
      // trying again will not help.
      if (!["network", "busy"].includes(cause.code)) complain(cause);
    }
    renderLog();
  });
}

export function retry(id) {
  const w = state.waiting.find((o) => o.id === id);
  if (!w) return;
  transmit(w);
  renderLog(true);
}

export async function press(m, c, button) {
  button.disabled = true;
  button.classList.add("busy");
  // One id until it is answered: a second click after a lost answer is the
  // same press, not another one.
  const which = [state.persona, m.id, c.command].join(" ");
  const id = state.presses.get(which) ?? newID();
  state.presses.set(which, id);
  try {
    await post("/api/press", { id, chat: m.chat, as: state.persona, message: m.id, choice: c.command, lang: state.lang });
    state.presses.delete(which);
  } catch (cause) {
    complain(cause);
  }
  button.disabled = false;
  button.classList.remove("busy");
}

async function change(path, action, chat) {
  try {
    await post(path, { id: newID(), chat, as: state.persona, action, lang: state.lang });
  } catch (cause) {
    complain(cause);
  }
}

export const toggleMember = () => change("/api/member", isMember(chatID(), state.persona) ? "leave" : "join", chatID());
export const toggleBot = () => change("/api/bot", chatOf(chatID())?.bot ? "remove" : "add", chatID());

export const toggleMute = () => change("/api/mute", chatOf(chatID())?.mute ? "unmute" : "mute", chatID());

export async function moveClock(body) {
  const buttons = $("sheet-panel").querySelectorAll("#clock-move button, .upcoming button");
  buttons.forEach((b) => { b.disabled = true; });
  try {
    setClock(await post("/api/clock", body));
    const at = clockText();
    tell(t("clock.moved", { date: dateText(dayOf(at), state.lang, at), time: timeOf(at) }));
  } catch (cause) {
    complain(cause);
  }
  buttons.forEach((b) => { b.disabled = false; });
}

const known = ["busy", "network", "clock_back", "clock_far", "clock_fixed", "clock", "choice", "message", "member", "bot", "picture", "upload"];

export function complain(cause) {
  if (!(cause instanceof Refused)) throw cause;
  tell(known.includes(cause.code) ? t("error." + cause.code) : t("error.other", { error: cause.message }));
}

let toastTimer = 0;

export function tell(text) {
  const toast = $("toast");
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove("shown"), 3500);
}

export function quick(text, fill) {
  if (fill) {
    setInput(text);
    return;
  }
  if (canSpeak()) say(text);
}

/** Put a text into the field, for the person to send. */
export function fill(text) {
  setInput(text);
}

export const canSpeak = () => isMember(chatID(), state.persona);

function setInput(text) {
  const input = $("input");
  input.value = text;
  grow();
  input.focus();
  input.setSelectionRange(text.length, text.length);
}

export function submit() {
  const input = $("input");
  const text = input.value.trim();
  if (!text && !state.picture || !canSpeak()) return;
  if (Array.from(text).length > state.maxText) {
    tell(t("input.too_long", { n: state.maxText }));
    return;
  }
  if (text && state.history[0] !== text) state.history.unshift(text);
  state.history.length = Math.min(state.history.length, 50);
  state.historyAt = -1;
  input.value = "";
  grow();
  say(text);
}

export function mention(who) {
  if (who === state.persona) return;
  const input = $("input");
  const space = input.value && !/\s$/.test(input.value) ? " " : "";
  setInput(input.value + space + "@" + nameOf(who) + " ");
}

export function startReply(m) {
  setReply(m);
  $("input").focus();
}

export function setReply(m) {
  state.replyTo = m;
  $("replying").hidden = !m;
  if (!m) return;
  $("replying-who").textContent = t("input.replying", { who: nameOf(m.from) });
  $("replying-text").textContent = plain(m.spans).slice(0, 120);
}

// The field is as high as its text, up to a limit in the style sheet.
export function grow() {
  const input = $("input");
  input.style.height = "auto";
  input.style.height = input.scrollHeight + 2 + "px";
  $("send").disabled = !input.value.trim() && !state.picture || !canSpeak();
  $("attach").disabled = !canSpeak();
}

export function recall(step) {
  const at = state.historyAt + step;
  if (at < -1 || at >= state.history.length) return;
  state.historyAt = at;
  setInput(at < 0 ? "" : state.history[at]);
}
