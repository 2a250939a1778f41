package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Content is something to say.
type Content struct {
	// Text is markup with the elements b, i, code, a, at and br, as html/template
	// makes it: names in it are escaped. See Parse.
	Text string `json:"text"`
	// Private is for the receiver alone, where the platform can.
	Private bool     `json:"private,omitempty"`
	Choices []Choice `json:"choices,omitempty"`
	File    *File    `json:"file,omitempty"`
	Picture *Picture `json:"picture,omitempty"`
	// Poll says that the choices are those of a poll, for platforms with a form
	// of their own for it. Text and Choices say the same, for all others.
	Poll *Poll `json:"poll,omitempty"`
	// Chart or Poster is drawn and becomes the Picture just before sending.
	Chart  *Chart  `json:"chart,omitempty"`
	Poster *Poster `json:"poster,omitempty"`
	// Brief is the one line that stands for this answer when many are folded
	// into one message; empty means it is never folded.
	Brief string `json:"brief,omitempty"`
	// Retouch changes an earlier message; where that is gone, nothing is said.
	Retouch bool `json:"retouch,omitempty"`
	// Urgent goes before everything else that waits in the chat: people have a
	// clock running for it.
	Urgent bool `json:"urgent,omitempty"`
	// Pin puts the message at the top of its chat, or takes it away from there;
	// "" leaves that as it is. Only where Caps.Pin is set.
	Pin Pinning `json:"pin,omitempty"`
	// Inline: such lines stand side by side, not below each other.
	Inline bool `json:"inline,omitempty"`
}

// Pinning is what is to become of a message's place at the top of its chat.
type Pinning string

// What can become of it.
const (
	Pin   Pinning = "on"
	Unpin Pinning = "off"
)

// Choice is a button. Its command could be typed as well: nothing about a
// button lives in memory, so it works after a restart.
type Choice struct {
	Label   string `json:"label"`
	Command string `json:"command"`       // e.g. "/why"
	URL     string `json:"url,omitempty"` // instead of a command: open this address
}

// File is an attachment.
type File struct {
	Name string `json:"name"`
	MIME string `json:"mime"`
	Data []byte `json:"data"`
}

// Poll is a question with options to vote on.
type Poll struct {
	Question string       `json:"question"` // with our number in front: the platform shows it as it is
	Options  []PollOption `json:"options"`
	Command  string       `json:"command"` // what a vote begins with: "/vote 9"; an option's key follows, or several with commas
	Multi    bool         `json:"multi,omitempty"`
	// Native: the platform's own poll does all that is asked for, so it may
	// stand in place of text and choices. Its votes come as Vote events.
	Native bool      `json:"native,omitempty"`
	Ends   time.Time `json:"ends,omitzero"`
	Closed bool      `json:"closed,omitempty"` // with Edit: it takes no votes any more
	// Right makes a quiz of it: the place of the right option, from 1. The
	// platform tells it to everybody who has answered, and an answer stays. Only
	// with Native, and only to a chat of Caps.Quizzes: nobody else reads it.
	Right   int    `json:"right,omitempty"`
	Explain string `json:"explain,omitempty"` // what a quiz shows beside the right answer
}

// PollOption is one of the things to choose.
type PollOption struct {
	Key  string `json:"key"` // A, B …
	Text string `json:"text"`
}

// Letter is one thing to send to one chat.
type Letter struct {
	ID      int64 // the outbox row, for logs
	Chat    Chat
	To      User   // the person an answer is for; zero for public posts
	Reply   string // Event.Reply of what is answered, may be empty or too old
	Edit    string // not empty: replace this earlier message (an id that Send returned)
	Content Content
	Created time.Time // when it was decided, UTC
}

// Sent is what the platform said of a letter it took.
type Sent struct {
	ID string // the message's id, opaque: good for Edit and Delete
	// Shown is set when a private letter could not be kept private: the whole
	// chat sees it. The engine deletes it after a short while.
	Shown bool
	// Waiting is set when the platform took the letter, but a person of the
	// community must confirm it before anybody sees it. A Delivered event under
	// the same ID tells what became of it; until then it is neither sent nor
	// lost, and it is not sent again.
	Waiting bool
	// Poll is the platform's own id of a poll that was sent in its own form.
	Poll string
	// Via names the connection that carried the letter, where the platform's own
	// ways into the chat were closed and another one leads there.
	Via string
	// Lost says why the picture of the letter did not go out, though its text
	// did; free of secrets.
	Lost string
}

