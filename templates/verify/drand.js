// Verifies a signature of drand ("quicknet": bls-unchained-g1-rfc9380) in the
// browser alone: BLS12-381 with signatures in G1, as RFC 9380 hashes to it. It
// is written to be read, not to be fast: a signature takes a fraction of a
// second. Nothing here is secret, so nothing has to take constant time.
import { sha256 } from "./hash.js";

const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n; // the order of the groups
const X = 0xd201000000010000n; // the curve's parameter, without its sign

const mod = (a) => ((a %= P) < 0n ? a + P : a);

function power(base, exponent, mul, one) {
  let out = one;
  for (const bit of exponent.toString(2)) {
    out = mul(out, out);
    if (bit === "1") out = mul(out, base);
  }
  return out;
}

// The field: numbers modulo P.
const F1 = {
  zero: 0n, one: 1n, four: 4n,
  add: (a, b) => mod(a + b), sub: (a, b) => mod(a - b), mul: (a, b) => mod(a * b), neg: (a) => mod(-a),
  same: (a, b) => a === b,
  inv(a) { // Euclid
    let [r, s, x, y] = [P, mod(a), 0n, 1n];
    while (s) { const q = r / s; [r, s, x, y] = [s, r - q * s, y, x - q * y]; }
    return mod(x);
  },
  sqrt(a) {
    const root = power(mod(a), (P + 1n) / 4n, F1.mul, 1n);
    return mod(root * root) === mod(a) ? root : null;
  },
  large: (a) => a > (P - 1n) / 2n,
};
const half = F1.inv(2n);

// Its extension by i, with i² = −1: pairs.
const F2 = {
  zero: [0n, 0n], one: [1n, 0n], four: [4n, 4n],
  add: (a, b) => [mod(a[0] + b[0]), mod(a[1] + b[1])], sub: (a, b) => [mod(a[0] - b[0]), mod(a[1] - b[1])],
  mul: (a, b) => [mod(a[0] * b[0] - a[1] * b[1]), mod(a[0] * b[1] + a[1] * b[0])], neg: (a) => [mod(-a[0]), mod(-a[1])],
  same: (a, b) => a[0] === b[0] && a[1] === b[1],
  inv(a) {
    const n = F1.inv(a[0] * a[0] + a[1] * a[1]);
    return [mod(a[0] * n), mod(-a[1] * n)];
  },
  sqrt(a) {
    const n = F1.sqrt(a[0] * a[0] + a[1] * a[1]);
    if (n === null) return null;
    for (const norm of [n, -n]) {
      const x = F1.sqrt((a[0] + norm) * half);
      if (x === null) continue;
      const root = x ? [x, mod(a[1] * F1.inv(2n * x))] : [0n, F1.sqrt(-a[0])];
      if (root[1] !== null && F2.same(F2.mul(root, root), a)) return root;
    }
    return null;
  },
  large: (a) => (a[1] ? F1.large(a[1]) : F1.large(a[0])),
};

// Points of y² = x³ + 4 (over pairs: 4 + 4i) as [x, y]; null is nothing at all.
const slope = (F, a, b) => (F.same(a[0], b[0])
  ? F.mul(F.mul(F.add(F.add(F.one, F.one), F.one), F.mul(a[0], a[0])), F.inv(F.add(a[1], a[1])))
  : F.mul(F.sub(b[1], a[1]), F.inv(F.sub(b[0], a[0]))));

function add(F, a, b) {
  if (!a || !b) return a ?? b;
  if (F.same(a[0], b[0]) && (!F.same(a[1], b[1]) || F.same(a[1], F.zero))) return null;
  const s = slope(F, a, b);
  const x = F.sub(F.sub(F.mul(s, s), a[0]), b[0]);
  return [x, F.sub(F.mul(s, F.sub(a[0], x)), a[1])];
}

const times = (F, n, a) => power(a, n, (b, c) => add(F, b, c), null);

// A point as it is written: x, and in the first three bits that only x is
// written, that it is not nothing, and which of the two y is meant.
function point(F, text) {
  const whole = BigInt("0x" + text), bits = BigInt(4 * text.length);
  const flags = whole >> (bits - 3n), rest = whole & ((1n << (bits - 3n)) - 1n);
  if (flags >> 1n !== 2n) throw new Error("point");
  const x = F === F1 ? rest : [rest & ((1n << 384n) - 1n), rest >> 384n];
  if ([x].flat().some((n) => n >= P)) throw new Error("point");
  let y = F.sqrt(F.add(F.mul(F.mul(x, x), x), F.four));
  if (y === null) throw new Error("not on the curve");
  if (F.large(y) !== (flags & 1n) > 0n) y = F.neg(y);
  if (times(F, R, [x, y])) throw new Error("not in the group");
  return [x, y];
}

