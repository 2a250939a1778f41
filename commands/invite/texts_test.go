package invite_test

import (
	"strings"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
	"qunmate/commands/invite"
	"qunmate/storage"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	at := bot.Moment{T: now, Now: now}
	reasons := []string{"self", "rejoin", "cap", "inviter_left", "left", "quiet", "admin", "same", "other"}
	var each, ways, rules, own, whys, stats, some, held []any
	for i, r := range reasons {
		each = append(each, r)
		for _, state := range []string{"asked", "held", "pending", "vested", "reversed", "rejected"} {
			for _, way := range []string{"link", "code", "told"} {
				whys = append(whys, named{
					"Invite": storage.Invite{InvitedName: "小王 <b>", State: state, Way: way, Reason: r, Alone: i%2 == 1}, "By": "阿宁", "Rule": invite.DefaultRule(),
					"Actions": i, "Joined": at, "Until": at, "Settled": at,
				})
			}
		}
	}
	for n := range 3 {
		rule := invite.Rule{Reward: 50, Newcomer: n, Days: 7, Actions: n, Keep: 30, Cap: 10, Milestones: []invite.Milestone{{5, 100}, {10, 300}}[:n]}
		rules = append(rules, rule)
		for _, link := range []string{"", "https://t.me/+x"} {
			for _, qr := range []string{"", "https://example.org/qr"} {
				ways = append(ways, named{"Link": link, "QR": qr, "Scan": strings.Repeat(qr, min(n, 1)), "Code": "K7Q2", "Came": n, "Rule": rule, "Failed": n > 0, "Asks": n > 0, "Call": "", "Source": "海报A", "Name": "阿宁 <b>", "Pictures": n > 0, "Follow": n > 1, "Community": "读书会"})
			}
		}
		own = append(own, named{"Vested": n, "Pending": n, "Left": n, "Held": n, "NotCounted": n, "Reasons": reasons[:n], "Reward": int64(50 * n), "Back": int64(n), "Place": n, "Bonus": int64(n), "Missing": n, "Next": invite.Milestone{Count: 5, Bonus: 100}})
		stats = append(stats, named{
			"Days": 7, "Public": n == 1, "Came": []named{
				{"Follow": n == 2, "Total": n, "Link": n, "Code": n, "Told": n, "Unknown": n, "UnknownPercent": 30 * n, "Back": n, "Sources": []named{{"Name": "海报A", "Count": n}}},
				{"Follow": true, "Total": 1, "Link": 1, "Code": 0, "Told": 0, "Unknown": 0, "UnknownPercent": 0, "Back": 0, "Sources": nil},
			}[:1+n%2], "Kept": [3]int{100, 67, -1},
			"Counted": []any{nil, named{"Day": "11-21", "Days": 7, "Groups": 1, "Members": 1, "Talkers": 1, "Joined": 1, "Messages": 1, "Others": true}, named{"Day": "11-21", "Days": 1, "Groups": 12, "Members": 1860, "Talkers": 132, "Joined": 24, "Messages": 480, "Others": false}}[n],
		})
		some = append(some, named{
			"Name": "小王", "Until": at, "Reward": 50, "Balance": int64(n), "Day": 14, "Amount": int64(50), "Entry": int64(9), "Code": "ZZZZ", "Reason": reasons[n],
			"Rule": rule, "Held": n > 0, "ID": int64(3), "Place": "产品群", "Max": 20, "Count": n, "Minutes": 10, "Allow": n > 0, "Names": []string{"a", "b"}[:min(n, 2)],
			"Milestones": []named{{"Count": 5, "Threshold": 5, "Bonus": 100}, {"Count": 10, "Threshold": 10, "Bonus": 300}}[:n],
			"There":      []named{{"Count": 5, "Members": 2}, {"Count": 10, "Members": 0}}[:n], "Alone": n > 0, "Version": 2, "Audit": int64(9), "MaxReward": 1000, "MaxDays": 90, "MaxCap": 100,
		})
	}
	held = some
	var bad []any
	for _, key := range []string{"", "milestones", "reward", "newcomer", "days", "actions", "keep", "cap"} {
		bad = append(bad, named{"Key": key, "Word": "奖励", "Max": 1000})
	}
	var doors, modes, requests []any
	for i, mode := range []string{"open", "auto", "ask"} {
		modes = append(modes, mode)
		for _, was := range []string{"open", "auto", "ask"} {
			doors = append(doors, named{"Place": "产品群", "Mode": mode, "Was": was, "Missing": i == 1, "Audit": int64(i)})
		}
	}
	for i, state := range []string{"asked", "admitting", "refusing", "admitted", "refused", "gone", "failed"} {
		requests = append(requests, named{"ID": int64(i), "Name": "小王 <b>", "By": []string{"", "阿宁"}[i%2], "Source": "海报A", "Place": "产品群", "State": state, "Missing": i%2 == 0, "Last": i > 3})
	}
	commandtest.Texts(t, "invite", map[string][]any{
		"rule": rules, "milestones": {[]invite.Milestone{{5, 100}, {10, 300}}}, "reason": each, "way": ways, "follow_way": ways, "follow_rule": rules, "no_argument": none, "button_mine": none, "button_poster": none, "button_poster_code": none, "poster": ways, "no_poster": ways, "poster_by": ways, "poster_how": ways, "poster_note": ways, "button_way": none, "button_rank": none, "button_yes": none,
		"button_no": none, "button_allow": none, "button_deny": none, "right_missing": some, "came": some, "stayed": some, "went": some, "code_usage": none,
		"no_code": some, "yourself": none, "noted_before": some, "too_old": none, "not_counted": some, "noted": some, "source_noted": {storage.InviteWay{Source: "海报A"}},
		"told": some, "is_it_true": some, "not_asked": none, "agreed": some, "denied": some, "own_usage": none, "own": own, "not_yours": some, "why": whys,
		"stats": stats, "sources": {named{"Sources": []storage.InviteWay{}}, named{"Sources": []storage.InviteWay{{Source: "海报A", Code: "C5HN"}}}},
		"source": ways, "source_usage": some, "set_title": none, "set_usage": some, "set_same": none, "set_bad": bad, "circle": some, "keep_short": some, "set_preview": some, "set_done": some,
		"mode": modes, "door_title": doors, "door_cannot": none, "door_usage": doors, "door_same": doors, "door_preview": doors, "door_done": doors,
		"button_admit": none, "button_refuse": none, "request": requests, "stuck": requests, "no_request": requests, "request_over": requests, "request_done": requests,
		"one_person": {named{"Name": "小王", "Amount": 50, "Self": true}, named{"Name": "小王", "Amount": 50, "Self": false}},
		"button_csv": none, "button_csv_joins": none, "csv": {named{"Count": 2, "Joins": true}, named{"Count": 1, "Joins": false}}, "csv_private": none, "csv_no_files": none,
		"set_undone": some, "burst": some, "none_held": none, "held_title": held, "held_preview": held, "held_done": held,
	})
}
