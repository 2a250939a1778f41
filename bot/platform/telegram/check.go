package telegram

import (
	"context"
	"errors"
	"strings"

	"qunmate/bot/chat"
)

// The codes of Check. The texts are the templates' business.
const (
	checkMe           = "telegram.me" // name, username
	checkTokenBad     = "telegram.token_bad"
	checkUnreachable  = "telegram.unreachable"   // error
	checkPrivacyOn    = "telegram.privacy_on"    // username
	checkPrivacyOff   = "telegram.privacy_off"   // username
	checkWebhookSet   = "telegram.webhook_set"   // polling, but a webhook is set
	checkWebhookOK    = "telegram.webhook_ok"    // pending
	checkWebhookOther = "telegram.webhook_other" // url: not ours, or none
	checkWebhookError = "telegram.webhook_error" // error: the last delivery failed
	checkChatOK       = "telegram.chat_ok"       // chat, id
	checkChatMissing  = "telegram.chat_missing"  // chat, id, rights (comma separated)
	checkChatGone     = "telegram.chat_gone"     // chat, id
	checkChatMoved    = "telegram.chat_moved"    // chat, id, to
	checkChatError    = "telegram.chat_error"    // chat, id, error
)

// Check asks Telegram who we are, how updates reach us, and what is missing in
// each of the chats.
func (t *Telegram) Check(ctx context.Context, chats []chat.Chat) []chat.Finding {
	me, err := t.getMe(ctx)
	switch {
	case wrongToken(err):
		return []chat.Finding{{Code: checkTokenBad}}
	case err != nil:
		return []chat.Finding{{Code: checkUnreachable, Args: map[string]string{"error": t.sendError(err).Err.Error()}}}
	}
	out := []chat.Finding{{OK: true, Code: checkMe, Args: map[string]string{"name": me.Name, "username": me.Username}}}
	// Privacy mode is no mistake: an administrator hears everything all the same.
	privacy := chat.Finding{OK: true, Code: checkPrivacyOff, Args: map[string]string{"username": me.Username}}
	if !me.HearsAll {
		privacy.Code = checkPrivacyOn
	}
	out = append(out, privacy)
	out = append(out, t.checkWebhook(ctx)...)
	for _, c := range chats {
		if c.Type == chat.Private || idOf(c.Ref) == 0 {
			continue
		}
		out = append(out, t.checkChat(ctx, c))
	}
	return out
}

func (t *Telegram) checkWebhook(ctx context.Context) []chat.Finding {
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	info, err := t.api.GetWebhookInfo(ctx)
	if err != nil {
		return []chat.Finding{{Code: checkUnreachable, Args: map[string]string{"error": t.sendError(err).Err.Error()}}}
	}
	if t.opts.Mode == Polling {
		if info.URL == "" {
			return nil
		}
		return []chat.Finding{{Code: checkWebhookSet, Args: map[string]string{"host": hostOf(info.URL)}}}
	}
	switch {
	case info.URL != t.hookURL():
		return []chat.Finding{{Code: checkWebhookOther, Args: map[string]string{"host": hostOf(info.URL), "want": t.hookURL()}}}
	case info.LastErrorMessage != "" && info.PendingUpdateCount > 0:
		// An old error with nothing waiting has been overcome.
		return []chat.Finding{{Code: checkWebhookError, Args: map[string]string{"error": info.LastErrorMessage}}}
	}
	return []chat.Finding{{OK: true, Code: checkWebhookOK, Args: map[string]string{"url": info.URL}}}
}

func (t *Telegram) checkChat(ctx context.Context, c chat.Chat) chat.Finding {
	args := map[string]string{"chat": c.Title, "id": c.Ref.ID}
	facts, err := t.Facts(ctx, c)
	if err == nil && len(facts.Missing) == 0 {
		return chat.Finding{OK: true, Code: checkChatOK, Args: args}
	}
	if err == nil {
		args["rights"] = strings.Join(facts.Missing, ",")
		return chat.Finding{Code: checkChatMissing, Args: args}
	}
	se, ok := errors.AsType[*chat.SendError](err)
	switch {
	case ok && se.Fault == chat.Gone:
		return chat.Finding{Code: checkChatGone, Args: args}
	case ok && se.Fault == chat.Moved:
		args["to"] = se.To.ID
		return chat.Finding{Code: checkChatMoved, Args: args}
	case ok:
		err = se.Err
	}
	args["error"] = err.Error()
	return chat.Finding{Code: checkChatError, Args: args}
}