// Caps says what a chat can do on its platform. Per chat, not per platform.
type Caps struct {
	Hears    bool // ordinary talk reaches the bot, not only what is addressed to it
	Joins    bool // joins and leaves are told
	Whispers bool // private answers inside a group
	Choices  bool // buttons
	Edit     bool
	Delete   bool
	Push     bool // may write without being asked
	// PushFor is how long after a person's own word that lasts; 0 = always.
	PushFor time.Duration
	Files   bool
	// Uploads: files that people send there are told, see Event.File.
	Uploads bool
	// Pictures: what is said can have a picture, of at most MaxPicture bytes; 0 =
	// no known limit.
	Pictures   bool
	MaxPicture int
	AdminList  bool // the platform has its own administrators
	Quotes     bool // a reply tells whose message it answers (Event.Quoted)
	Requests   bool // who comes by a link can be made to ask first, and the bot can let him in
	Polls      bool // polls of its own that tell who voted for what
	// Quizzes: such polls can have a right answer, see Poll.Right.
	Quizzes bool
	// Pin: messages can stand at the top of the chat, if the bot has the right to
	// put them there (RightPin).
	Pin bool
	// Mentioned: nothing reaches the bot but what begins with its name, commands
	// included. Mention is how that is typed in the groups of the network,
	// "@helper", empty if not known.
	Mentioned bool
	Mention   string
	OneToOne  bool // the network has no groups: its people are met alone only
	MaxText   int  // characters of one message, as the adapter counts
	PerMinute int  // messages a minute in this chat, 0 = no known limit
	PerSecond int  // messages a second over the whole connection, 0 = no known limit
	// DeleteFor is how long after it was sent a message can be taken back, with
	// Delete; 0 = no known limit.
	DeleteFor time.Duration
	PerDay    int // messages a day in this chat, 0 = no known limit
	// Confirm: every message waits until a person taps it (Sent.Waiting), and
	// nothing said in the chat ever reaches the bot. The engine sends nothing
	// there but broadcasts: answers, greetings and reports would each be work for
	// that person.
	Confirm bool
	// Twin is another chat of the network that is the very same room, met by
	// another connection: what goes to many chats goes to that one only.
	Twin Ref
}

// Platform is one connection to one chat network.
type Platform interface {
	// Name is the connection's name in the configuration, e.g. "main".
	Name() string
	// Domain is the domain of all its refs, e.g. "telegram".
	Domain() string
	// Caps tells what the chat can do. It must not use the network.
	Caps(Chat) Caps
	// Run delivers batches until ctx ends and returns nil then. It returns an
	// error only for a fault that no retry can mend, such as a wrong token.
	Run(ctx context.Context, deliver Deliver) error
	// Send is one attempt, without a retry inside. Its error is a *SendError.
	Send(ctx context.Context, l Letter) (Sent, error)
}

// Deleter is a Platform that can take back its own messages.
type Deleter interface {
	// Delete removes a message by the id that Send returned. A message that is
	// gone already is no error.
	Delete(ctx context.Context, c Chat, id string) error
}

// Inviting asks for a way into a chat that tells who brought a person.
type Inviting struct {
	Chat Chat
	// State comes back as Membership.Source of whoever used the way: letters and
	// digits, at most MaxState.
	State string
	Name  string // what the way is called in the platform's own lists, for people
	Ask   bool   // who uses it asks to be let in: only where Caps.Requests
	// ID, if set, is a way that there is: it is changed, not made anew.
	ID string
}

// MaxState is how long a state may be: what the strictest platform takes.
const MaxState = 30

// Invitation is a way into a chat. A platform that makes no links has the
// picture of a QR code only, and the other way round.
type Invitation struct {
	Link       string
	QRImageURL string
	QRText     string // what that code says, where the platform tells: anybody can draw it
	ID         string // opaque: good for Revoke, and what Membership.Link tells where a platform has no states
}

