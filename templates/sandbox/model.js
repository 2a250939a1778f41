// What the page knows: the people, the chats, what was said, and the words of
// the chosen language.
import { get } from "./net.js";
import { avatar } from "./view.js";

export const $ = (id) => document.getElementById(id);
export const narrow = matchMedia("(max-width: 980px)");

export const remember = {
  get(key) {
    try { return localStorage.getItem("qunmate." + key); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem("qunmate." + key, value); } catch { /* private window */ }
  },
};

export const state = {
  ready: false,
  lang: "",
  languages: [],
  strings: {},
  personas: [],
  chats: [],
  messages: new Map(), // chat → messages in order
  picture: null,       // what goes with the next message: its name, and its bytes in base64
  waiting: [],         // own messages that are not confirmed, with their id
  presses: new Map(),  // which button → the id of a press without an answer
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
  lost: false,         // the connection is, and it was said
};

export function t(key, words) {
  let text = state.strings[key] ?? key;
  for (const [name, value] of Object.entries(words ?? {})) text = text.replaceAll("{" + name + "}", value);
  return text;
}

export const botName = () => t("bot.name");
export const nameOf = (who) => (who === "bot" ? botName() : t("persona." + who));
export const indexOf = (who) => state.personas.findIndex((p) => p.id === who);
export const face = (who) => avatar(who, nameOf(who), indexOf(who));

export const chatID = () => (state.room === "private" ? state.persona : state.room);
export const chatOf = (id) => state.chats.find((c) => c.id === id);
export const isGroup = (id) => chatOf(id)?.type === "group";
export const titleOf = (id) => (isGroup(id) ? t("chat." + id) : botName());
export const isMember = (id, who) => chatOf(id)?.members.includes(who) ?? false;
export const sees = (m, who) => (isGroup(m.chat) || m.chat === who) && (!m.to || m.to === who);

export async function setLanguage(lang) {
  state.strings = await get("/strings." + lang + ".json");
  state.lang = lang;
  document.documentElement.lang = lang;
  document.title = t("app.title");
  for (const el of document.querySelectorAll("[data-t]")) el.textContent = t(el.dataset.t);
  for (const el of document.querySelectorAll("[data-t-label]")) el.setAttribute("aria-label", t(el.dataset.tLabel));
  for (const el of document.querySelectorAll("[data-lang]")) el.setAttribute("aria-pressed", String(el.dataset.lang === lang));
  $("send").title = t("input.send");
}

export function keep(m) {
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

export function visibleMessages(id, who) {
  return (state.messages.get(id) ?? []).filter((m) => sees(m, who));
}

export const seenKey = (who, id) => who + "/" + id;
export const lastOf = (id, who) => visibleMessages(id, who).at(-1);

export function unread(id, who) {
  const last = (state.messages.get(id) ?? []).findLast((m) => sees(m, who) && m.from === "bot" || sees(m, who) && m.from && m.from !== who);
  return last ? last.n > (state.seen.get(seenKey(who, id)) ?? 0) : false;
}

// A persona has news when the bot told him something nobody else can see.
export function hasNews(who) {
  return state.chats.some((c) => (c.type === "group" || c.id === who) &&
    (state.messages.get(c.id) ?? []).some((m) => (m.to === who || m.chat === who && m.from === "bot") &&
      m.n > (state.seen.get(seenKey(who, c.id)) ?? 0)));
}

export function markSeen() {
  const last = lastOf(chatID(), state.persona);
  if (last) state.seen.set(seenKey(state.persona, chatID()), last.n);
}
