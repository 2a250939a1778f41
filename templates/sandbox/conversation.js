// Showing what was said.
import { mention, press, retry, startReply } from "./actions.js";
import { clockText } from "./clock.js";
import {
  $, botName, chatID, face, isGroup, markSeen, nameOf, sees, state, t, titleOf, visibleMessages,
} from "./model.js";
import { dateText, dayOf, fileSize, h, icon, plain, reconcile, richText, timeOf, webAddress } from "./view.js";

const together = 5 * 60 * 1000;

export function renderLog(stick) {
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

export function toEnd() {
  const log = $("log");
  log.scrollTop = log.scrollHeight;
  ended = true;
  $("to-end").hidden = true;
}

let ended = true; // the newest message is in sight

/** Keep the newest message in sight where what lies below the log grows. */
export function followEnd() {
  const log = $("log");
  log.addEventListener("scroll", () => {
    ended = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    if (ended) $("to-end").hidden = true;
  }, { passive: true });
  new ResizeObserver(() => ended && toEnd()).observe(log);
}

// The message that m answers, as [author, text, id]; not where it is plain
// what the bot answers, because only the bot has spoken since.
function quoteOf(m, asked) {
  if (!m.reply_to || m.from === "bot" && (m.to || !isGroup(m.chat) || asked?.id === m.reply_to)) return null;
  const q = (state.messages.get(m.chat) ?? []).find((o) => o.id === m.reply_to);
  if (!q || !sees(q, state.persona)) return m.from === "bot" ? null : ["", t("message.gone"), ""];
  return [nameOf(q.from), plain(q.spans).slice(0, 120), q.id];
}

export function noticeText(m) {
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
      m.pinned ? h("span.edited", null, t("message.pinned")) : null,
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
