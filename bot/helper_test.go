package bot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // communities name zones

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
	"qunmate/storage/storagetest"
	"qunmate/templates"
)

// A bubble has a clock of its own: waiting costs nothing, and it fails when a
// goroutine is left behind.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

var (
	shanghai = mustZone("Asia/Shanghai")
	// morning is when every world begins.
	morning = time.Date(2026, 11, 22, 8, 0, 0, 0, shanghai)

	loadTexts = sync.OnceValues(func() (*templates.Set, error) { return templates.Load(filepath.Join("testdata", "texts")) })
)

func TestMain(m *testing.M) {
	// Before any bubble: what is made inside one belongs to it.
	if _, err := loadTexts(); err != nil {
		panic(err)
	}
	if _, err := storagetest.Blank(); err != nil {
		panic(err)
	}
	watchDisks()
	os.Exit(m.Run())
}

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// people and places

func person(name string) chat.User {
	return chat.User{Ref: chat.Ref{Domain: chattest.Domain, ID: name}, Name: name}
}

func group(title string) chat.Chat {
	return chat.Chat{Ref: chat.Ref{Domain: chattest.Domain, ID: "g:" + title}, Type: chat.Group, Title: title}
}

func private(who string) chat.Chat {
	return chat.Chat{Ref: chat.Ref{Domain: chattest.Domain, ID: who}, Type: chat.Private, Title: who}
}

var club = group("读书会")

// logbook is the engine's log.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// world is an engine with its database and its connections, inside a bubble.
type world struct {
	t       *testing.T
	path    string
	clock   *Clock
	options Options
	lines   []*line
	net     *line // the first connection
	log     *logbook
	db      *storage.DB
	engine  *Engine
	cancel  context.CancelFunc
	done    chan error
	events  int
}

// setting changes a world before it begins.
type setting func(*world)

func with(lines ...*line) setting { return func(w *world) { w.lines = lines } }

func commands(all ...Command) setting {
	return func(w *world) { w.options.Commands = append(w.options.Commands, all...) }
}

func actions(all ...Action) setting {
	return func(w *world) { w.options.Actions = append(w.options.Actions, all...) }
}

func listeners(all ...Listener) setting {
	return func(w *world) { w.options.Listeners = append(w.options.Listeners, all...) }
}

func operators(names ...string) setting {
	return func(w *world) {
		for _, n := range names {
			w.options.Operators = append(w.options.Operators, person(n).Ref)
		}
	}
}

// begin starts an engine; the test's end stops it.
func begin(t *testing.T, settings ...setting) *world {
	t.Helper()
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, path: filepath.Join(t.TempDir(), "q.db"), clock: NewClock(time.Until(morning)), log: &logbook{},
		options: Options{Texts: texts, Language: "zh-CN", Timezone: "Asia/Shanghai", DayStart: 4 * 60},
	}
	for _, s := range settings {
		s(w)
	}
	if len(w.lines) == 0 {
		w.lines = []*line{newLine("main")}
	}
	w.net = w.lines[0]
	file, err := storagetest.Blank()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
	t.Cleanup(w.stop)
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	o := w.options
	o.Log = slog.New(slog.NewTextHandler(w.log, nil))
	if w.db, err = storage.Open(ctx, w.path, storage.Options{Now: w.clock.Now, Log: o.Log}); err != nil {
		w.t.Fatal(err)
	}
	o.DB, o.Clock = w.db, w.clock
	for _, l := range w.lines {
		o.Platforms = append(o.Platforms, l)
	}
	if w.engine, err = New(o); err != nil {
		w.t.Fatal(err)
	}
	w.done = make(chan error, 1)
	go func() { w.done <- w.engine.Run(ctx) }()
	<-w.engine.Ready()
	synctest.Wait()
}

// stop ends the engine as SIGTERM does. A second stop does nothing.
func (w *world) stop() {
	w.t.Helper()
	if w.cancel == nil {
		return
	}
	w.cancel()
	w.cancel = nil
	if err := <-w.done; err != nil {
		w.t.Errorf("the engine stopped with: %v", err)
	}
	if err := w.db.Close(); err != nil {
		w.t.Errorf("close: %v", err)
	}
	if w.t.Failed() {
		w.t.Logf("log:\n%s", w.log)
	}
}

// restart stops the engine and starts it on the same file. change may bring in
// other connections.
func (w *world) restart(change ...setting) {
	w.t.Helper()
	w.stop()
	for _, c := range change {
		c(w)
	}
	w.net = w.lines[0]
	w.start()
}

// message makes an event; change it before it is delivered.
func (w *world) message(c chat.Chat, who, text string) chat.Event {
	w.events++
	return chat.Event{
		ID: chat.Ref{Domain: chattest.Domain, ID: strconv.Itoa(w.events)}, Chat: c, Kind: chat.Message,
		Sender: person(who), Text: text, At: w.clock.Now(), Reply: fmt.Sprint("m", w.events),
	}
}

func (w *world) deliver(events ...chat.Event) {
	w.t.Helper()
	if err := w.net.Deliver(context.Background(), events...); err != nil {
		w.t.Errorf("deliver: %v", err)
	}
	synctest.Wait()
}

// say lets a member speak and waits until everything that follows at once has
// happened.
func (w *world) say(c chat.Chat, who, text string) {
	w.t.Helper()
	w.deliver(w.message(c, who, text))
}

func (w *world) press(c chat.Chat, who, command string) {
	w.t.Helper()
	ev := w.message(c, who, command)
	ev.Kind, ev.ToBot = chat.Press, true
	w.deliver(ev)
}

// happen delivers an event of another kind.
func (w *world) happen(c chat.Chat, who string, kind chat.Kind, detail any) {
	w.t.Helper()
	ev := w.message(c, who, "")
	ev.Kind, ev.Detail = kind, detail
	w.deliver(ev)
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// news is what was shown since the last call, as plain text.
func (w *world) news() []string {
	out := []string{}
	for _, s := range w.net.Take() {
		out = append(out, chat.Plain(s.Content.Text))
	}
	return out
}

// heard fails unless the news are these.
func (w *world) heard(want ...string) {
	w.t.Helper()
	got := w.news()
	if len(got) != len(want) {
		w.t.Errorf("said %q, want %q", got, want)
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			w.t.Errorf("said %q, want %q", got[i], want[i])
		}
	}
}

// echo answers with what was typed, and counts.
var echo = Command{Name: "echo", Place: Anywhere, Menu: true, Run: func(ctx context.Context, req *Request) (Reply, error) {
	return Reply{Template: "common.test_echo", Data: req.Args.String()}, count(ctx, req.Tx, "echo")
}}

// say is echo for everybody to see.
var say = Command{Name: "say", Run: func(_ context.Context, req *Request) (Reply, error) {
	return Reply{Template: "common.test_echo", Data: req.Args.String(), Public: true}, nil
}}

// queue answers with a text that may be folded.
var queue = Command{Name: "line", Run: func(_ context.Context, req *Request) (Reply, error) {
	data := struct{ Name, Text string }{req.Account.Name, req.Args.String()}
	return Reply{Template: "common.test_line", Brief: "common.test_line_brief", Crowd: "common.test_line_brief", Data: data}, nil
}}

// equal fails when two values print differently.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s\n got %s\nwant %s", what, g, w)
	}
}