// What a text is hashed to: RFC 9380, BLS12381G1_XMD:SHA-256_SSWU_RO_.
const DST = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const join = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]));
const number = (bytes) => bytes.reduce((n, b) => n << 8n | BigInt(b), 0n);

function expand(message, length) {
  const end = join(new TextEncoder().encode(DST), [DST.length]);
  const first = sha256(join(new Uint8Array(64), message, [length >> 8, length & 255, 0], end));
  let block = sha256(join(first, [1], end)), out = block;
  for (let i = 2; out.length < length; i++) {
    block = sha256(join(first.map((b, n) => b ^ block[n]), [i], end));
    out = join(out, block);
  }
  return out;
}

const A = 0x144698a3b8e9433d693a02c96d4982b0ea985383ee66a8d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1dn;
const B = 0x12e2908d11688030018b12e8753eee3b2016c1f0f24f4070a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0n;
const Z = 11n;

// A number becomes a point of a curve close by …
function simple(u) {
  const zu = mod(Z * u * u), t = mod(zu * zu + zu);
  const x1 = t ? mod(-B * F1.inv(A) * (1n + F1.inv(t))) : mod(B * F1.inv(Z * A));
  const right = (x) => x * x * x + A * x + B;
  let x = x1, y = F1.sqrt(right(x1));
  if (y === null) {
    x = mod(zu * x1);
    y = F1.sqrt(right(x));
  }
  return [x, (u & 1n) === (y & 1n) ? y : mod(-y)];
}

