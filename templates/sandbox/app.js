// The sandbox page: what is shown and what the keys and buttons do.
import { follow, get, newID, post, Refused } from "./net.js";
import {
  avatar, dateText, dayOf, fileSize, groupAvatar, h, icon, plain, reconcile, richText, timeOf, webAddress,
} from "./view.js";

const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 980px)");

const remember = {
  get(key) {
    try { return localStorage.getItem("qunmate." + key); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem("qunmate." + key, value); } catch { /* private window */ }
  },
};

const state = {
  ready: false,
  lang: "",
  languages: [],
  strings: {},
  personas: [],
  chats: [],
  messages: new Map(), // chat → messages in order
  waiting: [],         // own messages that are not confirmed, with their id
  persona: "ann",
  room: "product",     // a group's id or "private"
  drafts: new Map(),
  replyTo: null,
  seen: new Map(),     // persona/chat → number of the last message seen
  history: [],
  historyAt: -1,
  clock: null,         // {at, zone, movable, since}
  maxText: 4096,
  upcoming: false,
};

// ---- words -----------------------------------------------------------------

function t(key, words) {
  let text = state.strings[key] ?? key;
  for (const [name, value] of Object.entries(words ?? {})) text = text.replaceAll("{" + name + "}", value);
  return text;
}

const botName = () => t("bot.name");
const nameOf = (who) => (who === "bot" ? botName() : t("persona." + who));
const indexOf = (who) => state.personas.findIndex((p) => p.id === who);
const face = (who) => avatar(who, nameOf(who), indexOf(who));

const chatID = () => (state.room === "private" ? state.persona : state.room);
const chatOf = (id) => state.chats.find((c) => c.id === id);
const isGroup = (id) => chatOf(id)?.type === "group";
const titleOf = (id) => (isGroup(id) ? t("chat." + id) : botName());
const isMember = (id, who) => chatOf(id)?.members.includes(who) ?? false;
const sees = (m, who) => (isGroup(m.chat) || m.chat === who) && (!m.to || m.to === who);

async function setLanguage(lang) {
  state.strings = await get("/strings." + lang + ".json");
  state.lang = lang;
  document.documentElement.lang = lang;
  document.title = t("app.title");
  for (const el of document.querySelectorAll("[data-t]")) el.textContent = t(el.dataset.t);
  for (const el of document.querySelectorAll("[data-t-label]")) el.setAttribute("aria-label", t(el.dataset.tLabel));
  for (const el of document.querySelectorAll("[data-lang]")) el.setAttribute("aria-pressed", String(el.dataset.lang === lang));
  $("send").title = t("input.send");
  $("quick").replaceChildren(...["quick.1", "quick.2", "quick.3", "quick.4", "quick.5"].map((key, i) =>
    h("button.pill", { type: "button", title: t("quick.tip"), "data-testid": "quick-" + (i + 1), onclick: (ev) => quick(t(key), ev.shiftKey) }, t(key))));
}

// ---- the conversation ------------------------------------------------------

function keep(m) {
  const list = state.messages.get(m.chat) ?? [];
  const at = list.findIndex((o) => o.id === m.id);
  if (at >= 0) list[at] = m;
  else {
    let i = list.length;
    while (i > 0 && list[i - 1].n > m.n) i--;
    list.splice(i, 0, m);
    if (list.length > 300) list.shift();
  }
  state.messages.set(m.chat, list);
  if (m.key) state.waiting = state.waiting.filter((w) => w.id !== m.key);
}

function visibleMessages(id, who) {
  return (state.messages.get(id) ?? []).filter((m) => sees(m, who));
}

const seenKey = (who, id) => who + "/" + id;
const lastOf = (id, who) => visibleMessages(id, who).at(-1);

function unread(id, who) {
  const last = (state.messages.get(id) ?? []).findLast((m) => sees(m, who) && m.from === "bot" || sees(m, who) && m.from && m.from !== who);
  return last ? last.n > (state.seen.get(seenKey(who, id)) ?? 0) : false;
}

// A persona has news when the bot told him something nobody else can see.
function hasNews(who) {
  return state.chats.some((c) => (c.type === "group" || c.id === who) &&
    (state.messages.get(c.id) ?? []).some((m) => (m.to === who || m.chat === who && m.from === "bot") &&
      m.n > (state.seen.get(seenKey(who, c.id)) ?? 0)));
}

