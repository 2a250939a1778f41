package qa_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/qa"
	"qunmate/storage"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	var ages, cards, lists, ones, answered, agreed []any
	var all []named
	lines := []string{"先测足弓", "<b>"}
	for i, age := range []qa.Age{{Days: 2, Hours: 49, Minutes: 2940}, {Hours: 4, Minutes: 240}, {Minutes: 1}, {}} {
		ages = append(ages, age)
		c := named{
			"Number": 45, "Points": 20, "Answers": i, "Name": "小陈 <b>", "Lines": lines, "Short": "新手…", "Age": age, "More": i / 2,
			"Answerers": []string{"老周", "小陈", "小李"}[:i], "Solved": []string{"", "", "老周", "小陈"}[i], "Own": i == 3,
			"Rest": i, "Shown": []named{{"Name": "老周", "Lines": lines, "Agrees": i, "Accepted": i == 2}}[:min(i, 1)],
		}
		cards, ones, all = append(cards, c), append(ones, c), append(all, c)
		answered = append(answered, named{"Number": 45, "Place": 1, "Asker": "小陈", "Exposed": i > 1})
		agreed = append(agreed, named{"Number": 45, "Name": "老周", "Agrees": i, "Fresh": i > 1})
	}
	lists = append(lists, named{"Questions": all}, named{"Questions": []named{}})
	var done []any
	for i, less := range []string{"", "day", "pair"} {
		done = append(done, named{
			"Number": 45, "Points": 20 * (1 - i/2), "Name": "小陈 <b>", "Short": "新手…", "Solved": "老周", "Own": false,
			"Less": less, "PerDay": 100, "PerPair": 3, "Audit": int64(7),
		})
	}
	done = append(done, named{"Number": 45, "Points": 0, "Name": "小陈", "Short": "新手…", "Solved": "小陈", "Own": true, "Less": "", "Audit": int64(7)})
	pins := []any{named{"Number": 45, "Right": false, "Audit": int64(7)}, named{"Number": 45, "Right": true, "Audit": int64(7)}}
	var keys []any
	for _, k := range []string{"number", "state", "asker", "question", "at", "answerer", "answer", "agrees", "accepted", "points", "open", "solved", "closed"} {
		keys = append(keys, named{"Key": k})
	}
	who := []any{storage.QuestionAnswer{Name: "老周"}}
	most := []any{named{"Max": 300}}
	commandtest.Texts(t, "qa", map[string][]any{
		"lines": {lines}, "age": ages, "card": cards, "button_answer": none, "button_accept": who, "button_look": none, "button_agree": none,
		"button_agree_with": who, "button_go": none, "button_number": cards, "ask_usage": none, "too_long": most, "too_many": most, "again": cards,
		"no_such":      {named{"Number": 99, "Open": []named{{"Number": 45}, {"Number": 47}}}, named{"Number": 99, "Open": []named{}}},
		"answer_usage": cards, "merged": cards, "answered": answered, "solved_before": cards, "no_answer": cards, "not_asker": cards,
		"accepted": done, "card_accepted": done, "less": done[1:3], "accept_undone": cards, "accept_gone": cards, "accept_spent": cards,
		"which": {named{"Number": 45, "Was": cards[0], "Now": cards[1]}}, "button_which": cards, "no_files": none, "export_empty": none, "file": none, "csv": keys, "button_pin": none, "pinned": pins, "unpinned": pins, "pin_same": pins, "pin_gone": pins, "pin_answered": cards, "pin_not": pins, "agree_own": none, "agreed": agreed, "list": lists, "one": ones, "alert": cards,
	})
}