// … and is carried over by these polynomials (RFC 9380, appendix E.2), lowest first.
const ISOGENY = [
  [ // x numerator
    "11a05f2b1e833340b809101dd99815856b303e88a2d7005ff2627b56cdb4e2c85610c2d5f2e62d6eaeac1662734649b7",
    "17294ed3e943ab2f0588bab22147a81c7c17e75b2f6a8417f565e33c70d1e86b4838f2a6f318c356e834eef1b3cb83bb",
    "0d54005db97678ec1d1048c5d10a9a1bce032473295983e56878e501ec68e25c958c3e3d2a09729fe0179f9dac9edcb0",
    "1778e7166fcc6db74e0609d307e55412d7f5e4656a8dbf25f1b33289f1b330835336e25ce3107193c5b388641d9b6861",
    "0e99726a3199f4436642b4b3e4118e5499db995a1257fb3f086eeb65982fac18985a286f301e77c451154ce9ac8895d9",
    "1630c3250d7313ff01d1201bf7a74ab5db3cb17dd952799b9ed3ab9097e68f90a0870d2dcae73d19cd13c1c66f652983",
    "0d6ed6553fe44d296a3726c38ae652bfb11586264f0f8ce19008e218f9c86b2a8da25128c1052ecaddd7f225a139ed84",
    "17b81e7701abdbe2e8743884d1117e53356de5ab275b4db1a682c62ef0f2753339b7c8f8c8f475af9ccb5618e3f0c88e",
    "080d3cf1f9a78fc47b90b33563be990dc43b756ce79f5574a2c596c928c5d1de4fa295f296b74e956d71986a8497e317",
    "169b1f8e1bcfa7c42e0c37515d138f22dd2ecb803a0c5c99676314baf4bb1b7fa3190b2edc0327797f241067be390c9e",
    "10321da079ce07e272d8ec09d2565b0dfa7dccdde6787f96d50af36003b14866f69b771f8c285decca67df3f1605fb7b",
    "06e08c248e260e70bd1e962381edee3d31d79d7e22c837bc23c0bf1bc24c6b68c24b1b80b64d391fa9c8ba2e8ba2d229",
  ],
  [ // x denominator, monic
    "08ca8d548cff19ae18b2e62f4bd3fa6f01d5ef4ba35b48ba9c9588617fc8ac62b558d681be343df8993cf9fa40d21b1c",
    "12561a5deb559c4348b4711298e536367041e8ca0cf0800c0126c2588c48bf5713daa8846cb026e9e5c8276ec82b3bff",
    "0b2962fe57a3225e8137e629bff2991f6f89416f5a718cd1fca64e00b11aceacd6a3d0967c94fedcfcc239ba5cb83e19",
    "03425581a58ae2fec83aafef7c40eb545b08243f16b1655154cca8abc28d6fd04976d5243eecf5c4130de8938dc62cd8",
    "13a8e162022914a80a6f1d5f43e7a07dffdfc759a12062bb8d6b44e833b306da9bd29ba81f35781d539d395b3532a21e",
    "0e7355f8e4e667b955390f7f0506c6e9395735e9ce9cad4d0a43bcef24b8982f7400d24bc4228f11c02df9a29f6304a5",
    "0772caacf16936190f3e0c63e0596721570f5799af53a1894e2e073062aede9cea73b3538f0de06cec2574496ee84a3a",
    "14a7ac2a9d64a8b230b3f5b074cf01996e7f63c21bca68a81996e1cdf9822c580fa5b9489d11e2d311f7d99bbdcc5a5e",
    "0a10ecf6ada54f825e920b3dafc7a3cce07f8d1d7161366b74100da67f39883503826692abba43704776ec3a79a1d641",
    "095fc13ab9e92ad4476d6e3eb3a56680f682b4ee96f7d03776df533978f31c1593174e4b4b7865002d6384d168ecdd0a",
  ],
  [ // y numerator
    "090d97c81ba24ee0259d1f094980dcfa11ad138e48a869522b52af6c956543d3cd0c7aee9b3ba3c2be9845719707bb33",
    "134996a104ee5811d51036d776fb46831223e96c254f383d0f906343eb67ad34d6c56711962fa8bfe097e75a2e41c696",
    "00cc786baa966e66f4a384c86a3b49942552e2d658a31ce2c344be4b91400da7d26d521628b00523b8dfe240c72de1f6",
    "01f86376e8981c217898751ad8746757d42aa7b90eeb791c09e4a3ec03251cf9de405aba9ec61deca6355c77b0e5f4cb",
    "08cc03fdefe0ff135caf4fe2a21529c4195536fbe3ce50b879833fd221351adc2ee7f8dc099040a841b6daecf2e8fedb",
    "16603fca40634b6a2211e11db8f0a6a074a7d0d4afadb7bd76505c3d3ad5544e203f6326c95a807299b23ab13633a5f0",
    "04ab0b9bcfac1bbcb2c977d027796b3ce75bb8ca2be184cb5231413c4d634f3747a87ac2460f415ec961f8855fe9d6f2",
    "0987c8d5333ab86fde9926bd2ca6c674170a05bfe3bdd81ffd038da6c26c842642f64550fedfe935a15e4ca31870fb29",
    "09fc4018bd96684be88c9e221e4da1bb8f3abd16679dc26c1e8b6e6a1f20cabe69d65201c78607a360370e577bdba587",
    "0e1bba7a1186bdb5223abde7ada14a23c42a0ca7915af6fe06985e7ed1e4d43b9b3f7055dd4eba6f2bafaaebca731c30",
    "19713e47937cd1be0dfd0b8f1d43fb93cd2fcbcb6caf493fd1183e416389e61031bf3a5cce3fbafce813711ad011c132",
    "18b46a908f36f6deb918c143fed2edcc523559b8aaf0c2462e6bfe7f911f643249d9cdf41b44d606ce07c8a4d0074d8e",
    "0b182cac101b9399d155096004f53f447aa7b12a3426b08ec02710e807b4633f06c851c1919211f20d4c04f00b971ef8",
    "0245a394ad1eca9b72fc00ae7be315dc757b3b080d4c158013e6632d3c40659cc6cf90ad1c232a6442d9d3f5db980133",
    "05c129645e44cf1102a159f748c4a3fc5e673d81d7e86568d9ab0f5d396a7ce46ba1049b6579afb7866b1e715475224b",
    "15e6be4e990f03ce4ea50b3b42df2eb5cb181d8f84965a3957add4fa95af01b2b665027efec01c7704b456be69c8b604",
  ],
  [ // y denominator, monic
    "16112c4c3a9c98b252181140fad0eae9601a6de578980be6eec3232b5be72e7a07f3688ef60c206d01479253b03663c1",
    "1962d75c2381201e1a0cbd6c43c348b885c84ff731c4d59ca4a10356f453e01f78a4260763529e3532f6102c2e49a03d",
    "058df3306640da276faaae7d6e8eb15778c4855551ae7f310c35a5dd279cd2eca6757cd636f96f891e2538b53dbf67f2",
    "16b7d288798e5395f20d23bf89edb4d1d115c5dbddbcd30e123da489e726af41727364f2c28297ada8d26d98445f5416",
    "0be0e079545f43e4b00cc912f8228ddcc6d19c9f0f69bbb0542eda0fc9dec916a20b15dc0fd2ededda39142311a5001d",
    "08d9e5297186db2d9fb266eaac783182b70152c65550d881c5ecd87b6f0f5a6449f38db9dfa9cce202c6477faaf9b7ac",
    "166007c08a99db2fc3ba8734ace9824b5eecfdfa8d0cf8ef5dd365bc400a0051d5fa9c01a58b1fb93d1a1399126a775c",
    "16a3ef08be3ea7ea03bcddfabba6ff6ee5a4375efa1f4fd7feb34fd206357132b920f5b00801dee460ee415a15812ed9",
    "1866c8ed336c61231a1be54fd1d74cc4f9fb0ce4c6af5920abc5750c4bf39b4852cfe2f7bb9248836b233d9d55535d4a",
    "167a55cda70a6e1cea820597d94a84903216f763e13d87bb5308592e7ea7d4fbc7385ea3d529b35e346ef48bb8913f55",
    "04d2f259eea405bd48f010a01ad2911d9c6dd039bb61a6290e591b36e636a5c871a5c29f4f83060400f8b49cba8f6aa8",
    "0accbb67481d033ff5852c1e48c50c477f94ff8aefce42d28c0f9a88cea7913516f968986f7ebbea9684b529e2561092",
    "0ad6b9514c767fe3c3613144b45f1496543346d98adf02267d5ceef9a00d9b8693000763e3b90ac11e99b138573345cc",
    "02660400eb2e4f3b628bdd0d53cd76f2bf565b94e72927c1cb748df27942480e420517bd8714cc80d1fadc1326ed06f7",
    "0e0fa1d816ddc03e6b24255e0d7819c171c40f65e273b853324efcd6356caa205ca2f570f13497804415473a1d634b8f",
  ],
].map((list) => list.map((c) => BigInt("0x" + c)));