function markSeen() {
  const last = lastOf(chatID(), state.persona);
  if (last) state.seen.set(seenKey(state.persona, chatID()), last.n);
}

const together = 5 * 60 * 1000;

function renderLog(stick) {
  const log = $("log");
  const id = chatID();
  const who = state.persona;
  const atEnd = stick || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const before = log.lastElementChild?.dataset.key;
  const items = [];
  const today = dayOf(clockText());
  let day = "";
  let above = null;
  let asked = null; // the last thing a person said
  const waiting = state.waiting.filter((w) => w.chat === id && w.as === who);
  const all = [...visibleMessages(id, who), ...waiting.map((w) => ({
    id: w.id, key: w.id, chat: id, from: w.as, at: w.at, spans: [{ text: w.text }], reply_to: w.replyTo, waiting: w.status,
  }))];
  for (const m of all) {
    if (dayOf(m.at) !== day) {
      day = dayOf(m.at);
      const text = dateText(day, state.lang, today);
      items.push(["day/" + day + "/" + (m.key ?? m.id), text, () => h("div.day", { role: "separator" }, h("span", null, text))]);
      above = null;
    }
    const joined = above && !m.notice && !above.notice && !above.choices?.length && above.from === m.from && above.to === m.to &&
      Math.abs(new Date(m.at) - new Date(above.at)) < together;
    const quoted = quoteOf(m, asked);
    if (m.from !== "bot") asked = m;
    const signature = JSON.stringify([m, !!joined, quoted?.[1] ?? "", state.lang, who]);
    items.push(["m/" + (m.key ?? m.id), signature, () => (m.notice ? notice(m) : message(m, joined, quoted))]);
    above = m;
  }
  if (!items.length) items.push(["empty", state.lang, () => h("div.empty", null, t("message.empty"))]);
  log.setAttribute("aria-label", t("message.log", { chat: titleOf(id) }));
  reconcile(log, items);
  const grown = log.lastElementChild?.dataset.key !== before;
  if (atEnd) toEnd();
  else if (grown && before) $("to-end").hidden = false;
  if (document.visibilityState === "visible") markSeen();
}

function toEnd() {
  const log = $("log");
  log.scrollTop = log.scrollHeight;
  $("to-end").hidden = true;
}

// The message that m answers, as [author, text, id]; not where it is plain
// what the bot answers, because only the bot has spoken since.
function quoteOf(m, asked) {
  if (!m.reply_to || m.from === "bot" && (m.to || !isGroup(m.chat) || asked?.id === m.reply_to)) return null;
  const q = (state.messages.get(m.chat) ?? []).find((o) => o.id === m.reply_to);
  if (!q || !sees(q, state.persona)) return m.from === "bot" ? null : ["", t("message.gone"), ""];
  return [nameOf(q.from), plain(q.spans).slice(0, 120), q.id];
}

function noticeText(m) {
  // Taking the bot out of a private chat is what blocking it is elsewhere.
  const key = isGroup(m.chat) ? m.notice : { bot_added: "bot_unblocked", bot_removed: "bot_blocked" }[m.notice];
  return t("notice." + key, { who: nameOf(m.who), bot: botName() });
}

function notice(m) {
  return h("div.notice", { "data-testid": "notice", "data-notice": m.notice, "data-id": m.id },
    h("span", null, noticeText(m)));
}

