// A picture that goes with the next message.
import { grow, tell } from "./actions.js";
import { $, state, t } from "./model.js";

const most = 4 << 20;

export async function attach(file) {
  if (!file) return;
  if (!["image/png", "image/jpeg"].includes(file.type) || file.size > most) {
    tell(t("error.picture"));
    return;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  state.picture = { name: file.name || "picture", data: btoa(text) };
  show();
}

export function dropPicture() {
  state.picture = null;
  $("picture").value = "";
  show();
}

function show() {
  $("attached").hidden = !state.picture;
  $("attached-name").textContent = state.picture?.name ?? "";
  grow();
}