// Inviter is a Platform that can make ways into its chats. Both methods use
// the network; asking for the same way twice gives the same invitation where
// that can be told. Their error is a *SendError.
type Inviter interface {
	Invite(ctx context.Context, i Inviting) (Invitation, error)
	// Revoke closes a way. One that is closed already is no error.
	Revoke(ctx context.Context, c Chat, id string) error
}

// ErrNoRequest is the cause of an Admit that found nobody asking: he took his
// wish back, or somebody else has decided.
var ErrNoRequest = errors.New("nobody asks to be let in")

// Admitter is a Platform where people can ask to be let in. Its error is a
// *SendError; to let somebody in who is in already is none.
type Admitter interface {
	Admit(ctx context.Context, c Chat, who Ref, admit bool) error
}

// Reminder is a Platform that can remind the person for whom a letter waits.
type Reminder interface {
	Remind(ctx context.Context, c Chat, id string) error
}

// DayCount is what a platform counted by itself on one day that is over, in all
// groups of a connection.
type DayCount struct {
	Day        string // 2006-01-02, by the platform's own clock
	Groups     int
	Members    int
	NewMembers int
	Talkers    int // members who said something
	Messages   int
}

// Counter is a Platform that counts what happens in groups where the bot hears
// nothing. Counts uses the network; it tells of the last days that are over,
// oldest first, and of none while it knows no group.
type Counter interface {
	Counts(ctx context.Context, days int) ([]DayCount, error)
}

// Particular is a Platform that answers only in some chats of its domain, and
// alone there: no other connection of the domain can take them over.
type Particular interface {
	Serves(c Chat) bool
}

// FactFinder is a Platform that can ask who the administrators of a chat are.
type FactFinder interface {
	Facts(ctx context.Context, c Chat) (Facts, error)
}

// Menu is one entry of the command list that a platform shows to its users.
type Menu struct {
	Command     string // without slash
	Description string
	Admin       bool // for administrators only
}

// MenuKeeper is a Platform that shows a list of commands. SetMenu is called at
// start, in the background; language is an IETF tag, "" the fallback.
type MenuKeeper interface {
	SetMenu(ctx context.Context, language string, menu []Menu) error
}

// Finding is one line of what a connection says of itself.
type Finding struct {
	OK   bool
	Code string            // text key under check.<code>
	Args map[string]string // words for the text
}

// Checker is a Platform that can ask who it is and what it may do, for
// `check -online`. chats are the ones the database knows.
type Checker interface {
	Check(ctx context.Context, chats []Chat) []Finding
}

// Callback is a Platform that is called over HTTP. The handler answers 2xx
// only after deliver, given to Run, has returned nil.
type Callback interface {
	// Path is where the handler is mounted, e.g. "/telegram/main".
	Path() string
	http.Handler
}

// Fault says what a failed send means for the letter.
type Fault string

// What to do next about a letter.
const (
	Retry     Fault = "retry"     // did not happen, try again later
	Throttled Fault = "throttled" // did not happen, wait After; costs no attempt
	Rejected  Fault = "rejected"  // will never be accepted as it is
	Gone      Fault = "gone"      // the bot cannot write there any more
	Moved     Fault = "moved"     // the chat has a new id, see To
	Unknown   Fault = "unknown"   // may have happened or not
)

// SendError is the error of Send, Edit and Delete.
type SendError struct {
	Fault Fault
	After time.Duration // with Throttled: how long to wait
	To    Ref           // with Moved: where the chat is now
	Err   error         // the cause, free of secrets
}

// Error implements error.
func (e *SendError) Error() string {
	switch e.Fault {
	case Throttled:
		return fmt.Sprintf("throttled for %s: %v", e.After, e.Err)
	case Moved:
		return fmt.Sprintf("moved to %s: %v", e.To, e.Err)
	case Retry, Rejected, Gone, Unknown:
	}
	return fmt.Sprintf("%s: %v", e.Fault, e.Err)
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// AsSendError makes any error a SendError; one that is none already is taken
// as Unknown, the only safe reading of a failure nobody described.
func AsSendError(err error) *SendError {
	if se, ok := errors.AsType[*SendError](err); ok {
		return se
	}
	return &SendError{Fault: Unknown, Err: err}
}
