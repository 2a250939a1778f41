package settings

import (
	"context"
	"encoding/json"
	"fmt"

	"qunmate/bot"
	"qunmate/storage"
)

type unbindView struct {
	There  accountView // what is on its own again
	Points int64       // given back
	Short  int64       // what was spent meanwhile and could not be
	Audit  int64
}

// undoBind parts two persons again. What the bind brought goes back, as far as
// it is still there; what was earned after it stays in the ledger where it was
// written, with the person who confirmed the bind.
func (f family) undoBind(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	b, err := req.Tx.BindByAudit(ctx, row.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if b.State != storage.BindLive {
		return bot.Reply{}, bot.Refuse("common.no_undo", struct {
			ID     int64
			Action string
		}{row.ID, row.Action})
	}
	// The days of a later bind lie over those of this one.
	for _, person := range []int64{b.Into, b.From} {
		last, err := req.Tx.LastBind(ctx, person)
		if err != nil && !isNotFound(err) {
			return bot.Reply{}, err
		}
		if err == nil && last.ID > b.ID {
			return bot.Reply{}, bot.Refuse("bind.later", struct{ ID, Later int64 }{row.ID, last.AuditID})
		}
	}
	for _, p := range []int64{b.From, b.Into} {
		if err := req.Tx.CancelPreviews(ctx, p); err != nil {
			return bot.Reply{}, err
		}
	}
	if f.Parted != nil {
		if err := f.Parted(ctx, req, b); err != nil {
			return bot.Reply{}, fmt.Errorf("part person %d: %w", b.From, err)
		}
	}
	moved, err := req.Tx.BoundMembers(ctx, b.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := unbindView{Audit: row.ID}
	for _, one := range moved {
		back, short, err := parting{req, b}.member(ctx, one)
		if err != nil {
			return bot.Reply{}, fmt.Errorf("part member %d: %w", one.From, err)
		}
		view.Points, view.Short = view.Points+back, view.Short+short
	}
	if err := req.Tx.EndBind(ctx, b); err != nil {
		return bot.Reply{}, err
	}
	if err := restoreSettings(ctx, req.Tx, b); err != nil {
		return bot.Reply{}, err
	}
	accounts, err := req.Tx.AccountsOf(ctx, b.From)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, a := range accounts {
		view.There = viewOf(a)
	}
	return bot.Reply{Template: "bind.undone", Data: view}, nil
}

// restoreSettings gives the person who stays what he had chosen before.
func restoreSettings(ctx context.Context, tx *storage.Tx, b storage.Bind) error {
	var before personSettings
	if err := json.Unmarshal([]byte(b.Before), &before); err != nil {
		return fmt.Errorf("bind %d: %w", b.ID, err)
	}
	from, err := tx.Person(ctx, b.From)
	if err != nil {
		return err
	}
	into, err := tx.Person(ctx, b.Into)
	if err != nil {
		return err
	}
	// What he chose since then stays.
	if before.Language == "" && into.Language == from.Language {
		if err := tx.SetPersonLanguage(ctx, b.Into, ""); err != nil {
			return err
		}
	}
	if before.Home == 0 && into.Home == from.Home {
		if err := tx.SetHome(ctx, b.Into, 0); err != nil {
			return err
		}
	}
	if !before.Operator && from.Operator {
		return tx.SetOperator(ctx, b.Into, false)
	}
	return nil
}

// parting undoes a bind, community by community.
type parting struct {
	req  *bot.Request
	bind storage.Bind
}

// member gives back what the bind moved in one community, and says how many
// points that were and how many were not there any more.
func (p parting) member(ctx context.Context, b storage.BoundMember) (back, short int64, err error) {
	tx := p.req.Tx
	into, err := tx.MemberByID(ctx, b.Into)
	if err != nil {
		return 0, 0, err
	}
	days, err := bot.CalendarOf(ctx, &tx.Reader, b.CommunityID)
	if err != nil {
		return 0, 0, err
	}
	net := b.Points - b.Doubled
	if b.Carried || into.Balance < net || into.Pending < b.Pending || into.Cards < b.Cards {
		back, err = p.rest(ctx, b, into, carriedDay(days.Day(tx.Now)))
	} else {
		back, err = b.Points, p.reverse(ctx, b)
	}
	if err != nil {
		return 0, 0, err
	}
	if !b.FromHidden {
		if err := tx.SetHidden(ctx, b.From, false); err != nil {
			return 0, 0, err
		}
	}
	if into.Hidden != b.IntoHidden && b.FromHidden {
		if err := tx.SetHidden(ctx, b.Into, b.IntoHidden); err != nil {
			return 0, 0, err
		}
	}
	if err := tx.DropCopies(ctx, b.Into, b.From); err != nil {
		return 0, 0, err
	}
	return back, b.Points - back, settleDays(ctx, tx, b.Into, days)
}

// reverse takes back each entry of the bind by one of its own, on the same
// day: rankings are as if it had not been.
func (p parting) reverse(ctx context.Context, b storage.BoundMember) error {
	post := poster{req: p.req, kind: "unbind", detail: map[string]any{}}
	for _, member := range []int64{b.From, b.Into} {
		entries, err := p.req.Tx.EntriesOf(ctx, member, fmt.Sprintf("bind:%d:", p.bind.ID))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := post.post(ctx, storage.Entry{
				MemberID: member, Unit: e.Unit, Amount: -e.Amount, Cause: "un" + e.Cause, Day: e.Day, Reverses: e.ID,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// rest gives back what is left, in one piece: some was spent, or the community
// went into another one since. The days that counted twice before the bind do
// so again for the one who leaves.
func (p parting) rest(ctx context.Context, b storage.BoundMember, into storage.Member, day string) (int64, error) {
	post := poster{p.req, fmt.Sprintf("unbind:%d:", p.bind.ID), "unbind", map[string]any{}}
	for _, u := range []struct {
		unit  storage.Unit
		want  int64
		there int64
	}{{storage.Points, b.Points - b.Doubled, into.Balance}, {storage.Pending, b.Pending, into.Pending}, {storage.Card, b.Cards, into.Cards}} {
		give := u.want
		if give > 0 {
			give = max(0, min(give, u.there))
		}
		if err := post.pair(ctx, b.Into, b.From, u.unit, give, 0, day); err != nil {
			return 0, err
		}
		if u.unit == storage.Points {
			into.Balance = give
		}
	}
	err := post.post(ctx, storage.Entry{MemberID: b.From, Unit: storage.Points, Amount: b.Doubled, Cause: post.cause + "days", Day: day})
	return into.Balance + b.Doubled, err
}

// carryBinds goes along when a community goes into another one: what a bind
// brought into m is in there now, and so are the days of whose it was.
func (t transfer) carryBinds(ctx context.Context, m, there storage.Member) error {
	tx := t.req.Tx
	bound, err := tx.BoundInto(ctx, m.ID)
	if err != nil {
		return err
	}
	for _, was := range bound {
		shell, err := tx.MemberByID(ctx, was.From)
		if err != nil {
			return err
		}
		next, err := tx.EnsureMember(ctx, t.to.ID, shell.PersonID)
		if err != nil {
			return err
		}
		if err := tx.SetHidden(ctx, next.ID, true); err != nil {
			return err
		}
		if err := tx.CopyCheckins(ctx, was.From, next.ID, lastDay); err != nil {
			return err
		}
		if err := settleDays(ctx, tx, next.ID, t.days); err != nil {
			return err
		}
		now := was
		now.CommunityID, now.From, now.Into, now.Carried, now.IntoHidden = t.to.ID, next.ID, there.ID, true, was.IntoHidden || there.Hidden && !m.Hidden
		if err := tx.CarryBound(ctx, was, now); err != nil {
			return err
		}
		// The same for what was bound to the shell before it became one.
		if err := t.carryBinds(ctx, shell, next); err != nil {
			return err
		}
	}
	return nil
}

// lastDay is later than every chat day.
const lastDay = "9999-12-31"
