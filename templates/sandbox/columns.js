// The heading, the lists at the sides, and the field to write in.
import { canSpeak, grow, quick, toggleBot, toggleMember } from "./actions.js";
import { clockText, renderClock } from "./clock.js";
import { noticeText, renderLog } from "./conversation.js";
import {
  $, botName, chatID, chatOf, face, hasNews, indexOf, isGroup, lastOf, nameOf, remember, state, t, titleOf, unread,
} from "./model.js";
import { closeSheets, openRoom, speakAs } from "./moving.js";
import { avatar, dayOf, groupAvatar, h, plain, reconcile, timeOf } from "./view.js";

// The time of today, else the day.
const when = (at) => (dayOf(at) === dayOf(clockText()) ? timeOf(at) : dayOf(at).slice(5));

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
    const c = chatOf(id);
    const signature = JSON.stringify([state.lang, preview, last && when(last.at), news, room === state.room, isGroup(id) ? c.members : ""]);
    return [room, signature, () => h("button.chat", {
      type: "button", "data-testid": "chat-" + room, "aria-current": room === state.room ? "true" : null,
      onclick: () => { openRoom(room); closeSheets(); },
    }, picture(), h("span.chat-text", null,
      h("span.chat-top", null, h("b", null, titleOf(id)), last ? h("time", null, when(last.at)) : null),
      h("span.chat-last" + (preview ? "" : ".none"), null, h("span", null, preview || t("message.empty")),
        news ? h("span.dot", { role: "img", "aria-label": t("chat.unread") }) : null)))];
  };
  const heading = (key) => [key, state.lang, () => h("h2", null, t(key))];
  const members = (id) => chatOf(id).members.map((who) => ({ name: nameOf(who), index: indexOf(who) }));
  const groups = state.chats.filter((c) => c.type === "group");
  reconcile($("chats"), [
    heading("nav.groups"), ...groups.map((c) => row(c.id, c.id, () => groupAvatar(members(c.id)))),
    heading("nav.private"), row("private", state.persona, () => avatar("bot")),
  ]);
  $("chats-dot").hidden = !groups.some((c) => c.id !== chatID() && unread(c.id, state.persona)) &&
    !(state.room !== "private" && unread(state.persona, state.persona));
}

function renderPersonas() {
  reconcile($("personas"), state.personas.map((p, i) => {
    const here = p.id === state.persona;
    const news = !here && hasNews(p.id);
    return [p.id, JSON.stringify([state.lang, here, news]), () => h("button.persona", {
      type: "button", "data-testid": "persona-" + p.id, "aria-pressed": String(here),
      title: "Alt+" + (i + 1), onclick: () => speakAs(p.id),
    }, h("span.face-wrap", null, face(p.id),
      news ? h("span.dot", { role: "img", "aria-label": t("chat.unread") }) : null),
    h("span.persona-name", null, nameOf(p.id)))];
  }));
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
    $("chat-note").textContent = t("chat.members", { n: c.members.length }) + (c.bot ? (c.mute ? " · " + t("chat.muted", { bot }) : "") : " · " + t("chat.no_bot", { bot }));
  } else {
    $("chat-note").textContent = t(c.bot ? "chat.private_note" : "chat.blocked", { who, bot });
  }
}

function renderGroup() {
  const c = chatOf(chatID());
  const words = { who: nameOf(state.persona), bot: botName() };
  $("group-chat").textContent = titleOf(c.id);
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
  $("row-mute").hidden = !group;
  $("mute-text").textContent = t(c.mute ? "group.muted" : "group.heard", words);
  $("mute-button").textContent = t(c.mute ? "group.unmute" : "group.mute");
  $("row-mute").classList.toggle("bad", Boolean(c.mute));
}

// What an administrator starts with: an example to look at and to change.
const examples = [["quick.poll", "quick.poll_text"], ["quick.draw", "quick.draw_text"], ["quick.announce", "quick.announce_text"], ["quick.schedule", "calendar.example"]];

function renderQuick() {
  const admin = state.personas.some((p) => p.admin && p.id === state.persona);
  const words = admin ? ["quick.5"] : ["quick.1", "quick.2", "quick.3", "quick.4", "quick.5"];
  reconcile($("quick"), [...words.map((key) => [key, state.lang, () => h("button.pill", {
    type: "button", title: t("quick.tip"), "data-testid": key.replace(".", "-"), onclick: (ev) => quick(t(key), ev.shiftKey),
  }, t(key))]), ...(admin ? examples : []).map(([key, text]) => [key, state.lang, () => h("button.pill", {
    type: "button", title: t("quick.fill") + t(text), "data-testid": key.replace(".", "-"), onclick: () => quick(t(text), true),
  }, t(key))])]);
}

export function renderComposer() {
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
  renderQuick();
  for (const b of $("quick").children) b.disabled = !inside;
  grow();
}

export function render(stick) {
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

export function renderSoon() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    if (state.ready) render();
  });
}
