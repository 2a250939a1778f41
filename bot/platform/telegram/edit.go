package telegram

import (
	"context"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// edit replaces earlier messages by the draft. Telegram keeps no buttons that
// an edit does not name, so the letter's choices are always the whole truth.
// Parts that became too many are deleted, missing ones are sent.
func (t *Telegram) edit(ctx context.Context, d draft, l chat.Letter) (chat.Sent, error) {
	old, se := parsePosted(l.Edit)
	if se != nil {
		return chat.Sent{}, se
	}
	if old[0].Poll {
		return t.editPoll(ctx, d, old[0], l)
	}
	if d.file != nil {
		return chat.Sent{}, rejected("a message cannot be edited into a file")
	}
	sent := chat.Sent{}
	var now []posted
	for i, p := range old {
		if i >= len(d.parts) {
			if err := t.deleteOne(ctx, d.chat, p); err != nil {
				return chat.Sent{ID: formatPosted(now)}, err
			}
			continue
		}
		last := i == len(d.parts)-1
		if err := t.editOne(ctx, d, p, d.parts[i].html, last); err != nil {
			return chat.Sent{ID: formatPosted(old)}, err
		}
		now = append(now, p)
		if l.Content.Private && d.chat < 0 && p.Receiver == 0 && p.Chat == 0 {
			sent.Shown = true
		}
	}
	if rest := len(d.parts) - len(old); rest > 0 {
		more := d
		more.parts = d.parts[len(old):]
		more.token = replyToken{}
		more.receiver, more.inChat = old[0].Receiver, old[0].Chat
		if more.inChat != 0 {
			more.chat, more.thread = more.inChat, 0
		}
		list, err := t.post(ctx, more)
		now = append(now, list...)
		if err != nil {
			return chat.Sent{ID: formatPosted(now)}, partly(now, len(d.parts), t.sendError(err).Err)
		}
	}
	sent.ID = formatPosted(now)
	return sent, nil
}

func (t *Telegram) editOne(ctx context.Context, d draft, p posted, html string, last bool) error {
	ctx, cancel := t.callContext(ctx, len(html))
	defer cancel()
	buttons := d.buttons
	if !last {
		buttons = nil
	}
	var err error
	if p.Receiver != 0 {
		_, err = t.api.EditEphemeralMessageText(ctx, &tg.EditEphemeralMessageTextParams{
			ChatID: d.chat, ReceiverUserID: p.Receiver, EphemeralMessageID: p.Message,
			Text: html, ParseMode: models.ParseModeHTML, LinkPreviewOptions: noPreview(), ReplyMarkup: buttons,
		})
	} else {
		params := &tg.EditMessageTextParams{
			ChatID: d.chat, MessageID: p.Message,
			Text: html, ParseMode: models.ParseModeHTML, LinkPreviewOptions: noPreview(),
		}
		if p.Chat != 0 {
			params.ChatID = p.Chat
		}
		if buttons != nil {
			params.ReplyMarkup = buttons // a nil pointer in the interface would be sent as null
		}
		_, err = t.api.EditMessageText(ctx, params)
	}
	if badRequest(err, "message is not modified") {
		return nil // it says that already
	}
	return err
}

// Delete takes back messages by the id that Send returned. What is gone
// already is no error; neither is "", the id of a press's pop-up.
func (t *Telegram) Delete(ctx context.Context, c chat.Chat, id string) error {
	if id == "" {
		return nil
	}
	chatID := idOf(c.Ref)
	if chatID == 0 {
		return rejected("%s is no chat of this platform", c.Ref)
	}
	list, se := parsePosted(id)
	if se != nil {
		return se
	}
	for _, p := range list {
		if err := t.deleteOne(ctx, chatID, p); err != nil {
			return t.sendError(err)
		}
	}
	return nil
}

func (t *Telegram) deleteOne(ctx context.Context, chatID int64, p posted) error {
	ctx, cancel := t.callContext(ctx, 0)
	defer cancel()
	var err error
	if p.Receiver != 0 {
		_, err = t.api.DeleteEphemeralMessage(ctx, &tg.DeleteEphemeralMessageParams{
			ChatID: chatID, ReceiverUserID: p.Receiver, EphemeralMessageID: p.Message,
		})
	} else {
		if p.Chat != 0 {
			chatID = p.Chat
		}
		_, err = t.api.DeleteMessage(ctx, &tg.DeleteMessageParams{ChatID: chatID, MessageID: p.Message})
	}
	if badRequest(err, "message to delete not found", "message not found", "message_id_invalid") {
		return nil
	}
	return err
}