function carried([x, y]) {
  const [xn, xd, yn, yd] = ISOGENY.map((list, i) => (i % 2 ? [...list, 1n] : list).reduceRight((sum, c) => mod(sum * x + c), 0n));
  return [mod(xn * F1.inv(xd)), mod(y * yn * F1.inv(yd))];
}

function hashed(message) {
  const bytes = expand(message, 128);
  const [a, b] = [0, 64].map((at) => carried(simple(mod(number(bytes.slice(at, at + 64))))));
  return times(F1, X + 1n, add(F1, a, b));
}

// The field of the pairing's values: polynomials of degree 5 in w over pairs,
// with w⁶ = 1 + i.
const ONE = [F2.one, ...Array(5).fill(F2.zero)];

function mul12(a, b) {
  const re = Array(11).fill(0n), im = Array(11).fill(0n);
  for (let i = 0; i < 6; i++) {
    const [p, q] = a[i];
    for (let j = 0; j < 6; j++) {
      const [r, s] = b[j];
      if (!r && !s) continue;
      re[i + j] += p * r - q * s;
      im[i + j] += p * s + q * r;
    }
  }
  return ONE.map((_, k) => (k < 5 ? [mod(re[k] + re[k + 6] - im[k + 6]), mod(im[k] + re[k + 6] + im[k + 6])] : [mod(re[k]), mod(im[k])]));
}

// The line through a and b of the twisted curve, at the point p, up to factors
// that the last power takes away.
function line(a, b, [x, y]) {
  const s = slope(F2, a, b);
  return [F2.sub(F2.mul(s, a[0]), a[1]), F2.zero, F2.mul(s, [mod(-x), 0n]), [y, 0n], F2.zero, F2.zero];
}

// Whether the product of the pairings of [p, q], p in G1 and q in G2, is one.
function productIsOne(pairs) {
  let f = ONE;
  const at = pairs.map(([, q]) => q);
  for (const bit of X.toString(2).slice(1)) {
    f = mul12(f, f);
    pairs.forEach(([p, q], i) => {
      f = mul12(f, line(at[i], at[i], p));
      at[i] = add(F2, at[i], at[i]);
      if (bit === "0") return;
      f = mul12(f, line(at[i], q, p));
      at[i] = add(F2, at[i], q);
    });
  }
  // f to the (P¹² − 1)/R is one where this power of f is its own conjugate.
  const g = power(f, (P ** 2n + 1n) * ((P ** 4n - P ** 2n + 1n) / R), mul12, ONE);
  return g.every((c, i) => F2.same(c, i % 2 ? F2.neg(c) : c));
}

const BASE = "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";

/** Whether the network with this public key made the signature for this round. */
export function signedRound(publicKey, round, signature) {
  try {
    if (signature.length !== 96 || publicKey.length !== 192) return false;
    const [x, y] = point(F1, signature), key = point(F2, publicKey);
    const message = new Uint8Array(8);
    new DataView(message.buffer).setBigUint64(0, BigInt(round));
    return productIsOne([[hashed(sha256(message)), key], [[x, F1.neg(y)], point(F2, BASE)]]);
  } catch {
    return false;
  }
}
