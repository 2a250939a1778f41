package storage

import (
	"context"
	"database/sql"
	"strings"
)

// reversals looks for entries that take back what is not there to be taken
// back: another member's, another unit's, another amount, or a second time.
func (v *verifier) reversals(ctx context.Context) error {
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var id, reverses int64
		var problem string
		if err := rows.Scan(&id, &reverses, &problem); err != nil {
			return err
		}
		v.checked(CheckReversal, 1)
		if problem != "" {
			v.fail(CheckReversal, "entry", id, "reverses", reverses, "problem", problem)
		}
		return nil
	}, `SELECT l.id, l.reverses, CASE
			WHEN o.id IS NULL THEN 'missing'
			WHEN o.id >= l.id THEN 'later entry'
			WHEN o.member_id <> l.member_id THEN 'another member'
			WHEN o.unit <> l.unit THEN 'another unit'
			WHEN o.amount <> -l.amount THEN 'another amount'
			WHEN EXISTS (SELECT 1 FROM ledger x WHERE x.reverses <> 0 AND x.reverses = l.reverses AND x.id < l.id) THEN 'twice'
			ELSE '' END
		FROM ledger l LEFT JOIN ledger o ON o.id = l.reverses WHERE l.reverses <> 0 ORDER BY l.id`)
	if err != nil {
		return err
	}
	v.done(CheckReversal)
	return nil
}

// occurrences holds every instant of a job against the road of its states:
// planned → sending → sent | uncertain | missed | skipped.
func (v *verifier) occurrences(ctx context.Context) error {
	letters, err := v.postLetters(ctx)
	if err != nil {
		return err
	}
	err = v.r.each(ctx, func(rows *sql.Rows) error {
		var o Occurrence
		if err := scanOccurrence(rows, &o); err != nil {
			return err
		}
		v.checked(CheckOccurrence, 1)
		say := v.fail
		problem := o.contradiction()
		if problem == "" {
			problem = o.against(letters[o.LetterID])
		}
		switch {
		case problem != "":
		case o.LetterID != 0 && o.State == Sending: // its letter is on the way
			return nil
		case o.State == Sending && v.o.Started.IsZero():
			// The trace of a kill: the next start gives it its outcome.
			say, problem = v.warn, "without outcome"
		case o.State == Sending && o.StartedAt.Before(v.o.Started):
			problem = "without outcome"
		case o.State == Planned && !v.o.Now.IsZero() && o.When().Before(v.o.Now):
			// The bot may be about to take it, or not be running.
			say, problem = v.warn, "due and not begun"
		default:
			return nil
		}
		say(CheckOccurrence, "id", o.ID, "job", o.Job, "chat", o.ChatID, "due", o.DueAt, "state", o.State, "problem", problem)
		return nil
	}, "SELECT "+occurrenceColumns+" FROM occurrences ORDER BY id")
	if err != nil {
		return err
	}
	err = v.r.each(ctx, func(rows *sql.Rows) error {
		var o Occurrence
		var due int64
		if err := rows.Scan(&o.ID, &o.Job, &o.ChatID, &due, &o.State); err != nil {
			return err
		}
		v.fail(CheckOccurrence, "id", o.ID, "job", o.Job, "chat", o.ChatID, "due", FromMillis(due), "state", o.State, "problem", "has two rows")
		return nil
	}, "SELECT max(id), job, chat_id, due_at, state FROM occurrences NOT INDEXED GROUP BY job, chat_id, due_at HAVING count(*) > 1")
	if err != nil {
		return err
	}
	v.done(CheckOccurrence)
	return nil
}

// contradiction says how the instants of an occurrence contradict its state,
// as if it were in two states at once.
func (o Occurrence) contradiction() string {
	started, settled := !o.StartedAt.IsZero(), !o.SettledAt.IsZero()
	switch {
	case o.State == Planned && (started || settled):
		return "planned, yet begun"
	case o.State == Sending && settled:
		return "being sent, yet settled"
	case o.State == Sending && !started:
		return "being sent, yet never begun"
	case o.State != Planned && o.State != Sending && !settled:
		return "has an outcome, yet was never settled"
	case o.ChatID != 0 && (o.State == Sent || o.State == Uncertain) && !started:
		return "went out, yet was never begun"
	}
	return ""
}

// postLetters gives the state of every letter that carries an occurrence.
func (v *verifier) postLetters(ctx context.Context) (map[int64]string, error) {
	out := map[int64]string{}
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var id int64
		var state string
		err := rows.Scan(&id, &state)
		out[id] = state
		return err
	}, "SELECT x.id, x.state FROM outbox x JOIN occurrences o ON o.letter_id = x.id AND o.letter_id <> 0")
	return out, err
}

// against says how an occurrence contradicts the letter that carries it; "" is
// one that was pruned.
func (o Occurrence) against(letter string) string {
	open := letter == LetterQueued || letter == LetterSending || letter == LetterWaiting
	switch {
	case o.LetterID == 0 && (strings.HasPrefix(o.Job, PostJob) || strings.HasPrefix(o.Job, PushJob)) && (o.State == Sending || o.State == Sent || o.State == Uncertain):
		return "no letter carries it"
	case o.LetterID == 0 || (letter == "" && o.State != Sending):
		return ""
	case o.State == Sending && letter == "":
		return "its letter is gone"
	case (o.State == Sending) != open:
		return "its letter is " + letter
	case letter == LetterUncertain && o.State == Sent: // an administrator saw it there
		return ""
	case !open && (o.State == Sent) != (letter == LetterSent), o.State == Uncertain && letter != LetterUncertain:
		return "its letter is " + letter
	}
	return ""
}

// letters names what was claimed and has no outcome: on its way while a bot
// runs, else the trace of a kill, which the next start puts right (Rescue). What waits for a person
// must have a name that can be asked for.
func (v *verifier) letters(ctx context.Context) error {
	var n int
	if err := v.r.q.row(ctx, "SELECT count(*) FROM outbox").Scan(&n); err != nil {
		return err
	}
	v.checked(CheckLetter, n)
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var id, chat, created int64
		var kind string
		if err := rows.Scan(&id, &chat, &kind, &created); err != nil {
			return err
		}
		v.warn(CheckLetter, "id", id, "chat", chat, "kind", kind, "created", FromMillis(created), "problem", "without outcome")
		return nil
	}, "SELECT id, chat_id, kind, created_at FROM outbox WHERE state = 'sending' ORDER BY id")
	if err != nil {
		return err
	}
	err = v.r.each(ctx, func(rows *sql.Rows) error {
		var id, chat, created int64
		var kind, problem string
		if err := rows.Scan(&id, &chat, &kind, &created, &problem); err != nil {
			return err
		}
		v.fail(CheckLetter, "id", id, "chat", chat, "kind", kind, "created", FromMillis(created), "problem", problem)
		return nil
	}, `SELECT id, chat_id, kind, created_at, CASE WHEN external_id = '' THEN 'waits for a confirmation nobody can ask for' ELSE 'waits, yet settled' END
		FROM outbox WHERE state = 'waiting' AND (external_id = '' OR settled_at <> 0 OR verb <> 'send') ORDER BY id`)
	if err != nil {
		return err
	}
	v.done(CheckLetter)
	return nil
}
