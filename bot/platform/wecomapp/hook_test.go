package wecomapp

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"qunmate/bot/platform/wecomapp/qyapitest"
)

func TestEventsOfSomebodyElseAreHandedOver(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.start()
		var got []string
		fail := errors.New("the disk is full")
		r.Handle("change_external_chat", func(_ context.Context, plain []byte) error {
			got = append(got, string(plain))
			if len(got) == 1 {
				return fail
			}
			return nil
		})
		a := r.s.Event(r.t.Context(), "sys", "change_external_chat", map[string]string{"ChatId": "wrCHAT", "ChangeType": "create"})
		if a.Status != http.StatusOK || a.Attempts != 2 || len(got) != 2 || got[0] != got[1] || !strings.Contains(got[0], "wrCHAT") {
			r.t.Errorf("%+v %q", a, got)
		}
		// What nobody wants is taken and forgotten.
		if a := r.s.Event(r.t.Context(), "sys", "change_contact", nil); a.Status != http.StatusOK || a.Attempts != 1 || a.Text != "" {
			r.t.Errorf("%+v", a)
		}
		// Handlers take nothing that is not for this corporation.
		p := r.s.SealFor(r.s.EventXML("sys", "change_external_chat", ""), "wwother")
		if a := r.s.Post(r.t.Context(), "sys", p); a.Status != http.StatusForbidden || len(got) != 2 || len(r.all()) != 0 {
			r.t.Errorf("%+v", a)
		}
	})
}

func TestAMessageIsAnsweredInItsRequest(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = echo
		r.start()
		if a := r.s.Say(r.t.Context(), aning, "/checkin"); a.Text != "you said /checkin" || a.Attempts != 1 {
			r.t.Errorf("%+v", a)
		}
		r.reads(aning, "<you said /checkin")
		if ev := r.all()[0]; ev.Sender.Name != "阿宁" || ev.Chat.Ref.String() != "wecom:"+aning || r.s.Calls(qyapitest.PathSend) != 0 {
			r.t.Errorf("%+v", ev)
		}
	})
}
