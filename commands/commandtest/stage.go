package commandtest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// Stage is a conversation that Go code leads instead of a transcript: for
// tests that say hundreds of things at random. It lives inside a synctest
// bubble that the test makes.
type Stage struct{ r *run }

// Scene says where a Stage begins; zero values are those of transcripts.
type Scene struct {
	Language string
	Zone     string
	Start    string // 2006-01-02 15:04, local time in Zone
	Caps     *chat.Caps
	Several  bool // several platforms, as with the setting "platforms on"
	// Operators run the program, by platform and name.
	Operators []chat.Ref
}

// Open builds the stage and starts the engine.
func Open(t *testing.T, f Families, o Scene) *Stage {
	t.Helper()
	r := newRun(t, f)
	if o.Language != "" {
		r.language = o.Language
	}
	if o.Zone != "" {
		zone, err := time.LoadLocation(o.Zone)
		if err != nil {
			t.Fatal(err)
		}
		r.zone = zone
	}
	if o.Start != "" {
		r.start = o.Start
	}
	if o.Caps != nil {
		r.caps = *o.Caps
	}
	r.operator = o.Operators
	if o.Several {
		r.setting(step{text: "platforms on"})
	}
	r.begin()
	return &Stage{r}
}

// Close stops the engine and verifies what the conversation left.
func (s *Stage) Close() {
	s.r.stop()
	s.r.verify()
}

// Say lets a member speak in the group and returns what was shown since.
func (s *Stage) Say(who, text string) []chattest.Shown { return s.tell(step{who: who, text: text}) }

// Whisper lets a member speak to the bot alone.
func (s *Stage) Whisper(who, text string) []chattest.Shown {
	return s.tell(step{who: who, text: text, chat: "private"})
}

// Line plays lines of a transcript: "Ann@Readers: /checkin\n! restart".
func (s *Stage) Line(text string) []chattest.Shown {
	s.r.t.Helper()
	steps, err := parseScript(text)
	if err != nil {
		s.r.t.Fatal(err)
	}
	for _, st := range steps {
		switch st.kind {
		case ':', '[':
			s.r.act(st)
		case '@':
			s.r.pass(st)
		case '!':
			s.r.trouble(st)
		}
		synctest.Wait()
	}
	return s.Settle()
}

// SayLate lets a member's word arrive long after it was said.
func (s *Stage) SayLate(late time.Duration, who, text string) []chattest.Shown {
	s.r.late = late
	return s.Say(who, text)
}

func (s *Stage) tell(st step) []chattest.Shown {
	st.kind = ':'
	s.r.act(st)
	return s.Settle()
}

// Press uses the newest button of that label, if there is one to be seen.
func (s *Stage) Press(who, label string) ([]chattest.Shown, bool) {
	st := step{kind: '[', who: who, text: label}
	if _, ok := s.r.network(s.r.place(st).Ref).Button(s.r.place(st).Ref, s.r.person(who).Ref, label); !ok {
		return nil, false
	}
	s.r.act(st)
	return s.Settle(), true
}

// Again delivers a member's newest event once more.
func (s *Stage) Again(who string) []chattest.Shown {
	if ev, ok := s.r.last[who]; ok {
		s.r.deliver(ev)
	}
	return s.Settle()
}

// Trouble is a "!" line of a transcript: "restart", "leave 小满".
func (s *Stage) Trouble(text string) []chattest.Shown {
	s.r.trouble(step{kind: '!', text: text})
	return s.Settle()
}

// Settle waits until nothing moves and returns what was shown since.
func (s *Stage) Settle() []chattest.Shown {
	synctest.Wait()
	return s.r.take()
}

// Now is the engine's time, in the zone of the stage.
func (s *Stage) Now() time.Time { return s.r.clock.Now().In(s.r.zone) }

// MoveTo moves the engine's clock forward to an instant.
func (s *Stage) MoveTo(at time.Time) []chattest.Shown {
	s.r.t.Helper()
	if _, err := s.r.clock.Shift(at); err != nil {
		s.r.t.Fatalf("move to %s: %v", at, err)
	}
	return s.Settle()
}

// Verify re-computes everything as it stands.
func (s *Stage) Verify() { s.r.verify() }

// View reads the database as it stands.
func (s *Stage) View(fn func(context.Context, *storage.Reader) error) {
	s.r.t.Helper()
	if err := s.r.db.View(context.Background(), fn); err != nil {
		s.r.t.Errorf("view: %v", err)
	}
}

// Revoked lists the ways into groups that the bot had the network close.
func (s *Stage) Revoked() []string { return s.r.net.Revoked() }

// Path is the database file.
func (s *Stage) Path() string { return s.r.path }
