package schedule_test

import (
	"maps"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	at := func(d time.Duration) bot.Moment { return bot.Moment{T: now.Add(d), Now: now} }
	soon, far := at(time.Hour), at(60*24*time.Hour)
	none := []any{nil}
	var terms, festivals, rules, conditions, missed, whys, states, skips, days []any
	for d := now; d.Year() < 2028; d = d.AddDate(0, 0, 1) {
		day := when.DayOf(d)
		if day.Term != "" {
			terms = append(terms, day.Term)
		}
		for _, f := range []string{day.Festival, day.Holiday} {
			if f != "" {
				festivals = append(festivals, f)
			}
		}
	}
	festivals = append(festivals, "national_mid_autumn", "victory")
	for _, text := range []string{
		"每天 7:30、21:00", "每周一三五 9:00", "每月1、15号 9:00", "每月底 9:00", "每年10月1日 9:00", "农历八月十五 9:00", "除夕 9:00", "每30分钟", "每小时", "每2小时", "0 9 * * 1",
		"隔天 9:00", "每3天 9:00", "隔周周一、五 9:00", "每4周周一 9:00", "工作日 8点", "每天 8点 跳过 休息日 跳过 周末 跳过 节假日 仅 休息日",
	} {
		r, _, err := when.RuleHead(text)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, named{"Rule": r, "At": soon})
		if len(r.Skip)+len(r.Only) > 0 {
			conditions = append(conditions, named{"Rule": r})
		}
	}
	rules = append(rules, named{"Rule": when.Rule{Kind: when.Once}, "At": far})
	for _, m := range []string{storage.MissedSkip, storage.MissedLate, storage.MissedOnce} {
		missed = append(missed, named{"Missed": m, "Late": 10})
	}
	why := func(word, detail string) named {
		return named{"To": nil, "Why": word, "Detail": detail, "At": soon, "Up": far, "State": storage.Missed, "ID": int64(3), "Name": "早安 <b>", "Groups": []string{"产品群"}, "More": 0, "Chats": 1, "Zone": "", "Late": 10}
	}
	for _, w := range []string{"down", "asleep", "expired", "overtaken", "template", "left", "quiet", "empty", "dead", "uncertain", "paused", "deleted", "changed", "weekend", "makeup", "workday", "other"} {
		whys = append(whys, why(w, "no rights"))
	}
	whys = append(whys, why("holiday", "national"))
	for _, s := range []string{storage.Planned, storage.Sending, storage.Sent, storage.Uncertain, storage.Missed, storage.Skipped} {
		line := why("weekend", "")
		line["State"] = s
		states = append(states, line)
		if s == storage.Planned || s == storage.Sent {
			moved := why("quiet", "")
			moved["State"], moved["To"] = s, &far
			states = append(states, moved)
		}
	}
	for _, s := range []named{{"Skip": "holiday", "Key": "spring"}, {"Skip": "weekend"}, {"Skip": "makeup"}, {"Skip": "workday"}, {"Skip": "quiet"}, {"Skip": "left"}} {
		skips = append(skips, s)
	}
	for _, d := range []string{"rest", "work", "holiday", "weekend"} {
		days = append(days, d)
	}
	turns := []named{
		{"Skip": "", "From": soon, "Clock": true}, {"Skip": "weekend", "Key": "", "From": soon, "To": far, "Many": true, "Clock": false}, {"Skip": "", "From": far, "Clock": false},
	}
	faults := []bot.PostFault{{File: "morning.html", Cause: "morning.html:3: no"}}
	job := func(state string) named {
		return named{
			"ID": int64(3), "Name": "早安", "Rule": when.Rule{Kind: when.Daily, Times: []int{450}}, "Zone": "Asia/Shanghai", "Missed": "late", "Late": 10, "State": state, "Turns": turns,
			"Next": &soon, "At": soon, "From": nil, "Guess": true, "Year": 2028, "Sample": []string{"早", "安"}, "Away": false, "Gone": []string{"a", "b", "c", "d"}, "Groups": []string{"产品群", "读书会"}, "More": 3, "Zones": false, "Quiet": named{"From": 1320, "Until": 480, "Rule": "move"},
			"Queue": "", "Empty": false, "Change": false, "Faults": faults, "Audit": int64(7),
		}
	}
	with := func(more named) named {
		out := job(storage.ScheduleActive)
		maps.Copy(out, more)
		return out
	}
	post := named{"At": soon, "To": nil, "Lines": []string{"a", "b"}, "Number": 0, "Empty": false, "Cut": 0}
	coming := []any{
		post, named{"At": soon, "To": &far, "Lines": []string{"a"}, "Number": 3, "Empty": false, "Cut": 900}, named{"At": soon, "To": nil, "Lines": nil, "Number": 0, "Empty": true, "Cut": 0},
	}
	others := []named{{"Title": "读书会", "Next": &soon, "Zone": "Asia/Tokyo", "Gone": false}, {"Title": "羽毛球", "Next": nil, "Zone": "", "Gone": true}}
	following := func(posts []any) named {
		return with(named{"Group": "产品群", "Posts": posts, "Others": others, "MoreChat": 2, "Figures": true, "Away": true})
	}
	previews := []any{
		job(storage.ScheduleActive), with(named{"Groups": nil, "Quiet": nil, "Zones": true, "Change": true}), with(named{"Queue": "每日一条", "From": &far}),
		with(named{"Queue": "每日一条", "Empty": true, "Quiet": named{"From": 0, "Until": 480, "Rule": "skip"}}),
	}
	rows := []named{{"Title": "", "Rows": states}, {"Title": "读书会", "Rows": nil}}
	hours := []any{
		named{"From": 0, "Until": 0, "Rule": "", "Where": "", "Inside": nil, "More": 0, "Audit": int64(0)},
		named{"From": 1320, "Until": 480, "Rule": "move", "Where": "读书会", "Inside": []named{{"ID": int64(1), "Name": "晚安", "Sends": false}, {"ID": int64(2), "Name": "早安", "Sends": true}}, "More": 2, "Audit": int64(3)},
		named{"From": 1320, "Until": 480, "Rule": "skip", "Where": "", "Inside": nil, "More": 0, "Audit": int64(3)},
	}
	items := []named{{"Number": 1, "Weight": 1, "Text": "a", "Came": true}, {"Number": 0, "Weight": 3, "Text": "b", "Came": false}}
	queue := func(items []named) named {
		return named{
			"Name": "每日一条", "Queue": "每日一条", "Count": 3, "Total": 5, "New": len(items) > 0, "Once": len(items) > 0, "Used": []int64{1, 2}, "Items": items, "Texts": items, "More": 2,
			"Number": 3, "Weight": 2, "Text": "a", "Mode": "once", "Audit": int64(4), "ID": int64(1), "Group": "产品群",
		}
	}
	full, bare := queue(items), queue(nil)
	bare["Used"], bare["Mode"], bare["More"] = nil, "loop", 0
	both := []any{full, bare}
	notes := []any{
		named{"Skip": "", "Quiet": false, "Template": "morning", "Queue": "", "Text": ""},
		named{"Skip": "", "Quiet": true, "Template": "", "Queue": "每日一条", "Text": ""},
		named{"Skip": "", "Quiet": false, "Template": "", "Queue": "", "Text": "a"},
		named{"Skip": "holiday", "Key": "spring", "Quiet": false},
	}
	somewhere := []named{{"Token": "chat:3", "Platform": "telegram"}, {"Token": "chat:4", "Platform": "other"}}
	jobs := []any{job(storage.ScheduleActive), job(storage.SchedulePaused), job(storage.ScheduleOver), job(storage.ScheduleDeleted)}
	spread := why("down", "")
	spread["Groups"], spread["More"], spread["Chats"], spread["Zone"] = []string{"产品群", "读书会", "羽毛球"}, 2, 5, "Asia/Shanghai"
	one := named{"Count": 1, "Rows": []named{why("down", "")}, "More": 0, "Chats": 1, "All": true, "Both": false}
	wide := named{"Count": 1, "Rows": []named{spread}, "More": 0, "Chats": 5, "All": true, "Both": true}
	many := named{"Count": 7, "Rows": []named{why("down", ""), why("left", "")}, "More": 5, "Chats": 1, "All": false, "Both": false}
	most := named{"Count": 2, "Rows": []named{spread, why("left", "")}, "More": 0, "Chats": 5, "All": true, "Both": false}
	wrongs := []any{one, wide, many, most}
	name, id := []any{named{"Name": "晚安", "What": "25:00"}}, []any{named{"ID": int64(3), "Name": "早安", "Template": "tips", "Group": "产品群"}}
	commandtest.Texts(t, "schedule", map[string][]any{
		"date": {named{"Month": 11, "Day": 22}}, "weekday": {0, 6}, "lunar": {when.DayOf(now), when.DayOf(time.Date(2025, 7, 25, 0, 0, 0, 0, time.UTC))},
		"lunar_date": {when.DayOf(now)}, "term": terms, "festival": festivals, "body": {named{"Lines": []string{"a <b>", "b"}}}, "dates": {[]int{1, when.LastDay}},
		"times": {[]int{450, 1260}}, "weekdays": {[]int{1, 7}}, "rule": rules, "days": days, "conditions": conditions, "missed_rule": missed, "day": {soon, far},
		"skip": skips, "turns": {turns}, "guess": {named{"Guess": true, "Year": 2028}}, "faults": {named{"Faults": faults}}, "preview": previews, "groups": previews[:1], "hushed": {previews[0], previews[3]}, "hours": hours, "sample": {[]string{"a", "b"}},
		"enable": none, "added": jobs[:1], "undone": id, "line": jobs, "list": {named{"Jobs": jobs, "More": 2}}, "none": none, "next": {following(coming), with(named{"Group": "", "Posts": nil, "Others": nil, "Figures": false, "State": storage.SchedulePaused})}, "coming": coming,
		"edited": {jobs[0], jobs[1], with(named{"Audit": int64(0)})}, "button_edit": none, "no_draft": none, "not_yours": id, "lost_right": {named{"Title": "读书会"}},
		"edit_how": {named{"Which": "draft:3", "Name": "早安", "Queue": true}, named{"Which": "3", "Name": "早安", "Queue": false}},
		"gone":     {[]string{"a"}, []string{"a", "b", "c", "d"}}, "why_now": whys, "why": whys, "log_line": states, "log": {named{"ID": 3, "Name": "早安", "Chats": rows, "More": 2}, named{"ID": 3, "Name": "早安", "Chats": rows[:1], "More": 0}}, "log_rows": {rows[0], rows[1]}, "turned": jobs, "entry": id, "entry_note": notes,
		"same":           jobs[:3],
		"undo_overtaken": id, "no_such": {named{"ID": int64(9), "Open": []int64{1, 2}}, named{"ID": int64(9), "Open": nil}}, "usage": none, "unknown_part": {named{"Word": "早安"}}, "no_time": name, "no_clock": name, "no_day": name,
		"impossible": name, "unknown_rule": name, "nths": {[]int{when.LastDay, 1, 5}}, "past": {soon}, "unclear": {named{"Past": &soon}, named{"Past": nil}}, "at_choice": {soon}, "no_text": name, "too_long": {named{"Max": 3000}},
		"no_template":   {named{"Name": "", "Sets": []string{"a", "b"}, "Faults": nil}, named{"Name": "x", "Sets": []string{"a"}, "Faults": faults}},
		"template_rest": {named{"Rest": "x"}}, "missed": none, "countdown": none, "never": none, "where": {named{"Count": 0}, named{"Count": 3}}, "no_push": none,
		"flood": {named{"Count": 60, "Max": 4, "Alone": true}, named{"Count": 5, "Max": 4, "Alone": false}}, "hourly": none, "anyway": none,
		"sets":       {named{"Sets": []bot.PostSet{{Name: "a", Title: "b", Count: 3}, {Name: "c"}}, "Faults": faults}},
		"missed_one": {why("down", ""), spread}, "wrong_groups": {why("down", ""), spread}, "wrong_when": {why("down", "")}, "wrong_more": {many, most}, "missed_notice": wrongs, "send_now": wrongs, "understood": none,
		"uncertain_notice": wrongs, "wrong_notice": {named{"Missed": one, "Uncertain": wide}}, "it_did": wrongs, "send_again": wrongs,
		"resent": {
			named{"IDs": []int64{3, 4}, "Count": 1, "Left": nil, "Rest": 0}, named{"IDs": []int64{3, 4}, "Count": 2, "Left": []string{"a", "b"}, "Rest": 1}, named{"IDs": []int64{3, 4}, "Count": 2, "Left": []string{"a", "b", "c", "d"}, "Rest": 0},
		}, "noted": none, "acked": id, "settled": none, "chat_left": id, "no_set": id,
		"button_all": {3}, "button_chat": {"读书会"}, "surface": {"telegram", "wecom", "wechat", "sandbox", "x"}, "no_people": none, "nowhere": none, "not_here": none, "whose_community": none,
		"no_chat": {named{"Name": "a", "Near": "b"}, named{"Name": "a", "Near": ""}}, "several": {named{"Name": "a", "Chats": somewhere}}, "none_there": {named{"Platform": "telegram"}},
		"nothing_left": none, "loud": {named{"At": soon, "Group": "产品群", "From": 1320, "Until": 480}}, "quiet_send": none, "quiet_move": {soon}, "quiet_skip": none,
		"quiet_hours": hours, "quiet_inside": hours[1:2], "quiet_now": hours, "quiet_title": none, "quiet_preview": hours, "quiet_set": hours, "quiet_usage": none, "quiet_one": none, "quiet_overtaken": none,
		"queue_usage": none, "queue_full": {named{"Max": 300}}, "bad_weight": none, "no_queue": {named{"Name": "", "Queues": nil}, named{"Name": "x", "Queues": []string{"a"}}, named{"Name": "x", "Queues": nil}},
		"queue_is_empty": both, "no_item": both, "queue_line": both, "queues": {named{"Queues": both, "More": 3}, named{"Queues": nil}}, "queue_item": {items[0], items[1]}, "queue": both,
		"fill_preview": both, "filled": both, "unfilled": both, "item_gone": both, "queue_gone": both, "queue_used": both[:1], "weighed": both, "queue_mode": both, "queue_back": both,
		"queue_name_taken": both, "queue_empty": both,
	})
	book := struct {
		Key, Title string
		Steps      []int
		Days       int
	}{"a", "b", []int{1, 2}, 14}
	commandtest.Texts(t, "sop", map[string][]any{
		"books": none, "book_newgroup": none, "book_festival": none, "list": {named{"Books": []any{book, book}}},
		"no_book": {named{"Name": "", "Books": []any{book}}, named{"Name": "x", "Books": []any{book, book}}}, "no_day": name,
		"preview": {named{"Title": "a", "Where": "b", "Posts": []named{{"At": soon, "Name": "c", "Body": "d"}}}}, "started": {named{"Title": "a", "Count": 7, "Audit": 3}}, "undone": {named{"Count": 3}},
	})
}
