package faq_test

import (
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
	"qunmate/commands/faq/match"
	"qunmate/storage"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	lines := []string{"我的 → 订单", "<b>"}
	words := []string{"发票", "开票"}
	var drafts, modes, effects []any
	var views, covered, answers, wrong, inLine, imports, tests []any
	for _, mode := range []match.Mode{match.Fuzzy, match.Contains, match.Exact, match.Regex} {
		modes = append(modes, mode)
		d := named{"Mode": mode, "Words": words, "Answer": "x", "Picture": []string{"", "{}"}[len(modes)%2]}
		drafts = append(drafts, d)
		for n := range 2 {
			e := named{"Said": 100 * n, "Hits": 14, "Doubtful": 2 * n, "Wrong": lines[:n], "Near": lines[:n], "NearMore": n}
			effects = append(effects, e)
			v := named{
				"Number": 3, "Draft": d, "Lines": lines, "Minutes": 30, "Audit": int64(9), "Hits": int64(n),
				"Effect": e,
				"Twin":   storage.FAQ{Number: 2, Words: words},
			}
			views, covered = append(views, v), append(covered, v)
		}
	}
	for _, again := range []bool{false, true} {
		answers = append(answers, named{"Lines": lines, "Again": again, "At": bot.Moment{T: now, Now: now}})
	}
	for _, what := range []string{"empty", "no_words", "no_answer", "many_words", "long_word", "pattern", "long_answer", "link"} {
		wrong = append(wrong, named{"Word": "发票", "Answer": 600, "Label": 20, "Links": 3, "Words": 20, "Long": 40})
		inLine = append(inLine, named{"Line": 2, "What": what, "Word": "发票"})
	}
	for n := range 3 {
		imports = append(imports, named{"New": n + 1, "Same": n, "First": "发票", "Numbers": [2]int{1, n + 1}, "Audit": int64(9), "Count": n})
	}
	for _, sure := range []bool{false, true} {
		tests = append(tests, named{"Text": "发票", "Percent": 70, "Rules": []named{{"Number": 1, "Word": "发票", "Percent": 64, "Sure": sure}}})
	}
	count := []any{named{"Count": 2, "Max": 200, "Number": 3, "N": 1, "Days": 7, "Top": []named{{"Text": "几点关门", "Times": 6}, {"Text": "专票", "Times": 4}}}, named{"Count": 0, "Max": 200, "Number": 3, "N": 2, "Days": 7, "Top": []named{}}}
	rule := storage.FAQ{Number: 1, Words: words, Hits: 3, Picture: "{}"}
	commandtest.Texts(t, "faq", map[string][]any{
		"lines": {lines}, "words": {words}, "mode": modes, "answer": answers, "link": {storage.FAQLink{Label: "官网"}},
		"button_human": none, "human_called": none, "human_again": none, "usage": none,
		"human_alert": {named{"Name": "小陈 <b>", "Place": "产品群", "Words": ""}, named{"Name": "小陈", "Place": "产品群", "Words": "退款没到"}},
		"list": {
			named{"Rules": []storage.FAQ{}, "More": 0, "Admin": false},
			named{"Rules": []storage.FAQ{}, "More": 0, "Admin": true},
			named{"Rules": []storage.FAQ{rule}, "More": 2, "Admin": true},
			named{"Rules": []storage.FAQ{rule}, "More": 0, "Admin": false},
		},
		"bad_empty": none, "bad_no_words": wrong, "bad_no_answer": wrong, "bad_many_words": wrong, "bad_long_word": wrong, "bad_pattern": wrong,
		"bad_long_answer": wrong, "bad_link": wrong, "too_many": count, "same": count, "no_such": count, "gone": none, "add_title": drafts,
		"effect": effects, "add_preview": views, "covered": covered,
		"button_merge": count, "button_apart": none, "button_exact": none, "button_anyway": none, "button_add": count, "added": views, "add_undone": count,
		"set_usage": count, "picture_usage": count, "set_same": none, "bad_cooldown": none, "edit_title": views, "edit_preview": views, "edited": views,
		"delete_title": views, "delete_preview": views, "deleted": views, "edit_undone": views, "test_usage": none,
		"tested": append(tests, named{"Text": "x", "Percent": 70, "Rules": []named{}}), "missed": count,
		"import_usage": none, "import_same": count, "import_title": imports, "bad_line": inLine, "import_preview": imports, "imported": imports,
		"none": none, "no_files": none, "exported": count,
	})
}
