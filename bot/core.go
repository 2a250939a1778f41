package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// coreListeners keep what the engine itself must know of a chat.
func coreListeners() []Listener {
	return []Listener{
		{Name: "standing", Kinds: []chat.Kind{chat.ChatChanged}, Run: onStanding},
		{Name: "facts", Kinds: []chat.Kind{chat.Learned}, Run: onFacts},
		{Name: "delivered", Kinds: []chat.Kind{chat.Delivered}, Run: onDelivered},
		{Name: "presence", Kinds: []chat.Kind{chat.Join, chat.Leave}, Run: onPresence},
	}
}

// onStanding follows what becomes of the bot in a chat.
func onStanding(ctx context.Context, req *Request) (Reply, error) {
	change, _ := req.Event.Detail.(chat.ChatChange)
	switch change.Standing {
	case chat.Migrated:
		if change.To.ID == "" {
			return Reply{}, errors.New("a migration to nowhere")
		}
		_, err := req.Tx.MigrateChat(ctx, req.Chat, change.To.ID)
		return Reply{}, err
	case chat.Removed:
		return Reply{}, req.engine.leave(ctx, req.Tx, req.Chat, "removed from the chat")
	case chat.Added:
		return req.welcomed(ctx, change)
	case chat.Updated:
		return Reply{}, req.updated(ctx, change)
	}
	return Reply{}, nil
}

// leave closes a chat the bot cannot write to any more.
func (e *Engine) leave(ctx context.Context, tx *storage.Tx, c storage.Chat, reason string) error {
	alerts, err := tx.QueuedWith(ctx, c.ID, detourMark)
	if err != nil {
		return err
	}
	if err := tx.KillLetters(ctx, c.ID, reason); err != nil {
		return err
	}
	c.State, c.Connection = storage.ChatLeft, ""
	e.Log.Info("the bot is not in a chat any more", "chat", c.ID, "reason", reason)
	if err := tx.UpdateChat(ctx, c); err != nil {
		return err
	}
	return e.goAround(ctx, tx, alerts)
}

// welcomed greets once when the bot comes into a group: what is missing and
// the three next steps.
func (req *Request) welcomed(ctx context.Context, change chat.ChatChange) (Reply, error) {
	c := req.Chat
	again := c.State == storage.ChatActive && !c.GreetedAt.IsZero()
	c.State, c.Connection = storage.ChatActive, req.via
	greet := !again && c.Kind == string(chat.Group)
	if greet {
		c.GreetedAt = req.Tx.Now
	}
	if err := req.Tx.UpdateChat(ctx, c); err != nil {
		return Reply{}, err
	}
	if change.Missing != nil {
		if err := req.Tx.SetMissing(ctx, c.ID, change.Missing); err != nil {
			return Reply{}, err
		}
	}
	req.Chat = c
	if !req.Private {
		via := req.via
		req.Tx.AfterCommit(func() { req.engine.ask(chatOf(c), via, false) })
	}
	if change.Entered && req.Private {
		return req.greetPrivately(ctx)
	}
	if !greet {
		return Reply{}, nil
	}
	return Reply{Template: "common.hello", Data: struct{ Missing []string }{worthSaying(change.Missing)}, Public: true, Lane: storage.LaneActivity}, nil
}

// worthSaying leaves out what goes without saying: who makes the bot an
// administrator sees its other rights on the same screen.
func worthSaying(missing []string) []string {
	if !slices.Contains(missing, chat.RightAdmin) {
		return missing
	}
	implied := []string{chat.RightDelete, chat.RightInvite, chat.RightPin, chat.RightTalk}
	return slices.DeleteFunc(slices.Clone(missing), func(right string) bool { return slices.Contains(implied, right) })
}

// greetPrivately answers somebody who opens the chat with the bot, where the
// platform tells of it and takes an answer: the first time as /start does,
// later with a line.
func (req *Request) greetPrivately(ctx context.Context) (Reply, error) {
	start, ok := req.engine.registry.commands["start"]
	if !ok || !req.Chat.GreetedAt.IsZero() {
		return Reply{Template: "common.welcome_back"}, nil
	}
	req.Chat.GreetedAt = req.Tx.Now
	if err := req.Tx.UpdateChat(ctx, req.Chat); err != nil {
		return Reply{}, err
	}
	if err := req.loadMember(ctx); err != nil {
		return Reply{}, err
	}
	return start.Run(ctx, req)
}

// updated stores what a change of rights or administrators told.
func (req *Request) updated(ctx context.Context, change chat.ChatChange) error {
	if change.Missing != nil {
		if err := req.Tx.SetMissing(ctx, req.Chat.ID, change.Missing); err != nil {
			return err
		}
	}
	if change.Admin.Ref.IsZero() {
		return nil
	}
	a, err := req.Tx.Touch(ctx, storage.Seen{Domain: change.Admin.Ref.Domain, ExternalID: change.Admin.Ref.ID, Name: change.Admin.Name, Username: change.Admin.Username})
	if err != nil {
		return err
	}
	role := ""
	if change.IsAdmin {
		role = storage.RoleAdmin
	}
	return req.Tx.SetRole(ctx, req.Chat.ID, a.ID, role, storage.FromPlatform)
}

