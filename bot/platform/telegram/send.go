package telegram

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"qunmate/bot/chat"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// Send is one attempt to send or edit. It does not pace: the engine keeps the
// limits that Caps names.
//
// A text longer than one message goes out as several, a second apart (one
// message a second in one chat is a limit of its own); Sent.ID then names all
// of them. If one fails after an earlier one was accepted, the error is
// Unknown whatever the cause, and Sent.ID names the parts that were: half of
// the text has been seen, and sending the letter again would repeat it.
func (t *Telegram) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	d, se := t.prepare(l)
	if se != nil {
		return chat.Sent{}, se
	}
	var sent chat.Sent
	var err error
	done := false
	if l.Edit == "" && native(d, l) {
		if sent, done, err = t.sendPoll(ctx, d, l.Content.Poll); err != nil {
			return sent, t.sendError(err)
		}
	}
	switch {
	case done:
	case l.Edit != "":
		sent, err = t.edit(ctx, d, l)
	case l.Content.Private && d.chat < 0: // chats of more than two have negative ids
		sent, err = t.whisper(ctx, d, l)
	default:
		var list []posted
		list, err = t.post(ctx, d)
		sent.ID = formatPosted(list)
	}
	if err != nil {
		return sent, t.sendError(err)
	}
	if l.Content.Pin != "" && d.chat < 0 && !l.Content.Private {
		t.pin(ctx, d.chat, sent.ID, l.Content.Pin == chat.Pin)
	}
	if d.token.Query != "" {
		t.queries.release(d.token.Query) // said in another way: end the progress bar
	}
	sent.Lost = *d.lost
	return sent, nil
}

// draft is a letter in Telegram's terms.
type draft struct {
	chat    int64
	inChat  int64 // what posted.Chat is to say: not 0 when chat is not the letter's
	thread  int
	token   replyToken
	parts   []part
	buttons *models.InlineKeyboardMarkup
	file    *chat.File
	picture *chat.Picture // if there is no file
	lost    *string       // why the picture did not go out with the text
	// For an ephemeral message.
	receiver int64
	query    string
}

func (t *Telegram) prepare(l chat.Letter) (draft, *chat.SendError) {
	d := draft{chat: idOf(l.Chat.Ref), token: parseReply(l.Reply), file: l.Content.File, lost: new(string)}
	if d.chat == 0 {
		return d, rejected("%s is no chat of this platform", l.Chat.Ref)
	}
	if l.Chat.Thread != "" {
		n, err := strconv.Atoi(l.Chat.Thread)
		if err != nil || n < 0 {
			return d, rejected("%q is no topic of this platform", l.Chat.Thread)
		}
		d.thread = n
	}
	var se *chat.SendError
	if d.buttons, se = keyboard(l.Content.Choices); se != nil {
		return d, se
	}
	if p := l.Content.Picture; p.On(Domain) && d.file == nil {
		d.picture = p
	}
	d.parts = renderParts(l.Content.Text)
	if len(d.parts) == 0 && !d.attached() {
		return d, rejected("the letter has no text")
	}
	return d, nil
}

// attached reports whether something goes with the text, at its end.
func (d draft) attached() bool { return d.file != nil || d.picture != nil }

// post sends the whole draft and says which messages came of it, even with an
// error.
func (t *Telegram) post(ctx context.Context, d draft) ([]posted, error) {
	var list []posted
	o := orderOf(d)
	for i := range o.total {
		if i > 0 && !sleep(ctx, t.opts.Times.PartPause) {
			return list, partly(list, o.total, ctx.Err())
		}
		m, err := t.sendPart(ctx, d, o, i)
		if err != nil && i > 0 {
			// Better a short wait than half a text.
			if se := t.sendError(err); se.Fault == chat.Throttled && se.After <= maxPartWait && sleep(ctx, se.After) {
				m, err = t.sendPart(ctx, d, o, i)
			}
		}
		switch {
		case err == nil:
		case d.picture != nil && i == o.total-1 && i > 0:
			*d.lost = t.sendError(err).Err.Error() // the text is there
			return list, nil
		case d.picture != nil && o.caption != "" && t.sendError(err).Fault == chat.Rejected:
			// The server said no to the picture, or to both: that the text tells.
			*d.lost = t.sendError(err).Err.Error()
			d.picture = nil
			return t.post(ctx, d)
		case i == 0:
			return nil, err
		default:
			return list, partly(list, o.total, t.sendError(err).Err)
		}
		list = append(list, postedOf(m, d))
		if d.receiver != 0 && m.EphemeralMessageID == 0 {
			t.disprove("the server showed one to everybody")
		}
	}
	return list, nil
}

