package storage

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"
)

// members holds what each member's entries and check-ins add up to against
// everything that is kept beside them. The four tables are read side by side
// in the order of members, each once, so that what is in memory is one
// member's days. (Going through the ledger's index member by member reads
// the same pages again and again: three times as long with a million rows.)
func (v *verifier) members(ctx context.Context) (err error) {
	var l ledgerLine
	var c checkinLine
	var s scoreLine
	var streams []*stream
	defer func() {
		for _, t := range streams {
			err = errors.Join(err, t.rows.Close())
		}
	}()
	for _, q := range []struct {
		query string
		scan  func(*sql.Rows, *int64) error
	}{
		{ledgerLines, l.scan}, {checkinLines, c.scan}, {scoreLines, s.scan},
	} {
		t, err := v.stream(ctx, q.scan, q.query)
		if err != nil {
			return err
		}
		streams = append(streams, t)
	}
	err = v.r.each(ctx, func(rows *sql.Rows) error {
		var m Member
		if err := scanMember(rows, &m); err != nil {
			return err
		}
		b := newBook(m)
		for i, fn := range []func(){
			func() { b.post(l) },
			func() { v.checkin(b, c) },
			func() { v.score(b, s) },
		} {
			if i == 2 {
				v.closeDays(b)
			}
			if err := streams[i].of(m.ID, fn); err != nil {
				return err
			}
		}
		v.closeScores(b)
		return nil
	}, "SELECT "+memberColumns+" FROM members ORDER BY id")
	if err != nil {
		return err
	}
	if err := v.days(ctx); err != nil {
		return err
	}
	v.done(CheckBalance, CheckScore, CheckCheckin, CheckStreak, CheckDay)
	return nil
}

// stream is a table in the order of members.
type stream struct {
	rows   *sql.Rows
	scan   func(*sql.Rows, *int64) error
	member int64 // whose the line at hand is, -1 before the first
	ended  bool
}

func (v *verifier) stream(ctx context.Context, scan func(*sql.Rows, *int64) error, query string) (*stream, error) {
	rows, err := v.r.q.query(ctx, query) //nolint:rowserrcheck // next looks at Err, members closes
	if err != nil {
		return nil, err
	}
	return &stream{rows: rows, scan: scan, member: -1}, nil
}

func (t *stream) next() error {
	if !t.rows.Next() {
		t.ended = true
		return t.rows.Err()
	}
	return t.scan(t.rows, &t.member)
}

// of calls fn for every line of a member. Lines of members that do not exist
// are passed over: the foreign keys name them.
func (t *stream) of(member int64, fn func()) error {
	for !t.ended && t.member <= member {
		if t.member == member { // never before the first line: ids begin at 1
			fn()
		}
		if err := t.next(); err != nil {
			return err
		}
	}
	return nil
}

// The plus keeps the planner from an index: sorting what a plain scan reads is
// several times faster than following an index to one row at a time.
const (
	ledgerLines = `SELECT member_id, id, unit, amount, day, week, CASE WHEN unit = 'points' AND cause GLOB 'checkin:*' THEN substr(cause, 9) ELSE '' END
		FROM ledger ORDER BY +member_id`
	checkinLines = "SELECT member_id, day, gained, repaired FROM checkins ORDER BY member_id, day"
	scoreLines   = "SELECT member_id, community_id, kind, period, value, hidden FROM scores ORDER BY +member_id"
)

type ledgerLine struct {
	id, amount int64
	unit       Unit
	day, week  string
	checkin    string // the day in "checkin:<day>"
}

func (l *ledgerLine) scan(rows *sql.Rows, member *int64) error {
	return rows.Scan(member, &l.id, &l.unit, &l.amount, &l.day, &l.week, &l.checkin)
}

type checkinLine struct {
	day      string
	gained   int64
	repaired bool
}

func (c *checkinLine) scan(rows *sql.Rows, member *int64) error {
	return rows.Scan(member, &c.day, &c.gained, &c.repaired)
}

type scoreLine struct {
	community, value int64
	kind, period     string
	hidden           bool
}

func (s *scoreLine) scan(rows *sql.Rows, member *int64) error {
	return rows.Scan(member, &s.community, &s.kind, &s.period, &s.value, &s.hidden)
}

// book is what one member's lines add up to.
type book struct {
	m         Member
	units     map[Unit]int64
	gained    map[string]ledgerLine       // entries of check-ins by day
	scores    map[string]map[string]int64 // by kind and period
	run, best int
	last      string
}

func newBook(m Member) *book {
	return &book{
		m: m, units: map[Unit]int64{}, gained: map[string]ledgerLine{},
		scores: map[string]map[string]int64{ScorePoints: {}, ScoreCheckin: {}},
	}
}

