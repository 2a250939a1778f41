package wecomcontact

import (
	"context"
	"time"
)

// Store keeps what must outlive the process: the lists of members as they were
// read last, changes that callbacks told, events that are not delivered yet,
// and what was made on the platform. Every call is a transaction of its own.
type Store interface {
	// Groups lists every group that was ever seen.
	Groups(ctx context.Context) ([]Group, error)
	// Baseline is what is known of a group: the zero Group if nothing is. Members
	// are all who were ever seen there.
	Baseline(ctx context.Context, chatID string) (Group, []Member, error)
	// Apply stores a new baseline, the events that follow from it, and that the
	// changes are worked in: all or nothing. members are those that changed.
	Apply(ctx context.Context, g Group, members []Member, events [][]byte, done []int64) error

	// Note keeps a change that a callback told. A key that is known is not noted
	// again, whether its change is worked in or not: it reports false then.
	Note(ctx context.Context, change Change) (bool, error)
	// Changes lists what is noted and not worked in, oldest first; of all groups
	// if chatID is empty.
	Changes(ctx context.Context, chatID string) ([]Change, error)

	// Queue lists events that are not delivered, in the order they were made.
	Queue(ctx context.Context, limit int) ([]Queued, error)
	// Unqueue forgets events that are delivered.
	Unqueue(ctx context.Context, ids []int64) error

	// Waiting lists the tasks that nobody has confirmed yet.
	Waiting(ctx context.Context) ([]Task, error)

	// Way finds the open join way of a group with a state.
	Way(ctx context.Context, chatID, state string) (Way, bool, error)
	KeepWay(ctx context.Context, w Way) error
	DropWay(ctx context.Context, id string) error

	// Template is the welcome template that was made, and its text; empty if none
	// was.
	Template(ctx context.Context) (id, text string, err error)
	KeepTemplate(ctx context.Context, id, text string) error
}

// Group is a customer group as it was read last.
type Group struct {
	Chat    string
	Name    string
	Owner   string    // the employee who confirms broadcasts
	Version string    // of the list of members; empty where the platform tells none
	Gone    bool      // dissolved, or out of our sight
	ReadAt  time.Time // when the list was read
}

// Member is somebody who is or was in a group.
type Member struct {
	User     string
	Staff    bool   // an employee
	State    string // of the join way by which he came
	Invitor  string // the employee who brought him
	JoinedAt time.Time
	LeftAt   time.Time // zero while he is there
	Stays    int       // how often he came
}

// Present reports whether he is there now.
func (m Member) Present() bool { return m.LeftAt.IsZero() }

// Change is what a callback told.
type Change struct {
	ID      int64 // of the Store
	Key     string
	Chat    string
	Kind    string   // create, dismiss, or the UpdateDetail of an update
	Users   []string // who came or went, where the platform tells
	Version string   // of the list after it
	Removed bool     // they went because somebody removed them
	At      time.Time
}

// Queued is an event that waits for its delivery, as JSON.
type Queued struct {
	ID    int64
	Event []byte
}

// Task is a broadcast that waits for its confirmation.
type Task struct {
	Chat  string
	ID    string // as Send gave it
	Since time.Time
}

// Way is a join way that was made.
type Way struct {
	ID    string // config_id
	Chat  string
	State string
	Name  string
	QR    string // the address of the picture
}