function message(m, joined, quoted) {
  const mine = m.from === state.persona;
  const bot = m.from === "bot";
  const el = h("article.message", {
    "data-testid": "message", "data-id": m.id, "data-from": m.from, "data-private": String(!!m.to),
    "data-edited": String(!!m.edited), "data-status": m.waiting ?? "sent", tabindex: "-1",
    "aria-label": nameOf(m.from) + (m.to ? ", " + t("message.only_you") : ""),
  });
  el.classList.toggle("mine", mine);
  el.classList.toggle("from-bot", bot);
  el.classList.toggle("private", !!m.to);
  el.classList.toggle("joined", !!joined);
  el.classList.toggle("failed", m.waiting === "failed");

  const side = joined ? h("span.avatar-gap") : h("button.face", {
    type: "button", tabindex: "-1", title: "@" + nameOf(m.from), onclick: () => mention(m.from), disabled: mine,
  }, face(m.from));
  const head = joined || mine ? null : h("div.who", null, h("span.name", null, nameOf(m.from)),
    bot ? h("span.badge", null, t("bot.badge")) : null,
    m.from === "admin" && isGroup(m.chat) ? h("span.badge.badge-admin", null, t("persona.admin")) : null);
  const bubble = h("div.bubble", null,
    m.to ? h("div.only", null, icon("lock"), h("span", null, t("message.only_you"))) : null,
    quoted ? h("button.quote", { type: "button", tabindex: "-1", onclick: () => jump(quoted[2]) },
      quoted[0] ? h("b", null, quoted[0]) : null, h("span", null, quoted[1])) : null,
    m.spans?.length ? h("div.text", null, richText(m.spans)) : null,
    m.file ? attachment(m.file) : null,
    h("div.meta", null,
      m.edited ? h("span.edited", null, t("message.edited")) : null,
      m.waiting === "sending" ? h("span.sending", { "aria-label": t("message.sending") }) : null,
      h("time", { datetime: m.at, title: m.at.slice(0, 19).replace("T", " ") }, timeOf(m.at))));
  const body = h("div.body", null, head, h("div.line", null, bubble, m.waiting ? null : h("button.reply", {
    type: "button", tabindex: "-1", title: t("message.reply"), "aria-label": t("message.reply"), onclick: () => startReply(m),
  }, icon("reply"))));
  if (m.waiting === "failed") {
    body.append(h("div.retry", null, h("span", null, t("message.failed")),
      h("button.pill", { type: "button", "data-testid": "retry", onclick: () => retry(m.id) }, t("message.retry"))));
  }
  if (m.choices?.length) body.append(h("div.choices", null, m.choices.map((c) => choice(m, c))));
  el.append(side, body);
  return el;
}

function attachment(file) {
  const href = file.url;
  if (file.image) {
    return h("a.picture", { href, download: file.name, title: t("message.file", { name: file.name }) },
      h("img", { src: href, alt: file.name, onload: () => nearEnd() && toEnd() }));
  }
  return h("a.file", { href, download: file.name, "data-testid": "file", "aria-label": t("message.file", { name: file.name }) },
    icon("file"), h("span", null, h("b", null, file.name), h("small", null, fileSize(file.size))));
}

const nearEnd = () => $("log").scrollHeight - $("log").scrollTop - $("log").clientHeight < 500;

function choice(m, c) {
  const props = { "data-testid": "choice", "data-command": c.command ?? "" };
  const href = webAddress(c.url);
  if (href) return h("a.pill.choice", { ...props, href, target: "_blank", rel: "noopener noreferrer" }, c.label, icon("link"));
  return h("button.pill.choice", { ...props, type: "button", title: c.command, onclick: (ev) => press(m, c, ev.currentTarget) }, c.label);
}

function jump(id) {
  const el = id && $("log").querySelector(`[data-testid="message"][data-id="${CSS.escape(id)}"]`);
  if (!el) return;
  el.scrollIntoView({ block: "center" });
  el.focus();
}

// ---- doing things ----------------------------------------------------------

let sending = Promise.resolve();

function say(text) {
  const w = {
    id: newID(), chat: chatID(), as: state.persona, text, replyTo: state.replyTo?.id, at: clockText(), status: "sending",
  };
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
    try {
      await post("/api/say", body);
      w.status = "sent";
      // A bot may take a message back before anybody saw it: then it never comes.
      setTimeout(() => {
        state.waiting = state.waiting.filter((o) => o !== w);
        renderLog();
      }, 3000);
    } catch (cause) {
      w.status = "failed";
      complain(cause);
    }
    renderLog();
  });
}

function retry(id) {
  const w = state.waiting.find((o) => o.id === id);
  if (!w) return;
  transmit(w);
  renderLog(true);
}

