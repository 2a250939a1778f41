package invite

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chatday"
	"qunmate/storage"
)

// ownView is what a member sees of his invites.
type ownView struct {
	Vested, Pending, Left, NotCounted, Held int
	Reasons                                 []string  // why some do not count, each once
	Reward                                  int64     // earned, and kept
	Back                                    int64     // taken back
	Place                                   int       // this month, 0 = none
	Bonus                                   int64     // of milestones
	Next                                    Milestone // what comes next
	Missing                                 int       // invites until then
}

func own(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("invite.own_usage", nil)
	}
	all, err := req.Tx.InvitesBy(ctx, req.Community, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	var v ownView
	for _, i := range all {
		rule, err := decode(i.Rule)
		if err != nil {
			return bot.Reply{}, err
		}
		switch i.State {
		case storage.InviteVested:
			v.Vested++
			v.Reward += int64(rule.Reward)
		case storage.InvitePending, storage.InviteAsked:
			v.Pending++
		case storage.InviteHeld:
			v.Held++
		case storage.InviteReversed:
			v.Left++
			if !i.SettledAt.IsZero() && i.SettledAt.After(i.JoinedAt.AddDate(0, 0, rule.Days)) {
				v.Back += int64(rule.Reward)
			}
		case storage.InviteRejected:
			v.NotCounted++
			if !strings.Contains(strings.Join(v.Reasons, " "), i.Reason) {
				v.Reasons = append(v.Reasons, i.Reason)
			}
		}
	}
	place, err := req.Tx.PlaceOf(ctx, storage.Ranking{Community: req.Community, Kind: storage.ScoreInvite, Period: chatday.Month(req.Day)}, req.Member)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	v.Place = place.Place
	n, have, err := standing(ctx, req, req.Community, req.Account.PersonID)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, m := range have {
		if m.State == storage.MilestoneGiven {
			v.Bonus += m.Bonus
		}
	}
	rule, err := ruleAt(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	if v.Next = rule.next(n); v.Next.Count > 0 {
		v.Missing = v.Next.Count - n
	}
	return bot.Reply{Template: "invite.own", Data: v, Choices: []bot.Choice{{Label: "invite.button_way", Command: "/invite"}, {Label: "invite.button_rank", Command: "/rank invite month"}}}, nil
}

// why tells what became of the invite of somebody: to his inviter, and to
// administrators.
func why(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	who, _, err := req.Who(ctx, req.Args.String())
	if err != nil {
		return bot.Reply{}, err
	}
	i, err := req.Tx.InviteOf(ctx, req.Community, who.PersonID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	mine := err == nil && (i.InviterID == req.Account.PersonID || i.InvitedID == req.Account.PersonID)
	if !mine {
		admin, err := req.Is(ctx, bot.ChatAdmin)
		if err != nil {
			return bot.Reply{}, err
		}
		if !admin || i.ID == 0 {
			return bot.Reply{}, bot.Refuse("invite.not_yours", struct{ Name string }{who.Name})
		}
	}
	by, err := req.Tx.Person(ctx, i.InviterID)
	if err != nil {
		return bot.Reply{}, err
	}
	rule, err := decode(i.Rule)
	if err != nil {
		return bot.Reply{}, err
	}
	actions, err := req.Tx.ActionsSince(ctx, i.CommunityID, i.InvitedID, i.JoinedAt)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "invite.why", Data: struct {
		Invite  storage.Invite
		By      string
		Rule    Rule
		Actions int
		Joined  bot.Moment
		Until   bot.Moment
		Settled bot.Moment
	}{i, by.Name, rule, actions, req.Moment(i.JoinedAt), req.Moment(i.JoinedAt.AddDate(0, 0, rule.Days)), req.Moment(i.SettledAt)}}, nil
}

// statsDays is how far back the figures of an administrator go.
const statsDays = 7

type sourceCount struct {
	Name  string
	Count int
}

// cameView counts those who came by one kind of way: into groups, or to an
// account that they follow.
type cameView struct {
	Follow                                           bool
	Total, Link, Code, Told, Unknown, UnknownPercent int
	Back                                             int // came again: no newcomers, so in no other figure
	Sources                                          []sourceCount
}

// cameBy counts the joins since an instant, groups first. Without any it is
// empty, and about groups unless follow.
func cameBy(all []storage.InviteJoin, since time.Time, follow bool) []cameView {
	var out []cameView
	for _, alone := range []bool{false, true} {
		v := cameView{Follow: alone}
		for _, j := range all {
			if j.Alone == alone && !j.At.Before(since) {
				v.add(j)
			}
		}
		if v.Total > 0 {
			v.UnknownPercent = (v.Unknown*100 + v.Total/2) / v.Total
		}
		if v.Total+v.Back > 0 {
			out = append(out, v)
		}
	}
	if out == nil {
		out = []cameView{{Follow: follow}}
	}
	return out
}

func (v *cameView) add(j storage.InviteJoin) {
	if j.Back {
		v.Back++
		return
	}
	v.Total++
	switch {
	case j.Source != "":
		at := slices.IndexFunc(v.Sources, func(s sourceCount) bool { return s.Name == j.Source })
		if at < 0 {
			v.Sources, at = append(v.Sources, sourceCount{Name: j.Source}), len(v.Sources)
		}
		v.Sources[at].Count++
	case j.Way == "link":
		v.Link++
	case j.Way == "code":
		v.Code++
	case j.Way == "told":
		v.Told++
	default:
		v.Unknown++
	}
}

// stats counts the joins of a week by way, and how many of those who came 1, 7
// and 30 days ago or earlier stayed that long.
func stats(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Names().Word(req.Args.Lower(0)) == "csv" {
		return statsFile(ctx, req)
	}
	all, err := req.Tx.InviteJoins(ctx, req.Community, req.Tx.Now.AddDate(0, 0, -90))
	if err != nil {
		return bot.Reply{}, err
	}
	v := struct {
		Days    int
		Came    []cameView
		Kept    [3]int // percent after 1, 7, 30 days; -1 = nobody to count
		Public  bool
		Counted *countedView // nil: nothing was counted
	}{Days: statsDays, Came: cameBy(all, req.Tx.Now.AddDate(0, 0, -statsDays), req.Following()), Public: req.Chat.Public}
	if v.Counted, err = counted(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	for n, days := range []int{1, 7, 30} {
		v.Kept[n] = kept(all, req.Tx.Now, time.Duration(days)*24*time.Hour)
	}
	r := bot.Reply{Template: "invite.stats", Data: v}
	if req.Private && req.Caps.Files {
		r.Choices = []bot.Choice{
			{Label: "invite.button_csv", Command: "/invites stats csv"},
			{Label: "invite.button_csv_joins", Command: "/invites stats csv joins"},
		}
	}
	return r, nil
}

// statsFile gives an administrator the invites of his community, or all who
// came. Names of people are in it, so it is given in private only.
func statsFile(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	switch {
	case !req.Private:
		return bot.Reply{}, bot.Refuse("invite.csv_private", nil)
	case !req.Caps.Files:
		return bot.Reply{}, bot.Refuse("invite.csv_no_files", nil)
	}
	name := storage.ExportInvites
	if req.Names().Word(req.Args.Lower(1)) == "joins" {
		name = storage.ExportJoins
	}
	data, err := req.Tx.ExportCommunity(ctx, name, req.Community, req.Now.Location())
	if err != nil {
		return bot.Reply{}, err
	}
	if _, err := req.Audit(ctx, actionCSV, struct{}{}, struct {
		Table string `json:"table"`
	}{name}, "", false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{
		Template: "invite.csv", Data: struct {
			Count int
			Joins bool
		}{bytes.Count(data, []byte("\r\n")) - 1, name == storage.ExportJoins},
		File: &chat.File{Name: name + "-" + req.Day + ".csv", MIME: "text/csv", Data: data},
	}, nil
}

// kept is the percentage of those who came so long ago or earlier and stayed
// that long, -1 when nobody did.
func kept(all []storage.InviteJoin, now time.Time, span time.Duration) int {
	came, stayed := 0, 0
	for _, j := range all {
		if now.Sub(j.At) < span {
			continue
		}
		came++
		if j.LeftAt.IsZero() || j.LeftAt.Sub(j.At) >= span {
			stayed++
		}
	}
	if came == 0 {
		return -1
	}
	return (stayed*100 + came/2) / came
}
