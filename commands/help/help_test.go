package help_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
	"qunmate/commands/help"
)

// others are the commands of other families, as far as help sees them.
func others() []bot.Command {
	quiet := func(context.Context, *bot.Request) (bot.Reply, error) { return bot.Reply{}, nil }
	var out []bot.Command
	for _, name := range []string{"checkin", "me", "rank", "why", "makeup"} {
		out = append(out, bot.Command{Name: name, Menu: true, Run: quiet})
	}
	for _, name := range []string{"points", "timezone", "admin"} {
		out = append(out, bot.Command{Name: name, Role: bot.ChatAdmin, Menu: true, Run: quiet})
	}
	for _, name := range []string{"lang", "mydata"} {
		out = append(out, bot.Command{Name: name, Place: bot.Anywhere, Menu: true, Run: quiet})
	}
	return append(out, bot.Command{Name: "community", Menu: true, Run: quiet})
}

func families(s help.Sources) commandtest.Families {
	return commandtest.Families{Commands: append(others(), help.Commands(s)...)}
}

func sources(c help.CheckinRule, t help.TalkRule) help.Sources {
	return help.Sources{
		Checkin: func(context.Context, *bot.Request) (help.CheckinRule, error) { return c, nil },
		Talk:    func(context.Context, *bot.Request) (help.TalkRule, error) { return t, nil },
		Answer:  help.AnswerRule{Points: 20, PerDay: 100, PerPair: 3},
	}
}

func initial() help.Sources {
	return sources(help.CheckinRule{On: true, Base: 5, Step: 1, Cap: 5, Version: 1}, help.TalkRule{Version: 1})
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/help*.chat", families(initial()))
	commandtest.Run(t, "testdata/called*.chat", families(initial()))
	commandtest.Run(t, "testdata/capabilities*.chat", families(initial()))
	commandtest.Run(t, "testdata/rules_first*.chat", families(initial()))
}

func TestTranscriptsOfChangedRules(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time {
		return time.Date(2026, 11, day, hour, 0, 0, 0, time.FixedZone("", 8*3600))
	}
	commandtest.Run(t, "testdata/rules_changed*.chat", families(sources(
		help.CheckinRule{
			On: true, Base: 5, Step: 1, Cap: 7, Version: 4, Since: at(20, 4),
			Next: &help.CheckinRule{On: true, Base: 10, Version: 5, Since: at(23, 4)},
		},
		help.TalkRule{Points: 1, Cap: 10, Version: 2, Since: at(19, 9), Next: &help.TalkRule{Version: 3, Since: at(23, 4)}},
	)))
	commandtest.Run(t, "testdata/rules_off*.chat", families(sources(help.CheckinRule{Version: 1}, help.TalkRule{Version: 1})))
}

