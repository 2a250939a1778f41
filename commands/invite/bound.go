package invite

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

// samePerson is why an invite does not count any more: its person had come by
// another one.
const samePerson = "same"

// scored is a change of a ranking.
type scored struct {
	Member int64  `json:"member"`
	Period string `json:"period"`
	Value  int64  `json:"value"`
}

// boundLog is what a bind changed, so that its end restores just that.
type boundLog struct {
	Before     []storage.Invite          `json:"before"`
	After      []storage.Invite          `json:"after"`
	Milestones []storage.InviteMilestone `json:"milestones"` // before
	Left       []storage.InviteMilestone `json:"left"`       // after
	Holders    []holder                  `json:"holders"`    // whose milestones were looked at
	Entries    []int64                   `json:"entries"`
	Scores     []scored                  `json:"scores"`
}

type holder struct {
	Community int64 `json:"community"`
	Person    int64 `json:"person"`
}

// binding makes the invites of two persons those of one.
type binding struct {
	req *bot.Request
	b   storage.Bind
	log boundLog
}

// Bound follows a bind: what both brought and by whom both came is one person's.
// An invite of himself does not count, and of two invites of him only one does.
func Bound(ctx context.Context, req *bot.Request, b storage.Bind) error {
	all, err := req.Tx.InvitesAround(ctx, b.From, b.Into)
	if err != nil || len(all) == 0 {
		return err
	}
	m := binding{req: req, b: b}
	for _, i := range all {
		m.hold(i.CommunityID, b.From)
		m.hold(i.CommunityID, b.Into)
		m.hold(i.CommunityID, i.InviterID)
	}
	if m.log.Milestones, err = m.milestones(ctx); err != nil {
		return err
	}
	m.log.Before = all
	after, ended := merge(all, b.From, b.Into)
	for n := range ended {
		ended[n].SettledAt = req.Tx.Now
		for k := range after {
			if after[k].ID == ended[n].ID {
				after[k].SettledAt = req.Tx.Now
			}
		}
	}
	if err := req.Tx.SetInvites(ctx, after); err != nil {
		return err
	}
	m.log.After = after
	for _, h := range slices.Clone(m.log.Holders) {
		if h.Person == b.From {
			if err := m.join(ctx, h.Community); err != nil {
				return err
			}
		}
	}
	for _, i := range ended {
		if err := m.end(ctx, i, all); err != nil {
			return fmt.Errorf("invite %d: %w", i.ID, err)
		}
	}
	if err := m.tooFew(ctx); err != nil {
		return err
	}
	if m.log.Left, err = m.milestones(ctx); err != nil {
		return err
	}
	text, err := json.Marshal(m.log)
	if err != nil {
		return fmt.Errorf("invites of a bind: %w", err)
	}
	return req.Tx.SetInviteBind(ctx, b.ID, text)
}

func (m *binding) hold(community, person int64) {
	if h := (holder{community, person}); !slices.Contains(m.log.Holders, h) {
		m.log.Holders = append(m.log.Holders, h)
	}
}

// open reports whether an invite promises or has brought something.
func open(i storage.Invite) bool {
	return i.State != storage.InviteRejected && i.State != storage.InviteReversed
}

// merge names one person where two were, and ends the invites that cannot count
// any more. Of two by which he came the one stays that counts, and was first.
func merge(all []storage.Invite, from, into int64) (after, ended []storage.Invite) {
	after = slices.Clone(all)
	first := map[int64]int{} // by community: the invite by which he came
	for n := range after {
		i := &after[n]
		if i.InviterID == from {
			i.InviterID = into
		}
		if i.InvitedID != from && i.InvitedID != into {
			continue
		}
		i.InvitedID = into
		was, twice := first[i.CommunityID]
		switch {
		case !twice:
			first[i.CommunityID] = n
			continue
		case open(*i) && !open(after[was]):
			first[i.CommunityID] = n
		default:
			was = n
		}
		loser := &after[was]
		loser.InvitedID = from // the row keeps a name, the person has one invite
		if open(*loser) {
			loser.State, loser.Reason = storage.InviteReversed, samePerson
		}
	}
	for n := range after {
		i := &after[n]
		self := i.InviterID == into && (i.InvitedID == into || i.InvitedID == from)
		if self && open(all[n]) {
			i.State, i.Reason = storage.InviteReversed, selfInvite
		}
		if open(all[n]) && !open(*i) {
			ended = append(ended, *i)
		}
	}
	return after, ended
}

