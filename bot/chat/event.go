package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Kind says what happened.
type Kind string

// The kinds of events. The comment names the type of Event.Detail.
const (
	Message     Kind = "message"      // somebody said something; no detail
	Press       Kind = "press"        // a button; Text is the command it stands for; no detail
	Join        Kind = "join"         // Membership
	Leave       Kind = "leave"        // Membership
	ChatChanged Kind = "chat_changed" // ChatChange: the bot's own standing in a chat
	Learned     Kind = "learned"      // Facts: what had to be asked from the network
	Timer       Kind = "timer"        // Due
	Vote        Kind = "vote"         // Ballot: an answer in a poll of the platform's own form
	PollTold    Kind = "poll_told"    // PollState: such a poll, as the platform describes it
	Invited     Kind = "invited"      // Invite: a way into a chat that was asked for
	JoinRequest Kind = "join_request" // Membership: somebody asks to be let in
	Admitted    Kind = "admitted"     // Admission: what became of the wish to let somebody in
	Delivered   Kind = "delivered"    // Delivery: what became of a letter that waited for a person
)

// Event is one thing that happened. Everything that can change the database
// is an event: a message, a press, a join, a deadline.
type Event struct {
	// ID is the key that makes the event happen once. It is the same whichever
	// connection mode delivered it (polling, webhook, a retry).
	ID     Ref    `json:"id"`
	Chat   Chat   `json:"chat"`
	Kind   Kind   `json:"kind"`
	Sender User   `json:"sender"`
	Text   string `json:"text,omitempty"` // a leading mention of the bot is removed
	// ToBot is true when the bot was addressed by name: a mention, /cmd@bot, or
	// a reply to one of its messages. Private chats need no address.
	ToBot bool `json:"to_bot,omitempty"`
	// ByReply: it is to the bot only because it replies to one of its messages;
	// nobody said its name. People thank each other that way, too.
	ByReply bool `json:"by_reply,omitempty"`
	// ForOther marks a command addressed to another bot. It counts as talk.
	ForOther bool `json:"for_other,omitempty"`
	// Quoted is the author of the message that was replied to; zero if none.
	Quoted User `json:"quoted,omitzero"`
	// Mentions are the people mentioned by id, in the order of the text. Where
	// only a username is known, Ref.ID is empty and Username is set.
	Mentions []User `json:"mentions,omitempty"`
	// Picture came with the message, or else with the one that was replied to.
	Picture *Picture `json:"picture,omitempty"`
	// File came with the message. Its bytes are had from the Fetcher.
	File *Attachment `json:"file,omitempty"`
	At   time.Time   `json:"at"` // when it happened, by the platform's clock, UTC
	// Reply is the adapter's own token for answering this very event: a message
	// id, a press id, a passive-answer handle. Opaque to everybody else.
	Reply  string `json:"reply,omitempty"`
	Detail any    `json:"detail,omitempty"`
}

// Attachment is a file that somebody sent.
type Attachment struct {
	Ref  Ref    `json:"ref"` // good for a Fetcher
	Name string `json:"name,omitempty"`
	MIME string `json:"mime,omitempty"`
	Size int64  `json:"size,omitempty"` // 0 if it is not told
}

// Membership is the detail of Join and Leave.
type Membership struct {
	User   User   `json:"user"`             // who joined or left
	By     User   `json:"by,omitzero"`      // who added or removed him; zero if he did it himself
	Link   string `json:"link,omitempty"`   // the invite link used, where the platform tells
	Source string `json:"source,omitempty"` // a state or parameter the platform carries
	Banned bool   `json:"banned,omitempty"` // removed and kept out
	// Already marks somebody who was in the chat when the bot first saw its list
	// of members: he is noted, and nobody has brought him.
	Already bool `json:"already,omitempty"`
}

// Standing is what became of the bot in a chat.
type Standing string

// The standings of the bot in a chat.
const (
	Added    Standing = "added"    // a member, or back again
	Updated  Standing = "updated"  // rights, title or the list of administrators changed
	Removed  Standing = "removed"  // kicked, left, or blocked in a private chat
	Migrated Standing = "migrated" // the chat has a new id, see ChatChange.To
)

// ChatChange is the detail of ChatChanged.
type ChatChange struct {
	Standing Standing `json:"standing"`
	// Entered is set when somebody has opened his chat with the bot and can be
	// greeted by an answer.
	Entered bool `json:"entered,omitempty"`
	To      Ref  `json:"to,omitzero"` // the new id of a migrated chat
	// Missing lists the rights the bot lacks, in the words of Facts.Missing;
	// nil when the event did not tell, empty when nothing is missing.
	Missing []string `json:"missing,omitzero"`
	// Admin is an administrator gained or lost by this event, zero if none.
	Admin   User `json:"admin,omitzero"`
	IsAdmin bool `json:"is_admin,omitempty"`
}

