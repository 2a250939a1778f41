// Building the page's parts from data. Everything a person or the bot wrote
// becomes text nodes and attributes, never markup.

/** Make an element: h("p.note", {title: "x"}, "text", child, null). */
export function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  const el = document.createElement(tag || "div");
  if (classes.length) el.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else el.setAttribute(key, value === true ? "" : value);
  }
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

const svgSpace = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svgSpace, "use");
  use.setAttribute("href", "#i-" + name);
  svg.append(use);
  return svg;
}

/** The one or two letters that stand for a name. */
function initial(name) {
  const letters = Array.from(name.trim());
  if (!letters.length) return "?";
  const chinese = /\p{Script=Han}/u.test(letters[0]);
  // 阿宁 and 老周 differ in their second character.
  return chinese && letters.length === 2 ? letters[1] : letters[0].toUpperCase();
}

/** Avatar of a persona or the bot; index gives the colour, which never changes. */
export function avatar(who, name, index) {
  if (who === "bot") return h("span.avatar.avatar-bot", { "aria-hidden": "true" }, icon("bot"));
  return h("span.avatar.tone-" + (index % 8), { "aria-hidden": "true" }, initial(name));
}

/** Avatar of a group: its first four members. */
export function groupAvatar(members) {
  return h("span.avatar.avatar-group", { "aria-hidden": "true" },
    members.slice(0, 4).map((m) => h("i.tone-" + (m.index % 8), null, initial(m.name))));
}

/** What was written, as safe elements. */
export function richText(spans) {
  return (spans ?? []).map((s) => {
    let node = document.createTextNode(s.text);
    const wrap = (el) => {
      el.append(node);
      node = el;
    };
    if (s.code) wrap(h("code"));
    if (s.italic) wrap(h("em"));
    if (s.bold) wrap(h("strong"));
    if (s.at) wrap(h("span.at"));
    const href = webAddress(s.link);
    if (href) wrap(h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }));
    return node;
  });
}

/** The address if it is one of the web, else "". */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
  } catch {
    return "";
  }
}

export const plain = (spans) => (spans ?? []).map((s) => s.text).join("");

export function fileSize(bytes) {
  if (bytes < 1024) return bytes + " B";
  if (bytes < 1024 * 1024) return (bytes / 1024).toFixed(1) + " KB";
  return (bytes / 1024 / 1024).toFixed(1) + " MB";
}

/**
 * Times come as 2026-11-20T08:02:11.000+08:00, with the offset of the chat's
 * zone: what stands there is what the chat's clock shows.
 */
export const dayOf = (at) => at.slice(0, 10);
export const timeOf = (at) => at.slice(11, 16);

export function dateText(day, lang, today) {
  const [y, m, d] = day.split("-").map(Number);
  const zh = lang === "zh-CN";
  const options = { month: zh ? "long" : "short", day: "numeric", weekday: "short", timeZone: "UTC" };
  if (today && today.slice(0, 4) !== day.slice(0, 4)) options.year = "numeric";
  const text = new Intl.DateTimeFormat(lang, options).format(new Date(Date.UTC(y, m - 1, d)));
  return zh ? text.replace(/(日)(周|星期)/, "$1 $2") : text;
}

/**
 * Make the children of parent those of items, [key, signature, build], moving
 * and building as little as possible: a screen reader hears only what is new.
 */
export function reconcile(parent, items) {
  const old = new Map();
  for (const el of parent.children) old.set(el.dataset.key, el);
  let place = parent.firstElementChild;
  for (const [key, signature, build] of items) {
    let el = old.get(key);
    if (el && el.dataset.sig !== signature) {
      const fresh = build();
      const focused = el.contains(document.activeElement);
      el.replaceWith(fresh);
      if (focused) fresh.focus(); // or the keyboard would start again at the top
      if (place === el) place = fresh;
      el = fresh;
    } else if (!el) {
      el = build();
    }
    old.delete(key);
    el.dataset.key = key;
    el.dataset.sig = signature;
    if (el === place) place = place.nextElementSibling;
    else parent.insertBefore(el, place);
  }
  for (const el of old.values()) el.remove();
}