// The samples repeat the shapes that the commands hand to the texts.
func TestEveryTextInBothLanguages(t *testing.T) {
	t.Parallel()
	at := bot.Moment{T: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC), Now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
	type item struct{ Key, Word, About string }
	type helpView struct {
		Private, Deaf       bool
		Alone, Bind         bool
		Name, Call, Mention string
		Count               int
		Items, More, Admin  []item
	}
	var named []any
	var items []item
	for _, key := range []string{"checkin", "me", "rank", "why", "makeup", "poll"} {
		items = append(items, item{key, key, "about"})
		named = append(named, items[len(items)-1])
	}
	var admin []any
	for _, key := range []string{"checkin set", "points", "timezone", "community", "admin", "announce"} {
		admin = append(admin, item{Key: key})
	}
	type fix struct {
		How    string
		Rights []string
	}
	fixes := []any{
		fix{"admin", []string{"delete", "invite", "pin"}}, fix{"rights", []string{"pin"}}, fix{"talk", nil}, fix{"send", nil}, fix{"other", []string{"new_right"}},
	}
	type surface struct {
		Title   string
		Call    string
		Members int
		Caps    chat.Caps
		Fixes   []any
		AsOf    *bot.Moment
		Unknown bool
		Groups  []string
		ID      string
	}
	type clock struct {
		Zone  string
		Start int
		From  bot.Moment
	}
	type rules struct {
		Answer  help.AnswerRule
		Checkin help.CheckinRule
		Since   *bot.Moment
		Next    *help.CheckinRule
		NextAt  bot.Moment
		Talk    help.TalkRule
		TalkTo  *help.TalkRule
		TalkAt  bot.Moment
		Clock   clock
		Change  *clock
		Invites string
		Draws   bool
	}
	rule := help.CheckinRule{On: true, Base: 5, Step: 1, Cap: 5, Version: 2}
	talk := help.TalkRule{Points: 1, Cap: 10, Version: 2}
	commandtest.Texts(t, "help", map[string][]any{
		"about":      named,
		"admin_item": admin,
		"more":       {items},
		"help": {
			helpView{Items: items, More: items, Admin: items},
			helpView{Deaf: true, Items: items, More: items},
			helpView{Call: "@helper ", Items: items, More: items, Admin: items},
			helpView{Private: true, Name: "a", Count: 2, Items: items},
			helpView{Private: true, Count: 2},
		},
		"alone":        {helpView{Private: true}, helpView{Private: true, Mention: "@helper"}, helpView{Private: true, More: items}, helpView{Alone: true}, helpView{Alone: true, Bind: true}},
		"figures":      {rule, help.CheckinRule{Base: 5}},
		"talk_figures": {talk, help.TalkRule{}},
		"rules": {
			rules{Checkin: rule, Talk: talk, Invites: "a friend stays → you +50", Draws: true},
			rules{},
			rules{Checkin: rule, Since: &at, Next: &rule, NextAt: at, Talk: talk, TalkTo: &talk, TalkAt: at, Clock: clock{"Asia/Shanghai", 240, at}, Change: &clock{"Asia/Tokyo", 240, at}},
		},
		"right": {"delete", "invite", "pin", "new_right"},
		"fix":   fixes,
		"capabilities": {
			surface{Title: "a"},
			surface{Title: "a", Call: "@helper", ID: "wr1"},
			surface{Title: "a", Groups: []string{"b"}},
			surface{Title: "a", Caps: chat.Caps{Delete: true}, Unknown: true},
			surface{Title: "a", Members: 1, Caps: chat.Caps{Hears: true, Joins: true, Whispers: true, Choices: true, Edit: true, Push: true, Files: true, AdminList: true, PerMinute: 20}, Fixes: fixes, AsOf: &at},
		},
		"silent":               {surface{Groups: []string{"a"}}, surface{Groups: []string{"a", "b", "c", "d"}}},
		"capabilities_private": {surface{}, surface{Caps: chat.Caps{Files: true, Push: true}}, surface{Caps: chat.Caps{OneToOne: true}}, surface{Caps: chat.Caps{OneToOne: true, Push: true}}, surface{Caps: chat.Caps{OneToOne: true, Push: true, PushFor: 48 * time.Hour}}, surface{Caps: chat.Caps{OneToOne: true, Push: true, PerMinute: 30}}},
	})
}

func TestFixesNameEachThingOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		missing []string
		want    []string
	}{
		{nil, nil},
		{[]string{}, nil},
		{[]string{"delete", "pin"}, []string{"rights: delete pin"}},
		// What an administrator has anyway is not asked for a second time.
		{[]string{"admin", "delete", "invite", "pin", "hear_all_talk"}, []string{"admin: delete invite pin"}},
		{[]string{"admin", "send"}, []string{"admin: delete invite pin", "send: send"}},
		{[]string{"hear_all_talk"}, []string{"talk: hear_all_talk"}},
		{[]string{"invite", "send", "hear_all_talk"}, []string{"rights: invite", "talk: hear_all_talk", "send: send"}},
		{[]string{"manage_topics"}, []string{"other: manage_topics"}},
	} {
		if got := help.Fixes(c.missing); !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.missing, got, c.want)
		}
	}
}

func TestHelpShowsWhatIsThereAndMayBeUsed(t *testing.T) {
	t.Parallel()
	commands := append(others(), help.Commands(initial())...)
	commands = append(commands, bot.Command{Name: "shop", Menu: true}, bot.Command{Name: "join", Menu: true}, bot.Command{Name: "report", Role: bot.ChatAdmin, Menu: true})
	lines, more, admin := help.Arrange(commands, false)
	if !slices.Equal(lines, []string{"checkin", "me", "rank", "why", "makeup"}) ||
		!slices.Equal(more, []string{"rules", "capabilities", "lang", "mydata", "shop"}) || len(admin) != 0 {
		t.Errorf("member: %q %q %q", lines, more, admin)
	}
	_, _, admin = help.Arrange(commands, true)
	if !slices.Equal(admin, []string{"checkin set", "points", "timezone", "community", "admin", "report"}) {
		t.Errorf("administrator: %q", admin)
	}
	lines, more, admin = help.Arrange(nil, true)
	if len(lines)+len(more)+len(admin) != 0 {
		t.Errorf("a program without commands: %q %q %q", lines, more, admin)
	}
}
