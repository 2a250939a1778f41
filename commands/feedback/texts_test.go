package feedback_test

import (
	"testing"

	"qunmate/commands/commandtest"
	"qunmate/commands/feedback"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	var ages, tickets, lists []any
	var all []named
	for i, age := range []feedback.Age{{Days: 2, Hours: 49, Minutes: 2940}, {Hours: 1, Minutes: 61}, {Minutes: 1}, {}} {
		ages = append(ages, age)
		t := named{
			"Number": 3, "Name": "小满 <b>", "Place": "产品群", "Lines": []string{"太吵", "<b>"}, "Short": "太吵…", "Age": age,
			"State": []string{"open", "answered", "closed", "closed"}[i], "Reply": []string{"", "好", "", "好"}[i], "Audit": int64(9),
		}
		tickets, all = append(tickets, t), append(all, t)
	}
	for more := range 2 {
		lists = append(lists, named{"Tickets": all, "Total": 4 + more, "More": more})
	}
	lists = append(lists, named{"Tickets": []named{}, "Total": 0, "More": 0})
	most := []any{named{"Max": 500}}
	commandtest.Texts(t, "feedback", map[string][]any{
		"lines": {[]string{"a", "b"}}, "age": ages, "usage": none, "too_long": most, "too_many": most, "filed": tickets, "alert": tickets,
		"alert_private": tickets, "button_reply": none, "button_close": none, "button_list": none, "button_read": tickets,
		"private": {named{"Command": "/feedback list"}}, "mine": lists, "list": lists, "one": tickets, "no_such": tickets, "reply_usage": tickets, "which": {named{"Number": 3, "Now": 7}}, "button_which": tickets,
		"replied": tickets, "told_reply": tickets, "told_look": tickets, "told_closed": tickets, "closed_before": tickets, "closed": tickets,
		"reopened": tickets,
	})
}
