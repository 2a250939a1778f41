package commandtest

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // transcripts name zones

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
	"qunmate/templates"
)

//nolint:gochecknoglobals // a flag of go test
var update = flag.Bool("update", false, "rewrite the bot's lines of the transcripts")

// Families hands the commands under test to the runner.
type Families struct {
	Commands  []bot.Command
	Actions   []bot.Action
	Listeners []bot.Listener
	// Troubles are "!" lines of the families' own: the events that come in then.
	Troubles map[string]func(ctx context.Context, r *storage.Reader, rest string) ([]chat.Event, error)
}

// Run replays every transcript that matches the pattern.
func Run(t *testing.T, pattern string, f Families) {
	t.Helper()
	RunEach(t, pattern, func() Families { return f })
}

// RunEach does so with commands made anew for every transcript: for those that
// carry something of their own, such as chance that counts.
func RunEach(t *testing.T, pattern string, f func() Families) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts match %s: %v", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".chat"), func(t *testing.T) {
			t.Parallel()
			runFile(t, file, f())
		})
	}
}

func runFile(t *testing.T, file string, f Families) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := parseScript(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var got string
	synctest.Test(t, func(t *testing.T) { got = newRun(t, f).play(steps) })
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(text) {
		t.Errorf("%s: the conversation went differently:\n%s", file, diff(string(text), got))
	}
}

// run is one conversation.
type run struct {
	t        *testing.T
	families Families
	net      *chattest.Network
	several  bool                // there are other platforms beside net
	nets     []*chattest.Network // they
	domain   string              // of net
	code     string              // the newest that was shown
	path     string
	clock    *bot.Clock
	db       *storage.DB
	stop     func()
	out      strings.Builder
	last     map[string]chat.Event // the newest event per speaker
	events   int

	language string
	zone     *time.Location
	start    string
	admins   []string
	operator []chat.Ref
	caps     chat.Caps

	others    map[string][]string // administrators of other groups
	anonymous string              // who posts in the name of the group
	members   int                 // head count the platform tells
	missing   []string            // rights the platform says the bot lacks
	people    map[string]chat.User
	faults    map[chat.Ref]error // what is sent there fails
	confirm   []string           // groups where a person taps every message
	pushOnly  []string           // groups that are a webhook
	late      time.Duration      // how late the next line is told
	texts     *templates.Set
	crash     crash
}

const (
	groupZh   = "产品群"
	groupEn   = "Product"
	privateZh = "私聊"
	// pictureMark stands before what is said with a picture, and after what the
	// bot says with one.
	pictureMark = "[图]"
	// goneMark is one that its network has lost.
	goneMark = "[坏图]"
	// nothing stands for no text at all.
	nothing = "-"
)

// attached is what is said with a file; a semicolon ends a line of it.
var attached = regexp.MustCompile(`^\[文件 ([^\]]*)\] ?(.*)$`)

func newRun(t *testing.T, f Families) *run {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return &run{
		t: t, families: f, path: filepath.Join(t.TempDir(), "q.db"), last: map[string]chat.Event{},
		domain: chattest.Domain, language: "zh-CN", zone: zone, start: "2026-11-22 08:02", admins: []string{"管理员", "Admin"},
		caps: chattest.Full(), others: map[string][]string{}, people: map[string]chat.User{},
	}
}

func (r *run) play(steps []step) string {
	begun := false
	for _, s := range steps {
		if s.kind != '#' && s.kind != '=' && !begun {
			begun = true
			r.begin()
		}
		r.out.WriteString(s.raw + "\n")
		switch s.kind {
		case '=':
			r.setting(s)
		case ':', '[':
			r.act(s)
		case '@':
			r.pass(s)
		case '!':
			r.trouble(s)
		}
		if begun {
			synctest.Wait()
			r.print()
		}
	}
	if begun {
		r.stop()
		r.verify()
	}
	return r.out.String()
}

// begin starts the clock and the engine.
func (r *run) begin() {
	at, err := time.ParseInLocation("2006-01-02 15:04", r.start, r.zone)
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock = bot.NewClock(time.Until(at))
	r.net = chattest.NewNetwork("net", r.caps).Of(r.domain)
	r.net.SetAdmins(r.groupRef(r.group()), r.crew(r.admins)...)
	for group, admins := range r.others {
		r.net.SetAdmins(r.groupRef(group), r.crew(admins)...)
	}
	r.net.SetStanding(r.members, r.missing...)
	r.beginSecond()
	for _, name := range r.confirm {
		c := r.place(step{chat: name}).Ref
		r.network(c).SetConfirm(append(r.network(c).Confirming(), c)...)
	}
	for _, name := range r.pushOnly {
		c := r.place(step{chat: name}).Ref
		r.network(c).SetPushOnly(c)
	}
	r.boot()
}

