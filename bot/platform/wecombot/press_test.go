package wecombot

import (
	"slices"
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestAnAnswerToAClickIsShownToTheClickerAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		card   int // how many choices the card has
		answer chat.Content
		after  int // seconds after the click
		forget bool
		want   string // how it is sent
		check  func(*testing.T, *wecomtest.Card)
	}{
		"buttons": {3, chat.Content{Text: "voted <b>B</b>", Private: true}, 1, false, wecomtest.CmdUpdate, func(t *testing.T, c *wecomtest.Card) {
			t.Helper()
			if c.SubTitleText != "voted B\nuntil eight" || c.MainTitle.Title != "Party?" || len(c.Buttons) != 3 || len(c.Horizontal) != 3 {
				t.Errorf("%+v", c)
			}
		}},
		"a vote": {9, chat.Content{Text: "voted B", Private: true}, 1, false, wecomtest.CmdUpdate, func(t *testing.T, c *wecomtest.Card) {
			t.Helper()
			if c.MainTitle.Desc != "voted B" || c.MainTitle.Title != "Party?" || len(c.Checkbox.Options) != 9 {
				t.Errorf("%+v", c)
			}
		}},
		"other choices": {3, chat.Content{Text: "sure?", Private: true, Choices: []chat.Choice{choice("Yes", "/yes"), choice("No", "/no")}}, 1, false, wecomtest.CmdUpdate, func(t *testing.T, c *wecomtest.Card) {
			t.Helper()
			if c.SubTitleText != "sure?" || len(c.Buttons) != 2 || c.Horizontal[0].Value != "@helper /yes" {
				t.Errorf("%+v", c)
			}
		}},
		"too late":             {3, chat.Content{Text: "voted B", Private: true}, 6, false, wecomtest.CmdPush, nil},
		"forgotten":            {3, chat.Content{Text: "voted B", Private: true}, 1, true, wecomtest.CmdPush, nil},
		"too long":             {3, chat.Content{Text: strings.Repeat("x", 113), Private: true}, 1, false, wecomtest.CmdPush, nil},
		"too long for a vote":  {9, chat.Content{Text: strings.Repeat("x", 31), Private: true}, 1, false, wecomtest.CmdPush, nil},
		"choices for a vote":   {9, chat.Content{Text: "sure?", Private: true, Choices: votes(2)}, 1, false, wecomtest.CmdPush, nil},
		"a link":               {3, chat.Content{Text: `<a href="https://example.com">x</a>`, Private: true}, 1, false, wecomtest.CmdPush, nil},
		"for everybody":        {3, chat.Content{Text: "closed"}, 1, false, wecomtest.CmdPush, nil},
		"too many new choices": {3, chat.Content{Text: "?", Private: true, Choices: votes(7)}, 1, false, wecomtest.CmdPush, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, nil, func(r *rig) {
				k := newSink()
				stop := r.up(k.deliver)
				ev := r.heard(k, group, "lilei", "/poll")
				r.mustSend(letter(ev, "Party?<br>until eight", votes(c.card)...))
				if c.card > maxButtons {
					r.s.Choose(group, "hanmei", "Option 2")
				} else {
					r.s.Press(group, "hanmei", "Option 2")
				}
				press := k.wait(r.t, 2)[1]
				if c.after > 1 {
					waitFor(r.t, eventFor+1)
				}
				if c.forget {
					r.cards = cards{}
				}
				l := letter(press, "")
				l.Content = c.answer
				before := len(r.s.Sent())
				sent := r.mustSend(l)
				m := r.s.Sent()[before]
				if m.Cmd != c.want || sent.Shown != (c.answer.Private && c.want == wecomtest.CmdPush) {
					r.t.Fatalf("%s, %+v", m.Cmd, sent)
				}
				if c.want == wecomtest.CmdUpdate {
					if !slices.Equal(m.UserIDs, []string{"hanmei"}) {
						r.t.Errorf("shown to %v", m.UserIDs)
					}
					c.check(r.t, m.Card)
				} else if c.answer.Private && m.Text != "" && !strings.HasPrefix(m.Text, "@hanmei ") {
					r.t.Errorf("nobody is addressed: %q", m.Text)
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}
