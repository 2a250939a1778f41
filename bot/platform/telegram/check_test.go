package telegram

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

// brief writes findings as "ok code" and "!! code".
func brief(list []chat.Finding) string {
	var out []string
	for _, f := range list {
		mark := "!!"
		if f.OK {
			mark = "ok"
		}
		out = append(out, mark+" "+strings.TrimPrefix(f.Code, "telegram."))
	}
	return strings.Join(out, ", ")
}

func TestCheckNamesWhoWeAreAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		old := tgtest.Chat{ID: -5, Type: "group", Title: "Old"}
		lost := tgtest.Chat{ID: -6, Title: "Lost"}
		sick := tgtest.Chat{ID: -8, Title: "Sick"}
		r.s.MakeAdmin(group)
		r.s.AddChat(forum)
		r.s.AddChat(old)
		r.s.AddChat(sick)
		r.s.Migrate(old, tgtest.Chat{ID: -7, Title: "New"})
		r.s.Fail(tgtest.Fault{Method: "getChatAdministrators", Chat: sick.ID, Status: 500})
		list := r.Check(r.t.Context(), []chat.Chat{
			chatOfTest(group), chatOfTest(forum), chatOfTest(lost), chatOfTest(old), chatOfTest(sick), chatOfTest(aning.Direct()),
		})
		if got := brief(list); got != "ok me, ok privacy_on, ok chat_ok, !! chat_missing, !! chat_gone, !! chat_moved, !! chat_error" {
			r.t.Error(got)
		}
		if a := list[3].Args; a["chat"] != "Forum" || a["rights"] != "admin,delete,invite,pin,hear_all_talk" {
			r.t.Errorf("%v", a)
		}
		if a := list[5].Args; a["to"] != "-7" {
			r.t.Errorf("%v", a)
		}
		if a := list[0].Args; a["username"] != "qunmate_bot" || a["name"] != "Qunmate" {
			r.t.Errorf("%v", a)
		}
	})
}

func TestCheckNamesTheStateOfTheWebhook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		mode   func(*Options)
		url    string
		update bool
		want   string
	}{
		{"polling, none", nil, "", false, "ok me, ok privacy_off"},
		{"polling, one set", nil, "https://elsewhere.example/with/secret", false, "ok me, ok privacy_off, !! webhook_set"},
		{"ours", webhookMode, "https://bot.example/telegram/main", false, "ok me, ok privacy_off, ok webhook_ok"},
		{"none", webhookMode, "", false, "ok me, ok privacy_off, !! webhook_other"},
		{"another", webhookMode, "https://elsewhere.example/with/secret", false, "ok me, ok privacy_off, !! webhook_other"},
		{"failing", webhookMode, "https://bot.example/telegram/main", true, "ok me, ok privacy_off, !! webhook_error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, tgtest.Options{WebhookByHand: true, PrivacyOff: true}, c.mode, func(r *rig) {
				if c.url != "" {
					r.s.SetHook(c.url)
				}
				if c.update {
					r.s.Say(group, aning, "hello")
					r.s.HookFailed("Connection refused")
				}
				list := r.Check(r.t.Context(), nil)
				if got := brief(list); got != c.want {
					r.t.Error(got)
				}
				if strings.Contains(fmt.Sprint(list), "with/secret") {
					r.t.Errorf("somebody's address is shown: %v", list)
				}
			})
		})
	}
}

func TestCheckSaysWhenTelegramDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault tgtest.Fault
		want  string
	}{
		"token":   {tgtest.Fault{Method: "getMe", Status: http.StatusUnauthorized, Description: "Unauthorized"}, "!! token_bad"},
		"network": {tgtest.Fault{Method: "getMe", Drop: tgtest.BeforeEffect}, "!! unreachable"},
		"later":   {tgtest.Fault{Method: "getWebhookInfo", Status: 500}, "ok me, ok privacy_on, !! unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, tgtest.Options{}, nil, func(r *rig) {
				r.s.Fail(c.fault)
				list := r.Check(r.t.Context(), nil)
				if got := brief(list); got != c.want {
					r.t.Error(got)
				}
				for _, f := range list {
					for _, v := range f.Args {
						if strings.Contains(v, secretOf(r.s)) {
							r.t.Errorf("the token is in %v", f)
						}
					}
				}
			})
		})
	}
}
