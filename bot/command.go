package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/input"
	"qunmate/storage"
)

// Role is what a person may do in a place. A chat's administrator and the
// operator of the program are different roles on purpose.
type Role int

// The roles, each may do what the ones before it may.
const (
	Member    Role = iota
	Host           // may start activities
	ChatAdmin      // administers this chat
	Operator       // runs the program: administrator everywhere
)

// Place says where a command makes sense.
type Place int

// Where a command can be used.
const (
	InCommunity Place = iota // needs a community: a group, or a private chat with one chosen
	Anywhere                 // also where there is none
	PrivateOnly              // 1:1 with the bot
	GroupOnly
)

// Command is something people can ask for. What it needs is declared here and
// checked in one place.
type Command struct {
	// Name is the key: "checkin", or "checkin set" for a sub-command. Further
	// names, Chinese ones too, come from templates/<language>/names.txt.
	Name  string
	Role  Role
	Place Place
	// Impersonal commands say the same to everybody, so an anonymous
	// administrator may use them too.
	Impersonal bool
	// Menu puts it into the platform's list of commands.
	Menu bool
	Run  func(context.Context, *Request) (Reply, error)
	// Bare, if set, is what the command's name alone does for somebody who lacks
	// the role: a word that means something to everybody is not refused.
	Bare func(context.Context, *Request) (Reply, error)
	// Label, if set, says in a word how the command stands in a community, for
	// the list that a person with several communities gets. It returns the name
	// of a text.
	Label func(context.Context, *Request) (string, error)
	// Secret, if set, reports that what was said may not be written down beside
	// its sender: it is then never put aside, neither to wait nor to be tried
	// again. It sees Args and changes nothing.
	Secret func(context.Context, *Request) (bool, error)
}

// Action is what a confirmed preview does, and how it is taken back.
type Action struct {
	Name string
	Role Role // checked again at the confirmation
	// Run does what was confirmed; nil for changes that take effect at once and
	// are only undone.
	Run func(context.Context, *Request, json.RawMessage) (Reply, error)
	// Cancel does what else ends when a preview of it is cancelled; nil, or an
	// empty reply: nothing does.
	Cancel func(context.Context, *Request, json.RawMessage) (Reply, error)
	// Shows is the number that its preview bears, of the thing that it is about.
	// Previews of several things stand beside each other. Nil: the newest counts.
	Shows func(json.RawMessage) int64
	// Undo takes back the audit row that Run wrote under the action's name. Nil:
	// it cannot be undone.
	Undo func(context.Context, *Request, storage.Audited) (Reply, error)
	// Own: the change is one of the person's own affairs. He takes it back
	// himself, wherever he is and whatever his role; nobody else can.
	Own bool
	// Secret: what its previews keep is forgotten once they are decided.
	Secret bool
	// UndoLife is how long it can be taken back; 0 = the usual time.
	UndoLife time.Duration
}

func (a Action) undoLife() time.Duration {
	if a.UndoLife > 0 {
		return a.UndoLife
	}
	return UndoLife
}

// Listener hears events that are no commands: joins, timers, ordinary talk.
type Listener struct {
	Name  string
	Kinds []chat.Kind
	// Task picks the timers it is for; with other kinds it is empty.
	Task string
	Run  func(context.Context, *Request) (Reply, error)
}

// Args are the words after a command.
type Args = input.Args

// Request is everything a command may know. It sees one transaction and one
// instant, and no platform.
type Request struct {
	Tx        *storage.Tx
	Event     chat.Event
	Chat      storage.Chat
	Account   storage.Account
	Member    storage.Member // zero where there is no community
	Community int64          // 0 where there is none
	Args      Args
	Command   string    // the command's key
	Now       time.Time // the transaction's instant, in the community's zone
	At        time.Time // when the event happened, in the community's zone
	Day       string    // the chat day of At
	Days      Days
	Language  string
	Private   bool // a 1:1 chat
	Role      Role
	Caps      chat.Caps

	engine *Engine
	via    string
	home   int64                 // the community of the connection's 1:1 chats, 0 = none
	since  time.Time             // when the event was first put aside, zero for a new one
	raised *[]concern            // what its listeners have to tell administrators, see AlertAll
	untold *[]storage.Occurrence // see Untold
}

