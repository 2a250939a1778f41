package quiz_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/quiz"
	"qunmate/commands/quiz/bank"
	"qunmate/storage"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	var starts, asks, results, wrong, views, rules, lists, own, counts, picked, practices []any
	one := bank.Question{Text: "1+1 <b>", Options: []string{"1", "2"}, Answer: 1, Tag: "算术"}
	for n := range 3 {
		rule := quiz.Rule{Right: 2, Fast: n, Cap: 60}
		tag := []string{"", "安全知识", "x"}[n]
		starts = append(starts, named{"Tag": tag, "Total": n + 1, "Seconds": 15, "Lobby": 20, "Rule": rule, "Have": n, "MostItems": 20, "LeastClock": 5, "Most": 120})
		options := []named{{"Letter": "A", "Text": "点开"}, {"Letter": "B", "Text": "核实"}}
		asks = append(asks, named{
			"N": 1, "Total": 10, "Seconds": 15, "Text": "先做什么?", "Options": options, "Choices": n > 0,
			"Letter": "B", "Answer": "核实", "Right": n, "Of": 2 * n, "Fastest": []string{"", "", "阿宁"}[n], "Took": 3.14,
		})
		state := []string{storage.QuizDone, storage.QuizStopped, storage.QuizInterrupted}[n]
		for _, top := range [][]named{nil, {{"Name": "阿宁", "Right": 9}, {"Name": "小满", "Right": 8}}} {
			results = append(results, named{"State": state, "Top": top, "Total": 10, "Players": n, "Points": n > 0})
		}
		questions := []bank.Question{one, one, one}[:n+1]
		views = append(views, named{"Questions": questions, "Same": n, "Tags": []string{"算术", "常识"}[:min(n, 2)], "First": one, "Letter": "B", "Number": 1, "Last": n + 1, "Audit": int64(9)})
		rules = append(rules, named{"Rule": rule, "Version": 2, "Audit": int64(9), "Max": 100})
		lists = append(lists, named{"Tag": tag, "Count": 2 * n, "Tags": []named{{"Tag": tag, "Count": 2}}, "Some": []storage.QuizQuestion{{Number: 1, Text: "1+1"}}})
		own = append(own, named{"Number": 3, "Total": 10, "Played": n > 0, "Own": named{"Right": 9 * n, "Place": 1, "Fast": n - 1}})
		counts = append(counts, named{"Count": n, "Number": n - 1, "Max": 1000, "Name": "阿宁", "Last": "C", "Audit": int64(9)})
		picked = append(picked, named{"Name": "阿宁", "Letter": "B", "Again": n > 0})
	}
	for _, what := range []string{"text", "long_text", "options", "many_options", "long_option", "same_option", "answer", "tag", "format", "many"} {
		for line := range 2 {
			wrong = append(wrong, named{"What": what, "Line": line, "Text": 200, "Option": 30, "Options": 6, "Tag": 12, "Import": 100})
		}
	}
	for i := range 8 {
		options := []named{{"Letter": "A", "Text": "点开"}, {"Letter": "B", "Text": "核实"}}
		practices = append(practices, named{
			"ID": int64(7), "Text": "先做什么? <b>", "Options": options, "Minutes": 10, "Choices": i&1 > 0, "Whispers": i&1 > 0,
			"Letter": "B", "Answer": "核实", "Right": 1, "Of": i, "Chosen": "A", "Hit": i&2 > 0, "Again": i&4 > 0,
		})
	}
	question := []any{storage.QuizQuestion{Number: 3, Text: "1+1 <b>"}}
	commandtest.Texts(t, "quiz", map[string][]any{
		"rule": {quiz.DefaultRule(), quiz.Rule{Right: 1}}, "lobby": starts, "button_join": none, "button_me": none, "joined": none, "joined_brief": counts,
		"option": {named{"Letter": "A", "Text": "点开"}}, "question": asks, "closed": asks, "result": results, "picked": picked, "picked_brief": picked,
		"too_late": none, "not_open": none, "no_option": counts, "none_running": none, "is_running": none, "running": none, "all_played": none, "usage": none,
		"start_usage": none, "bad_clock": starts, "bad_count": starts, "no_questions": starts, "few_questions": starts, "no_round": none, "me": own,
		"bad_question": wrong, "import_usage": none, "same": counts, "full": counts, "add_title": views, "add_preview": views, "added": views,
		"add_undone": counts, "list": lists, "no_such": counts, "gone": none, "delete_title": question, "delete_preview": question, "deleted": counts,
		"practice": practices, "practice_title": practices, "practice_explain": none, "practice_over": practices, "practice_open": none, "tried": practices,
		"delete_undone": none, "set_title": none, "set_usage": rules, "set_same": none, "set_preview": rules, "set_done": rules, "set_undone": rules,
	})
}