// Facts are what commands need to know and only the network can tell. They
// are asked for outside of any transaction and come in as an event.
type Facts struct {
	Admins  []User   `json:"admins"`            // administrators, humans only
	Owner   Ref      `json:"owner,omitzero"`    // the chat's creator
	Missing []string `json:"missing,omitempty"` // rights the bot lacks: see the Right constants
	Members int      `json:"members,omitempty"` // head count, 0 if unknown
	Title   string   `json:"title,omitempty"`
	Error   string   `json:"error,omitempty"` // why nothing could be learned
}

// Rights that Facts.Missing and ChatChange.Missing name. Each is explained in
// the templates under capabilities.missing.<right>.
const (
	RightAdmin  = "admin"         // the bot is no administrator: sees only commands, no joins
	RightDelete = "delete"        // may not delete messages
	RightInvite = "invite"        // may not make invite links
	RightPin    = "pin"           // may not pin
	RightSend   = "send"          // may not write at all
	RightTalk   = "hear_all_talk" // privacy mode hides ordinary talk
)

// Ballot is the detail of Vote. The platform does not say in which chat it was:
// the engine knows by the poll.
type Ballot struct {
	Poll    string `json:"poll"`              // the platform's id of the poll, see Sent.Poll
	Options []int  `json:"options,omitempty"` // from 0, in the order of Poll.Options; none: taken back
}

// PollState is the detail of PollTold. It leads from the platform's id to our
// poll when what Send returned was lost in a crash.
type PollState struct {
	Poll     string `json:"poll"`
	Question string `json:"question"`
	Closed   bool   `json:"closed,omitempty"`
}

// Due is the detail of Timer: a row of the timers table whose time has come.
type Due struct {
	Key     string          `json:"key"`     // unique key of the row
	Task    string          `json:"task"`    // which listener it is for
	Payload json.RawMessage `json:"payload"` // the listener's own words
	At      time.Time       `json:"at"`      // when it was due, UTC
}

// Fate is what became of a letter that a person had to confirm.
type Fate string

// The fates of a letter that waited.
const (
	Confirmed Fate = "confirmed" // it was confirmed, and the chat has it
	Failed    Fate = "failed"    // it cannot reach the chat any more
	Expired   Fate = "expired"   // nobody confirmed it in time; it was withdrawn
)

// Invite is the detail of Invited: what became of the wish for a way in.
type Invite struct {
	State      string     `json:"state"`          // as it was asked for
	Wish       string     `json:"wish,omitempty"` // the words of whoever asked, for himself
	Invitation Invitation `json:"invitation,omitzero"`
	Again      bool       `json:"again,omitempty"` // it was to be changed: Inviting.ID
	Ask        bool       `json:"ask,omitempty"`   // as it was asked for
	Error      string     `json:"error,omitempty"` // why there is none
}

// Admission is the detail of Admitted.
type Admission struct {
	Wish  string `json:"wish"`            // the words of whoever asked, for himself
	Admit bool   `json:"admit"`           // let in, or turned away
	Error string `json:"error,omitempty"` // why that could not be done
	Gone  bool   `json:"gone,omitempty"`  // nobody asks any more: see ErrNoRequest
}

// Delivery is the detail of Delivered: the end of a letter whose Send said
// Sent.Waiting.
type Delivery struct {
	ID     string `json:"id"` // Sent.ID
	Fate   Fate   `json:"fate"`
	Reason string `json:"reason,omitempty"` // why not, for reports; free of secrets
}

// Deliver hands a batch of events to the engine. It returns nil only after
// their effects are committed; only then may a platform acknowledge them.
type Deliver func(context.Context, []Event) error

// UnmarshalJSON restores the concrete type of Detail from the kind, so that
// an event can wait in the database and come back unchanged.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	var raw struct {
		plain
		Detail json.RawMessage `json:"detail"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("chat: event: %w", err)
	}
	*e = Event(raw.plain)
	e.Detail = nil
	if len(raw.Detail) == 0 || string(raw.Detail) == "null" {
		return nil
	}
	var err error
	switch e.Kind {
	case Join, Leave, JoinRequest:
		e.Detail, err = decodeDetail[Membership](raw.Detail)
	case ChatChanged:
		e.Detail, err = decodeDetail[ChatChange](raw.Detail)
	case Learned:
		e.Detail, err = decodeDetail[Facts](raw.Detail)
	case Timer:
		e.Detail, err = decodeDetail[Due](raw.Detail)
	case Vote:
		e.Detail, err = decodeDetail[Ballot](raw.Detail)
	case PollTold:
		e.Detail, err = decodeDetail[PollState](raw.Detail)
	case Invited:
		e.Detail, err = decodeDetail[Invite](raw.Detail)
	case Admitted:
		e.Detail, err = decodeDetail[Admission](raw.Detail)
	case Delivered:
		e.Detail, err = decodeDetail[Delivery](raw.Detail)
	case Message, Press:
	}
	if err != nil {
		return fmt.Errorf("chat: detail of a %s event: %w", e.Kind, err)
	}
	return nil
}

func decodeDetail[T any](data []byte) (any, error) {
	var v T
	err := json.Unmarshal(data, &v)
	return v, err
}
