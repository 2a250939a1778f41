package bot

import (
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	// An answer that comes hours later helps nobody; a post may still be news.
	answerLife = 6 * time.Hour
	postLife   = 24 * time.Hour
	maxPause   = 5 * time.Minute
)

// settle decides what becomes of a letter after an attempt at an instant. It
// is pure: the same attempt always ends the same way.
func settle(l storage.Letter, now time.Time, sent chat.Sent, fault *chat.SendError) storage.Outcome {
	o := storage.Outcome{ID: l.ID, Attempts: l.Attempts, NextAt: now, ExternalID: l.ExternalID}
	if fault == nil {
		o.State, o.Attempts, o.Via = storage.LetterSent, l.Attempts+1, sent.Via
		if sent.ID != "" {
			o.ExternalID = sent.ID
		}
		if sent.Lost != "" {
			o.Error = PictureLost + sent.Lost
		}
		if sent.Waiting {
			o.State = storage.LetterWaiting
			if o.ExternalID == "" {
				o.State, o.Error = storage.LetterUncertain, "it waits for a confirmation that nobody can ask for"
			}
		}
		return o
	}
	o.Error = fault.Error()
	switch fault.Fault {
	case chat.Throttled:
		// Waiting is not failing: it costs no attempt.
		o.State, o.NextAt = storage.LetterQueued, now.Add(waitAfter(fault))
		return o
	case chat.Moved:
		o.State = storage.LetterQueued
		return o
	case chat.Retry:
		o.Attempts++
		o.State, o.NextAt = storage.LetterQueued, now.Add(pause(o.Attempts))
		life := postLife
		if l.Lane == storage.LaneAnswer {
			life = answerLife
		}
		if now.Sub(l.CreatedAt) > life {
			o.State = storage.LetterDead
		}
	case chat.Rejected, chat.Gone:
		o.State, o.Attempts = storage.LetterDead, l.Attempts+1
	case chat.Unknown:
		o.State, o.Attempts = storage.LetterUncertain, l.Attempts+1
		if l.Verb == storage.VerbDelete && o.Attempts < 5 {
			// Deleting twice does no harm.
			o.State, o.NextAt = storage.LetterQueued, now.Add(pause(o.Attempts))
		}
	}
	return o
}

// waitAfter is how long a platform wants to be left alone; one that does not
// say gets a second, not none.
func waitAfter(fault *chat.SendError) time.Duration { return max(fault.After, time.Second) }

// pause before attempt n+1: 1 s, 2 s, 4 s … 5 min.
func pause(n int) time.Duration {
	if n > 8 {
		return maxPause
	}
	return min(maxPause, time.Second<<(n-1))
}
