package telegram

import (
	"math"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"

	"github.com/go-telegram/bot/models"
)

// Accounts that stand for something else (Bot API, sections User and Message).
const (
	telegramItself = 777000     // forwards posts of the linked channel
	anonymousAdmin = 1087968824 // GroupAnonymousBot
	channelPoster  = 136817688  // Channel Bot: somebody posts in the name of a channel
)

// decoder turns updates into events. It is pure but for its clock.
type decoder struct {
	botID string // prefix of event ids
	self  identity
	now   func() time.Time
}

// decoded is what one update holds for us.
type decoded struct {
	events []chat.Event
	query  string // a button press that must be answered
	// A chat in which our own standing was told, 0 if none.
	standingIn int64
	admin      bool
	gone       bool
}

// update reads one update. Kinds that mean nothing yet (edits,
// channel posts) give no event.
func (d decoder) update(u *models.Update) decoded {
	var out decoded
	switch {
	case u.Message != nil:
		out.events = d.message(u.Message)
	case u.CallbackQuery != nil:
		out.query = u.CallbackQuery.ID
		out.events = d.press(u.CallbackQuery)
	case u.ChatMember != nil:
		out.events = d.memberChanged(u.ChatMember)
	case u.ChatJoinRequest != nil:
		out.events = d.asksToJoin(u.ChatJoinRequest)
	case u.PollAnswer != nil:
		out.events = d.ballot(u.PollAnswer)
	case u.Poll != nil:
		out.events = d.pollTold(u.Poll)
	case u.MyChatMember != nil:
		m := u.MyChatMember
		out.events = d.selfChanged(m)
		out.standingIn = m.Chat.ID
		out.admin = isAdmin(&m.NewChatMember)
		out.gone = !isMember(&m.NewChatMember)
	}
	// One update can hold several events (three people added at once); the
	// first carries the update's own id.
	for i := range out.events {
		out.events[i].ID = d.eventID(u.ID, i)
	}
	return out
}

func (d decoder) eventID(update int64, n int) chat.Ref {
	id := d.botID + ":" + strconv.FormatInt(update, 10)
	if n > 0 {
		id += "." + strconv.Itoa(n)
	}
	return chat.Ref{Domain: Domain, ID: id}
}

func (d decoder) message(m *models.Message) []chat.Event {
	if m.Chat.Type == models.ChatTypeChannel {
		return nil
	}
	ev := chat.Event{Chat: chatOf(&m.Chat), At: unix(m.Date)}
	if m.IsTopicMessage && m.MessageThreadID != 0 {
		ev.Chat.Thread = strconv.Itoa(m.MessageThreadID)
	}
	if events, service := d.serviceMessage(m, ev); service {
		return events
	}
	sender, ok := d.author(m)
	if !ok || !speaks(m) {
		return nil
	}
	text, entities := m.Text, m.Entities
	if text == "" {
		text, entities = m.Caption, m.CaptionEntities
	}
	if text == "" && m.MediaGroupID != "" {
		return nil // one part of an album; the part with the caption counts
	}
	ev.Kind = chat.Message
	ev.Sender = sender
	ev.Reply = replyToken{Message: m.ID, Ephemeral: m.EphemeralMessageID}.String()
	ev.Picture = pictureOf(m)
	if f := m.Document; f != nil && f.FileID != "" { // as with photos, good for getFile (Bot API, Document)
		ev.File = &chat.Attachment{Ref: chat.Ref{Domain: Domain, ID: f.FileID}, Name: f.FileName, MIME: f.MimeType, Size: f.FileSize}
	}
	d.quote(m, &ev)
	d.address(text, entities, &ev)
	return []chat.Event{ev}
}

// author is who stands behind a message; false if nobody who counts.
func (d decoder) author(m *models.Message) (chat.User, bool) {
	switch {
	case m.IsAutomaticForward, m.From != nil && m.From.ID == telegramItself:
		return chat.User{}, false
	case m.SenderChat != nil && m.SenderChat.ID == m.Chat.ID:
		name := m.AuthorSignature
		if name == "" {
			name = m.Chat.Title
		}
		return chat.User{Ref: chatRef(m.Chat.ID), Name: name, Anonymous: true}, true
	case m.SenderChat != nil, m.From == nil, m.From.IsBot:
		return chat.User{}, false
	case m.From.ID == channelPoster, m.From.ID == anonymousAdmin, m.From.ID == d.self.ID:
		return chat.User{}, false
	}
	return userOf(m.From), true
}

