// Opens one sealed answer with the official @wecom/crypto.
// Arguments: the folder of the package. stdin and stdout: JSON.
"use strict";
const wecom = require(process.argv[2]);
const m = JSON.parse(require("fs").readFileSync(0, "utf8"));
const plain = wecom.decrypt(m.key, m.encrypt);
process.stdout.write(JSON.stringify({
  Signed: wecom.getSignature(m.token, m.timestamp, m.nonce, m.encrypt) === m.signature,
  Message: plain.message,
  ID: plain.id,
}));
