package telegram

import (
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestTheMenuIsKeptInStepPerScopeAndLanguage(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		long := append(append([]chat.Menu(nil), menu...),
			chat.Menu{Command: "\u7b7e\u5230", Description: "no Telegram command"},
			chat.Menu{Command: "empty"},
			chat.Menu{Command: "long", Description: strings.Repeat("\u7b7e", 300)})
		set := func(language string, m []chat.Menu) {
			r.t.Helper()
			if err := r.SetMenu(r.t.Context(), language, m); err != nil {
				r.t.Fatal(err)
			}
		}
		set("", long)
		set("zh-CN", menu)
		set("en", menu)
		for key, want := range map[[2]string]string{
			{"default", ""}:                   "checkin me long",
			{"all_group_chats", ""}:           "checkin me long",
			{"all_chat_administrators", ""}:   "checkin me settings long",
			{"default", "zh"}:                 "checkin me",
			{"all_group_chats", "en"}:         "checkin me",
			{"all_chat_administrators", "zh"}: "checkin me settings",
		} {
			if got := strings.Join(r.s.Commands(key[0], key[1]), " "); got != want {
				r.t.Errorf("%v: %s, want %s", key, got, want)
			}
		}
		writes := r.s.Calls("setMyCommands")
		set("", long)
		set("zh-CN", menu)
		if n := r.s.Calls("setMyCommands"); n != writes {
			r.t.Errorf("%d writes of an unchanged menu", n-writes)
		}
		set("en", nil)
		if got := r.s.Commands("default", "en"); len(got) != 0 {
			r.t.Errorf("an empty menu left %v", got)
		}
	})
}

func TestTheMenuOutlivesShortTroubleAndGivesUpOnLongOne(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.Fail(tgtest.Fault{Method: "setMyCommands", Status: 429, RetryAfter: 60})
		r.s.Fail(tgtest.Fault{Method: "getMyCommands", Drop: tgtest.BeforeEffect, Times: 2})
		begin := time.Now()
		if err := r.SetMenu(r.t.Context(), "", menu); err != nil {
			r.t.Error(err)
		}
		if d := time.Since(begin); d < time.Minute {
			r.t.Errorf("retry_after was not obeyed: %s", d)
		}
		r.s.Fail(tgtest.Fault{Method: "getMyCommands", Status: 500, Times: -1})
		err := r.SetMenu(r.t.Context(), "en", menu)
		if fault(r.t, err).Fault != chat.Retry || strings.Contains(err.Error(), secretOf(r.s)) {
			r.t.Error(err)
		}
		r.s.Heal()
		r.s.Fail(tgtest.Fault{Method: "getMyCommands", Status: 401, Times: -1})
		before := r.s.Calls("getMyCommands")
		if err := r.SetMenu(r.t.Context(), "en", menu); err == nil || r.s.Calls("getMyCommands") != before+1 {
			r.t.Errorf("a wrong token was tried again, %v", err)
		}
		if n := r.logs.Count("level=WARN"); n != 0 {
			r.t.Errorf("not quiet:\n%s", r.logs)
		}
	})
}
