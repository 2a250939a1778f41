package remind_test

import (
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
)

type named map[string]any

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	today, tomorrow := bot.Moment{T: now, Now: now}, bot.Moment{T: now.Add(24 * time.Hour), Now: now}
	var views []any
	for i, kind := range []string{"poll", "draw", "signup"} {
		for j, why := range []string{"down", "asleep", "left", "expired", "uncertain", "dead"} {
			v := named{
				"ID": int64(2), "Kind": kind, "Number": int64(3 * (j % 2)), "Title": "聚会 <b>", "Lines": []named{{"At": today, "Event": j%2 == 1, "Quiet": j > 2}, {"At": tomorrow, "Event": false, "Quiet": false}},
				"Chats": 1 + i, "Rule": []string{"", "每天 12:00"}[j%2], "Closes": &tomorrow, "Event": &tomorrow, "Audit": int64(7 * (j % 2)), "Word": "x", "At": today,
				"Entries": i, "Seats": 2 * (j % 2), "Free": j / 3, "Why": why, "Detail": "no", "Group": []string{"产品群", ""}[j%2], "More": j % 2, "Skip": []string{"", "quiet", "left"}[j%3], "Again": j%2 == 0, "Gone": []string{"读书会"}[:j%2], "Zone": []string{"", "Asia/Tokyo"}[j%2], "Groups": []string{"产品群", "读书会"},
			}
			if j == 3 {
				v["Closes"] = nil
			}
			v["Rows"] = []named{v}
			views = append(views, v)
		}
	}
	views = append(views, named{"Rows": []named(nil)})
	samples := map[string][]any{}
	for _, block := range commandtest.Blocks(t, "remind") {
		samples[block] = views[:len(views)-1]
		if block == "list" {
			samples[block] = views
		}
	}
	commandtest.Texts(t, "remind", samples)
}
