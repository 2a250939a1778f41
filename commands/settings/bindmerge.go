package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

func isNotFound(err error) bool { return errors.Is(err, storage.ErrNotFound) }

// unitedDays are the days of two members together, oldest first.
func unitedDays(ctx context.Context, tx *storage.Tx, a, b int64) ([]string, error) {
	var all []string
	for _, m := range []int64{a, b} {
		days, err := tx.CheckinDays(ctx, m)
		if err != nil {
			return nil, err
		}
		all = append(all, days...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// personSettings are the settings of the person who stays that a bind changes.
type personSettings struct {
	Language string `json:"language"`
	Home     int64  `json:"home"`
	Operator bool   `json:"operator"`
}

// merger makes one person of two. Entries are never rewritten: what is moved is
// moved by entries of its own, and undone by more of them.
type merger struct {
	req                    *bot.Request
	from, into             int64 // persons
	fromDomain, intoDomain string
	bind                   int64
}

// run does it and returns the number that /undo takes.
func (m *merger) run(ctx context.Context) (int64, error) {
	tx := m.req.Tx
	memberships, err := tx.MembershipsOf(ctx, m.from)
	if err != nil {
		return 0, err
	}
	for _, p := range []int64{m.from, m.into} {
		if err := tx.CancelPreviews(ctx, p); err != nil {
			return 0, err
		}
	}
	before, err := m.settings(ctx)
	if err != nil {
		return 0, err
	}
	audit, err := m.audit(ctx)
	if err != nil {
		return 0, err
	}
	m.bind, err = tx.AddBind(ctx, storage.Bind{From: m.from, Into: m.into, Before: before, AuditID: audit})
	if err != nil {
		return 0, err
	}
	for _, from := range memberships {
		if err := m.member(ctx, from); err != nil {
			return 0, fmt.Errorf("member %d: %w", from.ID, err)
		}
	}
	return audit, nil
}

// audit writes the row of a person's own affair: it belongs to no community.
func (m *merger) audit(ctx context.Context) (int64, error) {
	own := *m.req
	own.Community = 0
	type state struct {
		Person int64 `json:"person"`
	}
	return own.Audit(ctx, actionBind, state{m.from}, state{m.into}, "", true)
}

// settings joins what both chose; what the one who stays had chosen wins. It
// returns what he had before.
func (m *merger) settings(ctx context.Context) (string, error) {
	tx := m.req.Tx
	from, err := tx.Person(ctx, m.from)
	if err != nil {
		return "", err
	}
	into, err := tx.Person(ctx, m.into)
	if err != nil {
		return "", err
	}
	before, err := json.Marshal(personSettings{into.Language, into.Home, into.Operator})
	if err != nil {
		return "", fmt.Errorf("settings: %w", err)
	}
	if into.Language == "" && from.Language != "" {
		if err := tx.SetPersonLanguage(ctx, m.into, from.Language); err != nil {
			return "", err
		}
	}
	if into.Home == 0 && from.Home != 0 {
		if err := tx.SetHome(ctx, m.into, from.Home); err != nil {
			return "", err
		}
	}
	if from.Operator && !into.Operator {
		if err := tx.SetOperator(ctx, m.into, true); err != nil {
			return "", err
		}
	}
	return string(before), nil
}

// member moves what one membership holds.
func (m *merger) member(ctx context.Context, from storage.Member) error {
	tx := m.req.Tx
	into, err := tx.EnsureMember(ctx, from.CommunityID, m.into)
	if err != nil {
		return err
	}
	days, err := bot.CalendarOf(ctx, &tx.Reader, from.CommunityID)
	if err != nil {
		return err
	}
	today := days.Day(tx.Now)
	b := storage.BoundMember{
		BindID: m.bind, CommunityID: from.CommunityID, From: from.ID, Into: into.ID,
		Points: from.Balance, Pending: from.Pending, Cards: from.Cards, FromHidden: from.Hidden, IntoHidden: into.Hidden,
	}
	shared, doubled, err := tx.SharedDays(ctx, from.ID, into.ID)
	if err != nil {
		return err
	}
	b.Doubled = max(0, min(doubled, into.Balance+from.Balance))
	// Who hides on one side is hidden: nobody is shown against his word.
	if from.Hidden && !into.Hidden {
		if err := tx.SetHidden(ctx, into.ID, true); err != nil {
			return err
		}
	}
	if !from.Hidden { // an empty shell is not ranked
		if err := tx.SetHidden(ctx, from.ID, true); err != nil {
			return err
		}
	}
	if err := m.points(ctx, b, today, shared); err != nil {
		return err
	}
	if err := tx.BindDays(ctx, from.ID, into.ID); err != nil {
		return err
	}
	if err := settleDays(ctx, tx, into.ID, days); err != nil {
		return err
	}
	return tx.AddBoundMember(ctx, b)
}

// points moves points, promised points and cards.
func (m *merger) points(ctx context.Context, b storage.BoundMember, today string, shared int) error {
	tx := m.req.Tx
	recent, err := tx.PointsFrom(ctx, b.From, min(chatday.Week(today), chatday.Month(today)+"-01"))
	if err != nil {
		return err
	}
	p := poster{m.req, fmt.Sprintf("bind:%d:", m.bind), "bind", map[string]any{"from": m.fromDomain, "into": m.intoDomain}}
	for i, one := range pieces(b.Points, recent, today) {
		if err := p.pair(ctx, b.From, b.Into, storage.Points, one.Amount, i, one.Day); err != nil {
			return err
		}
	}
	if err := p.pair(ctx, b.From, b.Into, storage.Pending, b.Pending, 0, carriedDay(today)); err != nil {
		return err
	}
	if err := p.pair(ctx, b.From, b.Into, storage.Card, b.Cards, 0, carriedDay(today)); err != nil {
		return err
	}
	p.kind, p.detail = "bind_days", map[string]any{"days": shared}
	return p.post(ctx, storage.Entry{MemberID: b.Into, Unit: storage.Points, Amount: -b.Doubled, Cause: p.cause + "days", Day: carriedDay(today)})
}

// poster writes the entries of a bind or of its undo.
type poster struct {
	req    *bot.Request
	cause  string // prefix
	kind   string
	detail map[string]any
}

// pair moves an amount from one member to another.
func (p poster) pair(ctx context.Context, from, into int64, unit storage.Unit, amount int64, n int, day string) error {
	cause := fmt.Sprintf("%s%d", p.cause, n)
	if err := p.post(ctx, storage.Entry{MemberID: from, Unit: unit, Amount: -amount, Cause: cause, Day: day}); err != nil {
		return err
	}
	return p.post(ctx, storage.Entry{MemberID: into, Unit: unit, Amount: amount, Cause: cause, Day: day})
}

func (p poster) post(ctx context.Context, e storage.Entry) error {
	if e.Amount == 0 {
		return nil
	}
	text, err := json.Marshal(p.detail)
	if err != nil {
		return fmt.Errorf("bind entry: %w", err)
	}
	e.Kind, e.Detail, e.Week = p.kind, string(text), chatday.Week(e.Day)
	_, err = p.req.Tx.Post(ctx, e)
	return err
}

// settleDays computes anew what a member's days add up to.
func settleDays(ctx context.Context, tx *storage.Tx, member int64, days chatday.Calendar) error {
	all, err := tx.CheckinDays(ctx, member)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return tx.SetStreak(ctx, member, 0, 0, "")
	}
	run, best := streaks(all, days.Prev)
	return tx.SetStreak(ctx, member, run, best, all[len(all)-1])
}
