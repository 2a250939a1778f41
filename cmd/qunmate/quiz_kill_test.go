package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
)

// quizNight is a round of three questions, 20 seconds each, of which the first
// is open when the program is killed.
func quizNight(t *testing.T) (s *tg.Server, dir string, start func() *running) {
	t.Helper()
	s = telegram(t, tg.Options{})
	dir = t.TempDir()
	admin := person(900)
	configure(t, dir, s, fmt.Sprintf("admins: [\"telegram:%d\"]\n", admin.ID))
	start = func() *running {
		p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
		p.says("connected")
		return p
	}
	p := start()
	s.Say(group(0), admin, "/quiz import\nOne? | yes* | no\nTwo? | yes* | no\nThree? | yes* | no")
	until(t, "the preview", func() bool { return count(t, dir, "SELECT count(*) FROM previews WHERE action = 'quiz.add'") == 1 })
	s.Say(group(0), admin, "/confirm")
	until(t, "the bank", func() bool { return count(t, dir, "SELECT count(*) FROM quiz_questions") == 3 })
	s.Say(group(0), admin, "/quiz start 3q each 20s")
	until(t, "the lobby", func() bool { return count(t, dir, "SELECT count(*) FROM quiz_rounds WHERE state = 'running'") == 1 })
	p.kill()
	soonDue(t, dir, time.Now()) // the lobby is over
	p = start()
	until(t, "the first question", func() bool { return items(t, dir, "open") == 1 })
	// Three answer, one of them wrong; one of them changes his mind.
	right := count(t, dir, "SELECT answer FROM quiz_items WHERE position = 1")
	for i, choice := range []int{right, 1 - right, 1 - right} {
		s.Say(group(0), person(i), "/quiz "+string(rune('A'+choice)))
	}
	s.Say(group(0), person(2), "/quiz "+string(rune('A'+right)))
	until(t, "the answers", func() bool {
		return count(t, dir, "SELECT count(*) FROM quiz_answers") == 3 && count(t, dir, "SELECT count(*) FROM quiz_answers WHERE choice = ?", right) == 2
	})
	p.kill()
	wantClean(t, dir)
	return s, dir, start
}

// soonDue moves the round's timer that is open to an instant.
func soonDue(t *testing.T, dir string, at time.Time) {
	t.Helper()
	alter(t, dir, fmt.Sprintf("UPDATE timers SET due_at = %d WHERE done_at = 0 AND task LIKE 'quiz.%%'", at.UnixMilli()))
}

func items(t *testing.T, dir, state string) int {
	t.Helper()
	return count(t, dir, "SELECT count(*) FROM quiz_items WHERE state = ?", state)
}

// A kill while a question is open: the clock goes on, what was answered counts,
// and nobody is paid twice, whatever is killed when.
func TestAQuizRoundGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the program eight times")
	}
	s, dir, start := quizNight(t)
	for position := 1; position <= 3; position++ {
		if position > 1 {
			soonDue(t, dir, time.Now())
			p := start()
			until(t, "the next question", func() bool { return items(t, dir, "open") == 1 })
			p.kill()
		}
		soonDue(t, dir, time.Now()) // its time is over
		p := start()
		until(t, "the end of a question", func() bool { return items(t, dir, "closed") == position })
		p.kill()
	}
	over(t, s, dir, start, "done", map[int]int{0: 3, 2: 2}) // +2 each, and +1 for the fastest
	// Who is killed between the sending and the note of it sends again: once a
	// start, and five of them have the result to send.
	if n := shown(s, "🏁"); n < 1 || n > 5 {
		t.Errorf("the result stands there %d times", n)
	}
}

// Down for longer than a minute: the round says that it was interrupted. What
// was not answered to the end brings nothing, and nobody loses anything.
func TestAQuizRoundThatWasDownTooLongSaysSo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the program five times")
	}
	s, dir, start := quizNight(t)
	soonDue(t, dir, time.Now().Add(-2*time.Minute)) // as if it had been killed that long ago
	over(t, s, dir, start, "interrupted", nil)
	if n := items(t, dir, "void"); n != 1 {
		t.Errorf("%d questions are void", n)
	}
	if n := shown(s, "interrupted"); n < 1 || n > 4 { // once a start, as above
		t.Errorf("it says %d times that it was interrupted", n)
	}
}

// over lets the program run to the end of the round, three times with a kill at
// the end, and looks at what it brought.
func over(t *testing.T, s *tg.Server, dir string, start func() *running, state string, paid map[int]int) {
	t.Helper()
	for range 3 {
		p := start()
		until(t, "the end of the round", func() bool {
			return count(t, dir, "SELECT count(*) FROM quiz_rounds WHERE state = ?", state) == 1
		})
		p.kill()
		wantClean(t, dir)
	}
	p := start()
	if err := s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "every letter's outcome", func() bool {
		return count(t, dir, "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')") == 0
	})
	p.stop()
	if n := count(t, dir, "SELECT count(*) FROM ledger WHERE kind = 'quiz'"); n != len(paid) {
		t.Errorf("%d were paid, want %d", n, len(paid))
	}
	for i, points := range paid {
		if n := count(t, dir, "SELECT m.balance FROM accounts a JOIN members m ON m.person_id = a.person_id WHERE a.external_id = ?", fmt.Sprint(person(i).ID)); n != points {
			t.Errorf("member %d has %d points, want %d", i, n, points)
		}
	}
	wantClean(t, dir)
}

// shown counts the messages in the group that hold a text now.
func shown(s *tg.Server, text string) int {
	n := 0
	for _, m := range s.SentTo(group(0).ID) {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}
