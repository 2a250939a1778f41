package wecombot

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"
)

// decoder turns callbacks into events. It is pure but for its clock.
type decoder struct {
	botID   string // prefix of event ids; the callback's own if empty
	mention string
	now     func() time.Time
}

// Events that mean something to us (path 101027). All others are ignored
// without an answer: answering feedback is even an error (measured: 846605).
const (
	eventEntered   = "enter_chat"
	eventCard      = "template_card_event"
	eventDisplaced = "disconnected_event"
)

// read makes the event of a callback; false if it means nothing to us. via is
// the way to answer it, to be completed here. A callback without an id of its
// own, which the documents do not promise for every event, takes its id from
// fallback, or from what happened if that is stable.
func (d decoder) read(b *body, via replyToken, fallback string) (chat.Event, bool) {
	user := b.userID()
	place, ok := placeOf(b, user)
	if !ok {
		return chat.Event{}, false
	}
	via.Seen = d.now()
	ev := chat.Event{
		ID: d.eventID(b, user, fallback), Chat: place, At: d.instant(b.CreateTime),
		// Nobody tells names here; an empty one overwrites none that is known.
		Sender: chat.User{Ref: chat.Ref{Domain: Domain, ID: user}},
	}
	if b.MsgType != "event" {
		via.Kind = toMessage
		ev.Kind = chat.Message
		ev.Text, ev.Picture, ev.File = d.text(b, place), b.picture(), b.file()
		// In a group nothing else arrives; a private chat needs no address.
		ev.ToBot = place.Type == chat.Group
		ev.Reply = via.String()
		return ev, true
	}
	switch e := &b.Event.V; string(e.Type) {
	case eventEntered:
		via.Kind = toEntry
		ev.Kind = chat.ChatChanged
		ev.Detail = chat.ChatChange{Standing: chat.Added, Entered: true}
	case eventCard:
		c := e.clicked()
		via.Kind, via.Task = toPress, string(c.TaskID)
		ev.Kind, ev.ToBot = chat.Press, true
		if ev.Text = c.command(); ev.Text == "" {
			return chat.Event{}, false
		}
	default:
		return chat.Event{}, false
	}
	ev.Reply = via.String()
	return ev, true
}

// placeOf is the chat of a callback. A group message without a chat id is
// ignored, as the official plugin does; the click of a card of ours still
// tells the chat by its task id, for the documents leave open whether clicks
// carry one.
func placeOf(b *body, user string) (chat.Chat, bool) {
	if user == "" {
		return chat.Chat{}, false
	}
	group := b.ChatType == "group" || (b.ChatType == "" && b.ChatID != "")
	if !group {
		return chat.Chat{Ref: chat.Ref{Domain: Domain, ID: user}, Type: chat.Private}, true
	}
	id := strings.TrimSpace(string(b.ChatID)) // its case is kept: a folded one is refused (93006)
	if id == "" {
		id = chatOfTask(string(b.Event.V.clicked().TaskID))
	}
	if id == "" {
		return chat.Chat{}, false
	}
	return chat.Chat{Ref: chat.Ref{Domain: Domain, ID: id}, Type: chat.Group}, true
}

// text is what was said. Pictures, files and videos say nothing; voice arrives
// as text.
func (d decoder) text(b *body, place chat.Chat) string {
	var said []string
	add := func(s word) {
		if t := strings.TrimSpace(string(s)); t != "" {
			said = append(said, t)
		}
	}
	switch b.MsgType {
	case "text":
		add(b.Text.V.Content)
	case "voice":
		add(b.Voice.V.Content)
	case "mixed":
		for _, item := range b.Mixed.V.Items {
			if item.V.MsgType == "text" {
				add(item.V.Text.V.Content)
			}
		}
	}
	text := strings.ToValidUTF8(strings.Join(said, "\n"), "\uFFFD")
	if place.Type == chat.Group {
		return stripMention(text, d.mention)
	}
	if d.mention != "" {
		text, _ = cutMention(text, "@"+d.mention)
	}
	return text
}

// eventID is the key that makes an event happen once: msgid, which is the same
// in both modes and in every redelivery (path 100719).
func (d decoder) eventID(b *body, user, fallback string) chat.Ref {
	bot := d.botID
	if bot == "" {
		bot = string(b.BotID)
	}
	id := string(b.MsgID)
	if id == "" {
		id = fallback
	}
	if b.MsgID == "" && b.MsgType == "event" && b.CreateTime != 0 {
		c := b.Event.V.clicked()
		sum := sha256.Sum256([]byte(strings.Join([]string{string(b.ChatID), string(c.TaskID), c.command()}, "\x00")))
		id = strings.Join([]string{string(b.Event.V.Type), user, strconv.FormatInt(int64(b.CreateTime), 10), hex.EncodeToString(sum[:6])}, ":")
	}
	return chat.Ref{Domain: Domain, ID: "aibot:" + bot + ":" + id}
}

// instant reads create_time: seconds, in case of a very large figure
// milliseconds. Without one, or with one from a wrong clock, it is now.
func (d decoder) instant(n number) time.Time {
	const milliseconds = 100_000_000_000 // as seconds this would be the year 5138
	t := time.Unix(int64(n), 0)
	if n > milliseconds {
		t = time.UnixMilli(int64(n))
	}
	now := d.now()
	if n <= 0 || t.After(now.Add(10*time.Minute)) || t.Before(now.AddDate(0, -1, 0)) {
		t = now
	}
	return t.UTC().Truncate(time.Millisecond)
}
