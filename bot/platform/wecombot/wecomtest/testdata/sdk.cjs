// The official SDK as a bot that does what it is told. Arguments: the folder
// of the package, the address, bot id and secret. Each line of stdout is one
// thing that happened, as JSON.
"use strict";
const { WSClient } = require(process.argv[2]);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const say = (what, detail) => process.stdout.write(JSON.stringify({ what, detail: detail === undefined ? "" : String(detail) }) + "\n");
const client = new WSClient({
  wsUrl: process.argv[3], botId: process.argv[4], secret: process.argv[5],
  heartbeatInterval: 1000, reconnectInterval: 50, maxAuthFailureAttempts: 1, logger: quiet,
});
const done = (what) => [(ack) => say(what, ack && ack.errcode), (err) => say(what, "failed: " + (err.errcode || err.message))];
const card = (task) => ({
  card_type: "button_interaction", main_title: { title: "a card" },
  button_list: [{ text: "Yes", style: 1, key: "/yes" }], task_id: task,
});

client.on("authenticated", () => say("authenticated"));
client.on("disconnected", (reason) => say("disconnected", reason));
client.on("error", (err) => say("error", err.message));
client.on("message.text", async (frame) => {
  const order = frame.body.text.content.replace(/^@\S+\s/, "");
  const chat = frame.body.chatid || frame.body.from.userid;
  say("heard", order);
  switch (order) {
    case "markdown":
      return client.reply(frame, { msgtype: "markdown", markdown: { content: "**done**" } }).then(...done(order));
    case "text":
      return client.reply(frame, { msgtype: "text", text: { content: "done" } }).then(...done(order));
    case "stream":
      await client.replyStream(frame, "s1", "half", false);
      return client.replyStream(frame, "s1", "whole", true).then(...done(order));
    case "card":
      return client.replyTemplateCard(frame, card("task-1")).then(...done(order));
    case "both":
      return client.replyStreamWithCard(frame, "s2", "text", true, { templateCard: card("task-2") }).then(...done(order));
    case "push":
      return client.sendMessage(chat, { msgtype: "markdown", markdown: { content: "pushed" } }).then(...done(order));
    case "upload": {
      const data = Buffer.alloc(3 * 512 * 1024 + 7, 65);
      const media = await client.uploadMedia(data, { type: "file", filename: "a.txt" });
      return client.replyMedia(frame, "file", media.media_id).then(...done(order));
    }
  }
});
client.on("event.enter_chat", (frame) => client.replyWelcome(frame, { msgtype: "text", text: { content: "welcome" } }).then(...done("welcome")));
client.on("event.template_card_event", (frame) => {
  const click = frame.body.event.template_card_event;
  say("clicked", click.event_key);
  client.updateTemplateCard(frame, card(click.task_id), [frame.body.from.userid]).then(...done("update"));
});
client.connect();
process.stdin.on("end", () => { client.disconnect(); process.exit(0); }).resume();
