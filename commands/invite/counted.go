package invite

import (
	"context"
	"time"

	"qunmate/bot"
)

// countedView is what a platform counted in groups where the bot hears nothing:
// how they stood on the newest day, and what the days together brought.
type countedView struct {
	Day                                        string // the newest, "11-21"
	Days                                       int
	Groups, Members, Talkers, Joined, Messages int
	Others                                     bool // groups of other communities are among them
}

// counted sums the platform's own figures for the days that are reported. Where
// they cannot be told from those of other communities only the operator sees
// them.
func counted(ctx context.Context, req *bot.Request) (*countedView, error) {
	days, others, err := req.Tx.CountedDays(ctx, req.Community, req.Now.AddDate(0, 0, -statsDays).Format(time.DateOnly))
	if err != nil || len(days) == 0 {
		return nil, err
	}
	if others {
		if operator, err := req.IsOperator(ctx); err != nil || !operator {
			return nil, err
		}
	}
	last := days[len(days)-1]
	v := &countedView{
		Day: last.Day[len("2006-"):], Days: len(days), Groups: last.Groups, Members: last.Members, Talkers: last.Talkers, Others: others,
	}
	for _, d := range days {
		v.Joined += d.NewMembers
		v.Messages += d.Messages
	}
	return v, nil
}