// order is a draft as messages: texts, and at the end what is attached, with a
// caption if the text is short enough for one.
type order struct {
	texts   []part
	caption string
	total   int
	buttons int // the message that has them
}

func orderOf(d draft) order {
	o := order{texts: d.parts}
	if d.attached() && len(o.texts) == 1 && o.texts[0].units <= maxCaption {
		o.texts, o.caption = nil, o.texts[0].html
	}
	o.total = len(o.texts)
	if d.attached() {
		o.total++
	}
	o.buttons = o.total - 1
	if d.picture != nil && len(o.texts) > 0 {
		o.buttons-- // the picture may not arrive
	}
	return o
}

func (t *Telegram) sendPart(ctx context.Context, d draft, o order, i int) (*models.Message, error) {
	switch {
	case i < len(o.texts):
		return t.sendText(ctx, d, o.texts[i].html, i == 0, i == o.buttons)
	case d.picture != nil:
		return t.sendPicture(ctx, d, o.caption, i == o.buttons)
	}
	return t.sendFile(ctx, d, o.caption)
}

// maxPartWait is how long post waits for Telegram in the middle of a text.
const maxPartWait = 5 * time.Second

func partly(list []posted, total int, cause error) *chat.SendError {
	return &chat.SendError{Fault: chat.Unknown, Err: fmt.Errorf("only %d of %d parts were sent: %w", len(list), total, cause)}
}

func postedOf(m *models.Message, d draft) posted {
	if m.EphemeralMessageID != 0 {
		return posted{Message: m.EphemeralMessageID, Receiver: d.receiver}
	}
	return posted{Message: m.ID, Chat: d.inChat}
}

func (t *Telegram) sendText(ctx context.Context, d draft, html string, first, last bool) (*models.Message, error) {
	ctx, cancel := t.callContext(ctx, len(html))
	defer cancel()
	p := &tg.SendMessageParams{
		ChatID: d.chat, MessageThreadID: d.thread, Text: html, ParseMode: models.ParseModeHTML,
		LinkPreviewOptions: noPreview(), ReceiverUserID: d.receiver, CallbackQueryID: d.query,
	}
	if first {
		p.ReplyParameters = d.token.parameters()
	}
	if last && d.buttons != nil {
		p.ReplyMarkup = d.buttons
	}
	return t.api.SendMessage(ctx, p)
}

func (t *Telegram) sendFile(ctx context.Context, d draft, caption string) (*models.Message, error) {
	ctx, cancel := t.callContext(ctx, len(d.file.Data))
	defer cancel()
	p := &tg.SendDocumentParams{
		ChatID: d.chat, MessageThreadID: d.thread,
		Document:       &models.InputFileUpload{Filename: d.file.Name, Data: bytes.NewReader(d.file.Data)},
		ReceiverUserID: d.receiver, CallbackQueryID: d.query,
	}
	if caption != "" {
		p.Caption, p.ParseMode = caption, models.ParseModeHTML
	}
	if caption != "" || len(d.parts) == 0 {
		p.ReplyParameters = d.token.parameters()
	}
	if d.buttons != nil {
		p.ReplyMarkup = d.buttons
	}
	return t.api.SendDocument(ctx, p)
}

// parameters ties an answer to what it answers; if that message is gone the
// answer goes out all the same.
func (r replyToken) parameters() *models.ReplyParameters {
	if r.Message == 0 && r.Ephemeral == 0 {
		return nil
	}
	p := &models.ReplyParameters{MessageID: r.Message, AllowSendingWithoutReply: true}
	if r.Ephemeral != 0 {
		p.MessageID, p.EphemeralMessageID = 0, r.Ephemeral
	}
	return p
}

func noPreview() *models.LinkPreviewOptions {
	return &models.LinkPreviewOptions{IsDisabled: tg.True()}
}