// milestones reads those of everybody who is concerned.
func (m *binding) milestones(ctx context.Context) ([]storage.InviteMilestone, error) {
	var out []storage.InviteMilestone
	for _, h := range m.log.Holders {
		rows, err := m.req.Tx.InviteMilestones(ctx, h.Community, h.Person)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// join makes one of the rankings and of the milestones of the two.
func (m *binding) join(ctx context.Context, community int64) error {
	tx := m.req.Tx
	from, err := tx.EnsureMember(ctx, community, m.b.From)
	if err != nil {
		return err
	}
	into, err := tx.EnsureMember(ctx, community, m.b.Into)
	if err != nil {
		return err
	}
	scores, err := tx.ScoresOf(ctx, from.ID, storage.ScoreInvite)
	if err != nil {
		return err
	}
	for _, s := range scores {
		if err := m.score(ctx, from, s.Period, -s.Value); err != nil {
			return err
		}
		if err := m.score(ctx, into, s.Period, s.Value); err != nil {
			return err
		}
	}
	theirs, err := tx.InviteMilestones(ctx, community, m.b.From)
	if err != nil {
		return err
	}
	mine, err := tx.InviteMilestones(ctx, community, m.b.Into)
	if err != nil {
		return err
	}
	if err := tx.DropInviteMilestones(ctx, community, m.b.From); err != nil {
		return err
	}
	for _, t := range theirs {
		t.PersonID = m.b.Into
		at := slices.IndexFunc(mine, func(o storage.InviteMilestone) bool { return o.Threshold == t.Threshold })
		switch {
		case at < 0 || mine[at].State != storage.MilestoneGiven:
			err = tx.SetInviteMilestone(ctx, t)
		case t.State == storage.MilestoneGiven: // one person gets it once
			err = m.take(ctx, t)
			if err == nil {
				err = tx.SetInviteMilestone(ctx, mine[at])
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *binding) score(ctx context.Context, member storage.Member, period string, n int64) error {
	m.log.Scores = append(m.log.Scores, scored{member.ID, period, n})
	return m.req.Tx.AddScore(ctx, member, storage.ScoreInvite, n, period)
}

// take takes a milestone back because of the bind.
func (m *binding) take(ctx context.Context, row storage.InviteMilestone) error {
	id, err := takeMilestone(ctx, m.req, row, fmt.Sprintf("%s:bind:%d", milestoneCause(row), m.b.ID))
	m.log.Entries = append(m.log.Entries, id)
	return err
}

// end takes back what an invite brought both that counts no more.
func (m *binding) end(ctx context.Context, i storage.Invite, all []storage.Invite) error {
	at := slices.IndexFunc(all, func(o storage.Invite) bool { return o.ID == i.ID })
	was := all[at]
	rule, err := decode(i.Rule)
	if err != nil {
		return err
	}
	invited := i.InvitedID
	if invited == m.b.From {
		invited = m.b.Into // who has his points now
	}
	unit, suffix := storage.Points, "vested"
	switch was.State {
	case storage.InviteVested:
	case storage.InvitePending:
		unit, suffix = storage.Pending, "pending"
	default:
		return nil // nothing was promised yet
	}
	for _, side := range []struct {
		person int64 // who has it now
		amount int
		cause  string
		name   string
	}{
		{i.InviterID, rule.Reward, fmt.Sprintf("invite:%d:%s", i.ID, suffix), "reward"},
		{invited, rule.Newcomer, fmt.Sprintf("invite:%d:newcomer:%s", i.ID, suffix), "newcomer"},
	} {
		if side.amount == 0 {
			continue
		}
		member, err := m.req.Tx.EnsureMember(ctx, i.CommunityID, side.person)
		if err != nil {
			return err
		}
		back := int64(0)
		given, err := m.req.Tx.InviteEntry(ctx, i, side.person, unit, side.cause)
		if err == nil {
			back, err = link(ctx, m.req, given.ID, member.ID, given.MemberID)
		}
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		id, err := postBack(ctx, m.req, i, side.person, unit, -int64(side.amount), "invite_"+i.Reason, fmt.Sprintf("bind:%d:%s", m.b.ID, side.name), back)
		if err != nil {
			return err
		}
		m.log.Entries = append(m.log.Entries, id)
	}
	if was.State != storage.InviteVested {
		return m.tell(ctx, i, rule)
	}
	member, err := m.req.Tx.EnsureMember(ctx, i.CommunityID, i.InviterID)
	if err != nil {
		return err
	}
	day := m.req.Days.Day(m.req.Now)
	for _, period := range []string{day, "w" + chatday.Week(day), chatday.Month(day), "all"} {
		if err := m.score(ctx, member, period, -1); err != nil {
			return err
		}
	}
	return m.tell(ctx, i, rule)
}

// tell tells an inviter that one of his does not count; who bound himself has
// seen it in his own ledger.
func (m *binding) tell(ctx context.Context, i storage.Invite, rule Rule) error {
	return inform(ctx, m.req, i, "invite.one_person", struct {
		Name   string
		Amount int
		Self   bool
	}{i.InvitedName, rule.Reward, i.Reason == selfInvite})
}

// tooFew takes back the milestones that too few invites are left for.
func (m *binding) tooFew(ctx context.Context) error {
	for _, h := range m.log.Holders {
		n, have, err := standing(ctx, m.req, h.Community, h.Person)
		if err != nil {
			return err
		}
		for _, row := range lost(n, have) {
			if err := m.take(ctx, row); err != nil {
				return err
			}
		}
	}
	return nil
}
