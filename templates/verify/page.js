import { check, mine } from "./receipt.js";

const zoned = { dateStyle: "medium", timeStyle: "long" };

const zh = {
  lang: "zh-CN", colon: "：", comma: "、",
  title: "自己验证抽奖", intro: "选收据文件或粘贴内容。全部在你的浏览器里计算，什么都不会发出去。", file: "选收据文件", paste: "或粘贴收据内容", go: "计算",
  empty: "先选收据文件，或把内容粘贴进来。", unread: "读不懂：不是版本 1 的收据。", good: "✔ 重算一致", bad: "✘ 对不上", weak: "有标 ! 的较弱之处。", look: "见标 ✘ 的行，不要相信这个结果。",
  draw: (r) => `${r.community ? r.community + " · " : ""}抽奖 #${r.draw} · ${r.entrants.length} 人参加`, drawn: "中奖签号", should: "按收据重算，中奖签号应是", checks: "逐项检查", working: "正在计算…",
  own: "我在名单里吗", salt: "盐（私聊机器人 /verify 得到）", account: "账号（一并告诉你），如 telegram:123456", find: "查找", found: (t) => `在名单里，签号 ${t}。`, lost: "名单里没有这个账号。",
  version: "收据版本", form: (f) => `收据里有缺失或不合理之处：${f.name}`, commitment: "承诺与揭示的秘密", list: (f) => `名单 ${f.count} 人的哈希`,
  round: (f) => `第 ${f.round} 轮（${f.at.toLocaleString("zh-CN", zoned)} 产生）由截止时间决定`, chain: (f) => (f.weak ? `随机源不是公共的 drand quicknet：${f.value}` : "随机源是公共的 drand quicknet"),
  signature: (f) => `第 ${f.round} 轮的签名是这个网络的` + (f.known ? "，也可和 drand 公布的对照：" : ""), number: (f) => `人工填写的「${f.name}」= ${f.value}，请自己核对`, none: "没有公共随机数", instant: "即开型，由承诺的秘密决定",
  late: "名单冻结晚于截止时间", winners: (f) => `中奖签号重算（${f.count} 个）`, changes: (f) => `${f.count} 次顺延都是同一序列的下一位`, nobody: "无",
  no: {
    version: "不是版本 1 的收据", commitment: "公开的秘密和开始时的承诺不符", list: "名单和公布的哈希不符，被改过", round: (f) => `第 ${f.round} 轮不是截止时间决定的那一轮`,
    chain: "自称 drand quicknet，公钥或链却不是它的", signature: (f) => `第 ${f.round} 轮的签名不是这个网络的，是编的`, winners: "收据写的中奖签号和重算的不同", changes: "顺延的不是同一序列的下一位，或没写原因",
  },
};
const en = {
  lang: "en", colon: ": ", comma: ", ",
  title: "Compute a draw yourself", intro: "Choose the receipt or paste it. Everything is computed in your browser, nothing is sent anywhere.", file: "Choose the receipt", paste: "or paste the receipt", go: "Compute",
  empty: "Choose the receipt first, or paste it.", unread: "Not readable: this is no receipt of version 1.", good: "✔ Everything comes out the same", bad: "✘ It does not add up", weak: "There are weaknesses, marked !.", look: "See the lines marked ✘ and do not believe this result.",
  draw: (r) => `${r.community ? r.community + " · " : ""}draw #${r.draw} · ${r.entrants.length} entered`, drawn: "The winning tickets", should: "Computed from this receipt, the winning tickets are", checks: "One by one", working: "Computing…",
  own: "Am I in the list?", salt: "salt (send the bot /verify in private)", account: "account (told with the salt), e.g. telegram:123456", find: "Find", found: (t) => `In the list, ticket ${t}.`, lost: "This account is not in the list.",
  version: "version of the receipt", form: (f) => `something is missing or makes no sense: ${f.name}`, commitment: "the secret that was committed to", list: (f) => `hash of the list of ${f.count}`,
  round: (f) => `round ${f.round} (made ${f.at.toLocaleString("en", zoned)}) follows from the closing time`, chain: (f) => (f.weak ? `not the public drand quicknet: ${f.value}` : "the public drand quicknet"),
  signature: (f) => `the signature of round ${f.round} is the network's` + (f.known ? "; to compare it with what drand publishes: " : ""), number: (f) => `typed by hand: “${f.name}” = ${f.value}, check it yourself`, none: "no public randomness", instant: "instant, decided by the committed secret",
  late: "the list was frozen late", winners: (f) => `the winning tickets (${f.count})`, changes: (f) => (f.count === 1 ? "1 substitute, the next of the stream" : `${f.count} substitutes, always the next of the stream`), nobody: "nobody",
  no: {
    version: "this is no receipt of version 1", commitment: "the secret is not the one that was promised", list: "the list is not the one whose hash was published: it was changed", round: (f) => `round ${f.round} is not the one that follows from the closing time`,
    chain: "it claims to be drand's quicknet, and key or chain are not", signature: (f) => `the signature of round ${f.round} is not the network's: it was made up`, winners: "the winning tickets of the receipt are others than those computed", changes: "a substitute is not the next of the stream, or has no reason",
  },
};
const at = (id) => document.getElementById(id);
let t = zh;
let receipt = null;
let found = null; // what was found in it
let text = null; // what was computed last
let timer = 0;

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
  if (text !== null) show();
}

