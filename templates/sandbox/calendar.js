// What the program is going to do by itself in the next fourteen days: one
// square a day, and below them the posts, each a button that moves the clock
// there.
import { fill, moveClock } from "./actions.js";
import { clockText } from "./clock.js";
import { $, state, t, titleOf } from "./model.js";
import { get } from "./net.js";
import { closeSheets } from "./moving.js";
import { dateText, dayOf, h, icon, timeOf } from "./view.js";

const span = 14;   // days
const first = 5;   // lines that are shown without being asked
let list = [];     // as the program told it
let chosen = "";   // a day, "" = what comes first
let all = false;   // every line of it
let asked = 0;     // of several answers under way the last one counts

const dayAfter = (day, n) => new Date(Date.parse(day + "T00:00:00Z") + n * 86400000).toISOString().slice(0, 10);
const today = () => dayOf(clockText());

export async function loadUpcoming() {
  if (!state.upcoming || !state.clock) return;
  const mine = ++asked;
  let told;
  try {
    told = await get("/api/upcoming");
  } catch {
    return;
  }
  if (mine !== asked) return;
  const end = dayAfter(today(), span);
  list = told.filter((e) => dayOf(e.at) < end);
  renderUpcoming();
}

export function renderUpcoming() {
  if (!state.upcoming || !clockText()) return;
  if (chosen < today() || !list.some((e) => dayOf(e.at) === chosen)) chosen = "";
  $("upcoming").hidden = false;
  const posts = list.filter((e) => !e.skip).length;
  $("calendar-count").textContent = posts ? t("calendar.count", { n: posts }) : "";
  $("upcoming-none").hidden = list.length > 0;
  $("days").replaceChildren(...weekdays(), ...days());
  renderList();
}

// The names of the days of the week, Monday first: 2024-01-01 was one.
function weekdays() {
  const name = new Intl.DateTimeFormat(state.lang, { weekday: "narrow", timeZone: "UTC" });
  return [0, 1, 2, 3, 4, 5, 6].map((n) => h("i", { "aria-hidden": "true" }, name.format(Date.UTC(2024, 0, 1 + n))));
}

function days() {
  const from = today();
  const lead = (new Date(from + "T00:00:00Z").getUTCDay() + 6) % 7;
  const out = [];
  for (let n = 0; n < lead; n++) out.push(h("span"));
  for (let n = 0; n < span; n++) {
    const day = dayAfter(from, n);
    const mine = list.filter((e) => dayOf(e.at) === day);
    const posts = mine.filter((e) => !e.skip);
    const date = dateText(day, state.lang, "");
    const marks = posts.slice(0, 3).map((e) => h("u." + e.kind));
    if (!marks.length && mine.length) marks.push(h("u.skipped"));
    out.push(h("button.day-cell" + (n === 0 ? ".today" : "") + (posts.length ? ".busy" : ""), {
      type: "button", disabled: !mine.length || null, "aria-pressed": String(day === chosen), "data-testid": "day-" + day,
      "aria-label": mine.length ? t("calendar.day", { date, n: posts.length }) : date,
      onclick: () => {
        chosen = day === chosen ? "" : day;
        all = false;
        renderUpcoming();
        $("days").querySelector('[data-testid="day-' + day + '"]')?.focus();
      },
    }, h("b", null, String(Number(day.slice(8)))), h("em", null, marks)));
  }
  return out;
}

function dayTitle(day) {
  const date = dateText(day, state.lang, today());
  const near = day === today() ? t("calendar.today") : day === dayAfter(today(), 1) ? t("calendar.tomorrow") : "";
  return [near ? h("b", null, near) : null, date];
}

function renderList() {
  const mine = chosen ? list.filter((e) => dayOf(e.at) === chosen) : list;
  const shown = all || mine.length <= first + 1 ? mine : mine.slice(0, first);
  const rows = [];
  let day = "";
  for (const e of shown) {
    if (dayOf(e.at) !== day) {
      day = dayOf(e.at);
      rows.push(h("h3", null, dayTitle(day)));
    }
    rows.push(line(e));
  }
  $("upcoming-list").replaceChildren(...rows);
  const more = $("upcoming-more");
  more.hidden = mine.length <= first + 1;
  more.dataset.all = all ? "1" : "";
  more.textContent = all ? t("calendar.less") : t("calendar.more", { n: mine.length - shown.length });
}

const icons = { announcement: "speaker", remind: "bell", poll: "clock", draw: "clock", signup: "clock" };

function line(e) {
  const date = dateText(dayOf(e.at), state.lang, clockText());
  const where = [...e.chats.map(titleOf), ...(e.where ?? [])];
  const names = where.length > 2 ? t("calendar.groups", { n: where.length }) : where.join(state.lang === "zh-CN" ? "、" : ", ");
  return h("button.due." + e.kind + (e.skip ? ".skipped" : ""), {
    type: "button", "data-testid": "upcoming", "data-at": e.at, disabled: !state.clock.movable || null,
    title: t("clock.jump", { date, time: timeOf(e.at) }), onclick: () => {
      all = false;
      moveClock({ to: e.at });
    },
  }, h("time", null, timeOf(e.at)),
  h("span.due-what", null, h("b", null, icon(icons[e.kind] ?? "repeat"), h("span", null, e.text)),
    h("small", null, [names, e.note].filter(Boolean).join(" · "))),
  h("span.go", { "aria-hidden": "true" }, t("calendar.go")));
}

export function wireCalendar() {
  $("upcoming-more").addEventListener("click", () => {
    all = !all;
    renderList();
  });
  $("upcoming-try").addEventListener("click", () => {
    closeSheets();
    fill(t("calendar.example"));
  });
}
