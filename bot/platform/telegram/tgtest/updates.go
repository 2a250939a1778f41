package tgtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const (
	maxPage  = 100
	maxPoll  = 50      // seconds
	maxBytes = 4 << 20 // of one answer
	// A client that repeats an offset so soon gets one update (tdlib,
	// telegram-bot-api): it is probably stuck on a large one.
	repeatWithin = 500 * time.Millisecond
)

// Kinds that are sent only to those who ask for them by name.
var onlyIfAsked = map[string]bool{"chat_member": true, "message_reaction": true, "message_reaction_count": true}

type update struct {
	id   int64
	kind string
	key  string // webhook calls with one key keep their order
	body []byte
}

// queue holds the updates until they are confirmed.
type queue struct {
	list    []update
	allowed []string // nil: the default
	feed    func(updateID int64) []byte
	poller  chan struct{} // closed when another poll begins
	arrived chan struct{} // closed when something is put into an empty queue
	offset  int64
	at      time.Time
	gave    bool
	pages   int
}

func (q *queue) init() { q.arrived = make(chan struct{}) }

// putLocked appends an update unless the bot did not ask for its kind.
func (s *Server) putLocked(u update) {
	q := &s.updates
	if q.allowed == nil && onlyIfAsked[u.kind] || q.allowed != nil && !slices.Contains(q.allowed, u.kind) {
		return
	}
	q.list = append(q.list, u)
	close(q.arrived)
	q.arrived = make(chan struct{})
	s.pushLocked(u)
	s.notifyLocked()
}

func (s *Server) newIDLocked() int64 {
	s.nextID++
	return s.nextID
}

// Raw injects an update as it stands: a JSON object. If it has no update_id it
// gets the next one; if it has one, that is kept, so that an update can be
// delivered twice. It returns the id.
func (s *Server) Raw(body string) int64 {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		panic("tgtest: Raw: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var id int64
	if raw, ok := fields["update_id"]; ok {
		if err := json.Unmarshal(raw, &id); err != nil {
			panic("tgtest: Raw: update_id: " + err.Error())
		}
	} else {
		id = s.newIDLocked()
		raw, _ := json.Marshal(id)
		fields["update_id"] = raw
	}
	kind := "unknown"
	for k := range fields {
		if k != "update_id" {
			kind = k
		}
	}
	out, err := json.Marshal(fields)
	if err != nil {
		panic("tgtest: Raw: " + err.Error())
	}
	s.putLocked(update{id: id, kind: kind, key: "raw", body: out})
	return id
}

// Feed makes further updates on demand, for tests too large to be queued: next
// is called with the id to use, under the server's lock, and returns nil when
// there are no more. MessageJSON makes a body.
func (s *Server) Feed(next func(updateID int64) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updates.feed = next
	close(s.updates.arrived)
	s.updates.arrived = make(chan struct{})
}

// Pending is the number of updates that are not confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates.list)
}

// WaitConfirmed waits until every injected update is confirmed.
func (s *Server) WaitConfirmed(ctx context.Context) error {
	return s.waitFor(ctx, func() bool { return len(s.updates.list) == 0 && s.updates.feed == nil })
}

// getUpdates as documented: confirmed by a higher offset, one poller at a
// time, none beside a webhook.
func (s *Server) getUpdates(ctx context.Context, p params) answer {
	s.mu.Lock()
	if s.hook.url != "" {
		s.mu.Unlock()
		return fail(http.StatusConflict, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	q := &s.updates
	if q.poller != nil {
		close(q.poller)
	}
	mine := make(chan struct{})
	q.poller = mine
	if p.has("allowed_updates") {
		var allowed []string
		if err := p.decode("allowed_updates", &allowed); err != nil {
			s.mu.Unlock()
			return bad(err.Error())
		}
		q.allowed = allowed
		if len(allowed) == 0 {
			q.allowed = nil
		}
	}
	limit := s.confirmLocked(p)
	deadline := time.NewTimer(time.Duration(min(max(p.num("timeout"), 0), maxPoll)) * time.Second)
	defer deadline.Stop()
	for {
		s.refillLocked(limit)
		if len(q.list) > 0 {
			return s.finishPollLocked(mine, q.page(limit))
		}
		arrived := q.arrived
		s.mu.Unlock()
		select {
		case <-arrived:
		case <-deadline.C:
			s.mu.Lock()
			s.refillLocked(limit)
			return s.finishPollLocked(mine, q.page(limit))
		case <-mine:
			return fail(http.StatusConflict, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
		case <-ctx.Done():
			s.mu.Lock()
			return s.finishPollLocked(mine, nil)
		case <-s.life.Done():
			s.mu.Lock()
			return s.finishPollLocked(mine, nil)
		}
		s.mu.Lock()
	}
}

// finishPollLocked unlocks.
func (s *Server) finishPollLocked(mine chan struct{}, page []update) answer {
	defer s.mu.Unlock()
	if s.updates.poller == mine {
		s.updates.poller = nil
	}
	s.updates.gave = len(page) > 0
	if len(page) > 0 {
		s.updates.pages++
	}
	var b bytes.Buffer
	b.WriteString(`{"ok":true,"result":[`)
	for i, u := range page {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(u.body)
	}
	b.WriteString(`]}`)
	return answer{code: http.StatusOK, raw: b.Bytes()}
}

// confirmLocked applies offset and limit.
func (s *Server) confirmLocked(p params) int {
	q := &s.updates
	offset := p.num("offset")
	switch {
	case offset > 0:
		n := 0
		for n < len(q.list) && q.list[n].id < offset {
			n++
		}
		if n > 0 {
			q.list = q.list[n:]
			s.notifyLocked()
		}
	case offset < 0 && int64(len(q.list)) > -offset:
		q.list = q.list[len(q.list)+int(offset):]
	}
	limit := int(p.num("limit"))
	if limit < 1 || limit > maxPage {
		limit = maxPage
	}
	now := s.opts.Now()
	if q.gave && offset == q.offset && now.Sub(q.at) < repeatWithin {
		limit = 1
	}
	q.offset, q.at = offset, now
	return limit
}

func (s *Server) refillLocked(limit int) {
	q := &s.updates
	for q.feed != nil && len(q.list) < limit {
		id := s.newIDLocked()
		body := q.feed(id)
		if body == nil {
			q.feed = nil
			s.notifyLocked()
			return
		}
		q.list = append(q.list, update{id: id, kind: "message", body: body})
	}
}

// remove takes one update out. Confirmations come about in order, so it moves
// the few before it and not the many behind.
func (q *queue) remove(id int64) {
	i := slices.IndexFunc(q.list, func(u update) bool { return u.id == id })
	if i < 0 {
		return
	}
	copy(q.list[1:i+1], q.list[:i])
	q.list = q.list[1:]
}

func (q *queue) page(limit int) []update {
	size, n := 0, 0
	for n < len(q.list) && n < limit && (n == 0 || size+len(q.list[n].body) < maxBytes) {
		size += len(q.list[n].body)
		n++
	}
	return slices.Clone(q.list[:n])
}
