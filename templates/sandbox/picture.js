// A picture, or a list as CSV or TXT, that goes with the next message.
import { grow, tell } from "./actions.js";
import { $, state, t } from "./model.js";

const most = 4 << 20;
const mostList = 1 << 20;

export async function attach(file) {
  if (!file) return;
  const list = /\.(csv|txt)$/i.test(file.name);
  if (!list && !["image/png", "image/jpeg"].includes(file.type) || file.size > (list ? mostList : most)) {
    tell(t(list ? "error.upload" : "error.picture"));
    return;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  state.picture = { name: file.name || "picture", data: btoa(text), list };
  show();
}

export function dropPicture() {
  state.picture = null;
  $("picture").value = "";
  show();
}

function show() {
  $("attached").hidden = !state.picture;
  $("attached-kind").textContent = t(state.picture?.list ? "input.file" : "input.picture");
  $("attached-name").textContent = state.picture?.name ?? "";
  grow();
}
