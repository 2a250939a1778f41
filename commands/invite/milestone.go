package invite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// Milestone is a bonus for so many people who were brought and have stayed.
type Milestone struct {
	Count int `json:"count"`
	Bonus int `json:"bonus"`
}

const (
	maxMilestones = 5
	maxMilestone  = 1000 // people
	maxBonus      = 10_000
)

// parseMilestones reads "5:100,10:200"; ok is false when it is none, or one
// that cannot be kept. A higher threshold may not bring less.
func parseMilestones(words ...string) (out []Milestone, ok bool) {
	for _, part := range strings.FieldsFunc(strings.Join(words, ","), func(r rune) bool { return r == ',' || r == '、' }) {
		count, bonus, found := strings.Cut(strings.ReplaceAll(part, "=", ":"), ":")
		n, err := strconv.Atoi(count)
		b, err2 := strconv.Atoi(strings.TrimPrefix(bonus, "+"))
		if !found || err != nil || err2 != nil || n < 1 || n > maxMilestone || b < 1 || b > maxBonus {
			return nil, false
		}
		out = append(out, Milestone{n, b})
	}
	slices.SortFunc(out, func(a, b Milestone) int { return cmp.Compare(a.Count, b.Count) })
	for i := range out {
		if i > 0 && (out[i].Count == out[i-1].Count || out[i].Bonus < out[i-1].Bonus) {
			return nil, false
		}
	}
	return out, len(out) > 0 && len(out) <= maxMilestones
}

// isMilestone tells "5:100" from the next word of a command.
func isMilestone(word string) bool {
	return word != "" && word[0] >= '0' && word[0] <= '9' && strings.ContainsAny(word, ":=")
}

// reached picks the milestones of a rule that so many invites bring and that
// the person has not got.
func (r Rule) reached(vested int, have []storage.InviteMilestone) []Milestone {
	var out []Milestone
	for _, m := range r.Milestones {
		given := slices.ContainsFunc(have, func(h storage.InviteMilestone) bool {
			return h.Threshold == m.Count && h.State == storage.MilestoneGiven
		})
		if vested >= m.Count && !given {
			out = append(out, m)
		}
	}
	return out
}

// lost picks the milestones that so few invites do not bear any more.
func lost(vested int, have []storage.InviteMilestone) []storage.InviteMilestone {
	var out []storage.InviteMilestone
	for _, h := range have {
		if h.State == storage.MilestoneGiven && vested < h.Threshold {
			out = append(out, h)
		}
	}
	return out
}

// next is the milestone a person works towards; the zero one if there is none.
func (r Rule) next(vested int) Milestone {
	for _, m := range r.Milestones {
		if m.Count > vested {
			return m
		}
	}
	return Milestone{}
}

// standing is how many of a person's invites are valid, and his milestones.
func standing(ctx context.Context, req *bot.Request, community, person int64) (int, []storage.InviteMilestone, error) {
	n, err := req.Tx.CountVested(ctx, community, person)
	if err != nil {
		return 0, nil, err
	}
	have, err := req.Tx.InviteMilestones(ctx, community, person)
	return n, have, err
}

// giveMilestones books what a person has reached: one entry each.
func giveMilestones(ctx context.Context, req *bot.Request, community, person int64, rule Rule) ([]Milestone, error) {
	n, have, err := standing(ctx, req, community, person)
	if err != nil {
		return nil, err
	}
	out := rule.reached(n, have)
	for _, m := range out {
		row := storage.InviteMilestone{CommunityID: community, PersonID: person, Threshold: m.Count}
		for _, h := range have {
			if h.Threshold == m.Count {
				row = h
			}
		}
		row.Bonus, row.State, row.At = int64(m.Bonus), storage.MilestoneGiven, req.Tx.Now
		if err := giveMilestone(ctx, req, &row); err != nil {
			return nil, err
		}
		if err := req.Tx.SetInviteMilestone(ctx, row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// giveMilestone writes the entry of a milestone's next round.
func giveMilestone(ctx context.Context, req *bot.Request, row *storage.InviteMilestone) error {
	member, err := req.Tx.EnsureMember(ctx, row.CommunityID, row.PersonID)
	if err != nil {
		return err
	}
	for {
		row.Round++
		_, err := req.Tx.EntryByCause(ctx, member.ID, storage.Points, milestoneCause(*row))
		if errors.Is(err, storage.ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
	}
	row.MemberID = member.ID
	row.EntryID, err = postMilestone(ctx, req, *row, member.ID, row.Bonus, "milestone", milestoneCause(*row), 0)
	return err
}

func milestoneCause(m storage.InviteMilestone) string {
	return fmt.Sprintf("milestone:%d:%d", m.Threshold, m.Round)
}

// takeMilestones takes back what so few invites do not bear any more. Each can
// be reached again.
func takeMilestones(ctx context.Context, req *bot.Request, community, person int64) ([]storage.InviteMilestone, error) {
	n, have, err := standing(ctx, req, community, person)
	if err != nil {
		return nil, err
	}
	out := lost(n, have)
	for _, m := range out {
		if _, err := takeMilestone(ctx, req, m, milestoneCause(m)+":back"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// takeMilestone takes one back from whoever the person is now.
func takeMilestone(ctx context.Context, req *bot.Request, m storage.InviteMilestone, cause string) (int64, error) {
	member, err := req.Tx.EnsureMember(ctx, m.CommunityID, m.PersonID)
	if err != nil {
		return 0, err
	}
	back, err := link(ctx, req, m.EntryID, member.ID, m.MemberID)
	if err != nil {
		return 0, err
	}
	id, err := postMilestone(ctx, req, m, member.ID, -m.Bonus, "milestone_back", cause, back)
	if err != nil {
		return 0, err
	}
	m.State, m.At = storage.MilestoneBack, req.Tx.Now
	return id, req.Tx.SetInviteMilestone(ctx, m)
}

// link is the entry that another one takes back, 0 where it cannot name it: it
// is somebody else's since a bind, or was taken back before.
func link(ctx context.Context, req *bot.Request, entry, member, owner int64) (int64, error) {
	if member != owner {
		return 0, nil
	}
	done, err := req.Tx.Reversed(ctx, entry)
	if done {
		return 0, err
	}
	return entry, err
}

func postMilestone(ctx context.Context, req *bot.Request, m storage.InviteMilestone, member, amount int64, kind, cause string, back int64) (int64, error) {
	detail, err := json.Marshal(struct {
		Count int `json:"count"`
	}{m.Threshold})
	if err != nil {
		return 0, fmt.Errorf("milestone: %w", err)
	}
	day := req.Days.Day(req.Now)
	return req.Tx.Post(ctx, storage.Entry{
		MemberID: member, Unit: storage.Points, Amount: amount, Kind: kind, Cause: cause,
		Day: day, Week: chatday.Week(day), At: req.Tx.Now, Reverses: back, Detail: string(detail),
	})
}
