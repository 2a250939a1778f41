package schedule

import (
	"context"
	"encoding/json"
	"fmt"

	"qunmate/bot"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// hours are the quiet hours of a chat, as previews and audit rows keep them.
type hours struct {
	Chat  int64  `json:"chat"`
	From  int    `json:"from"`
	Until int    `json:"until"`
	Rule  string `json:"rule"`
}

// hoursView shows them.
type hoursView struct {
	hours
	Where  string     // the chat, where it is not this one
	Inside []affected // what is posted inside them
	More   int
	Audit  int64
}

// affected is a schedule that posts inside quiet hours.
type affected struct {
	ID    int64
	Name  string
	Sends bool // it was said that it is posted all the same
}

// quiet shows or sets when a chat wants to be left alone.
func quiet(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	text := req.Args.String()
	to, rest, err := cutChats(ctx, req, text)
	if err != nil {
		return bot.Reply{}, err
	}
	if to == nil {
		c, err := home(ctx, req)
		if err != nil {
			return bot.Reply{}, err
		}
		to = []storage.Chat{c}
	}
	if len(to) > 1 {
		return bot.Reply{}, bot.Refuse("schedule.quiet_one", nil)
	}
	was, err := req.Tx.Quiet(ctx, to[0].ID)
	if err != nil {
		return bot.Reply{}, err
	}
	h := hours{Chat: to[0].ID, From: was.From, Until: was.Until, Rule: was.Rule}
	args := bot.Words(rest)
	switch word := req.Names().Word(args.Lower(0)); {
	case args.Len() == 0:
		view, err := h.view(ctx, req, to[0])
		return bot.Reply{Template: "schedule.quiet_now", Data: view}, err
	case word == "off":
		h.From, h.Until, h.Rule = 0, 0, ""
	default:
		from, until, after, err := when.HoursHead(rest)
		if err != nil || from == until {
			return bot.Reply{}, bot.Refuse("schedule.quiet_usage", nil)
		}
		h.From, h.Until, h.Rule = from, until, storage.QuietMove
		switch how := req.Names().Word(bot.Words(after).Lower(0)); {
		case how == storage.QuietSkip || how == storage.QuietMove:
			h.Rule = how
		case after != "":
			return bot.Reply{}, bot.Refuse("schedule.quiet_usage", nil)
		}
	}
	view, err := h.view(ctx, req, to[0])
	if err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("schedule.quiet_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionQuiet, title, h, "schedule.quiet_preview", view)
}

func (h hours) view(ctx context.Context, req *bot.Request, c storage.Chat) (hoursView, error) {
	v := hoursView{hours: h}
	if c.ID != req.Chat.ID {
		v.Where = c.Title
	}
	all, err := req.Tx.SchedulesIn(ctx, c.ID)
	if err != nil {
		return v, err
	}
	for _, s := range all {
		j, _, err := loadIn(ctx, &req.Tx.Reader, s, c.ID)
		if err != nil {
			return v, err
		}
		in := hush{h.From, h.Until, h.Rule}
		for _, t := range j.upcoming(req.Tx.Now, 2*upcomingShown) {
			if _, inside := in.end(t.At); !inside {
				continue
			}
			if len(v.Inside) == shown {
				v.More++
			} else {
				v.Inside = append(v.Inside, affected{s.ID, s.Name, s.Quiet == storage.QuietSend})
			}
			break
		}
	}
	return v, nil
}

func confirmQuiet(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var h hours
	if err := json.Unmarshal(data, &h); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionQuiet, err)
	}
	was, err := h.apply(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	v := hoursView{hours: h}
	v.Audit, err = req.Audit(ctx, actionQuiet, was, h, "", true)
	return bot.Reply{Template: "schedule.quiet_set", Data: v}, err
}

// apply sets the hours and returns those that were.
func (h hours) apply(ctx context.Context, req *bot.Request) (hours, error) {
	q, err := req.Tx.Quiet(ctx, h.Chat)
	if err != nil {
		return hours{}, err
	}
	return hours{h.Chat, q.From, q.Until, q.Rule}, req.Tx.SetQuiet(ctx, storage.QuietHours{ChatID: h.Chat, From: h.From, Until: h.Until, Rule: h.Rule})
}

func undoQuiet(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was, is hours
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	if err := json.Unmarshal([]byte(row.After), &is); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	q, err := req.Tx.Quiet(ctx, was.Chat)
	if err != nil {
		return bot.Reply{}, err
	}
	if (hours{was.Chat, q.From, q.Until, q.Rule}) != is {
		return bot.Reply{}, bot.Refuse("schedule.quiet_overtaken", nil)
	}
	if _, err := was.apply(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "schedule.quiet_set", Data: hoursView{hours: was}}, nil
}
