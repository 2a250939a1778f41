package telegram

import "context"

// pin puts a message at the top of its chat, without a sound, or takes it away
// from there (Bot API, pinChatMessage and unpinChatMessage; the service message
// that comes back is no word of anybody). The message itself has been sent, so
// that a failure here is no reason to send it again: it stays where it is. To
// do it twice changes nothing.
func (t *Telegram) pin(ctx context.Context, chatID int64, id string, on bool) {
	list, se := parsePosted(id)
	if se != nil || list[0].Receiver != 0 || list[0].Chat != 0 {
		return
	}
	method, params := "unpinChatMessage", map[string]any{"chat_id": chatID, "message_id": list[0].Message}
	if on {
		method, params["disable_notification"] = "pinChatMessage", true
	}
	var done bool
	if err := t.wire.call(ctx, t.opts.Times.Call, method, params, &done); err != nil && !badRequest(err, "chat_not_modified", "message to unpin not found", "message is not modified") {
		t.log.Warn("telegram: a message keeps its place", "method", method, "err", err)
	}
}
