package bot

import (
	"context"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// fullAlarm watches for a database that cannot be written. It must work
// without the database: the operators are told by direct sends.
type fullAlarm struct {
	mu     sync.Mutex
	bell   wake
	on     bool      // the last commit failed
	fresh  bool      // one failed that was not looked at: a good one may follow at once
	failed time.Time // when a commit failed last
	told   bool      // the operators know of it
	said   time.Time // when they were told last
	high   time.Time // the latest instant ever used; see Engine.judge
}

const (
	// alarmPause is how often the operators are reminded.
	alarmPause = time.Hour
	// alarmCalm is how long commits must have gone well before all is well again.
	// A full disk still takes small ones: each good commit between two bad ones
	// would be told.
	alarmCalm = 30 * time.Second
)

// raise is called for every failed commit.
func (a *fullAlarm) raise(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.on, a.fresh, a.failed = true, true, now
	a.bell.ring()
}

// clear is called after every commit.
func (a *fullAlarm) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.on {
		a.on = false
		a.bell.ring()
	}
}

// due is the text to tell the operators now, "" if none, and when to look
// again, zero if only a bell can change anything.
func (a *fullAlarm) due(now time.Time) (string, time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	failed := a.on || a.fresh
	a.fresh = false
	switch {
	case failed && (!a.told || now.Sub(a.said) >= alarmPause):
		a.told, a.said = true, now
		return "common.disk_full", time.Time{}
	case a.on:
		return "", a.said.Add(alarmPause)
	case !a.told:
		return "", time.Time{}
	case now.Sub(a.failed) < alarmCalm:
		return "", a.failed.Add(alarmCalm)
	}
	a.told = false
	return "common.disk_ok", time.Time{}
}

// watchFull tells the operators when the database cannot be written, and when
// it can again.
func (e *Engine) watchFull(ctx context.Context) {
	for ctx.Err() == nil {
		text, next := e.full.due(e.Clock.Now())
		switch text {
		case "":
			e.sleep(ctx, next, e.full.bell, nil)
			continue
		case "common.disk_full":
			e.Log.Error("the database cannot be written; nothing is answered until it can")
		default:
			e.Log.Info("the database can be written again")
		}
		e.tellDirectly(ctx, text)
	}
}

// Writable reports whether the last commit went through.
func (e *Engine) Writable() bool {
	e.full.mu.Lock()
	defer e.full.mu.Unlock()
	return !e.full.on
}

// highWater raises the mark to t and returns it.
func (a *fullAlarm) highWater(t time.Time) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.After(a.high) {
		a.high = t
	}
	return a.high
}

// tellDirectly sends a line to every operator past the outbox: there is no
// transaction to put it into.
func (e *Engine) tellDirectly(ctx context.Context, text string) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	markup, err := e.Texts.Render(e.Language, text, nil)
	if err != nil {
		e.Log.Error("alarm", "err", err)
		return
	}
	var targets []storage.Chat
	err = e.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		accounts, err := e.operatorAccounts(ctx, r)
		for _, a := range accounts {
			c, err := r.ChatByRef(ctx, a.Domain, a.ExternalID)
			if err == nil {
				targets = append(targets, c)
			} else if err := ignoreNotFound(err); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		e.Log.Error("alarm", "err", err)
	}
	for _, c := range targets {
		if p := e.platforms[c.Connection]; p != nil {
			if _, err := p.Send(ctx, chat.Letter{Chat: chatOf(c), Content: chat.Content{Text: markup}, Created: e.Clock.Now()}); err != nil {
				e.Log.Error("alarm not delivered", "chat", c.ID, "err", err)
			}
		}
	}
}
