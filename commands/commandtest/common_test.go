package commandtest_test

import (
	"testing"

	"qunmate/bot"
	"qunmate/commands/commandtest"
)

type named map[string]any

func TestTheEnginesOwnCommandsCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, bot.Command{Name: "confirm"}, bot.Command{Name: "cancel"}, bot.Command{Name: "undo"}, bot.Command{Name: "use"})
}

func TestEveryCommonTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	none := []any{nil}
	id, name := []any{named{"ID": 7}}, []any{named{"Name": "小满 <b>"}}
	var refusals, missing []any
	for _, role := range []string{"operator", "host", "admin"} {
		for _, command := range []string{"checkin set", "points", "undo"} {
			refusals = append(refusals, named{"Role": role, "Command": command})
		}
	}
	rights := []string{"admin", "delete", "invite", "pin", "send", "hear_all_talk", "something_new"}
	for _, r := range rights {
		missing = append(missing, r)
	}
	var undoable []any
	for _, a := range []string{
		"", "draw.publish", "draw.cancel", "draw.defaults", "poll.publish", "poll.close", "signup.publish", "signup.cancel", "announce.send",
		"settings.language", "settings.join", "feedback.reply", "undo",
	} {
		undoable = append(undoable, named{"ID": 7, "Action": a})
	}
	previews := []named{{"ID": 5, "Title": "签到规则"}, {"ID": 6, "Title": "Ann +5"}}
	commandtest.Texts(t, "common", map[string][]any{
		"confirm": none, "cancel": none, "cancelled": none, "nothing_open": none, "not_your_preview": none, "preview_done": none,
		"preview_cancelled": none, "preview_expired": none, "private_only": none, "group_only": none, "anonymous": none,
		"stale_button": none, "who_missing": {named{"Command": "points"}, named{"Command": "invitedby"}}, "disk_full": none, "disk_ok": none,
		"called":           {named{"Call": "", "Deaf": false}, named{"Call": "", "Deaf": true}, named{"Call": "@小助手 ", "Deaf": false}},
		"open_preview":     {previews[0]},
		"several_open":     {named{"Previews": previews, "Command": "confirm"}},
		"no_preview":       id,
		"bad_number":       {named{"Word": "", "Example": "/undo 12"}, named{"Word": "x", "Example": "/undo 12"}},
		"no_audit":         id,
		"say_again":        id,
		"undone_before":    id,
		"no_undo":          undoable,
		"undo_too_late":    {named{"ID": 7, "Days": 0}, named{"ID": 7, "Days": 7}},
		"platform":         {"telegram", "wecom", "wecom:corp", "wechat:wx1", "sandbox", "x"},
		"not_allowed":      refusals,
		"which_community":  {named{"Count": 2, "Word": ""}, named{"Count": 2, "Word": "9"}},
		"community_choice": {named{"Name": "读书会", "Where": "", "Status": "已签"}, named{"Name": "读书会", "Where": "wecom", "Status": ""}},
		"using":            name,
		"no_community": {
			named{"OneToOne": false, "Mention": ""},
			named{"OneToOne": false, "Mention": "@小助手"},
			named{"OneToOne": true, "Bind": true},
			named{"OneToOne": true, "Bind": false},
		},
		"at": {named{"Mentioned": true, "Mention": "@小助手"}, named{"Mentioned": true, "Mention": ""}},
		"unknown": {
			named{"Near": "", "Key": "", "Mentioned": false},
			named{"Near": "签到", "Key": "checkin", "Mentioned": false},
			named{"Near": "签到", "Key": "checkin", "Mentioned": true, "Mention": "@小助手"},
		},
		"group_welcome": none, "question_closed": none, "welcome_back": none, "submit": none, "card_title": none, "menu_checkin": none, "menu_me": none, "menu_more": none,
		"nameless": {named{"Tag": "3F7K"}}, "nameless_group": {named{"Tag": "3F7K"}},
		"connection_ended": {named{"Name": "helper"}},
		"connection":       {named{"OK": true, "Name": "helper", "Text": "a"}, named{"OK": false, "Name": "helper", "Text": "a"}},
		"fault":            {named{"ID": "a1b2c3"}},
		"who_unknown":      {named{"Name": "小王", "Quote": true}, named{"Name": "小王", "Quote": false}},
		"who_several":      {named{"Name": "小王", "Count": 2, "Quote": true}, named{"Name": "小王", "Count": 2, "Quote": false}},
		"hello":            {named{"Missing": nil}, named{"Missing": rights}},
		"missing":          missing,
	})
}
