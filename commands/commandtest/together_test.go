package commandtest_test

import (
	"context"
	"path/filepath"
	"testing"

	"qunmate/bot"
	"qunmate/commands/checkin"
	"qunmate/commands/commandtest"
	"qunmate/commands/faq"
	"qunmate/commands/feedback"
	"qunmate/commands/help"
	"qunmate/commands/invite"
	"qunmate/commands/points"
	"qunmate/commands/poll"
	"qunmate/commands/qa"
	"qunmate/commands/quiz"
	"qunmate/commands/remind"
	"qunmate/commands/schedule"
	"qunmate/commands/settings"
	"qunmate/commands/signup"
)

// everything is what the program can do, put together as cmd does it.
func everything() commandtest.Families {
	f := commandtest.Ledger()
	n := byte(0)
	own := settings.Options{
		Random: func(b []byte) { // the same codes in every run
			for i := range b {
				n++
				b[i] = n * 37
			}
		},
		Bound: invite.Bound, Parted: invite.Parted,
		CheckinRule: func(ctx context.Context, req *bot.Request) (settings.Rule, error) {
			r, err := checkinRule(ctx, req)
			return settings.Rule{On: r.On, Base: r.Base, Step: r.Step, Cap: r.Cap}, err
		},
	}
	f.Commands = append(f.Commands, settings.Commands(own)...)
	f.Commands = append(f.Commands, help.Commands(help.Sources{Checkin: checkinRule, Talk: talkRule, Invites: invite.RuleInWords})...)
	f.Actions = append(f.Actions, settings.Actions(own)...)
	f.Listeners = append(f.Listeners, settings.Listeners()...)
	f.Commands = append(f.Commands, quiz.Commands(quiz.Options{Random: own.Random})...)
	f.Actions = append(f.Actions, quiz.Actions()...)
	f.Listeners = append(f.Listeners, quiz.Listeners()...)
	f.Commands = append(f.Commands, invite.Commands(invite.Options{Secret: []byte("the same in every run")})...)
	f.Actions = append(f.Actions, invite.Actions()...)
	f.Listeners = append(f.Listeners, invite.Listeners()...)
	f.Commands = append(f.Commands, faq.Commands()...)
	f.Actions = append(f.Actions, faq.Actions()...)
	f.Listeners = append(f.Listeners, faq.Listeners()...)
	f.Commands = append(f.Commands, feedback.Commands()...)
	f.Actions = append(f.Actions, feedback.Actions()...)
	f.Commands = append(f.Commands, qa.Commands()...)
	f.Actions = append(f.Actions, qa.Actions()...)
	f.Listeners = append(f.Listeners, qa.Listeners()...)
	f.Commands = append(f.Commands, schedule.Commands()...)
	f.Actions = append(f.Actions, schedule.Actions()...)
	f.Listeners = append(f.Listeners, schedule.Listeners()...)
	f.Commands = append(f.Commands, poll.Commands()...)
	f.Actions = append(f.Actions, poll.Actions()...)
	f.Listeners = append(f.Listeners, poll.Listeners()...)
	f.Commands = append(f.Commands, signup.Commands()...)
	f.Actions = append(f.Actions, signup.Actions()...)
	f.Listeners = append(f.Listeners, signup.Listeners()...)
	f.Commands = append(f.Commands, remind.Commands()...)
	f.Actions = append(f.Actions, remind.Actions()...)
	f.Listeners = append(f.Listeners, remind.Listeners()...)
	return f
}

func checkinRule(ctx context.Context, req *bot.Request) (help.CheckinRule, error) {
	r, version, err := checkin.RuleAt(ctx, req)
	if err != nil {
		return help.CheckinRule{}, err
	}
	on, err := checkin.IsOn(ctx, req)
	return help.CheckinRule{On: on, Base: int64(r.Base), Step: int64(r.Step), Cap: int64(r.Cap), Version: version}, err
}

func talkRule(ctx context.Context, req *bot.Request) (help.TalkRule, error) {
	r, version, err := points.TalkRuleAt(ctx, req)
	return help.TalkRule{Points: int64(r.Points), Cap: int64(r.Cap), Version: version}, err
}

func TestTranscriptsOfAllFamiliesTogether(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files { // each with codes of its own
		commandtest.Run(t, f, everything())
	}
}

func TestEveryCommandOfTheProgramCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, everything().Commands...)
}
