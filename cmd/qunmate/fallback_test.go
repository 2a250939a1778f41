package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot"
	qy "qunmate/bot/platform/wecomapp/qyapitest"
	wc "qunmate/bot/platform/wecombot/wecomtest"
)

// theRobot is how the configuration names the group robot of wecomGroup.
func theRobot(q *qy.Server, chat string) string {
	return fmt.Sprintf("  webhooks: [{name: news, key: %q, chat: %q}]\n", qy.DefaultRobot, chat)
}

// TestWhatAnAIBotMayNotPostGoesByTheWebhookOfItsGroup: a day after the last word
// in a group WeCom refuses to let the aibot write there. The group's webhook
// posts it, once, and every report says so.
func TestWhatAnAIBotMayNotPostGoesByTheWebhookOfItsGroup(t *testing.T) {
	t.Parallel()
	clock := bot.NewClock(0)
	w, q := wc.New(t, wc.Options{Now: clock.Now}), qy.New(t, qy.Options{Now: clock.Now})
	in := begin(t, clock, fmt.Sprintf("admins: [\"wecom:%s\"]\n", boss)+strings.Replace(aibotConfig(w, ""), w.BaseURL(), q.URL(), 1)+theRobot(q, wecomGroup.ID))
	if err := w.WaitSubscribed(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	w.Tell(wecomGroup, ann, "/checkin")
	until(t, "her answer", func() bool { return len(saidTo(w, ann)) == 1 })
	in.shift(25 * time.Hour) // nobody's message can be answered any more

	posted := func() []qy.Posted { return q.Posted(qy.DefaultRobot) }
	carried := func() int {
		return count(t, in.dir, "SELECT count(*) FROM outbox WHERE state = 'sent' AND via = 'news'")
	}
	mine := wc.Private(boss)
	talk := func(text, answer string) {
		t.Helper()
		before := len(w.SentTo(boss))
		w.Say(mine, boss, text)
		until(t, fmt.Sprintf("%q in the answer to %s", answer, text), func() bool { // a report may come before it
			return slices.ContainsFunc(w.SentTo(boss)[before:], func(s wc.Sent) bool { return strings.Contains(s.Plain(), answer) })
		})
	}
	for i, code := range []int64{wc.CodeDevice, wc.CodeChat} {
		w.Fail(wc.Fault{Cmd: wc.CmdPush, Chat: wecomGroup.ID, Code: code})
		text := fmt.Sprintf("News number %d", i+1)
		// All chats are two, and one room: it is said there once.
		talk("/announce all "+text, "1 group")
		w.Say(mine, boss, "/confirm")
		until(t, text, func() bool { return len(posted()) == i+1 && carried() == i+1 })
		if got := posted()[i]; got.Text != text {
			t.Errorf("%+v", got)
		}
		talk(fmt.Sprintf("/announce details %d", i+1), "by “news”")
	}
	if got := w.SentTo(wecomGroup.ID); len(got) != 1 {
		t.Errorf("the aibot posted %d messages itself", len(got))
	}
	// What the aibot may post it posts itself.
	talk("/announce all By myself", "1 group")
	w.Say(mine, boss, "/confirm")
	until(t, "its own post", func() bool { return len(w.SentTo(wecomGroup.ID)) == 2 })
	in.end(1)
	complain(t, w.Problems())
	complain(t, q.Problems())
}

// TestAnOperatorLearnsTheIDOfAGroup: check -online shows it, and says whether
// what was copied is right.
func TestAnOperatorLearnsTheIDOfAGroup(t *testing.T) {
	t.Parallel()
	w, q := wc.New(t, wc.Options{}), qy.New(t, qy.Options{})
	dir := t.TempDir()
	with := func(chat string) {
		configure(t, dir, nil, strings.Replace(aibotConfig(w, ""), w.BaseURL(), q.URL(), 1)+theRobot(q, chat))
	}
	with("")
	p := launch(t, dir, nil)
	if err := w.WaitSubscribed(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	w.Tell(wecomGroup, ann, "/checkin")
	until(t, "an answer", func() bool { return len(saidTo(w, ann)) == 1 })
	p.stop()
	wantCall(t, dir, 0, "✔ helper: Group "+wecomGroup.ID+" (“Group ", "check", "-online")
	with(strings.ToLower(wecomGroup.ID))
	o := wantCall(t, dir, 1, "✘ news: chat: "+strings.ToLower(wecomGroup.ID)+" is no group that the AI bot was heard in", "check", "-online")
	if strings.Contains(o.out+o.errs, qy.DefaultRobot) {
		t.Errorf("the key is shown: %s", o)
	}
	with(wecomGroup.ID)
	o = wantCall(t, dir, 0, "What I may not post, the webhook “news” posts", "check", "-online")
	if !strings.Contains(o.out, "✔ news: Stands in for the AI bot in group "+wecomGroup.ID) {
		t.Errorf("%s", o)
	}
	complain(t, q.Problems())
}
