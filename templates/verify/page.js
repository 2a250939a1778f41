import { check, mine } from "./receipt.js";

const zoned = { dateStyle: "medium", timeStyle: "long" };

const zh = {
  lang: "zh-CN", colon: "：", comma: "、",
  title: "自己验证抽奖", intro: "选收据文件或粘贴内容。全部在你的浏览器里计算，什么都不会发出去。", file: "选收据文件", paste: "或粘贴收据内容", go: "计算",
  empty: "先选收据文件，或把内容粘贴进来。", unread: "读不懂：不是版本 1 的收据。", good: "✔ 重算一致", bad: "✘ 对不上", weak: "有标 ! 的较弱之处。", look: "见标 ✘ 的行，不要相信这个结果。", sign: "签名要另外对照，见标 · 的行。",
  draw: (r) => `${r.community ? r.community + " · " : ""}抽奖 #${r.draw} · ${r.entrants.length} 人参加`, drawn: "中奖签号", should: "按收据重算，中奖签号应是", checks: "逐项检查",
  own: "我在名单里吗", salt: "盐（私聊机器人 /verify 得到）", account: "账号（一并告诉你），如 telegram:123456", find: "查找", found: (t) => `在名单里，签号 ${t}。`, lost: "名单里没有这个账号。",
  version: "收据版本", form: (f) => `收据里有缺失或不合理之处：${f.name}`, commitment: "承诺与揭示的秘密", list: (f) => `名单 ${f.count} 人的哈希`,
  round: (f) => `第 ${f.round} 轮（${f.at.toLocaleString("zh-CN", zoned)} 产生）由截止时间决定`, chain: (f) => (f.weak ? `随机源不是公共的 drand quicknet：${f.value}` : "随机源是公共的 drand quicknet"),
  signature: (f) => `签名本页不验。收据里是 ${f.value}，请和 drand 公布的对照，或用 qunmate receipt：`, signatureOwn: "签名本页不验，用 qunmate receipt 可以验", number: (f) => `人工填写的「${f.name}」= ${f.value}，请自己核对`, none: "没有公共随机数", instant: "即开型，由承诺的秘密决定",
  late: "名单冻结晚于截止时间", winners: (f) => `中奖签号重算（${f.count} 个）`, changes: (f) => `${f.count} 次顺延都是同一序列的下一位`, nobody: "无",
  no: {
    version: "不是版本 1 的收据", commitment: "公开的秘密和开始时的承诺不符", list: "名单和公布的哈希不符，被改过", round: (f) => `第 ${f.round} 轮不是截止时间决定的那一轮`,
    chain: "自称 drand quicknet，公钥或链却不是它的", winners: "收据写的中奖签号和重算的不同", changes: "顺延的不是同一序列的下一位，或没写原因",
  },
};
const en = {
  lang: "en", colon: ": ", comma: ", ",
  title: "Compute a draw yourself", intro: "Choose the receipt or paste it. Everything is computed in your browser, nothing is sent anywhere.", file: "Choose the receipt", paste: "or paste the receipt", go: "Compute",
  empty: "Choose the receipt first, or paste it.", unread: "Not readable: this is no receipt of version 1.", good: "✔ Everything comes out the same", bad: "✘ It does not add up", weak: "There are weaknesses, marked !.", look: "See the lines marked ✘ and do not believe this result.", sign: "The signature has to be compared apart, see the line marked ·.",
  draw: (r) => `${r.community ? r.community + " · " : ""}draw #${r.draw} · ${r.entrants.length} entered`, drawn: "The winning tickets", should: "Computed from this receipt, the winning tickets are", checks: "One by one",
  own: "Am I in the list?", salt: "salt (send the bot /verify in private)", account: "account (told with the salt), e.g. telegram:123456", find: "Find", found: (t) => `In the list, ticket ${t}.`, lost: "This account is not in the list.",
  version: "version of the receipt", form: (f) => `something is missing or makes no sense: ${f.name}`, commitment: "the secret that was committed to", list: (f) => `hash of the list of ${f.count}`,
  round: (f) => `round ${f.round} (made ${f.at.toLocaleString("en", zoned)}) follows from the closing time`, chain: (f) => (f.weak ? `not the public drand quicknet: ${f.value}` : "the public drand quicknet"),
  signature: (f) => `this page does not verify the signature. The receipt says ${f.value}; compare it with drand's own, or use qunmate receipt: `, signatureOwn: "this page does not verify the signature; qunmate receipt does", number: (f) => `typed by hand: “${f.name}” = ${f.value}, check it yourself`, none: "no public randomness", instant: "instant, decided by the committed secret",
  late: "the list was frozen late", winners: (f) => `the winning tickets (${f.count})`, changes: (f) => (f.count === 1 ? "1 substitute, the next of the stream" : `${f.count} substitutes, always the next of the stream`), nobody: "nobody",
  no: {
    version: "this is no receipt of version 1", commitment: "the secret is not the one that was promised", list: "the list is not the one whose hash was published: it was changed", round: (f) => `round ${f.round} is not the one that follows from the closing time`,
    chain: "it claims to be drand's quicknet, and key or chain are not", winners: "the winning tickets of the receipt are others than those computed", changes: "a substitute is not the next of the stream, or has no reason",
  },
};
const at = (id) => document.getElementById(id);
let t = zh;
let receipt = null;
let shown = ""; // what was computed last