// boot opens the database and runs the engine, as a start of the program does.
func (r *run) boot() {
	ctx, cancel := context.WithCancel(context.Background())
	log := slog.New(slog.NewTextHandler(testWriter{r.t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	r.prepare()
	db, err := storage.Open(ctx, r.path, storage.Options{Now: r.clock.Now, Log: log})
	if err != nil {
		r.t.Fatal(err)
	}
	r.db = db
	engine, err := bot.New(bot.Options{
		DB: db, Texts: r.texts, Platforms: r.platforms(), Clock: r.clock, Log: log,
		Commands: r.families.Commands, Actions: r.families.Actions, Listeners: r.families.Listeners,
		Language: r.language, Timezone: r.zone.String(), DayStart: 4 * 60, Operators: r.operator,
		Draw: func(chat.Chart) (chat.Picture, error) {
			return chat.Picture{MIME: "image/png", Data: []byte("bars")}, nil
		},
		DrawPoster: func(chat.Poster) (chat.Picture, error) {
			return chat.Picture{MIME: "image/png", Data: []byte("poster")}, nil
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	<-engine.Ready()
	synctest.Wait()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("the engine stopped: %v", err)
		}
		if err := db.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
	}
	r.t.Cleanup(r.stop) // after a fatal line too: a bubble must not be left running
}

func (r *run) crew(names []string) []chat.User {
	var out []chat.User
	for _, name := range names {
		out = append(out, chat.User{Ref: chat.Ref{Domain: r.domain, ID: name}, Name: name})
	}
	return out
}

func (r *run) groupRef(title string) chat.Ref {
	return chat.Ref{Domain: r.domain, ID: "group:" + title}
}

// group is the title of the default group.
func (r *run) group() string {
	if r.language == "en" {
		return groupEn
	}
	return groupZh
}

// place is the chat a line happens in.
func (r *run) place(s step) chat.Chat {
	if c, ok := r.elsewhere(s.who, s.chat); ok {
		if slices.Contains(r.pushOnly, s.chat) {
			c.Type = chat.Channel
		}
		return c
	}
	switch s.chat {
	case "":
		return chat.Chat{Ref: r.groupRef(r.group()), Type: chat.Group, Title: r.group()}
	case privateZh, "private":
		return chat.Chat{Ref: chat.Ref{Domain: r.domain, ID: s.who}, Type: chat.Private, Title: s.who}
	}
	return chat.Chat{Ref: r.groupRef(s.chat), Type: chat.Group, Title: s.chat}
}

func (r *run) act(s step) {
	ev := r.event(s, r.place(s))
	if s.kind == '[' {
		command, ok := r.network(ev.Chat.Ref).Button(ev.Chat.Ref, ev.Sender.Ref, s.text)
		if !ok {
			r.t.Fatalf("line %d: no button [%s] is to be seen", s.line, s.text)
		}
		ev.Kind, ev.Text, ev.ToBot = chat.Press, command, true
	}
	r.last[s.who] = ev
	r.deliver(ev)
}

func (r *run) event(s step, c chat.Chat) chat.Event {
	r.events++
	ev := chat.Event{
		ID: chat.Ref{Domain: c.Ref.Domain, ID: strconv.Itoa(r.events)}, Chat: c, Kind: chat.Message,
		Sender: r.person(s.who), Text: s.text, At: r.clock.Now().Add(-r.late), Reply: fmt.Sprint("m", r.events),
	}
	ev.Text = strings.ReplaceAll(ev.Text, "{code}", r.code)
	r.late = 0
	ev.Sender.Ref.Domain = c.Ref.Domain
	for mark, id := range map[string]string{pictureMark: "picture", goneMark: chattest.GonePhoto} {
		if rest, ok := strings.CutPrefix(ev.Text, mark+" "); ok {
			ev.Text, ev.Picture = strings.TrimPrefix(rest, nothing), &chat.Picture{Ref: chat.Ref{Domain: c.Ref.Domain, ID: id}}
		}
	}
	if m := attached.FindStringSubmatch(ev.Text); m != nil {
		id := chattest.FilePrefix + strings.ReplaceAll(m[1], ";", "\n")
		ev.Text, ev.File = strings.TrimPrefix(m[2], nothing), &chat.Attachment{Ref: chat.Ref{Domain: c.Ref.Domain, ID: id}, Name: "codes.csv", Size: int64(len(id))}
	}
	r.mention(&ev)
	if rest, ok := strings.CutPrefix(ev.Text, "@bot"); ok && (rest == "" || rest[0] == ' ') {
		ev.Text, ev.ToBot = strings.TrimPrefix(rest, " "), true
	}
	if r.anonymous != "" && s.who == r.anonymous {
		ev.Sender = chat.User{Ref: c.Ref, Name: c.Title, Anonymous: true}
	}
	if s.quote != "" {
		ev.Quoted = r.person(s.quote)
	}
	return ev
}

func (r *run) deliver(events ...chat.Event) {
	if len(events) == 0 {
		return
	}
	if err := r.network(events[0].Chat.Ref).Deliver(context.Background(), events...); err != nil {
		r.t.Errorf("deliver: %v", err)
	}
}

// pass lets time go by: a duration, or until a local date and time.
func (r *run) pass(s step) {
	d, err := time.ParseDuration(s.text)
	if err != nil {
		now := r.clock.Now().In(r.zone)
		at, err := time.ParseInLocation("2006-01-02 15:04", fmt.Sprintf("%d-%s", now.Year(), s.text), r.zone)
		if err != nil {
			r.t.Fatalf("line %d: neither a duration nor MM-DD HH:MM: %q", s.line, s.text)
		}
		d = at.Sub(now)
	}
	time.Sleep(d)
}
