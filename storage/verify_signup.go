package storage

import (
	"context"
	"database/sql"
	"time"
)

// signups gives the places of every list out again: the first ones have one,
// as long as the next line fits, and all behind it wait.
func (v *verifier) signups(ctx context.Context) error {
	var now struct {
		list  int64
		taken int
		full  bool
	}
	err := v.r.each(ctx, func(rows *sql.Rows) error {
		var id, entry, moved, told int64
		var seats, size int
		var open, state string
		if err := rows.Scan(&id, &open, &seats, &entry, &size, &state, &moved, &told); err != nil {
			return err
		}
		if id != now.list {
			now.list, now.taken, now.full = id, 0, false
			v.checked(CheckSignup, 1)
		}
		if entry == 0 {
			return nil // nobody is on it
		}
		fits := !now.full && (seats == 0 || now.taken+size <= seats)
		problem := ""
		switch {
		case state == SignupIn && !fits && now.full:
			problem = "has a place, yet somebody before him waits"
		case state == SignupIn && !fits:
			problem = "has a place, yet there is none"
		case state == SignupWaiting && fits && open == SignupOpen:
			problem = "waits, yet there is a place"
		case told > 0 && moved == 0:
			problem = "was told of a place that never became free"
		}
		if state == SignupIn {
			now.taken += size
		} else {
			now.full = true
		}
		if problem != "" {
			v.fail(CheckSignup, "signup", id, "entry", entry, "problem", problem)
		}
		return nil
	}, `SELECT s.id, s.state, s.seats, COALESCE(e.id, 0), COALESCE(1 + e.extra, 0), COALESCE(e.state, ''),
			COALESCE(e.moved_at, 0), COALESCE(e.told_at, 0)
		FROM signups s LEFT JOIN signup_entries e ON e.signup_id = s.id AND e.state <> 'left' ORDER BY s.id, e.id`)
	if err != nil {
		return err
	}
	v.done(CheckSignup)
	return nil
}

// pushes computes again when reminders are due that are counted from the close
// or the event of their activity, and holds what is planned against it.
func (v *verifier) pushes(ctx context.Context) error {
	all, err := list(ctx, v.r, scanPushes, "SELECT "+pushColumns+" FROM pushes ORDER BY id")
	if err != nil {
		return err
	}
	for _, p := range all {
		v.checked(CheckPush, 1)
		a, err := v.r.Activity(ctx, p.Kind, p.ActivityID)
		if err != nil {
			v.fail(CheckPush, "push", p.ID, "kind", p.Kind, "activity", p.ActivityID, "problem", "there is no such activity")
			continue
		}
		open, err := v.r.OpenOccurrences(ctx, p.Job())
		if err != nil {
			return err
		}
		looking, err := v.looking(ctx, p)
		if err != nil {
			return err
		}
		if problem, due := p.against(a, open); problem != "" && !looking {
			v.fail(CheckPush, "push", p.ID, "kind", p.Kind, "activity", p.ActivityID, "due", due, "problem", problem)
		}
	}
	v.done(CheckPush)
	return nil
}

// against says how the planned instants of a push contradict its activity.
func (p Push) against(a Activity, open []Occurrence) (problem string, due time.Time) {
	chats := map[int64]bool{}
	for _, o := range open {
		if o.State != Planned {
			continue
		}
		switch at := p.Anchored(a); {
		case p.State != PushOn:
			return "planned, yet switched off", o.DueAt
		case !p.Alive(a):
			return "planned, yet its activity is closed", o.DueAt
		case p.Anchor != PushRule && !o.DueAt.Equal(at):
			return "planned for another time than its activity's", o.DueAt
		case chats[o.ChatID]:
			return "planned twice in one chat", o.DueAt
		}
		chats[o.ChatID] = true
	}
	return "", time.Time{}
}

// looking: its instants are about to be planned anew.
func (v *verifier) looking(ctx context.Context, p Push) (bool, error) {
	var n int
	err := v.r.q.row(ctx, "SELECT count(*) FROM timers WHERE done_at = 0 AND task = ? AND json_extract(payload, '$.id') = ?", TaskLookAtPush, p.ID).Scan(&n)
	return n > 0, err
}