async function press(m, c, button) {
  button.disabled = true;
  button.classList.add("busy");
  // One id for as long as this click has not been answered.
  const id = (button.dataset.id ||= newID());
  try {
    await post("/api/press", { id, chat: m.chat, as: state.persona, message: m.id, choice: c.command, lang: state.lang });
    delete button.dataset.id;
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

const toggleMember = () => change("/api/member", isMember(chatID(), state.persona) ? "leave" : "join", chatID());
const toggleBot = () => change("/api/bot", chatOf(chatID())?.bot ? "remove" : "add", chatID());

async function moveClock(body) {
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

const known = ["busy", "network", "clock_back", "clock_far", "clock_fixed", "clock", "choice", "message", "member", "bot"];

function complain(cause) {
  if (!(cause instanceof Refused)) throw cause;
  tell(known.includes(cause.code) ? t("error." + cause.code) : t("error.other", { error: cause.message }));
}

let toastTimer = 0;

function tell(text) {
  const toast = $("toast");
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove("shown"), 4000);
}

function quick(text, fill) {
  if (fill) {
    setInput(text);
    return;
  }
  if (canSpeak()) say(text);
}

const canSpeak = () => isMember(chatID(), state.persona);

function setInput(text) {
  const input = $("input");
  input.value = text;
  grow();
  input.focus();
  input.setSelectionRange(text.length, text.length);
}

function submit() {
  const input = $("input");
  const text = input.value.trim();
  if (!text || !canSpeak()) return;
  if (Array.from(text).length > state.maxText) {
    tell(t("input.too_long", { n: state.maxText }));
    return;
  }
  if (state.history[0] !== text) state.history.unshift(text);
  state.history.length = Math.min(state.history.length, 50);
  state.historyAt = -1;
  input.value = "";
  grow();
  say(text);
}

function mention(who) {
  if (who === state.persona) return;
  const input = $("input");
  const space = input.value && !/\s$/.test(input.value) ? " " : "";
  setInput(input.value + space + "@" + nameOf(who) + " ");
}

function startReply(m) {
  setReply(m);
  $("input").focus();
}

function setReply(m) {
  state.replyTo = m;
  $("replying").hidden = !m;
  if (!m) return;
  $("replying-who").textContent = t("input.replying", { who: nameOf(m.from) });
  $("replying-text").textContent = plain(m.spans).slice(0, 120);
}

// The field is as high as its text, up to a limit in the style sheet.
function grow() {
  const input = $("input");
  input.style.height = "auto";
  input.style.height = input.scrollHeight + 2 + "px";
  $("send").disabled = !input.value.trim() || !canSpeak();
}

function recall(step) {
  const at = state.historyAt + step;
  if (at < -1 || at >= state.history.length) return;
  state.historyAt = at;
  setInput(at < 0 ? "" : state.history[at]);
}

// ---- clock -----------------------------------------------------------------

function setClock(clock) {
  const moved = state.clock && clock.now.slice(0, 10) !== clockText().slice(0, 10);
  state.clock = { ...clock, since: performance.now() };
  renderClock();
  if (moved) {
    renderLog();
    loadUpcoming();
  }
}

/** What the chat's clock shows now, in the form of the messages' times. */
function clockText() {
  if (!state.clock) return "";
  const { now, since } = state.clock;
  const offset = now.slice(23);
  const shown = new Date(now.slice(0, 23) + "Z").getTime() + performance.now() - since;
  return new Date(shown).toISOString().slice(0, 23) + offset;
}

function renderClock() {
  const at = clockText();
  if (!at) return;
  const date = dateText(dayOf(at), state.lang, "");
  $("clock-time").textContent = timeOf(at);
  $("clock-seconds").textContent = at.slice(16, 19);
  $("clock-date").textContent = date;
  $("clock-now").dataset.now = at;
  $("clock-now").firstElementChild.setAttribute("datetime", at);
  $("chip-now").textContent = timeOf(at);
  $("chip-day").textContent = dateText(dayOf(at), state.lang, "").split(" ").at(state.lang === "zh-CN" ? -1 : 0).replace(",", "");
  $("clock-zone").textContent = state.clock.zone;
  $("clock-move").hidden = !state.clock.movable;
  $("clock-note").textContent = t(state.clock.movable ? "clock.note" : "clock.fixed");
  const custom = $("custom-to");
  custom.min = at.slice(0, 16);
  if (!custom.value || custom.value < custom.min) custom.value = dayOf(at) + "T" + timeOf(at);
}

async function loadUpcoming() {
  if (!state.upcoming) return;
  let list;
  try {
    list = await get("/api/upcoming");
  } catch {
    return;
  }
  $("upcoming").hidden = !list.length;
  $("upcoming-list").replaceChildren(...list.map((e) => {
    const date = dateText(dayOf(e.at), state.lang, clockText());
    return h("li", null, h("button", {
      type: "button", "data-testid": "upcoming", title: t("clock.jump", { date, time: timeOf(e.at) }),
      onclick: () => moveClock({ to: e.at }),
    }, h("b", null, date + " " + timeOf(e.at)), h("span", null, (e.chat ? titleOf(e.chat) + " · " : "") + e.text)));
  }));
}

// ---- the columns -----------------------------------------------------------

function previewOf(m) {
  if (m.notice) return noticeText(m);
  const text = plain(m.spans).replace(/\s+/g, " ") || m.file?.name || "";
  return m.from === state.persona || !isGroup(m.chat) ? text : t("chat.preview", { who: nameOf(m.from), text });
}

function renderChats() {
  const row = (room, id, picture) => {
    const last = lastOf(id, state.persona);
    const news = id !== chatID() && unread(id, state.persona);
    const preview = last ? previewOf(last) : "";
    return h("button.chat", {
      type: "button", "data-testid": "chat-" + room, "aria-current": room === state.room ? "true" : null,
      onclick: () => { openRoom(room); closeSheets(); },
    }, picture, h("span.chat-text", null,
      h("span.chat-top", null, h("b", null, titleOf(id)), last ? h("time", null, timeOf(last.at)) : null),
      h("span.chat-last" + (preview ? "" : ".none"), null, h("span", null, preview || t("message.empty")),
        news ? h("span.dot", { role: "img", "aria-label": t("chat.unread") }) : null)));
  };
  const members = (id) => chatOf(id).members.map((who) => ({ name: nameOf(who), index: indexOf(who) }));
  const groups = state.chats.filter((c) => c.type === "group");
  $("chats").replaceChildren(
    h("h2", null, t("nav.groups")), ...groups.map((c) => row(c.id, c.id, groupAvatar(members(c.id)))),
    h("h2", null, t("nav.private")), row("private", state.persona, avatar("bot")));
  $("chats-dot").hidden = !groups.some((c) => c.id !== chatID() && unread(c.id, state.persona)) &&
    !(state.room !== "private" && unread(state.persona, state.persona));
}

function renderPersonas() {
  $("personas").replaceChildren(...state.personas.map((p, i) => h("button.persona", {
    type: "button", "data-testid": "persona-" + p.id, "aria-pressed": String(p.id === state.persona),
    title: "Alt+" + (i + 1), onclick: () => speakAs(p.id),
  }, h("span.face-wrap", null, face(p.id),
    p.id !== state.persona && hasNews(p.id) ? h("span.dot", { role: "img", "aria-label": t("chat.unread") }) : null),
  h("span.persona-name", null, nameOf(p.id)))));
  const me = $("me");
  me.replaceChildren(face(state.persona));
  me.setAttribute("aria-label", t("speak.now", { who: nameOf(state.persona) }));
  me.title = t("speak.title");
}

function renderHead() {
  const c = chatOf(chatID());
  $("chat-title").textContent = titleOf(c.id);
  const who = nameOf(state.persona);
  const bot = botName();
  if (c.type === "group") {
    $("chat-note").textContent = t("chat.members", { n: c.members.length }) + (c.bot ? "" : " · " + t("chat.no_bot", { bot }));
  } else {
    $("chat-note").textContent = t(c.bot ? "chat.private_note" : "chat.blocked", { who, bot });
  }
}

function renderGroup() {
  const c = chatOf(chatID());
  const words = { who: nameOf(state.persona), bot: botName(), chat: titleOf(c.id) };
  const group = c.type === "group";
  const inside = canSpeak();
  $("row-member").hidden = !group;
  $("member-text").textContent = t(inside ? "group.in" : "group.out", words);
  $("member-button").textContent = t(inside ? "group.leave" : "group.join");
  if (group) {
    $("bot-text").textContent = t(c.bot ? "group.bot_in" : "group.bot_out", words);
    $("bot-button").textContent = t(c.bot ? "group.bot_remove" : "group.bot_add");
  } else {
    $("bot-text").textContent = t(c.bot ? "group.bot_heard" : "group.bot_blocked", words);
    $("bot-button").textContent = t(c.bot ? "group.block" : "group.unblock");
  }
  $("bot-button").disabled = !inside;
}

function renderComposer() {
  const c = chatOf(chatID());
  const words = { who: nameOf(state.persona), bot: botName() };
  const inside = canSpeak();
  const bar = $("outside");
  bar.hidden = inside && c.bot;
  if (!bar.hidden) {
    bar.firstElementChild.textContent = t(inside ? "input.deaf" : "input.outside", words);
    bar.lastElementChild.textContent = inside ? t("input.add_bot", words) : t("input.join");
    bar.lastElementChild.onclick = inside ? toggleBot : toggleMember;
  }
  $("hint").hidden = !bar.hidden || remember.get("spoke") === "1";
  $("input").disabled = !inside;
  $("input").placeholder = t("input.placeholder", words);
  for (const b of $("quick").children) b.disabled = !inside;
  grow();
}

function render(stick) {
  renderHead();
  renderLog(stick);
  renderChats();
  renderPersonas();
  renderGroup();
  renderComposer();
  renderClock();
}

// Every view is cheap, but a burst of messages should still draw once.
let drawing = 0;

function renderSoon() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    if (state.ready) render();
  });
}

