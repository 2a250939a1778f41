package checkin_test

import (
	"maps"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/checkin"
	"qunmate/commands/commandtest"
)

type named map[string]any

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, checkin.Commands()...)
}

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	today, tomorrow := bot.Moment{T: now, Now: now}, bot.Moment{T: now.Add(20 * time.Hour), Now: now}
	none := []any{nil}
	done := func(change named) named {
		d := named{"Name": "小满 <b>", "Gained": int64(10), "Base": 5, "Bonus": 5, "Streak": 7, "Place": 12, "Balance": int64(236), "Cards": int64(1), "NewCard": false, "Missed": 0, "Repair": false, "Until": tomorrow, "Late": "", "Call": "@小助手 "}
		maps.Copy(d, change)
		return d
	}
	var already, makeup, switches, rules, sets, undone, digests, ranges []any
	for _, other := range []string{"", "读书会"} {
		for _, repaired := range []bool{false, true} {
			for _, domain := range []string{"", "telegram"} {
				for _, copied := range []bool{false, repaired} {
					already = append(already, named{"At": today, "Gained": int64(10), "Streak": 1, "Balance": int64(5), "Repaired": repaired, "Next": tomorrow, "Other": other, "Domain": domain, "Copied": copied})
				}
			}
		}
	}
	for n := range 3 {
		makeup = append(makeup, named{"Day": "11-20", "Streak": n, "Cards": int64(n), "At": today})
	}
	for _, rule := range []checkin.Rule{checkin.DefaultRule(), {Base: 10}, {}} {
		rules = append(rules, rule)
		for _, diff := range []int64{-60, 0, 320} {
			view := named{"Rule": rule, "Start": 240, "Diff": diff, "Percent": int(diff) / 10, "Days": 7, "From": tomorrow, "Version": int(diff + 60), "Audit": int64(881), "Pending": diff > 0}
			sets, undone = append(sets, view), append(undone, view)
		}
	}
	for _, on := range []bool{false, true} {
		for _, edit := range []bool{false, true} {
			switches = append(switches, named{"On": on, "ID": int64(3), "Edit": edit})
		}
	}
	for n := range 3 {
		digests = append(digests, named{"Count": n + 1, "Name": "小满", "Longest": n, "Over": ""}, named{"Count": n + 1, "Name": "小满", "Longest": n, "Over": "2026-11-21"})
	}
	for _, what := range []string{"base", "streak", "cap"} {
		ranges = append(ranges, named{"What": what, "Max": 1000})
	}
	commandtest.Texts(t, "checkin", map[string][]any{
		"no_args": {named{"Cards": int64(0)}, named{"Cards": int64(1)}},
		"is_off":  none,
		"done": {
			done(nil), done(named{"Bonus": 0, "Streak": 1, "NewCard": true}), done(named{"Missed": 1, "Repair": true}), done(named{"Missed": 1}),
			done(named{"Missed": 3, "Streak": 1}), done(named{"Late": "2026-11-21"}), done(named{"Late": "2026-11-21", "NewCard": true}),
		},
		"done_short": {
			done(nil), done(named{"Streak": 1, "NewCard": true}), done(named{"Missed": 1, "Repair": true}), done(named{"Missed": 3}), done(named{"Late": "2026-11-21"}),
		},
		"already_short": already,
		"brief":         {done(nil)}, "crowd": {done(nil)}, "button_why": none, "button_rank": none, "already": already, "label_open": none, "label_done": none,
		"makeup_done": makeup, "makeup_twice": makeup, "makeup_needless": makeup, "makeup_no_card": makeup, "makeup_only_yesterday": none,
		"no_such_day": {named{"Day": "2026-02-30"}},
		"switch_args": none, "switched": switches, "switch_same": switches, "switch_undone": switches,
		"rule": rules, "set_title": none, "set_preview": sets, "set_done": sets, "set_undone": undone, "undo_overtaken": {named{"ID": 3}},
		"set_same": none, "set_usage": none, "set_unknown": {named{"Word": "bonus"}}, "set_range": ranges, "set_reset": {named{"Value": "25:00"}},
		"digest": digests, "digest_usage": none, "digest_set": switches, "digest_same": switches, "digest_undone": switches,
	})
}
