// Moving around: which chat, as whom, and the sheets of a narrow page.
import { setReply } from "./actions.js";
import { render } from "./columns.js";
import { $, chatID, narrow, remember, seenKey, state } from "./model.js";

export function go(move) {
  const input = $("input");
  state.drafts.set(seenKey(state.persona, chatID()), input.value);
  move();
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

export function openRoom(room) {
  if (room !== state.room) go(() => { state.room = room; });
  if (!narrow.matches) $("input").focus();
}

export function speakAs(who) {
  if (who !== state.persona) go(() => { state.persona = who; });
  if (closeSheets()) return;
  $("personas").querySelector(`[data-testid="persona-${who}"]`)?.focus();
}

let opener = null;

export function openSheet(id, from) {
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

export function closeSheets() {
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
