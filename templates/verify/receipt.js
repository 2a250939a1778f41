// Computes a draw receipt (version 1) again, in the browser alone.
import { signedRound } from "./drand.js";
import { sha256 } from "./hash.js";

const concat = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { out.set(p, at); at += p.length; }
  return out;
};

export function hmac(key, ...parts) {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? sha256(key) : key);
  return sha256(concat(block.map((b) => b ^ 0x5c), sha256(concat(block.map((b) => b ^ 0x36), ...parts))));
}

export const utf8 = (text) => new TextEncoder().encode(text);
export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

function unhex(text, least, most) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text) || text.length < 2 * least || text.length > 2 * most) throw new Error("hex");
  return Uint8Array.from(text.match(/../g) ?? [], (b) => parseInt(b, 16));
}

const uint64 = (n) => { const b = new Uint8Array(8); new DataView(b.buffer).setBigUint64(0, BigInt(n)); return b; };

function stream(seed) {
  let i = 0n, block = null, at = 32;
  return () => {
    if (at === 32) { block = new DataView(hmac(seed, uint64(i++)).buffer); at = 0; }
    at += 8;
    return block.getBigUint64(at - 8);
  };
}

// Tickets without putting them back, each as likely as its weight.
function urn(seed, entrants) {
  const left = entrants.map((e) => ({ ticket: e.ticket, weight: BigInt(e.weight) })).sort((a, b) => a.ticket - b.ticket);
  const next = stream(seed);
  let total = left.reduce((sum, e) => sum + e.weight, 0n);
  return () => {
    if (total === 0n) return 0;
    const over = 2n ** 64n % total;
    let x;
    do x = next(); while (x >= 2n ** 64n - over);
    let r = x % total, i = 0;
    while (r >= left[i].weight) r -= left[i++].weight;
    const [drawn] = left.splice(i, 1);
    total -= drawn.weight;
    return drawn.ticket;
  };
}

// A draw that told everybody at once: tickets in the order of their HMAC.
function instant(secret, count) {
  const order = Array.from({ length: count }, (_, i) => ({ ticket: i + 1, key: hex(hmac(secret, uint64(i + 1))) }));
  order.sort((a, b) => (a.key < b.key ? -1 : 1));
  return () => order.shift()?.ticket ?? 0;
}

export const QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
const QUICKNET_KEY = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a";
const roundAt = (ms) => Math.max(0, Math.ceil((ms - 1692803367000) / 3000)) + 1;
const whole = (n, least, most) => Number.isInteger(n) && n >= least && n <= most;

// check returns what was computed again: {code, ok, weak, …}. signed says whether
// a network made a signature.
export function check(r, signed = signedRound) {
  const out = [];
  const add = (code, ok, more = {}) => out.push({ code, ok, weak: false, ...more });
  if (r?.version !== 1) { add("version", false); return out; }
  let secret, bytes;
  try {
    secret = unhex(r.secret, 16, 64);
    if (!r.prizes.length || !r.prizes.every((p) => p.name && whole(p.count, 1, 1e6))) throw new Error("prizes");
    if (!r.entrants.every((e) => whole(e.ticket, 1, 1e15) && whole(e.weight, 1, 1e6) && unhex(e.who, 32, 32))) throw new Error("entrants");
    if (new Set(r.entrants.map((e) => e.ticket)).size !== r.entrants.length) throw new Error("a ticket twice");
    if (r.instant && (r.beacon.kind !== "none" || !whole(r.instant.tickets, 1, 1e6))) throw new Error("instant");
    if (r.beacon.kind === "drand" && !(whole(r.beacon.round, 1, 1e15) && unhex(r.beacon.public_key, 96, 96))) throw new Error("beacon");
    if (Number.isNaN(Date.parse(r.closes_at))) throw new Error("closes_at");
    bytes = { drand: () => unhex(r.beacon.signature, 48, 48), number: () => utf8(r.beacon.value), none: () => new Uint8Array() }[r.beacon.kind]();
  } catch (err) { add("form", false, { name: err.message }); return out; }

  add("commitment", hex(sha256(secret)) === r.commitment, { value: r.commitment });
  const entrants = [...r.entrants].sort((a, b) => a.ticket - b.ticket);
  const list = sha256(utf8(entrants.map((e) => `${e.ticket}\t${e.who}\t${e.weight}\n`).join("")));
  add("list", hex(list) === r.entrants_sha256, { count: entrants.length, value: hex(list) });
  if (r.instant) add("instant", true, { weak: true });
  else if (r.beacon.kind === "drand") {
    const closes = Date.parse(r.closes_at), round = r.beacon.round;
    add("round", round === roundAt(closes) || round === roundAt(closes + 60000), { round, at: new Date((1692803367 + (round - 1) * 3) * 1000) });
    const known = r.beacon.chain === QUICKNET;
    add("chain", known === (r.beacon.public_key === QUICKNET_KEY), { weak: !known, value: r.beacon.chain });
    add("signature", signed(r.beacon.public_key, round, r.beacon.signature), { round, chain: r.beacon.chain, known });
  } else add(r.beacon.kind, true, { weak: true, name: r.beacon.name, value: r.beacon.value });
  if (r.late_freeze) add("late", true, { weak: true });

  const draw = r.instant ? instant(secret, r.instant.tickets) : urn(hmac(secret, bytes, list), entrants);
  const taken = new Set(entrants.map((e) => e.ticket));
  let holders = [];
  r.prizes.forEach((p, prize) => {
    for (let n = 0; n < p.count; n++) {
      const ticket = draw();
      if (ticket && taken.has(ticket)) holders.push({ prize, ticket });
      else if (!ticket) break;
    }
  });
  const same = (a, b) => a.length === b.length && a.every((w, i) => w.prize === b[i].prize && w.ticket === b[i].ticket);
  add("winners", same(holders, r.winners ?? []), { count: holders.length });
  const changes = r.changes ?? [];
  let good = true;
  for (const c of changes) {
    let to = draw();
    while (to && !taken.has(to)) to = draw();
    const i = holders.findIndex((w) => w.prize === c.prize && w.ticket === c.from);
    good = good && i >= 0 && to === c.to && Boolean(c.reason);
    if (!good) break;
    if (to) holders[i] = { ...holders[i], ticket: to };
    else holders = holders.filter((_, at) => at !== i);
  }
  if (changes.length) add("changes", good, { count: changes.length });
  out.holders = r.prizes.map((p, prize) => ({ name: p.name, tickets: holders.filter((w) => w.prize === prize).map((w) => w.ticket) }));
  return out;
}

// mine finds a member's own line: SHA-256 of his salt and account.
export function mine(r, salt, account) {
  const who = hex(sha256(concat(unhex(salt.trim(), 1, 64), utf8(account.trim()))));
  return r.entrants.find((e) => e.who === who);
}
