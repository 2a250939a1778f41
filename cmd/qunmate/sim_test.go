package main_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	tgbot "qunmate/bot/platform/telegram"
	tg "qunmate/bot/platform/telegram/tgtest"
	"qunmate/commands/announce"
	"qunmate/commands/checkin"
	"qunmate/commands/points"
	"qunmate/storage"
	"qunmate/templates"
)

// sim is the engine with the real Telegram connection, texts, commands and
// database against a strict Telegram, all inside a bubble: minutes pass in no
// time, and to the millisecond.
type sim struct {
	t    *testing.T
	s    *tg.Server
	path string
	db   *storage.DB
	stop func()
}

// owner is the operator.
var owner = tg.User{ID: 900, First: "Boss", Language: "en"}

func simulate(t *testing.T, o tg.Options, run func(*sim)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := tg.NewServer(o)
		defer s.Close()
		w := &sim{t: t, s: s, path: filepath.Join(t.TempDir(), "q.db")}
		w.start()
		defer func() { w.stop() }()
		run(w)
		for _, p := range s.Problems() {
			t.Errorf("the bot did what no bot should: %s", p)
		}
	})
}

func (w *sim) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db, err := storage.Open(ctx, w.path, storage.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	texts, err := templates.Load("")
	if err != nil {
		w.t.Fatal(err)
	}
	line, err := tgbot.New(tgbot.Options{Name: "main", Token: w.s.Token(), BaseURL: w.s.URL(), Transport: w.s.Transport(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	engine, err := bot.New(bot.Options{
		DB: db, Texts: texts, Platforms: []chat.Platform{line}, Clock: bot.NewClock(0), Language: "en", Timezone: "UTC",
		Commands:  slices.Concat(checkin.Commands(), points.Commands(), announce.Commands()),
		Actions:   slices.Concat(checkin.Actions(), points.Actions(), announce.Actions()),
		Listeners: slices.Concat(checkin.Listeners(), points.Listeners(), announce.Listeners()),
		Operators: []chat.Ref{{Domain: tgbot.Domain, ID: "900"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	<-engine.Ready()
	w.db = db
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("the engine ended: %v", err)
		}
		if err := db.Close(); err != nil {
			w.t.Errorf("close: %v", err)
		}
	}
}

func (w *sim) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// groups makes n groups in which the bot is known.
func (w *sim) groups(n int) {
	for i := range n {
		w.s.AddChat(group(i))
		w.s.MakeAdmin(group(i))
		w.s.Say(group(i), owner, "hello")
	}
	w.s.Say(owner.Direct(), owner, "/me")
	w.pass(time.Minute)
}

// press presses a button on the newest message to the operator that has it.
func (w *sim) press(label string) {
	w.t.Helper()
	for _, m := range slices.Backward(w.s.Shown(owner.ID, owner.ID)) {
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.Text == label {
					w.s.Press(owner.Direct(), owner, m.MessageID, b.Data)
					return
				}
			}
		}
	}
	w.t.Fatalf("no button %q", label)
}

// report is what the newest report says now.
func (w *sim) report() string {
	for _, m := range slices.Backward(w.s.Shown(owner.ID, owner.ID)) {
		if strings.HasPrefix(m.Text, "#") && strings.Contains(m.Text, "delivered") {
			return m.Text
		}
	}
	return ""
}

// verify re-computes everything, and what the reports say of the outbox.
func (w *sim) verify() {
	w.t.Helper()
	err := w.db.View(context.Background(), func(ctx context.Context, r *storage.Reader) error {
		return r.Verify(ctx, storage.VerifyOptions{Prev: bot.PrevDay(ctx, r)}, func(c storage.Check) {
			if !c.OK {
				w.t.Errorf("verify: %s %v", c.What, c.Args)
			}
		})
	})
	if err != nil {
		w.t.Error(err)
	}
}

// deliveries is what the database says became of an announcement.
func (w *sim) deliveries(id int64) []storage.Delivered {
	w.t.Helper()
	var rows []storage.Delivered
	err := w.db.View(context.Background(), func(ctx context.Context, r *storage.Reader) error {
		var err error
		rows, err = r.Deliveries(ctx, id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}
