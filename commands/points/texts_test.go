package points_test

import (
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
	"qunmate/commands/points"
)

type named map[string]any

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, points.Commands()...)
}

// entry is a line of /why.
func entry(kind string, amount int64, detail named) named {
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	return named{"ID": int64(8812), "Amount": amount, "Kind": kind, "Rule": 4, "At": bot.Moment{T: now.Add(-30 * time.Hour), Now: now}, "Detail": detail, "Was": int64(8641), "Card": int64(0), "IsCard": false, "By": "老周 <b>"}
}

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	var me, ranks, hidden, adjust, talk []any
	withCard, card, repaired := entry("checkin", 5, named{"base": 5.0, "bonus": 0.0}), entry("card", 1, named{"streak": 1.0}), entry("makeup", -1, named{"day": "2026-11-20"})
	withCard["Card"], card["IsCard"], repaired["IsCard"] = int64(1), true, true
	week := entry("card", 1, named{"streak": 7.0})
	week["IsCard"] = true
	lines := []named{
		entry("checkin", 10, named{"base": 5.0, "bonus": 5.0}), withCard, entry("talk", 2, named{"n": 3.0}), entry("invite", 50, named{"name": "小王"}), entry("invite_self", -50, named{"name": "小王"}), entry("invite_same", -50, named{"name": "小王"}), entry("milestone", 100, named{"count": 5.0}), entry("milestone_back", -100, named{"count": 5.0}), entry("invited", 20, named{"name": "小王"}), entry("invite_back", -50, named{"name": "小王", "day": 3.0, "keep": 7.0}),
		entry("invite_pending", 50, named{"name": "小王"}), entry("invited_pending", 20, named{"name": "小王"}), entry("invite_release", -50, named{"name": "小王"}), entry("quiz", 20, named{"round": 3.0, "right": 9.0, "of": 10.0, "fast": 2.0}), entry("quiz", 2, named{"round": 3.0, "right": 1.0, "of": 10.0, "fast": 0.0}), entry("answer", 20, named{"question": 45.0}), entry("adjust", 20, named{"reason": "分享"}),
		entry("adjust", -20, named{"reason": "迟到"}), entry("undo", 20, named{"reason": "迟到"}), entry("answer_back", -20, named{"question": 45}), entry("bind", 36, named{"from": "wecom", "into": "telegram"}), entry("bind_days", -10, named{"days": 2.0}), entry("unbind", -36, named{}), entry("transfer", 236, named{"from": "产品群 <b>", "to": "读书会"}), entry("transfer", 5, named{"from": "产品群", "to": "产品群"}),
		entry("something_new", 1, named{}), card, week, repaired,
	}
	var each []any
	for _, l := range lines {
		each = append(each, l)
	}
	for n := range 3 {
		me = append(me, named{"Name": "小满", "Balance": int64(n), "Pending": int64(n), "Cards": int64(n), "Streak": n, "Best": n, "CheckedIn": n > 0, "Place": n, "Hidden": n == 2})
	}
	for _, kind := range []string{"points", "streak", "days", "invite", "quiz"} {
		for _, period := range []string{"day", "week", "month", "all"} {
			for place := range 2 {
				top := []named{{"Place": 1, "Name": "小满", "Value": int64(46)}, {"Place": 2, "Name": "阿宁", "Value": int64(1)}}
				ranks = append(ranks,
					named{"Kind": kind, "Period": period, "Top": top, "Own": named{"Place": place, "Value": int64(place)}, "Listed": false, "Hidden": place > 0},
					named{"Kind": kind, "Period": period, "Top": nil, "Own": named{"Place": 0, "Value": int64(0)}, "Listed": false, "Hidden": false})
			}
		}
	}
	for _, h := range []bool{false, true} {
		hidden = append(hidden, named{"Hidden": h})
	}
	for _, n := range []int64{-20, 20} {
		adjust = append(adjust, named{"Name": "阿宁", "Amount": n, "Reason": "分享 <b>", "Before": int64(236), "After": 236 + n, "Audit": int64(9), "Entry": int64(99), "Max": 100_000})
	}
	for _, r := range []points.TalkRule{{}, {Points: 1, Cap: 10}} {
		talk = append(talk, named{"Rule": r, "Was": r, "Audit": int64(9), "Version": 2})
	}
	commandtest.Texts(t, "points", map[string][]any{
		"button_why": none, "button_rank": none, "button_older": none, "me": me, "cause": each, "entry": each, "why_one": each,
		"why":       {named{"Lines": lines, "Older": false}, named{"Lines": []named{}, "Older": false}, named{"Lines": []named{}, "Older": true}},
		"not_yours": {named{"ID": int64(9999)}},
		"rank":      ranks, "rank_usage": {named{"Word": "财富"}}, "hidden": hidden,
		"bad_amount": adjust, "no_reason": adjust, "below_zero": adjust, "undo_below_zero": adjust,
		"adjust_title": adjust, "adjust_preview": adjust, "adjusted": adjust, "undone": adjust,
		"talk_rule": {points.TalkRule{}, points.TalkRule{Points: 1, Cap: 10}}, "talk_title": none, "talk_usage": {named{"Points": 100, "Cap": 1000}},
		"talk_same": none, "talk_preview": talk, "talk_done": talk, "talk_undone": talk, "talk_overtaken": {named{"ID": int64(9)}},
	})
}
