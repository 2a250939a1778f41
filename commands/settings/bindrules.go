package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"qunmate/bot/chatday"
	"qunmate/storage"
)

const (
	bindLength = 6
	// bindLife is how long a code works.
	bindLife = 10 * time.Minute
	// bindUndoLife is how long a bind can be taken back.
	bindUndoLife = 7 * 24 * time.Hour
)

// Wrong bind codes an hour: of one account, and of everybody together. Of 887
// million codes the few that are live cannot be found with that.
const (
	maxBindTries = 5
	maxAllTries  = 60
)

func bindHash(typed string) string {
	sum := sha256.Sum256([]byte("bind:" + normalCode(typed)))
	return hex.EncodeToString(sum[:])
}

// counted adds one wrong code to a count that begins anew every hour. allowed
// is false when there are too many already.
func (t tries) counted(now time.Time, most int) (next tries, allowed bool, until time.Time) {
	begin := time.UnixMilli(t.Since)
	if t.N == 0 || now.Sub(begin) >= triesPause || now.Before(begin) {
		t, begin = tries{Since: now.UnixMilli()}, now
	}
	if t.N >= most {
		return t, false, begin.Add(triesPause)
	}
	t.N++
	return t, true, begin.Add(triesPause)
}

// piece is a part of what a bind moves, and the day it counts for.
type piece struct {
	Day    string
	Amount int64
}

// pieces cuts points so that the rankings of today, this week and this month
// stay what the two made them: one part for each combination of these, the
// rest before all of them. recent are the sums by day since the day after the
// last that counts for none of these.
func pieces(total int64, recent []storage.DayPoints, today string) []piece {
	type span struct{ day, week, month bool }
	sums := map[span]*piece{}
	var order []span
	rest := total
	for _, d := range recent {
		k := span{d.Day == today, chatday.Week(d.Day) == chatday.Week(today), chatday.Month(d.Day) == chatday.Month(today)}
		if k == (span{}) {
			continue
		}
		p := sums[k]
		if p == nil {
			p = &piece{}
			sums[k] = p
			order = append(order, k)
		}
		p.Day, p.Amount = d.Day, p.Amount+d.Amount
		rest -= d.Amount
	}
	out := []piece{{carriedDay(today), rest}}
	for _, k := range order {
		out = append(out, *sums[k])
	}
	return out
}

// sameNetwork reports whether two persons have accounts of one network. Such
// two are not bound: that somebody is two people where everybody is one is
// what draws and invitations must not be made easier to deny.
func sameNetwork(a, b []storage.Account) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Domain == y.Domain {
				return true
			}
		}
	}
	return false
}
