package bot

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

var errNet = errors.New("the network")

// Every fault × lane × verb × attempts, and the age of the letter.
func TestSettleDecidesWhatBecomesOfALetter(t *testing.T) {
	t.Parallel()
	now := morning
	lanes := []storage.Lane{storage.LaneAnswer, storage.LaneActivity, storage.LaneBroadcast}
	for _, lane := range lanes {
		for _, verb := range []string{storage.VerbSend, storage.VerbDelete} {
			for _, attempts := range []int{0, 1, 3, 4, 5, 8, 9, 60} {
				for _, age := range []time.Duration{0, 6 * time.Hour, 6*time.Hour + 1, 24 * time.Hour, 24*time.Hour + 1} {
					name := fmt.Sprintf("lane %d, %s, after %d attempts, %s old", lane, verb, attempts, age)
					l := storage.Letter{ID: 7, Lane: lane, Verb: verb, Attempts: attempts, CreatedAt: now.Add(-age), ExternalID: "old"}
					checkSettled(t, name, l, now)
				}
			}
		}
	}
}

func checkSettled(t *testing.T, name string, l storage.Letter, now time.Time) {
	t.Helper()
	expect := func(what string, got storage.Outcome, state string, next time.Time, attempts int, id string) {
		t.Helper()
		if got.ID != l.ID || got.State != state || !got.NextAt.Equal(next) || got.Attempts != attempts || got.ExternalID != id {
			t.Errorf("%s, %s: %+v\nwant %s at %s after %d attempts, id %q", name, what, got, state, next, attempts, id)
		}
	}
	fail := func(f chat.Fault, after time.Duration) storage.Outcome {
		return settle(l, now, chat.Sent{}, &chat.SendError{Fault: f, After: after, Err: errNet, To: chat.Ref{Domain: chattest.Domain, ID: "new"}})
	}
	expect("sent", settle(l, now, chat.Sent{ID: "m1"}, nil), storage.LetterSent, now, l.Attempts+1, "m1")
	expect("sent without an id", settle(l, now, chat.Sent{}, nil), storage.LetterSent, now, l.Attempts+1, "old")
	// To the second, and free of charge, however old it is.
	expect("throttled", fail(chat.Throttled, 37*time.Second), storage.LetterQueued, now.Add(37*time.Second), l.Attempts, "old")
	expect("throttled for an unknown time", fail(chat.Throttled, 0), storage.LetterQueued, now.Add(time.Second), l.Attempts, "old")
	expect("moved", fail(chat.Moved, 0), storage.LetterQueued, now, l.Attempts, "old")
	expect("rejected", fail(chat.Rejected, 0), storage.LetterDead, now, l.Attempts+1, "old")
	expect("gone", fail(chat.Gone, 0), storage.LetterDead, now, l.Attempts+1, "old")

	life := 24 * time.Hour
	if l.Lane == storage.LaneAnswer {
		life = 6 * time.Hour
	}
	state := storage.LetterQueued
	if now.Sub(l.CreatedAt) > life {
		state = storage.LetterDead
	}
	pauses := map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 3: 8 * time.Second, 4: 16 * time.Second, 5: 32 * time.Second,
		8: 5 * time.Minute, 9: 5 * time.Minute, 60: 5 * time.Minute,
	}
	expect("retry", fail(chat.Retry, 0), state, now.Add(pauses[l.Attempts]), l.Attempts+1, "old")

	if l.Verb == storage.VerbDelete && l.Attempts+1 < 5 {
		expect("a doubtful removal", fail(chat.Unknown, 0), storage.LetterQueued, now.Add(pauses[l.Attempts]), l.Attempts+1, "old")
	} else {
		expect("unknown", fail(chat.Unknown, 0), storage.LetterUncertain, now, l.Attempts+1, "old")
	}
}

func TestThePauseDoublesUpToFiveMinutes(t *testing.T) {
	t.Parallel()
	var got []time.Duration
	for n := range 12 {
		got = append(got, pause(n+1))
	}
	equal(t, "pauses", got, []time.Duration{
		time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 128 * time.Second,
		5 * time.Minute, 5 * time.Minute, 5 * time.Minute, 5 * time.Minute,
	})
}
