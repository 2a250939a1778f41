package telegram

import (
	"encoding/json"
	"errors"
	"fmt"

	"qunmate/bot/chat"

	"github.com/go-telegram/bot/models"
)

// batch is what a page of updates, or one webhook call, holds for us.
type batch struct {
	events  []chat.Event
	queries []string
	next    int64 // offset that confirms the page, 0 if no id could be read
}

// read decodes updates one by one: one that cannot be decoded must not keep
// the others from being handled, nor itself from being confirmed (the library
// decodes a page in one go and then asks for it for ever).
func (t *Telegram) read(raw []json.RawMessage) batch {
	d := decoder{botID: t.botID, self: t.self(), now: t.opts.Now}
	var b batch
	albums := map[string]bool{}
	for _, r := range raw {
		u, err := decodeUpdate(r)
		if u.ID != 0 {
			b.next = u.ID + 1
		}
		if err != nil {
			// Neither the body nor the decoder's words: both may quote a person.
			t.log.Warn("telegram: an update could not be decoded", "update_id", u.ID, "kept", u.Message != nil || u.CallbackQuery != nil)
		}
		if m := u.Message; m != nil && m.MediaGroupID != "" && m.Caption != "" {
			album := fmt.Sprint(m.Chat.ID, ":", m.MediaGroupID)
			if albums[album] {
				continue // one album is one message, however many captions it has
			}
			albums[album] = true
		}
		t.collect(d.update(u), &b)
	}
	return b
}

func (t *Telegram) collect(one decoded, b *batch) {
	b.events = append(b.events, one.events...)
	if one.query != "" {
		t.queries.add(one.query)
		b.queries = append(b.queries, one.query)
	}
	for _, e := range one.events {
		if change, ok := e.Detail.(chat.ChatChange); ok && change.Standing == chat.Migrated {
			t.standings.learn(idOf(change.To), t.standings.isAdmin(idOf(e.Chat.Ref)))
		}
	}
	switch {
	case one.standingIn >= 0: // none, or a private chat
	case one.gone:
		t.standings.forget(one.standingIn)
	default:
		t.standings.learn(one.standingIn, one.admin)
	}
}

var errPoison = errors.New("the library cannot decode this update")

// decodeUpdate always returns an update, with as much as could be read: in the
// worst case its id alone. The error says that it is not the whole.
func decodeUpdate(raw json.RawMessage) (u *models.Update, err error) {
	u = &models.Update{}
	if err := unmarshal(raw, u); err == nil {
		return u, nil
	}
	u = &models.Update{}
	var id struct {
		ID int64 `json:"update_id"`
	}
	if json.Unmarshal(raw, &id) == nil {
		u.ID = id.ID
	}
	return salvage(raw, u), errPoison
}

// unmarshal turns a panic of the library's union decoders into an error.
func unmarshal(raw []byte, dest any) (err error) {
	defer func() {
		if recover() != nil {
			err = errPoison
		}
	}()
	return json.Unmarshal(raw, dest)
}

// plainFields are those parts of a message that we read and that have no
// unions in them.
var plainFields = map[string]bool{
	"message_id": true, "message_thread_id": true, "ephemeral_message_id": true, "from": true, "sender_chat": true,
	"date": true, "chat": true, "is_topic_message": true, "is_automatic_forward": true,
	"text": true, "entities": true, "caption": true, "caption_entities": true,
	"media_group_id": true, "author_signature": true, "sticker": true, "photo": true,
	"new_chat_members": true, "left_chat_member": true, "new_chat_title": true,
	"migrate_to_chat_id": true, "migrate_from_chat_id": true,
}

// salvage saves a command from a poison update. The usual poison is not the
// message itself but something quoted in it, of a kind newer than the library;
// a member who checks in by replying to that has checked in.
func salvage(raw json.RawMessage, u *models.Update) *models.Update {
	var outer struct {
		Message  map[string]json.RawMessage `json:"message"`
		Callback map[string]json.RawMessage `json:"callback_query"`
	}
	if json.Unmarshal(raw, &outer) != nil {
		return u
	}
	if m := plainMessage(outer.Message, true); m != nil {
		u.Message = m
		return u
	}
	if len(outer.Callback) == 0 {
		return u
	}
	var on map[string]json.RawMessage
	_ = json.Unmarshal(outer.Callback["message"], &on) // absent or broken: no chat to act in
	delete(outer.Callback, "message")
	rest, err := json.Marshal(outer.Callback)
	q := &models.CallbackQuery{}
	if err != nil || unmarshal(rest, q) != nil {
		return u
	}
	q.Message.Message = plainMessage(on, false)
	u.CallbackQuery = q
	return u
}

func plainMessage(fields map[string]json.RawMessage, withReply bool) *models.Message {
	if len(fields) == 0 {
		return nil
	}
	var quoted map[string]json.RawMessage
	if withReply {
		_ = json.Unmarshal(fields["reply_to_message"], &quoted) // absent or broken: no quote
	}
	for name := range fields {
		if !plainFields[name] {
			delete(fields, name)
		}
	}
	rest, err := json.Marshal(fields)
	m := &models.Message{}
	if err != nil || unmarshal(rest, m) != nil || m.Chat.ID == 0 {
		return nil
	}
	m.ReplyToMessage = plainMessage(quoted, false)
	return m
}