// The language somebody chose, else his browser's, else Chinese.
function first() {
  let kept = "";
  try { kept = localStorage.getItem("verify.lang"); } catch { /* not allowed here */ }
  const asked = new URLSearchParams(location.search).get("lang") || kept || navigator.language || "";
  return asked && !asked.toLowerCase().startsWith("zh") ? en : zh;
}

function speak(words) {
  t = words;
  document.documentElement.lang = t.lang;
  document.title = t.title;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t[node.dataset.t];
  for (const node of document.querySelectorAll("[data-p]")) { node.placeholder = t[node.dataset.p]; node.setAttribute("aria-label", t[node.dataset.p]); }
  for (const node of document.querySelectorAll("[data-lang]")) node.setAttribute("aria-pressed", node.dataset.lang === t.lang);
  at("found").textContent = "";
  if (shown) show(shown);
}

function line(text, kind, tag = "li") {
  const el = document.createElement(tag);
  el.className = kind;
  el.textContent = text;
  at("result").append(el);
  return el;
}

function show(text) {
  shown = text;
  at("result").replaceChildren();
  at("own").hidden = true;
  receipt = null;
  if (!text.trim()) { line(t.empty, "sum weak"); return; }
  try { receipt = JSON.parse(text); } catch { /* said below */ }
  let found = null;
  try { found = receipt && check(receipt); } catch { /* said below */ }
  if (!found) { line(t.unread, "sum bad"); return; }
  verdict(found);
  if (found.holders) {
    line(found.every((f) => f.ok) ? t.drawn : t.should, "head");
    for (const p of found.holders) line(`${p.name}${t.colon}${p.tickets.join(t.comma) || t.nobody}`, "prize");
  }
  line(t.checks, "head");
  // A network that is not drand's publishes nothing there.
  const own = found.some((f) => f.code === "chain" && f.weak);
  for (const f of found) finding(f, own);
  at("own").hidden = !found.holders;
}

// The one line for who reads no other: what came out, and of which draw.
function verdict(found) {
  const ok = found.every((f) => f.ok);
  const weak = found.some((f) => f.weak);
  const box = line("", "sum " + (ok ? (weak ? "ok weak" : "ok") : "bad"));
  const add = (tag, text) => { const el = document.createElement(tag); el.textContent = text; box.append(el); };
  add("strong", ok ? t.good : t.bad);
  if (found.holders) add("span", t.draw(receipt));
  const notes = ok ? [weak && t.weak, found.some((f) => f.note) && t.sign].filter(Boolean) : [t.look];
  if (notes.length) add("span", notes.join(t.lang === "en" ? " " : ""));
}

function finding(f, own) {
  const words = (!f.ok && t.no[f.code]) || (t[own && f.code === "signature" ? "signatureOwn" : f.code] ?? f.code);
  const mark = f.ok ? (f.weak ? "! " : f.note ? "· " : "✔ ") : "✘ ";
  const li = line(mark + (typeof words === "function" ? words(f) : words), f.ok ? (f.weak ? "weak" : "ok") : "bad");
  if (f.code !== "signature" || own) return;
  const a = document.createElement("a");
  a.href = a.textContent = `https://api.drand.sh/${encodeURIComponent(f.chain)}/public/${f.round}`;
  a.rel = "noreferrer";
  li.append(a);
}

at("file").addEventListener("change", async () => { const f = at("file").files[0]; if (f) { at("name").textContent = f.name; at("text").value = await f.text(); show(at("text").value); } });
at("go").addEventListener("click", () => show(at("text").value));
at("own").addEventListener("submit", (ev) => {
  ev.preventDefault();
  let e;
  try { e = mine(receipt, at("salt").value, at("account").value); } catch { /* not found */ }
  at("found").textContent = e ? t.found(e.ticket) : t.lost;
});
for (const node of document.querySelectorAll("[data-lang]")) {
  node.addEventListener("click", () => {
    try { localStorage.setItem("verify.lang", node.dataset.lang); } catch { /* not allowed here */ }
    speak(node.dataset.lang === "en" ? en : zh);
  });
}
speak(first());