// onFacts stores what the network told of a chat and wakes who waits for it.
func onFacts(ctx context.Context, req *Request) (Reply, error) {
	facts, _ := req.Event.Detail.(chat.Facts)
	if err := req.Tx.WakeParked(ctx); err != nil || facts.Error != "" {
		return Reply{}, err
	}
	var ids []int64
	for _, u := range facts.Admins {
		a, err := req.Tx.Touch(ctx, storage.Seen{Domain: u.Ref.Domain, ExternalID: u.Ref.ID, Name: u.Name, Username: u.Username})
		if err != nil {
			return Reply{}, err
		}
		ids = append(ids, a.ID)
	}
	if err := req.Tx.SetPlatformAdmins(ctx, req.Chat.ID, ids); err != nil {
		return Reply{}, err
	}
	return Reply{}, req.Tx.SetFacts(ctx, req.Chat.ID, facts.Missing, facts.Members)
}

// onPresence keeps who is in a group.
func onPresence(ctx context.Context, req *Request) (Reply, error) {
	m, _ := req.Event.Detail.(chat.Membership)
	if m.User.Ref.IsZero() || m.User.Bot || req.Private {
		return Reply{}, nil
	}
	a, err := req.Tx.Touch(ctx, storage.Seen{Domain: m.User.Ref.Domain, ExternalID: m.User.Ref.ID, Name: m.User.Name, Username: m.User.Username})
	if err != nil {
		return Reply{}, err
	}
	if req.Event.Kind == chat.Leave {
		_, err = req.Tx.LeaveChat(ctx, req.Chat.ID, a.ID, req.At)
	} else {
		_, err = req.Tx.Enter(ctx, req.Chat.ID, a.ID, req.At)
	}
	return Reply{}, err
}

// onDelivered ends the waiting of a letter. One that does not wait any more
// was withdrawn or given up meanwhile: its outcome stands.
func onDelivered(ctx context.Context, req *Request) (Reply, error) {
	d, _ := req.Event.Detail.(chat.Delivery)
	state, reason := storage.LetterSent, ""
	if d.Fate != chat.Confirmed {
		state, reason = storage.LetterDead, string(d.Fate)
		if d.Reason != "" {
			reason += ": " + d.Reason
		}
	}
	_, err := req.Tx.SettleWaiting(ctx, req.Chat.ID, d.ID, state, reason)
	return Reply{}, err
}

// factJob asks the network about one chat.
type factJob struct {
	chat chat.Chat
	via  string
}

// questions are the facts to ask for. A decision that waits goes before what is
// asked in advance, and one question about a chat is enough.
type questions struct {
	mu     sync.Mutex
	open   map[chat.Ref]bool
	asked  map[chat.Ref]time.Time // when it was asked last
	urgent chan factJob
	later  chan factJob
}

// askers is how many questions are under way at one time: a chat that does not
// answer must not keep the others waiting.
const askers = 4

func newQuestions() questions {
	return questions{open: map[chat.Ref]bool{}, asked: map[chat.Ref]time.Time{}, urgent: make(chan factJob, 256), later: make(chan factJob)}
}

// ask queues a question about a chat; when too many wait already the parked
// event is decided with what is known, after parkLimit. An event that waits
// already has asked before: what was not answered then is not asked at once
// again, but by now it may want to know of further chats.
func (e *Engine) ask(c chat.Chat, via string, waiting bool) {
	q, now := &e.facts, e.Clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if age := now.Sub(q.asked[c.Ref]); q.open[c.Ref] || waiting && age >= 0 && age < parkLimit {
		return
	}
	select {
	case q.urgent <- factJob{c, via}:
		q.open[c.Ref], q.asked[c.Ref] = true, now
	default:
	}
}

// learn asks for facts outside of any transaction and hands them in as events.
// Only one of the askers takes what is asked in advance.
func (e *Engine) learn(ctx context.Context, later <-chan factJob) {
	for {
		var j factJob
		select {
		case j = <-e.facts.urgent:
		default:
			select {
			case <-ctx.Done():
				return
			case j = <-e.facts.urgent:
			case j = <-later:
			}
		}
		if err := e.learnOne(ctx, j); err != nil && ctx.Err() == nil {
			e.Log.Error("facts", "chat", j.chat.Ref.String(), "err", err)
		}
		e.facts.mu.Lock()
		delete(e.facts.open, j.chat.Ref)
		e.facts.mu.Unlock()
	}
}

// askKnown asks once about every group after a start: what a platform can do
// there depends on the bot's standing, which it forgot.
func (e *Engine) askKnown(ctx context.Context) {
	var chats []storage.Chat
	err := e.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		var err error
		chats, err = r.Chats(ctx, "")
		return err
	})
	if err != nil && ctx.Err() == nil {
		e.Log.Error("facts", "err", err)
	}
	for _, c := range chats {
		if p := e.platforms[c.Connection]; p == nil || c.Kind != string(chat.Group) || !p.Caps(chatOf(c)).AdminList {
			continue
		}
		select {
		case e.facts.later <- factJob{chatOf(c), c.Connection}:
		case <-ctx.Done():
			return
		}
	}
}

const factTimeout = 10 * time.Second

func (e *Engine) learnOne(ctx context.Context, j factJob) error {
	finder, ok := e.platforms[j.via].(chat.FactFinder)
	if !ok {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, factTimeout)
	defer cancel()
	facts, err := finder.Facts(asking, j.chat)
	if err != nil {
		facts = chat.Facts{Error: err.Error()}
		e.Log.Warn("the administrators of a chat could not be asked for", "chat", j.chat.Ref.String(), "err", err)
	}
	ev := chat.Event{
		ID:   chat.Ref{Domain: "facts", ID: fmt.Sprintf("%s@%d-%s", j.chat.Ref, e.Clock.Now().UnixNano(), newID())},
		Chat: j.chat, Kind: chat.Learned, At: e.Clock.Now(), Detail: facts,
	}
	if err := e.submit(ctx, job{via: j.via, events: []chat.Event{ev}}); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	return nil
}