// quote notes whose message was replied to. In a topic every message carries
// the topic's first, automatic message as reply_to_message: that is no quote.
func (d decoder) quote(m *models.Message, ev *chat.Event) {
	q := m.ReplyToMessage
	if q == nil || q.ForumTopicCreated != nil || (m.IsTopicMessage && q.ID == m.MessageThreadID) {
		return
	}
	if ev.Picture == nil {
		ev.Picture = pictureOf(q)
	}
	if q.From != nil && q.From.ID == d.self.ID && q.SenderChat == nil {
		ev.ToBot, ev.ByReply = true, true // unless the text says our name
		ev.Quoted = userOf(q.From)
		return
	}
	// The quoted message carries its own chat; take the outer one, since an
	// anonymous administrator is recognised by the chat he speaks in.
	inner := *q
	inner.Chat = m.Chat
	if who, ok := d.author(&inner); ok {
		ev.Quoted = who
	}
}

// pictureOf is the photo of a message in its largest size, nil if there is
// none. The file_id is good for sending it again (Bot API, "Sending files").
func pictureOf(m *models.Message) *chat.Picture {
	p := largest(m.Photo)
	if p == nil {
		return nil
	}
	return &chat.Picture{Ref: chat.Ref{Domain: Domain, ID: p.FileID}, MIME: "image/jpeg"}
}

func (d decoder) press(q *models.CallbackQuery) []chat.Event {
	if q.Data == "" || q.From.ID == 0 {
		return nil
	}
	token := replyToken{Query: q.ID, Seen: d.now()}
	ev := chat.Event{
		Kind: chat.Press, Sender: userOf(&q.From), Text: q.Data, ToBot: true,
		// Telegram does not say when a button was pressed.
		At: d.now().UTC().Truncate(time.Millisecond),
	}
	switch {
	case q.Message.Message != nil:
		m := q.Message.Message
		ev.Chat = chatOf(&m.Chat)
		token.Message = m.ID
		if m.IsTopicMessage && m.MessageThreadID != 0 {
			ev.Chat.Thread = strconv.Itoa(m.MessageThreadID)
		}
	case q.Message.InaccessibleMessage != nil && q.Message.InaccessibleMessage.Chat.ID != 0:
		ev.Chat = chatOf(&q.Message.InaccessibleMessage.Chat)
		token.Message = q.Message.InaccessibleMessage.MessageID
	default:
		return nil // under an inline message: no chat to act in
	}
	ev.Reply = token.String()
	return []chat.Event{ev}
}

// speaks reports whether somebody said something: a text or a kind of content,
// not one of the many service messages.
func speaks(m *models.Message) bool {
	return m.Text != "" || m.Caption != "" || len(m.Photo) > 0 ||
		m.Animation != nil || m.Audio != nil || m.Document != nil || m.PaidMedia != nil ||
		m.Sticker != nil || m.Story != nil || m.Video != nil || m.VideoNote != nil ||
		m.Voice != nil || m.Checklist != nil || m.Contact != nil || m.Dice != nil ||
		m.Game != nil || m.Poll != nil || m.Venue != nil || m.Location != nil ||
		m.LivePhoto != nil || m.RichMessage != nil
}

func chatOf(c *models.Chat) chat.Chat {
	out := chat.Chat{Ref: chatRef(c.ID), Title: c.Title, Type: chat.Group, Public: c.Username != ""}
	switch c.Type {
	case models.ChatTypePrivate:
		out.Type = chat.Private
		out.Title = strings.TrimSpace(c.FirstName + " " + c.LastName)
		out.Public = false // a person's username makes no place that others can join
	case models.ChatTypeChannel:
		out.Type = chat.Channel
	case models.ChatTypeGroup, models.ChatTypeSupergroup:
	}
	return out
}

func userOf(u *models.User) chat.User {
	if u == nil || u.ID == 0 {
		return chat.User{}
	}
	return chat.User{
		Ref: chatRef(u.ID), Name: fullName(u), Username: u.Username,
		Language: u.LanguageCode, Bot: u.IsBot,
	}
}

func fullName(u *models.User) string {
	name := strings.TrimSpace(u.FirstName + " " + u.LastName)
	if name == "" {
		name = u.Username
	}
	return name
}

func unix(sec int) time.Time {
	// Dates are 32-bit in the Bot API. Far beyond that a year has more than four
	// digits, and an event with such a time could not wait in the database.
	if sec < 0 || int64(sec) > math.MaxUint32 {
		return time.Time{} // the engine takes the time of arrival
	}
	return time.Unix(int64(sec), 0).UTC()
}
