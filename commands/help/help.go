// Package help says what a person can do here (/help), what is rewarded
// (/rules) and what the chat's platform can and cannot do (/capabilities).
//
// It keeps nothing and knows no other family: the figures of the rules are
// handed to it, what the program can do it asks the engine.
package help

import (
	"context"
	"slices"

	"qunmate/bot"
)

// Commands of the family.
func Commands(s Sources) []bot.Command {
	return []bot.Command{
		{Name: "start", Place: bot.Anywhere, Run: help},
		{Name: "help", Place: bot.Anywhere, Menu: true, Run: help},
		{Name: "rules", Menu: true, Impersonal: true, Run: s.rules},
		{Name: "capabilities", Place: bot.Anywhere, Menu: true, Run: capabilities},
	}
}

// item is one command as help shows it.
type item struct {
	Key   string
	Word  string // how people of the language call it
	About string // the line of the menus, for commands that help has no words for
}

// view is what help shows: at most eight lines.
type view struct {
	Private bool
	Deaf    bool   // ordinary talk does not reach the bot: names need a slash
	Call    string // what must stand before everything, "@helper "; empty: nothing
	Mention string // how the bot is spoken to in the groups of this network, where that is needed
	Alone   bool   // a network without groups
	Bind    bool   // /bind is there
	Name    string // private: the community that commands act on
	Count   int    // private: how many communities the person is in
	Items   []item // a line each
	More    []item // one line
	Admin   []item // one line, for those who may
}

// help answers /start and /help. What follows the command is tolerated: deep
// links carry a word there.
func help(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	v := view{Private: req.Private, Mention: req.Caps.Mention, Alone: req.Caps.OneToOne, Bind: req.Can("bind")}
	var err error
	if v.Call, err = req.Call(); err != nil {
		return bot.Reply{}, err
	}
	v.Deaf = !req.Private && !req.Caps.Hears && v.Call == ""
	if req.Private {
		all, err := req.Communities(ctx)
		if err != nil {
			return bot.Reply{}, err
		}
		v.Count = len(all)
		for _, c := range all {
			if c.ID == req.Community {
				v.Name = c.Name
			}
		}
	}
	// A new administrator must find his commands here, so this may have to wait
	// for the platform's list, as every command of his does.
	admin, err := req.Is(ctx, bot.ChatAdmin)
	if err != nil {
		return bot.Reply{}, err
	}
	plan := arrange(req.Commands(), admin)
	v.Items, v.More, v.Admin = words(req, plan.lines), words(req, plan.more), words(req, plan.admin)
	if req.Private && v.Count == 0 {
		v.More = slices.DeleteFunc(v.More, func(i item) bool { return !slices.Contains(anywhere, i.Key) })
		return bot.Reply{Template: "help.alone", Data: v}, nil
	}
	return bot.Reply{Template: "help.help", Data: v}, nil
}

func words(req *bot.Request, keys []string) []item {
	out := make([]item, 0, len(keys))
	for _, key := range keys {
		out = append(out, item{Key: key, Word: req.Names().Local(req.Language, key), About: req.Names().About(req.Language, key)})
	}
	return out
}

// plan is help's order of commands, by key.
type plan struct{ lines, more, admin []string }

// What people use most stands first; what is not registered is left out, and
// what is not listed here comes behind.
var (
	lineOrder  = []string{"checkin", "me", "rank", "why", "makeup"}
	moreOrder  = []string{"rules", "ask", "faq", "signup", "invite", "verify", "feedback", "bind", "capabilities", "lang", "mydata"}
	adminOrder = []string{"checkin set", "points", "faq", "quiz", "poll", "draw", "signup", "announce", "schedule", "remind", "timezone", "community", "admin"}
	// What belongs to a post of the group stands below that post.
	unlisted = []string{"start", "help", "answer", "claim", "code", "invites", "join", "leave", "questions", "vote"}
	// anywhere is what works for a person whom no group knows.
	anywhere = []string{"capabilities", "lang", "mydata"}
)

func arrange(commands []bot.Command, admin bool) plan {
	have := map[string]bool{}
	var p plan
	for _, c := range commands {
		have[c.Name] = true
		// The sub-command that changes the rules is in no menu, and what an
		// administrator comes for.
		have["checkin set"] = have["checkin set"] || c.Name == "checkin"
	}
	p.lines, p.more = present(lineOrder, have), present(moreOrder, have)
	if admin {
		p.admin = present(adminOrder, have)
	}
	for _, c := range commands {
		switch {
		case slices.Contains(slices.Concat(lineOrder, moreOrder, adminOrder, unlisted), c.Name):
		case c.Role < bot.ChatAdmin:
			p.more = append(p.more, c.Name)
		case admin:
			p.admin = append(p.admin, c.Name)
		}
	}
	return p
}

func present(order []string, have map[string]bool) []string {
	var out []string
	for _, key := range order {
		if have[key] {
			out = append(out, key)
		}
	}
	return out
}
