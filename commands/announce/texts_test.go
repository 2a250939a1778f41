package announce_test

import (
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	at := bot.Moment{T: now.Add(time.Hour), Now: now}
	id := []any{named{"ID": 7}}
	text := func(keys ...string) []any {
		m := named{"Max": 3500, "Title": "读书会 <b>", "Count": 3, "Text": "25:00", "ID": "5", "Name": "读书汇", "Near": "", "Platform": "wecom", "At": at, "Private": false}
		for i := 0; i+1 < len(keys); i += 2 {
			m[keys[i]] = keys[i+1]
		}
		return []any{m}
	}
	scopes := []named{
		{"People": false, "Count": 14, "Names": nil, "Platforms": []named{{"Platform": "telegram", "Count": 9}, {"Platform": "wecom", "Count": 5}}, "Confirm": 2, "Used": 1, "Mute": 1},
		{"People": false, "Count": 1, "Names": []string{"产品群"}, "Platforms": []named{{"Platform": "sandbox", "Count": 1}}, "Confirm": 0, "Used": 0, "Mute": 0},
		{"People": true, "Count": 12, "Full": 3},
	}
	var scopeSamples, previews, again, planned []any
	for _, s := range scopes {
		scopeSamples = append(scopeSamples, s)
		p := named{
			"Lines": []string{"明晚 8 点直播 <b>", "带你看新品"}, "Count": 2, "More": true, "Buttons": []named{{"Label": "看直播", "URL": "https://example.com"}},
			"Picture": true, "Lost": 2, "Gone": true, "Corrects": int64(0), "Scope": s, "At": &at, "Same": 7, "SameAt": at, "SamePlan": false,
		}
		previews = append(previews, p, named{"Lines": []string{"x"}, "Count": 1, "More": false, "Buttons": nil, "Picture": false, "Lost": 0, "Gone": false, "Corrects": 7, "Scope": s, "At": nil})
		plan := named{"Same": 7, "SameAt": at, "SamePlan": true, "Scope": s}
		again = append(again, p, plan)
		planned = append(planned, named{"ID": 7, "At": at, "Scope": s, "Audit": 12})
	}
	var why []any
	for _, w := range []string{"removed", "blocked", "no_right", "no_route", "expired", "quota", "unreachable", "opted_out", "lost_right", "rejected"} {
		why = append(why, w)
	}
	bad := []named{{"Title": "读书会", "Reason": "removed", "Count": 0}, {"Title": "", "Reason": "blocked", "Count": 2}}
	tally := named{
		"Total": 14, "Reached": 11, "Delivered": 9, "Waiting": 2, "Failed": 1, "Uncertain": 1, "Sending": 3, "Withdrawn": 1, "Recalled": 2, "Recalling": 1, "Stuck": 1, "Bare": 2,
		"Bad": bad, "Unsure": []string{"产品群"},
	}
	zero := named{"Total": 1, "Reached": 1, "Waiting": 0, "Failed": 0, "Uncertain": 0, "Sending": 0, "Withdrawn": 0, "Recalled": 0, "Recalling": 0, "Stuck": 0, "Bare": 0, "Bad": nil, "Unsure": nil}
	report := func(tally named) named {
		return named{"ID": 7, "Tally": tally, "People": false, "More": 2, "Corrects": int64(0), "Hide": true}
	}
	reports := []any{
		report(tally), report(zero),
		named{"ID": 8, "Tally": tally, "People": true, "More": 0, "Corrects": int64(0), "Hide": false},
		named{"ID": 8, "Tally": zero, "People": false, "More": 0, "Corrects": 7, "Hide": false},
	}
	var outcomes, lines, unsent []any
	for _, s := range []string{"delivered", "failed", "uncertain", "waiting", "recalled", "withdrawn", "sending"} {
		outcomes = append(outcomes, named{"Title": "读书会", "Bare": true, "State": s, "Reason": "removed", "At": at, "Via": ""})
	}
	outcomes = append(outcomes, named{"Title": "读书会", "Bare": false, "State": "delivered", "Reason": "", "At": at, "Via": "news"})
	for _, s := range []string{"sent", "planned", "missed", "cancelled"} {
		l := named{"ID": 7, "Text": "明晚…", "State": s, "At": at, "Tally": tally, "People": true}
		unsent, lines = append(unsent, l), append(lines, l)
	}
	mends := []any{
		named{"ID": 7, "Count": 2, "Names": []string{"读书会"}, "Still": bad, "Left": 1, "Queued": 1},
		named{"ID": 7, "Count": 0, "Names": nil, "Still": nil, "Left": 0, "Queued": 0},
		named{"ID": 7, "Count": 0, "Names": nil, "Still": bad, "Left": 2, "Queued": 0},
	}
	var dms []any
	for _, on := range []bool{true, false} {
		dms = append(dms, named{"On": on, "Had": 1, "Most": 4, "Same": on, "Chat": false}, named{"On": on, "Had": 1, "Most": 4, "Same": !on, "Chat": true})
	}
	commandtest.Texts(t, "announce", map[string][]any{
		"refused": text(), "no_text": text(), "too_long": text(), "bad_button": text(),
		"no_chat":  append(append(text(), text("Near", "读书会")...), text("Near", "读书会", "Text", "")...),
		"several":  {named{"Name": "读书会", "Chats": []named{{"Platform": "telegram", "Token": "chat:1"}, {"Platform": "wecom", "Token": "chat:2"}}}},
		"not_here": none, "none_there": text(), "whose_community": none, "nowhere": none, "no_people": {named{"Full": 0}, named{"Full": 2}}, "where": text(), "no_draft": none, "bad_time": text(), "which_time": text(),
		"time_over": text(), "bad_target": text(), "correction_target": none, "lost_right": text(),
		"surface": {"telegram", "wecom", "wechat", "sandbox", "test"}, "scope": scopeSamples, "lines": previews, "title": previews, "preview": previews, "again": again,
		"targets": text(), "entry": {named{"ID": 3, "People": false}, named{"ID": 3, "People": true}}, "planned": planned, "missed": {named{"ID": 7, "At": at}}, "dropped": planned, "unsent": unsent,
		"why": why, "bad": {bad}, "counts": reports, "report": reports, "list": {lines, nil}, "outcome": outcomes,
		"details": {
			named{"Report": report(tally), "Lines": outcomes, "More": 3},
			named{"Report": named{"ID": 7, "People": true, "Tally": tally}, "Lines": nil, "More": 0},
		},
		"retried": mends, "recalling": mends, "resend_title": {named{"ID": 7, "Title": "读书会"}}, "resend_preview": {named{"ID": 7, "Title": "读书会"}},
		"not_unsure": id, "correct_what": id, "correct_not": id, "correction_head": none, "no_such": id,
		"button_send": none, "button_at": {at}, "button_plan": {at}, "button_now": none, "button_when": {at}, "button_target": none, "button_anyway": none,
		"button_all": {1, 14}, "button_here": none, "button_community": {3}, "button_platform": {named{"Platform": "telegram", "Count": 9}}, "button_chat": {"读书会"},
		"button_retry": none, "button_recall": none, "button_details": none, "button_resend": {"读书会"}, "button_correct": none, "button_drop": none,
		"button_dm_on": none, "button_dm_off": none, "dm": dms, "dm_set": dms, "dm_usage": none, "dm_foot": none,
	})
}
