package announce

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// Reasons of our own that a letter never left, kept in the outbox's error.
const (
	whyRemoved  = "removed from the chat"
	whyNoRoute  = "no connection answers in the chat"
	whyRecalled = "recalled"
	whyOptedOut = "opted out"

	whyLostRight = "its author is no administrator there any more"
)

// reason says in a word why a letter failed; templates say it in plain words.
func reason(err string, private bool) string {
	low := strings.ToLower(err)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
	}
	switch {
	case err == whyRecalled, has("taken back"):
		return "recalled"
	case err == whyOptedOut:
		return "opted_out"
	case err == whyLostRight:
		return "lost_right"
	case err == whyNoRoute:
		return "no_route"
	case has("not enough rights", "no rights", "have no right", "administrator rights", "chat_write_forbidden"):
		return "no_right"
	case strings.HasPrefix(low, "expired"):
		return "expired"
	case has("broadcasts of the day"):
		return "quota"
	case private && (strings.HasPrefix(low, "gone") || err == whyRemoved):
		return "blocked"
	case strings.HasPrefix(low, "gone"), has(whyRemoved):
		return "removed"
	case strings.HasPrefix(low, "retry"), strings.HasPrefix(low, "throttled"):
		return "unreachable"
	}
	return "rejected"
}

// outcome is what an announcement came to in one chat.
type outcome string

// The outcomes, in the order in which a report names them.
const (
	failed    outcome = "failed"
	uncertain outcome = "uncertain"
	waiting   outcome = "waiting" // for a person's tap
	sending   outcome = "sending"
	withdrawn outcome = "withdrawn" // taken back before it went out
	recalled  outcome = "recalled"  // and after
	delivered outcome = "delivered"
)

// outcomeOf reads it from the state of the last letter.
func outcomeOf(d storage.Delivered) outcome {
	if d.Recall == storage.LetterSent {
		if d.State == storage.LetterDead {
			return withdrawn // nobody had tapped it yet
		}
		return recalled
	}
	switch d.State {
	case storage.LetterSent:
		return delivered
	case storage.LetterWaiting:
		return waiting
	case storage.LetterUncertain:
		return uncertain
	case storage.LetterDead:
		if reason(d.Error, false) == "recalled" {
			return withdrawn
		}
		return failed
	}
	return sending
}

// tally is what a report counts.
type tally struct {
	Total, Delivered, Waiting, Failed, Uncertain, Sending, Withdrawn, Recalled int
	Recalling, Stuck                                                           int // of the delivered: being taken back, could not be
	Bare                                                                       int // of the delivered and the waiting: without the picture
	Bad                                                                        []misfortune
	Unsure                                                                     []string
}

// misfortune is a chat that did not get it.
type misfortune struct {
	Title  string
	Reason string
	Count  int // of people, who are not named
}

// namesShown is how many chats a report names; the others are counted.
const namesShown = 3

// count adds up what became of an announcement. People are counted, not named.
func count(rows []storage.Delivered) tally {
	var t tally
	people := map[string]int{}
	for _, d := range rows {
		t.Total++
		if bare(d) {
			t.Bare++
		}
		switch outcomeOf(d) {
		case delivered:
			t.Delivered++
			switch d.Recall {
			case storage.LetterQueued, storage.LetterSending:
				t.Recalling++
			case storage.LetterDead, storage.LetterUncertain:
				t.Stuck++
			}
		case recalled:
			t.Recalled++
		case waiting:
			t.Waiting++
			if d.Recall == storage.LetterQueued || d.Recall == storage.LetterSending {
				t.Recalling++
			}
		case uncertain:
			t.Uncertain++
			if !isPrivate(d) {
				t.Unsure = append(t.Unsure, d.Chat.Title)
			}
		case failed:
			t.Failed++
			if isPrivate(d) {
				people[reason(d.Error, true)]++
			} else {
				t.Bad = append(t.Bad, misfortune{Title: d.Chat.Title, Reason: reason(d.Error, false)})
			}
		case withdrawn:
			t.Withdrawn++
		case sending:
			t.Sending++
		}
	}
	for why, n := range people {
		t.Bad = append(t.Bad, misfortune{Reason: why, Count: n})
	}
	slices.SortStableFunc(t.Bad, func(a, b misfortune) int { return b.Count - a.Count })
	if len(people) > 1 {
		slices.SortStableFunc(t.Bad, func(a, b misfortune) int { return strings.Compare(a.Reason, b.Reason) })
	}
	return t
}

// bare reports whether somewhere the text stands, or waits, without its picture.
func bare(d storage.Delivered) bool {
	o := outcomeOf(d)
	return (o == delivered || o == waiting) && strings.HasPrefix(d.Error, bot.PictureLost)
}

func isPrivate(d storage.Delivered) bool { return d.Chat.Kind == string(chat.Private) }

// open reports whether something is still on its way by our own doing.
func (t tally) open() bool { return t.Sending > 0 || t.Recalling > 0 }

// Reached counts those who have it or had it.
func (t tally) Reached() int { return t.Delivered + t.Recalled }

// mark is what a report shows, to know when it changes.
func (t tally) mark() string { return fmt.Sprintf("%+v", t) }

// canRetry reports whether a failure may be tried again: never what may have
// arrived, was taken back or is not wanted.
func canRetry(d storage.Delivered) bool {
	return outcomeOf(d) == failed && d.Error != whyOptedOut
}

// canRecall reports whether a message can still be taken back.
func canRecall(d storage.Delivered, caps chat.Caps, now time.Time) bool {
	if !caps.Delete || d.Message == "" || d.Recall == storage.LetterQueued || d.Recall == storage.LetterSending {
		return false
	}
	switch outcomeOf(d) {
	case waiting:
		return true
	case delivered:
		return caps.DeleteFor == 0 || now.Sub(d.SettledAt) < caps.DeleteFor
	case failed, uncertain, sending, withdrawn, recalled:
	}
	return false
}

// standing reports whether people may be reading it: what a correction is for.
func standing(d storage.Delivered) bool {
	switch outcomeOf(d) {
	case delivered, uncertain, waiting:
		return true
	case failed, sending, withdrawn, recalled:
	}
	return false
}

// watchGap is how long a report rests before it is looked at again: often while
// much happens, and within what a chat takes in a minute.
func watchGap(n int) time.Duration {
	gaps := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
	switch {
	case n < len(gaps):
		return gaps[n]
	case n < 30:
		return 10 * time.Second
	}
	return min(time.Duration(n-28)*30*time.Second, 10*time.Minute)
}

// lateMost is how late an announcement may go out: what was to be said at eight
// is wrong at nine.
const lateMost = 10 * time.Minute

// suggested is the time that a preview offers: this evening, else tomorrow
// morning, in the zone of now.
func suggested(now time.Time) time.Time {
	y, m, d := now.Date()
	evening := time.Date(y, m, d, 19, 30, 0, 0, now.Location())
	if evening.Sub(now) >= 30*time.Minute {
		return evening
	}
	return time.Date(y, m, d+1, 9, 0, 0, 0, now.Location())
}