function line(words, kind) {
  const el = document.createElement("li");
  el.className = kind;
  el.textContent = words;
  at("result").append(el);
  return el;
}

// compute does the work of a moment, and lets the page say so before.
function compute() {
  text = at("text").value;
  found = receipt = null;
  at("own").hidden = true;
  at("found").textContent = "";
  at("result").replaceChildren();
  if (text.trim()) line(t.working, "head");
  clearTimeout(timer);
  timer = setTimeout(() => {
    try { receipt = JSON.parse(text); } catch { /* said below */ }
    try { found = receipt && check(receipt); } catch { /* said below */ }
    show();
  }, 30);
}

function show() {
  at("result").replaceChildren();
  if (!text.trim()) { line(t.empty, "sum weak"); return; }
  if (!found) { line(t.unread, "sum bad"); return; }
  verdict();
  if (found.holders) {
    line(found.every((f) => f.ok) ? t.drawn : t.should, "head");
    for (const p of found.holders) line(`${p.name}${t.colon}${p.tickets.join(t.comma) || t.nobody}`, "prize");
  }
  line(t.checks, "head");
  for (const f of found) finding(f);
  at("own").hidden = !found.holders;
}

// The one line for who reads no other: what came out, and of which draw.
function verdict() {
  const ok = found.every((f) => f.ok);
  const weak = ok && found.some((f) => f.weak);
  const box = line("", "sum " + (ok ? (weak ? "ok weak" : "ok") : "bad"));
  const add = (tag, words) => { const el = document.createElement(tag); el.textContent = words; box.append(el); };
  add("strong", ok ? t.good : t.bad);
  if (found.holders) add("span", t.draw(receipt));
  if (weak || !ok) add("span", ok ? t.weak : t.look);
}

function finding(f) {
  const words = (!f.ok && t.no[f.code]) || (t[f.code] ?? f.code);
  const li = line((f.ok ? (f.weak ? "! " : "✔ ") : "✘ ") + (typeof words === "function" ? words(f) : words), f.ok ? (f.weak ? "weak" : "ok") : "bad");
  if (f.code !== "signature" || !f.ok || !f.known) return;
  const a = document.createElement("a");
  a.href = a.textContent = `https://api.drand.sh/${encodeURIComponent(f.chain)}/public/${f.round}`;
  a.rel = "noreferrer";
  li.append(a);
}

at("file").addEventListener("change", async () => { const f = at("file").files[0]; if (f) { at("name").textContent = f.name; at("text").value = await f.text(); compute(); } });
at("go").addEventListener("click", compute);
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
