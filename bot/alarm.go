package bot

import (
	"context"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// fullAlarm watches for a database that cannot be written. It must work
// without the database: the operators are told by direct sends, once an hour.
type fullAlarm struct {
	mu   sync.Mutex
	on   bool
	said time.Time
	high time.Time // the latest instant ever used; see Engine.judge
}

const alarmPause = time.Hour

// raise is called for every failed commit.
func (a *fullAlarm) raise(e *Engine, cause error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := e.Clock.Now()
	if !a.on || now.Sub(a.said) > alarmPause {
		a.said = now
		e.Log.Error("the database cannot be written; nothing is answered until it can", "err", cause)
		go e.tellDirectly("common.disk_full")
	}
	a.on = true
}

// clear is called after every commit.
func (a *fullAlarm) clear(e *Engine) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.on {
		a.on = false
		e.Log.Info("the database can be written again")
		go e.tellDirectly("common.disk_ok")
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
func (e *Engine) tellDirectly(text string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
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