// ---- moving around ---------------------------------------------------------

function go(change) {
  const input = $("input");
  state.drafts.set(seenKey(state.persona, chatID()), input.value);
  change();
  setReply(null);
  state.historyAt = -1;
  input.value = state.drafts.get(seenKey(state.persona, chatID())) ?? "";
  remember.set("persona", state.persona);
  remember.set("room", state.room);
  // Everything changes at once: not news to be read out.
  $("log").setAttribute("aria-busy", "true");
  $("log").replaceChildren();
  render(true);
  $("log").removeAttribute("aria-busy");
}

function openRoom(room) {
  if (room !== state.room) go(() => { state.room = room; });
  if (!narrow.matches) $("input").focus();
}

function speakAs(who) {
  if (who !== state.persona) go(() => { state.persona = who; });
  if (closeSheets()) return;
  $("personas").querySelector(`[data-testid="persona-${who}"]`)?.focus();
}

let opener = null;

function openSheet(id, from) {
  closeSheets();
  opener = from;
  from.setAttribute("aria-expanded", "true");
  const sheet = $(id);
  sheet.classList.add("open");
  sheet.setAttribute("role", "dialog");
  sheet.setAttribute("aria-modal", "true");
  $("backdrop").hidden = false;
  $("phone").inert = true;
  sheet.querySelector("[data-close]").focus();
}

