package bot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
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
	// emptyDB is a database with nothing in it: bringing up the schema once is
	// enough.
	emptyDB = sync.OnceValues(func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "qunmate-bot-*")
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		path := filepath.Join(dir, "q.db")
		db, err := storage.Open(context.Background(), path, storage.Options{})
		if err != nil {
			return nil, err
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	})
)

func TestMain(m *testing.M) {
	// Before any bubble: what is made inside one belongs to it.
	if _, err := loadTexts(); err != nil {
		panic(err)
	}
	if _, err := emptyDB(); err != nil {
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

// line is a connection whose network can be disturbed. It remembers every
// attempt.
type line struct {
	*chattest.Network
	mu       sync.Mutex
	before   func(context.Context, chat.Letter) error // runs before the letter arrives; its error is the attempt's
	after    func(chat.Letter) error                  // runs once it has arrived
	facts    func(context.Context, chat.Chat) (chat.Facts, error)
	asked    int
	attempts []attempt
	longID   string // added to the ids of messages
}

type attempt struct {
	at     time.Time
	letter chat.Letter
	err    error
}

func newLine(name string, change ...func(*chat.Caps)) *line {
	caps := chattest.Full()
	for _, f := range change {
		f(&caps)
	}
	return &line{Network: chattest.NewNetwork(name, caps)}
}

func limited(perMinute int) func(*chat.Caps) {
	return func(c *chat.Caps) { c.PerMinute = perMinute }
}

func (l *line) Send(ctx context.Context, letter chat.Letter) (chat.Sent, error) {
	l.mu.Lock()
	before, after := l.before, l.after
	n := len(l.attempts)
	l.attempts = append(l.attempts, attempt{at: time.Now(), letter: letter})
	l.mu.Unlock()
	sent, err := chat.Sent{}, error(nil)
	if before != nil {
		err = before(ctx, letter)
	}
	if err == nil {
		sent, err = l.Network.Send(ctx, letter)
	}
	if err == nil && after != nil {
		err = after(letter)
	}
	l.mu.Lock()
	l.attempts[n].err = err
	sent.ID += l.longID
	sent.Waiting = err == nil && l.Caps(letter.Chat).Confirm
	l.mu.Unlock()
	return sent, err
}

func (l *line) Facts(ctx context.Context, c chat.Chat) (chat.Facts, error) {
	l.mu.Lock()
	l.asked++
	f := l.facts
	l.mu.Unlock()
	if f != nil {
		return f(ctx, c)
	}
	return l.Network.Facts(ctx, c)
}

func (l *line) onSend(before func(context.Context, chat.Letter) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = before
}

func (l *line) onArrived(after func(chat.Letter) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.after = after
}

func (l *line) onFacts(f func(context.Context, chat.Chat) (chat.Facts, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts = f
}

func (l *line) setLongID(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.longID = s
}

func (l *line) tried() []attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.attempts)
}

func (l *line) questions() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// texts of what stands in a chat now, oldest first.
func (l *line) texts(c chat.Chat) []string {
	out := []string{}
	for _, s := range l.All() {
		if s.Chat == c.Ref && !s.Deleted {
			out = append(out, chat.Plain(s.Content.Text))
		}
	}
	return out
}

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
	file, err := emptyDB()
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

func (w *world) view(f func(ctx context.Context, r *storage.Reader) error) {
	w.t.Helper()
	if err := w.db.View(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(f func(ctx context.Context, tx *storage.Tx) error) {
	w.t.Helper()
	if err := w.engine.do(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// counted is how often something took effect.
func (w *world) counted(what string) int {
	w.t.Helper()
	n := 0
	w.view(func(ctx context.Context, r *storage.Reader) error {
		v, err := r.Setting(ctx, "test:"+what)
		n, _ = strconv.Atoi(v)
		return err
	})
	return n
}

// count makes an effect that can be counted.
func count(ctx context.Context, tx *storage.Tx, what string) error {
	v, err := tx.Setting(ctx, "test:"+what)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(v)
	return tx.SetSetting(ctx, "test:"+what, strconv.Itoa(n+1))
}

func (w *world) waiting() []storage.Waiting {
	w.t.Helper()
	var out []storage.Waiting
	w.view(func(ctx context.Context, r *storage.Reader) error {
		var err error
		out, err = r.AllWaiting(ctx)
		return err
	})
	return out
}

func (w *world) letter(id int64) storage.Letter {
	w.t.Helper()
	var l storage.Letter
	w.view(func(ctx context.Context, r *storage.Reader) error {
		var err error
		l, err = r.Letter(ctx, id)
		return err
	})
	return l
}

// letters are all rows of the outbox, oldest first.
func (w *world) letters() []storage.Letter {
	w.t.Helper()
	var out []storage.Letter
	w.view(func(ctx context.Context, r *storage.Reader) error {
		for id := int64(1); ; id++ {
			l, err := r.Letter(ctx, id)
			if err != nil {
				return ignoreNotFound(err)
			}
			out = append(out, l)
		}
	})
	return out
}

func (w *world) chat(c chat.Chat) storage.Chat {
	w.t.Helper()
	var out storage.Chat
	w.view(func(ctx context.Context, r *storage.Reader) error {
		var err error
		out, err = r.ChatByRef(ctx, c.Ref.Domain, c.Ref.ID)
		return err
	})
	return out
}

// post puts a letter into the outbox, past any command.
func (w *world) post(c chat.Chat, text string, change ...func(*storage.Letter)) int64 {
	w.t.Helper()
	to := w.chat(c)
	var id int64
	w.write(func(ctx context.Context, tx *storage.Tx) error {
		l := storage.Letter{ChatID: to.ID, Connection: to.Connection, Lane: storage.LaneActivity, Kind: "test", Content: fmt.Sprintf(`{"text":%q}`, text)}
		for _, f := range change {
			f(&l)
		}
		var err error
		id, err = tx.Enqueue(ctx, l)
		return err
	})
	return id
}

// posts puts several letters into the outbox at once.
func (w *world) posts(c chat.Chat, texts ...string) []int64 {
	w.t.Helper()
	to := w.chat(c)
	var ids []int64
	w.write(func(ctx context.Context, tx *storage.Tx) error {
		for _, text := range texts {
			id, err := tx.Enqueue(ctx, storage.Letter{ChatID: to.ID, Connection: to.Connection, Lane: storage.LaneActivity, Kind: "test", Content: fmt.Sprintf(`{"text":%q}`, text)})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
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
