package draw_test

import (
	"maps"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
	"qunmate/commands/draw"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

type named = map[string]any

// samples are values that hold everything any text about a draw may name, in
// every state, mode and kind of randomness.
func samples() []any {
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	today, tomorrow := bot.Moment{T: now, Now: now}, bot.Moment{T: now.Add(20 * time.Hour), Now: now}
	prizes := []draw.Prize{{Name: "保温杯 <b>", Count: 2, Fen: 8900}, {Name: "咖啡券", Count: 5}}
	var out []any
	n := 0
	for _, state := range []string{"open", "frozen", "drawn", "cancelled", "won", "claimed", "moved", "void"} {
		for _, mode := range []string{"timed", "full", "instant"} {
			for _, beacon := range []string{"drand", "number", "none"} {
				n++
				even := n%2 == 0
				facts := draw.Facts{Claim: []int64{90, 48 * 60, 7 * 24 * 60}[n%3], Forfeit: []string{"next", "void"}[n%2], Host: "小店", Delivery: []string{"", "顺丰"}[n%2], Terms: []string{"", "本人"}[n%2]}
				out = append(out, named{
					"ID": int64(12), "State": state, "Mode": mode, "Beacon": beacon, "Number": "上证指数收盘", "Round": int64(n % 2 * 34181812), "RoundAt": tomorrow,
					"Full": int64(200), "Prizes": prizes, "If": conditions(n % 7), "Bonus": []named{{"Kind": "streak", "Need": int64(7), "Weight": int64(2)}}[:n%2],
					"Cost": int64(n % 2 * 10), "Closes": tomorrow, "Facts": facts, "Commitment": "9f3a", "ListSHA256": "71be", "Entrants": n % 3, "Highest": prizes[0], "Moves": 3,
					"Total": 7, "Claimed": n%2 == 0, "Reason": "缺货", "Eligible": 143, "People": 312, "Failed": failed(), "Missing": []string{"claim", "forfeit", "host"}[n%3:], "Step": []string{"prizes", "until", "if", "claim", "forfeit", "host"}[n%6], "Private": n%3 == 0, "Call": []string{"", "@小助手 "}[n%2],
					"Have": 15, "Of": 15, "Unpriced": even, "Late": even, "Audit": int64(7), "Lines": lines(n), "Hash": "aa", "OK": even, "Conditions": judged(), "Balance": int64(n % 2 * 20),
					"Weight": int64(n%2 + 1), "Draws": []named{{"ID": int64(3), "Prizes": prizes, "Mode": mode, "Full": int64(3), "Total": 7, "Closes": tomorrow, "Entrants": 2}}[:n%2],
					"Ticket": int64(n % 2 * 47), "Prize": []string{"", "保温杯"}[n%2], "Instant": mode == "instant", "Until": tomorrow, "Was": today, "Added": prizes[:1], "Code": []string{"", "CF-1"}[n%2],
					"Empty": even, "Uploads": even, "Again": even, "Delivery": tomorrow, "Wrote": even, "Host": "小店", "Told": even, "Most": 200, "New": n % 2, "Twice": n % 2, "Known": n % 2, "Long": n % 3, "All": 3, "Left": 1, "Need": int64(2),
					"Findings": findings(), "Salt": []string{"", "ab"}[n%2], "Account": []string{"", "telegram:7"}[n%2], "Who": "cd", "File": even, "Won": []string{"", "保温杯"}[n%2], "WonState": state, "Refused": even, "Poor": n%4 == 0, "At": today,
					"Chain": "52db", "Value": "3312.55", "Next": even, "Open": []storage.Draw{{ID: 3}, {ID: 4}}[:n%3], "Mistakes": mistakes(), "Count": n % 3, "Choices": []bot.Moment{today, tomorrow}[:n%3],
					"Minutes": []int64{2880, 10080}[n%2],
				})
			}
		}
	}
	return out
}

func conditions(n int) []draw.Condition {
	return []draw.Condition{
		{Kind: "joined", Need: 3}, {Kind: "messages", Need: 3, Days: 7}, {Kind: "streak", Need: 5}, {Kind: "invites", Need: 1}, {Kind: "points", Need: 100}, {Kind: "former", Draw: 11},
	}[:n]
}

func judged() []draw.Judged {
	var out []draw.Judged
	for _, c := range conditions(6) {
		for _, ok := range []bool{false, true} {
			out = append(out, draw.Judged{Condition: c, Have: 1, Missing: 2, OK: ok})
		}
	}
	return out
}

func failed() []named {
	var out []named
	for _, c := range conditions(6) {
		out = append(out, named{"Kind": c.Kind, "Need": c.Need, "Days": c.Days, "Draw": c.Draw, "Count": 66})
	}
	return out
}

func lines(n int) []named {
	l := named{"Prize": "保温杯", "Names": []string{"阿*(47)", "小*(102)"}[:n%3], "More": n % 2, "Name": "阿宁", "Ticket": int64(47), "From": int64(9), "To": int64(n % 2 * 80), "Void": n%4 == 1}
	var out []named
	for i, state := range []string{"won", "claimed", "void"} {
		c := maps.Clone(l)
		c["State"], c["Delivery"] = state, []string{"", "某路 1 号", ""}[i]
		out = append(out, c)
	}
	return out[:n%4]
}

func findings() []fair.Finding {
	var out []fair.Finding
	for _, code := range []string{
		fair.CheckForm, fair.CheckCommitment, fair.CheckList, fair.CheckRound, fair.CheckSignature, fair.CheckChain, fair.CheckNumber, fair.CheckNone, fair.CheckInstant, fair.CheckLate, fair.CheckWinners, fair.CheckChanges,
	} {
		for _, ok := range []bool{false, true} {
			out = append(out, fair.Finding{Code: code, OK: ok, Weak: ok && code > "m", Count: 2, Round: 5, Want: 6, Name: "x", Value: "y"})
		}
	}
	return out
}

func mistakes() []draw.Mistake {
	var out []draw.Mistake
	for _, code := range []string{
		"prizes", "many", "twice", "name", "count", "price", "dear", "noprize", "until", "past", "far", "unclear", "full", "instant", "tickets", "instant_bonus", "instant_add", "cost", "if", "level",
		"bonus", "beacon", "number", "claim", "forfeit", "host", "delivery", "terms", "unknown",
	} {
		out = append(out, draw.Mistake{Code: code, Text: "书"})
	}
	return out
}

func all[T any](list []T) []any {
	var out []any
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	every, none := samples(), []any{nil}
	prizes := []any{[]draw.Prize{{Name: "书", Count: 1}, {Name: "笔", Count: 2, Fen: 350}}}
	own := map[string][]any{
		"prizes": prizes, "prices": prizes, "cond": all(conditions(6)), "conds": {conditions(0), conditions(6)}, "judged": all(judged()), "lacking": {"claim", "forfeit", "host"},
		"bonus": {[]draw.Bonus{{Condition: conditions(1)[0], Weight: 2}, {Condition: conditions(1)[0], Weight: 3}}}, "mistake": all(mistakes()), "finding": all(findings()),
		"length": {draw.Facts{Claim: 90}, draw.Facts{Claim: 60}, draw.Facts{Claim: 2880}, draw.Facts{Claim: 10080}}, "winline": all(lines(3)), "movedline": all(lines(3)),
	}
	for _, block := range []string{
		"button_join", "button_rules", "button_check", "button_publish", "button_trial", "button_back", "button_next", "button_void", "button_leave", "button_verify", "button_claim_now",
		"button_no_delivery", "button_page", "button_anybody", "button_joined", "usage", "reason_nobody", "reason_unclaimed",
	} {
		own[block] = none
	}
	for _, block := range []string{
		"ends", "beacon", "opened", "button_join_n", "button_at", "button_claim", "no_such", "show_none", "not_yours", "wrong", "published", "step", "draft", "preview", "title", "ready", "published_done", "trial", "rules",
		"checked", "list", "already", "closed", "not_eligible", "too_poor", "joined", "joined_brief", "joined_short", "not_in", "leave_closed", "left", "frozen", "waiting", "need_number", "need_round", "number_preview",
		"bad_round", "beacon_not_now", "beacon_done", "called_off", "result", "you_won", "only_later", "extend_preview", "extended", "add_preview", "added", "change_done", "dropped", "cancel_reason",
		"cancel_preview", "reroll_usage", "reroll_reason", "reroll_preview", "no_holder", "rerolled", "moved", "claim_over", "claim_how", "claimed", "claim_long", "claim_private", "claim_code",
		"someone_claimed", "no_prize", "codes_usage", "codes_ask", "codes_title", "codes_file", "codes_known", "codes_preview", "codes_done", "winners", "verify_early", "verified", "why",
	} {
		own[block] = every
	}
	commandtest.Texts(t, "draw", own)
}
