// The clock of the chat.
import { loadUpcoming } from "./calendar.js";
import { renderLog } from "./conversation.js";
import { $, state, t } from "./model.js";
import { dateText, dayOf, timeOf } from "./view.js";

export function setClock(clock) {
  const moved = state.clock && clock.now.slice(0, 10) !== clockText().slice(0, 10);
  state.clock = { ...clock, since: performance.now() };
  renderClock();
  if (moved) renderLog();
  loadUpcoming();
}

/** What the chat's clock shows now, in the form of the messages' times. */
export function clockText() {
  if (!state.clock) return "";
  const { now, since } = state.clock;
  const offset = now.slice(23);
  const shown = new Date(now.slice(0, 23) + "Z").getTime() + performance.now() - since;
  return new Date(shown).toISOString().slice(0, 23) + offset;
}

export function renderClock() {
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
  // Hands off while somebody types: a half-typed date reads as empty.
  if (document.activeElement !== custom && (!custom.value || custom.value < custom.min)) custom.value = dayOf(at) + "T" + timeOf(at);
}