// Days answers questions about chat days; see package chatday.
type Days interface {
	Day(time.Time) string
	Begin(day string) (time.Time, bool)
	Next(time.Time) time.Time
	Prev(day string) string
	Back(day string, n int) string
	Zone(time.Time) *time.Location
	Start(time.Time) int
}

// Reply is an answer as data: a text's name and its values. The zero Reply
// says nothing.
type Reply struct {
	Template string
	Data     any
	Choices  []Choice
	// Also are further paragraphs of the same message: their texts and buttons
	// follow.
	Also []Reply
	// Public shows it to the whole chat. Answers are private by default.
	Public bool
	// Ask makes the answer a question: what the person says next to the bot here
	// is put behind this command, "/draw set 12 prizes". See bot/prompt.go.
	Ask string
	// Slot: a message with the same slot in the same chat is edited instead.
	Slot string
	// Brief is the text that stands for this answer in a folded message where
	// everybody sees answers anyway; "" is never folded.
	Brief string
	// Crowd is the same where answers are private: the little of it that may be
	// public when more people ask than can be answered one by one. "" is never
	// folded there.
	Crowd string
	File  *chat.File
	Pin   chat.Pinning // puts it at the top of the chat, or takes it away, see Request.MayPin
	Poll  *chat.Poll   // the choices are a poll's
	Chart *chat.Chart  // a picture beside the text, drawn when it is sent
	// Poster is drawn when it is sent, too.
	Poster *chat.Poster
	// Picture goes with the text; see Request.KeepPicture.
	Picture *chat.Picture
	// Lane of a public post; answers have their own.
	Lane storage.Lane
	// Once marks a post that is never sent a second time on our own.
	Once bool
	// Urgent goes before what waits in the chat: a question with a clock must not
	// stand behind the answers to the one before.
	Urgent bool
	// Until is when a post comes too late: it is not sent after that. Zero is
	// never.
	Until time.Time

	detour *detour // of an alert: what is said elsewhere when it is refused
}

// Choice is a button: a text's name for the label, and the command it types.
type Choice struct {
	Label   string
	Data    any
	Command string
	URL     string
	// Extra leads on to something else; it is left out where everybody would read
	// along, see Request.Exposed.
	Extra bool
}

// Refusal is an error for the person: the writes are undone, the answer stays.
type Refusal struct { //nolint:errname // a refusal is an answer that travels as an error
	Reply Reply
	// Quiet refusals are said once an hour per person and chat, then not at all.
	Quiet bool
}

// Error implements error.
func (r *Refusal) Error() string { return "refused: " + r.Reply.Template }

// Refuse makes a Refusal.
func Refuse(template string, data any, choices ...Choice) error {
	return &Refusal{Reply: Reply{Template: template, Data: data, Choices: choices}}
}

// registry holds what the program can do, by name.
type registry struct {
	commands  map[string]Command
	actions   map[string]Action
	listeners []Listener
}

func newRegistry(commands []Command, actions []Action, listeners []Listener) (registry, error) {
	r := registry{commands: map[string]Command{}, actions: map[string]Action{}, listeners: listeners}
	for _, c := range commands {
		if _, twice := r.commands[c.Name]; twice || c.Name == "" || c.Run == nil {
			return r, fmt.Errorf("bot: command %q is incomplete or registered twice", c.Name)
		}
		r.commands[c.Name] = c
	}
	for _, a := range actions {
		if _, twice := r.actions[a.Name]; twice || (a.Run == nil && a.Undo == nil) {
			return r, fmt.Errorf("bot: action %q is incomplete or registered twice", a.Name)
		}
		r.actions[a.Name] = a
	}
	return r, nil
}

// menu lists the commands that platforms may show, in a steady order.
func (r registry) menu() []Command {
	var out []Command
	for _, c := range r.commands {
		if c.Menu && !strings.Contains(c.Name, " ") {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	return out
}