func (b *book) post(l ledgerLine) {
	b.units[l.unit] += l.amount
	if l.checkin != "" {
		b.gained[l.checkin] = l
	}
	if l.unit == Points {
		p := b.scores[ScorePoints]
		p[l.day] += l.amount
		p["w"+l.week] += l.amount
		p[month(l.day)] += l.amount
	}
}

func month(day string) string { return day[:min(len("2006-01"), len(day))] }

// checkin holds one check-in against its entry and goes on counting the run.
func (v *verifier) checkin(b *book, c checkinLine) {
	v.checked(CheckCheckin, 1)
	e := b.gained[c.day]
	delete(b.gained, c.day)
	if e.amount != c.gained {
		v.fail(CheckCheckin, "member", b.m.ID, "day", c.day, "gained", c.gained, "entry", e.id, "amount", e.amount)
	}
	if b.last == "" || v.o.Prev(b.m.CommunityID, c.day) != b.last {
		b.run = 0
	}
	b.run++
	b.best, b.last = max(b.best, b.run), c.day
	// A repaired day mends the streak; it was no check-in.
	if t, err := time.Parse(time.DateOnly, c.day); err == nil && !c.repaired {
		monday := t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
		p := b.scores[ScoreCheckin]
		p[c.day]++
		p["w"+monday.Format(time.DateOnly)]++
		p[month(c.day)]++
	}
}

// closeDays says what is wrong once a member's entries and days are read.
func (v *verifier) closeDays(b *book) {
	v.checked(CheckBalance, 1)
	v.checked(CheckStreak, 1)
	m := b.m
	for _, f := range []struct {
		unit   Unit
		stored int64
	}{{Points, m.Balance}, {Pending, m.Pending}, {Card, m.Cards}} {
		if f.stored != b.units[f.unit] {
			v.fail(CheckBalance, "member", m.ID, "person", m.PersonID, "community", m.CommunityID, "unit", f.unit, "stored", f.stored, "computed", b.units[f.unit])
		}
	}
	for _, day := range slices.Sorted(maps.Keys(b.gained)) {
		e := b.gained[day]
		v.fail(CheckCheckin, "member", m.ID, "day", day, "gained", "none", "entry", e.id, "amount", e.amount)
	}
	for _, f := range []struct {
		name             string
		stored, computed any
	}{{"streak", m.Streak, b.run}, {"best_streak", m.BestStreak, b.best}, {"last_day", m.LastDay, b.last}} {
		if f.stored != f.computed {
			v.fail(CheckStreak, "member", m.ID, "person", m.PersonID, "community", m.CommunityID, "field", f.name, "stored", f.stored, "computed", f.computed)
		}
	}
}

// score holds a sum of a period against the member's lines. Sums of other
// kinds (invite, quiz) belong to families that check their own.
func (v *verifier) score(b *book, s scoreLine) {
	v.checked(CheckScore, 1)
	if s.community != b.m.CommunityID || s.hidden != b.m.Hidden {
		v.fail(CheckScore, "member", b.m.ID, "community", s.community, "kind", s.kind, "period", s.period, "problem", "differs from its member in community or hidden")
	}
	computed, known := b.scores[s.kind]
	if !known {
		return
	}
	if s.value != computed[s.period] {
		v.fail(CheckScore, "member", b.m.ID, "community", s.community, "kind", s.kind, "period", s.period, "stored", s.value, "computed", computed[s.period], "problem", "value")
	}
	delete(computed, s.period)
}

// closeScores names the sums that are not there.
func (v *verifier) closeScores(b *book) {
	for _, kind := range []string{ScorePoints, ScoreCheckin} {
		for _, period := range slices.Sorted(maps.Keys(b.scores[kind])) {
			value := b.scores[kind][period]
			// Check-ins are ranked by week and month; of a day there is one at most.
			if value == 0 || (kind == ScoreCheckin && len(period) == len(time.DateOnly)) {
				continue
			}
			v.fail(CheckScore, "member", b.m.ID, "community", b.m.CommunityID, "kind", kind, "period", period, "stored", "none", "computed", value, "problem", "missing")
		}
	}
}

// days holds the communities' daily counts against the check-ins.
func (v *verifier) days(ctx context.Context) error {
	return v.r.each(ctx, func(rows *sql.Rows) error {
		var community, stored, computed int64
		var day string
		if err := rows.Scan(&community, &day, &stored, &computed); err != nil {
			return err
		}
		v.checked(CheckDay, 1)
		if stored != computed {
			v.fail(CheckDay, "community", community, "day", day, "stored", stored, "computed", computed)
		}
		return nil
	}, `SELECT community_id, day, sum(stored), sum(counted) FROM (
			SELECT community_id, day, checkins AS stored, 0 AS counted FROM community_days
			UNION ALL
			SELECT m.community_id, c.day, 0, 1 FROM checkins c JOIN members m ON m.id = c.member_id WHERE c.repaired = 0)
		GROUP BY community_id, day`)
}
