#!/usr/bin/env node
// An independent check of Qunmate draw receipts (version 1): it shares no code
// with the program and needs nothing but Node 18 or newer.
//
//     node receipt.mjs receipt-12.json [more.json …]
//
// It computes the commitment, the list's hash, the pinned round's number, the
// winners and every later change again. One thing it does not do: verify that
// drand's network really signed the round (a BLS12-381 pairing). For that use
// `qunmate receipt FILE`, or compare the signature with what drand itself says
// under the address that is printed.

import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
const GENESIS = 1692803367n, PERIOD = 3n; // of quicknet, in seconds
const TWO64 = 1n << 64n;

const sha256 = (data) => createHash("sha256").update(data).digest();
const hmac = (key, ...parts) => parts.reduce((h, p) => h.update(p), createHmac("sha256", key)).digest();
const hex = (text) => Buffer.from(text, "hex");
const uint64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };

// The first round at or after an instant given in milliseconds.
function roundAt(ms) {
  const since = BigInt(ms) - GENESIS * 1000n, step = PERIOD * 1000n;
  return since <= 0n ? 1n : (since + step - 1n) / step + 1n;
}

// RFC 3339 in milliseconds, rounded up: a fraction never moves a round back.
function instant(text) {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Error(`not a time: ${text}`);
  return ms + (/\.\d{3}\d*[1-9]/.test(text) ? 1 : 0);
}

function* numbers(seed) {
  for (let i = 0n; ; i++) {
    const block = hmac(seed, uint64(i));
    for (let at = 0; at < 32; at += 8) yield block.readBigUInt64BE(at);
  }
}

// Draws tickets without putting them back, each as likely as its weight.
function* tickets(seed, entrants) {
  const left = entrants.map((e) => [e.ticket, BigInt(e.weight)]).sort((a, b) => a[0] - b[0]);
  const stream = numbers(seed);
  let total = left.reduce((sum, [, weight]) => sum + weight, 0n);
  while (total > 0n) {
    const limit = (TWO64 / total) * total;
    let x = stream.next().value;
    while (x >= limit) x = stream.next().value;
    let r = x % total, i = 0;
    while (r >= left[i][1]) r -= left[i++][1];
    const [[ticket, weight]] = left.splice(i, 1);
    total -= weight;
    yield ticket;
  }
}

// A draw that told everybody at once: tickets in the order of their HMAC.
function* instantTickets(secret, count) {
  const keyed = Array.from({ length: count }, (_, i) => [i + 1, hmac(secret, uint64(i + 1))]);
  keyed.sort((a, b) => Buffer.compare(a[1], b[1]));
  for (const [ticket] of keyed) yield ticket;
}

const randomness = {
  drand: (b) => hex(b.signature),
  number: (b) => Buffer.from(b.value, "utf8"),
  none: () => Buffer.alloc(0),
};

// Every check is [passed, words]; a note passes and makes the draw weaker.
export function check(r) {
  const out = [];
  const say = (ok, words) => out.push([Boolean(ok), words]);
  if (r.version !== 1) return [[false, `version ${r.version} is not known here`]];

  const secret = hex(r.secret);
  say(sha256(secret).toString("hex") === r.commitment, `commitment ${r.commitment}`);

  const lines = [...r.entrants].sort((a, b) => a.ticket - b.ticket).map((e) => `${e.ticket}\t${e.who}\t${e.weight}\n`);
  const list = sha256(lines.join(""));
  say(list.toString("hex") === r.entrants_sha256, `list of ${r.entrants.length}, ${list.toString("hex")}`);
  say(new Set(r.entrants.map((e) => e.ticket)).size === r.entrants.length, "every ticket once");

  if (r.instant) {
    say(true, `note: ${r.instant.tickets} tickets decided at once by the secret alone (weaker)`);
  } else if (r.beacon.kind === "drand") {
    const closes = instant(r.closes_at), round = BigInt(r.beacon.round);
    say(round === roundAt(closes) || round === roundAt(closes + 60000), `round ${round} follows from ${r.closes_at}`);
    if (r.beacon.chain !== QUICKNET) say(true, `note: chain ${r.beacon.chain} is not drand's public quicknet (weaker)`);
    say(true, `note: compare the signature with https://api.drand.sh/${r.beacon.chain}/public/${round}`);
  } else {
    say(r.beacon.kind in randomness, `note: beacon "${r.beacon.kind}" ${r.beacon.name ?? ""} ${r.beacon.value ?? ""} (weaker)`);
  }
  if (r.late_freeze) say(true, "note: the list was frozen late (weaker)");

  let order;
  if (r.instant) order = instantTickets(secret, r.instant.tickets);
  else order = tickets(hmac(secret, randomness[r.beacon.kind](r.beacon), list), r.entrants);
  const taken = new Set(r.entrants.map((e) => e.ticket));
  let holders = [];
  r.prizes.forEach((prize, index) => {
    for (let n = 0; n < prize.count; n++) {
      const next = order.next();
      if (next.done) break; // nobody is left, however many prizes there are
      if (taken.has(next.value)) holders.push({ prize: index, ticket: next.value });
    }
  });
  const same = holders.length === r.winners.length &&
    holders.every((w, i) => w.prize === r.winners[i].prize && w.ticket === r.winners[i].ticket);
  say(same, `${holders.length} winners: ${holders.map((w) => w.ticket).join(" ")}`);

  for (const c of r.changes ?? []) {
    let next = order.next();
    while (!next.done && !taken.has(next.value)) next = order.next();
    const i = holders.findIndex((w) => w.prize === c.prize && w.ticket === c.from);
    const to = next.done ? 0 : next.value;
    say(i >= 0 && to === c.to && c.reason, `prize ${c.prize} moved from ${c.from} to ${to}: ${c.reason}`);
    if (i >= 0) holders = holders.flatMap((w, at) => (at !== i ? [w] : next.done ? [] : [{ ...w, ticket: to }]));
  }
  return out;
}

if (process.argv[1]?.endsWith("receipt.mjs")) {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error("usage: node receipt.mjs receipt-12.json …");
    process.exit(2);
  }
  let good = true;
  for (const file of files) {
    let lines;
    try {
      lines = check(JSON.parse(readFileSync(file, "utf8")));
    } catch (err) {
      lines = [[false, err.message]];
    }
    for (const [ok, words] of lines) console.log(`${file}: ${ok ? "ok  " : "BAD "} ${words}`);
    good = good && lines.every(([ok]) => ok);
  }
  process.exit(good ? 0 : 1);
}
