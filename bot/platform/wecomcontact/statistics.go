package wecomcontact

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qunmate/bot/chat"

	"github.com/silenceper/wechat/v2/work/externalcontact"
)

// Limits of the statistics (path 92133): the last 180 days without today, and
// 30 days at a time.
const (
	statisticsBack = 180
	statisticsSpan = 30
)

// Day is what happened in all groups on one day, as the platform counts.
type Day struct {
	Begin         time.Time // its midnight, in the zone that was asked for
	Groups        int       // groups there are
	NewGroups     int
	TalkingGroups int // with at least one message
	Members       int
	NewMembers    int
	TalkingPeople int
	Messages      int
}

// Statistics counts the days from the one of from to the one before to, in
// from's zone, over the groups of all owners. Days that the platform does not
// keep are left out. Today is not counted: it is not over.
func (c *Contact) Statistics(ctx context.Context, from, to time.Time) ([]Day, error) {
	zone := from.Location()
	midnight := func(t time.Time) time.Time {
		t = t.In(zone)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
	}
	today := midnight(c.opts.Now())
	from, to = midnight(from), midnight(to)
	if to.After(today) {
		to = today
	}
	if oldest := today.AddDate(0, 0, -statisticsBack); from.Before(oldest) {
		from = oldest
	}
	var owners []string
	for _, g := range c.present() {
		if !slices.Contains(owners, g.Owner) {
			owners = append(owners, g.Owner)
		}
	}
	slices.Sort(owners)
	days := map[int64]*Day{}
	for part := range slices.Chunk(owners, ownersAtOnce) {
		for begin := from; begin.Before(to); begin = begin.AddDate(0, 0, statisticsSpan) {
			last := begin.AddDate(0, 0, statisticsSpan-1)
			if !last.Before(to) {
				last = to.AddDate(0, 0, -1)
			}
			items, err := c.api.statistics(ctx, begin, last, part)
			if err != nil {
				return nil, fmt.Errorf("statistics: %w", err)
			}
			add(days, items, zone)
		}
	}
	out := make([]Day, 0, len(days))
	for _, d := range days {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Day) int { return a.Begin.Compare(b.Begin) })
	return out, nil
}

// china is the platform's own zone: its days are those of China.
func china() *time.Location { return time.FixedZone("UTC+8", 8*60*60) }

// Counts implements chat.Counter.
func (c *Contact) Counts(ctx context.Context, days int) ([]chat.DayCount, error) {
	now := c.opts.Now().In(china())
	all, err := c.Statistics(ctx, now.AddDate(0, 0, -days), now)
	if err != nil {
		return nil, c.sendError(err)
	}
	out := make([]chat.DayCount, 0, len(all))
	for _, d := range all {
		out = append(out, chat.DayCount{
			Day: d.Begin.Format(time.DateOnly), Groups: d.Groups, Members: d.Members, NewMembers: d.NewMembers,
			Talkers: d.TalkingPeople, Messages: d.Messages,
		})
	}
	return out, nil
}

func add(days map[int64]*Day, items []externalcontact.GetGroupChatStatByDayItem, zone *time.Location) {
	for _, item := range items {
		d := days[int64(item.StatTime)]
		if d == nil {
			d = &Day{Begin: time.Unix(int64(item.StatTime), 0).In(zone)}
			days[int64(item.StatTime)] = d
		}
		d.Groups += item.Data.ChatTotal
		d.NewGroups += item.Data.NewChatCnt
		d.TalkingGroups += item.Data.ChatHasMsg
		d.Members += item.Data.MemberTotal
		d.NewMembers += item.Data.NewMemberCnt
		d.TalkingPeople += item.Data.MemberHasMsg
		d.Messages += item.Data.MsgTotal
	}
}

// statistics are those of the days from begin to last, both included.
func (a *api) statistics(ctx context.Context, begin, last time.Time, owners []string) (items []externalcontact.GetGroupChatStatByDayItem, err error) {
	err = a.do(ctx, "groupchat/statistic_group_by_day", func(c *externalcontact.Client) error {
		items, err = c.GetGroupChatStatByDay(&externalcontact.GetGroupChatStatByDayRequest{
			DayBeginTime: int(begin.Unix()), DayEndTime: int(last.Unix()), OwnerFilter: externalcontact.OwnerFilter{UseridList: owners},
		})
		return err
	})
	return items, err
}