function closeSheets() {
  const open = document.querySelector(".side.open");
  if (!open) return false;
  open.classList.remove("open");
  open.removeAttribute("role");
  open.removeAttribute("aria-modal");
  $("backdrop").hidden = true;
  $("phone").inert = false;
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
  opener = null;
  return true;
}

// ---- wiring ----------------------------------------------------------------

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
  $("log").addEventListener("scroll", () => {
    const log = $("log");
    if (log.scrollHeight - log.scrollTop - log.clientHeight < 40) $("to-end").hidden = true;
  }, { passive: true });
  $("to-end").addEventListener("click", toEnd);
  $("cancel-reply").addEventListener("click", () => {
    setReply(null);
    input.focus();
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
  for (const el of document.querySelectorAll("[data-lang]")) {
    el.addEventListener("click", async () => {
      await setLanguage(el.dataset.lang);
      remember.set("lang", state.lang);
      render();
      loadUpcoming();
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
  document.addEventListener("visibilitychange", () => state.ready && render());
  setInterval(() => state.ready && renderClock(), 1000);
}

let lostTimer = 0;
let wasLost = false;

// A blink of the connection is not worth a word.
function online(up) {
  clearTimeout(lostTimer);
  if (up) {
    $("net").hidden = true;
    if (wasLost) tell(t("net.back"));
    wasLost = false;
    return;
  }
  lostTimer = setTimeout(() => {
    wasLost = true;
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
