package settings_test

import (
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/commands/commandtest"
	"qunmate/commands/settings"
	"qunmate/storage"
)

// The samples repeat the shapes that the commands hand to the texts.
func TestEveryTextInBothLanguages(t *testing.T) {
	t.Parallel()
	at := bot.Moment{T: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC), Now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
	type langView struct {
		Language, Word string
		Private, Admin bool
	}
	lang := []any{langView{Word: "fr"}, langView{Private: true}, langView{Admin: true}}
	type clock struct {
		Zone  string
		Start int
	}
	type timezone struct {
		Now, New              clock
		From, Today, Tomorrow bot.Moment
		There                 *bot.Moment
		Planned               *clock
		Still                 bool
		Audit                 int64
	}
	here, there := clock{"Asia/Shanghai", 240}, clock{"Asia/Tokyo", 300}
	zones := []any{
		timezone{Now: here, New: there, From: at, Today: at, Tomorrow: at, There: &at, Planned: &there, Audit: 1},
		timezone{Now: here, New: clock{"Asia/Shanghai", 300}, From: at, Today: at, Tomorrow: at},
		timezone{Now: here, New: here, Planned: &there, Still: true},
	}
	type community struct {
		Name, Was, Code string
		Chats           []string
		More            int
		Admin, Hidden   bool
		Here            bool
		Audit           int64
	}
	places := []any{
		community{Name: "a", Chats: []string{"a"}, Admin: true},
		community{Name: "a", Chats: []string{"a", "b"}, More: 2, Code: "K7P3QX", Was: "x"},
		community{Name: "a", Chats: []string{"a"}, Hidden: true},
		community{Name: "a", Chats: []string{"a"}, Hidden: true, Was: "x"},
		community{Name: "a", Code: "K7P3QX", Here: true},
	}
	type join struct {
		Chat, Name     string
		Chats, Members int
		Points, Cards  int64
		Stay           bool
		Rule           settings.Rule
		Clock          clock
		Audit          int64
		Carried        storage.Carried
		Numbers        []storage.Renumbered
	}
	some := []storage.Renumbered{{Was: 1, Now: 3}, {Was: 2, Now: 4}}
	carried := []any{
		join{Carried: storage.Carried{Questions: 12, Tickets: 1, FAQs: 3, Quiz: 4, Polls: 1}, Numbers: some}, join{Carried: storage.Carried{Polls: 2, Tickets: 2}}, join{Carried: storage.Carried{FAQs: 1}, Numbers: some[:1]},
	}
	joins := []any{join{Name: "a", Chats: 1, Stay: true}, join{Name: "a", Members: 2, Points: 1, Cards: 1, Rule: settings.Rule{On: true, Base: 5, Step: 1, Cap: 5}, Clock: here}}
	type names struct {
		Names []string
		More  int
	}
	lists := []any{names{}, names{[]string{"a", "b"}, 0}, names{[]string{"a"}, 3}}
	type admins struct {
		Platform, Added, Hosts, Operators names
		List                              bool
	}
	type role struct {
		Name, Role, Was string
		Platform, List  bool
		Audit           int64
	}
	roles := []any{role{Name: "a", Role: "host", Was: "admin"}, role{Name: "a", Role: "admin", List: true, Was: "host"}, role{Name: "a", Role: "admin", List: true, Platform: true}, role{Name: "a"}}
	type claim struct {
		Missing, Last bool
		Until         bot.Moment
	}
	type erase struct {
		Points            int64
		Entries, Checkins int
		Pseudonym         string
		Marks             bool
	}
	erased := []any{erase{}, erase{Points: 1, Entries: 2, Checkins: 1, Pseudonym: "a-1", Marks: true}}
	word := []any{struct{ Word, Example, Name, Command, Code string }{"w", "e", "n", "admin add", "c"}}
	none := []any{nil}
	id := []any{struct{ ID int64 }{1}}
	commandtest.Texts(t, "settings", map[string][]any{
		"overtaken": id,
		"lang":      lang, "lang_same": lang, "lang_set": lang, "lang_unknown": lang,
		"tz": zones, "tz_title": {here}, "tz_preview": zones, "tz_done": zones, "tz_undone": zones, "tz_same": zones,
		"tz_bad_time": word, "tz_short": word, "tz_unknown": word,
		"community": places, "community_unknown": word, "community_created": places, "community_founded": places, "community_taken": places, "community_undone": places,
		"community_name": {struct {
			Missing bool
			Max     int
		}{true, 30}, struct {
			Missing bool
			Max     int
		}{false, 30}},
		"moved": joins, "join_no_code": none, "join_unknown": word, "join_same": places, "join_title": joins,
		"join_preview": joins, "join_done": append(carried, joins...), "carried": carried, "join_told": joins,
		"names": lists, "role": {"host", "admin"}, "admins": {admins{}, admins{List: true}},
		"admin_unknown": word, "admin_who": word, "admin_role": word, "admin_same": roles, "admin_added": roles, "admin_none": roles,
		"admin_removed": roles, "admin_undone": roles,
		"claim_already": none, "claim_wrong": {claim{Missing: true}, claim{}, claim{Last: true, Until: at}}, "claimed": none,
		"mydata": {struct{ Private bool }{true}, struct{ Private bool }{}}, "mydata_unknown": word, "mydata_no_files": none, "mydata_file": none,
		"erase_title": none, "erase_preview": erased, "pseudonym": {struct{ Tag string }{"7F3K"}}, "erased": erased,
	})
}

func TestEveryTextOfBindInBothLanguages(t *testing.T) {
	t.Parallel()
	at := bot.Moment{T: time.Date(2026, 11, 22, 8, 12, 0, 0, time.UTC), Now: time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)}
	type side struct{ Domain, Name string }
	type ledger struct {
		Community                 string
		Here, There, Sum, Doubled int64
		HereRun, ThereRun, Run    int
		HereCards, ThereCards     int64
		Cards, Pending            int64
		HerePending, TherePending int64
		Days                      int
	}
	type view struct {
		Here, There side
		Ledgers     []ledger
		More        int
		Roles       bool
		Audit       int64
	}
	here, there := side{"telegram", "阿宁 <b>"}, side{"wecom", "李雷"}
	ledgers := []ledger{{Community: "产品群", Here: 200, There: 36, Sum: 226, Doubled: 10, Days: 2, Run: 8, Pending: 50}, {Community: "读书会", Days: 1, Run: 1}}
	views := []any{view{Here: here, There: there, Ledgers: ledgers, More: 2, Roles: true, Audit: 3}, view{Here: here, There: there, More: 1}}
	type code struct {
		Code    string
		Until   bot.Moment
		Already []side
	}
	type try struct {
		Last  bool
		Until bot.Moment
	}
	type undone struct {
		There         side
		Points, Short int64
		Audit         int64
	}
	none, sides := []any{nil}, []any{here, there}
	commandtest.Texts(t, "bind", map[string][]any{
		"side": sides, "private": none, "exposed": none, "self": none, "changed": none, "already": sides, "same_network": sides, "title": sides,
		"code":  {code{"K7P3QX", at, nil}, code{"K7P3QX", at, []side{here, there}}},
		"wrong": {try{}, try{true, at}}, "ledger": {ledgers[0], ledgers[1]},
		"preview": views, "done": views, "told": views,
		"undone": {undone{there, 36, 0, 3}, undone{there, 30, 6, 3}}, "later": {struct{ ID, Later int64 }{1, 2}}, "in_draw": {struct {
			ID    int64
			There side
		}{12, there}},
	})
}
