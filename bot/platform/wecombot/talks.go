package wecombot

import (
	"sync"
	"time"

	"qunmate/bot/chat"
)

// maxTalks bounds the memory of conversations.
const maxTalks = 20_000

// talks remembers of each conversation what may still carry an answer when the
// usual way is closed: the newest message, good for 24 h over the long
// connection, and the newest response_url, good for one post in an hour. It is
// a memory, not a record: after a restart the tokens of the letters remain.
type talks struct {
	mu sync.Mutex
	m  map[string]*talk
}

type talk struct {
	newest  replyToken // of the newest message
	url     string     // a response_url nobody needs
	urlAt   time.Time
	entered bool  // somebody opened the private chat and has not written yet
	refused int64 // the code that refused the last push, 0 if none did
}

// heard notes an event. Tokens of messages only: answers to others are not
// taken by the command that answers messages (measured: 846605).
func (t *talks) heard(ev chat.Event, token replyToken, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.of(ev.Chat.Ref.ID, now)
	switch ev.Kind {
	case chat.Message:
		w.newest, w.entered = token, false
	case chat.ChatChanged:
		w.entered = w.newest.Kind == ""
	default:
	}
}

func (t *talks) of(id string, now time.Time) *talk {
	if t.m == nil {
		t.m = map[string]*talk{}
	}
	w := t.m[id]
	if w == nil {
		if len(t.m) >= maxTalks {
			t.prune(now)
		}
		w = &talk{}
		t.m[id] = w
	}
	return w
}

// prune forgets what can carry nothing any more, and if that is too little
// whatever comes first: a quarter, so that the next ones cost nothing.
func (t *talks) prune(now time.Time) {
	for id, w := range t.m {
		if !w.newest.fresh(now) && now.Sub(w.urlAt) >= urlFor {
			delete(t.m, id)
		}
	}
	for id := range t.m {
		if len(t.m) < maxTalks*3/4 {
			return
		}
		delete(t.m, id)
	}
}

// newest is the token of the newest message that may still be answered.
func (t *talks) newest(id string, now time.Time) replyToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.m[id]; w != nil && w.newest.fresh(now) {
		return w.newest
	}
	return replyToken{}
}

// onlyEntered reports a private chat in which nobody has written, as far as is
// known.
func (t *talks) onlyEntered(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.m[id]
	return w != nil && w.entered
}

// pushed notes how a push ended: with the code that refused it, or 0.
func (t *talks) pushed(id string, code int64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.m[id]; w != nil || code != 0 {
		t.of(id, now).refused = code
	}
}

// refusal is the code that refused the last push into a chat, 0 if none did.
func (t *talks) refusal(id string) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.m[id]; w != nil {
		return w.refused
	}
	return 0
}

// leave puts a response_url aside for letters that answer nothing.
func (t *talks) leave(id, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.of(id, now)
	w.url, w.urlAt = address, now
}

// spare takes the response_url that was put aside, "" if there is none.
func (t *talks) spare(id string, now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.m[id]
	if w == nil || w.url == "" || now.Sub(w.urlAt) >= urlFor {
		return ""
	}
	address := w.url
	w.url = ""
	return address
}
