// Opens what we sealed and seals for us, with the official @wecom/crypto.
// Arguments: the folder of the package. stdin and stdout: JSON.
"use strict";
const wecom = require(process.argv[2]);
const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answer = {
  opened: job.open.map((m) => {
    const signature = wecom.getSignature(job.token, m.timestamp, m.nonce, m.encrypt);
    const plain = wecom.decrypt(job.key, m.encrypt);
    return { message: plain.message, id: plain.id, signed: signature === m.signature };
  }),
  sealed: job.seal.map((m) => {
    const encrypt = wecom.encrypt(job.key, m.message, m.id);
    return { encrypt, signature: wecom.getSignature(job.token, m.timestamp, m.nonce, encrypt) };
  }),
};
process.stdout.write(JSON.stringify(answer));
