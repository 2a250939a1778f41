package wechatmp

import (
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wechatmp/wechattest"
)

func TestAWayToFollowIsACodeThatNeverEnds(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		i := chat.Inviting{Chat: r.chat(aning), State: "K7Q2", Name: "Aning"}
		got, err := r.Invite(r.t.Context(), i)
		code, ok := r.s.CodeAt(got.QRImageURL)
		if err != nil || !ok || code.Scene != "K7Q2" || code.Expires != 0 || got.Link != "" || got.ID == "" || !strings.HasPrefix(got.QRText, "http://weixin.qq.com/q/") {
			r.t.Fatalf("%+v leads to %+v: %v", got, code, err)
		}
		if err := r.Revoke(r.t.Context(), i.Chat, got.ID); err != nil {
			r.t.Error(err)
		}
		if !r.Caps(i.Chat).Joins {
			r.t.Error("follows are told")
		}
		calls := r.s.Calls(wechattest.PathQRCreate)
		for name, bad := range map[string]chat.Inviting{
			"no state":       {Chat: i.Chat},
			"a long one":     {Chat: i.Chat, State: strings.Repeat("a", chat.MaxState+1)},
			"a sentence":     {Chat: i.Chat, State: "a b"},
			"another domain": {Chat: chat.Chat{Ref: chat.Ref{Domain: "wechat:other", ID: aning}}, State: "K7Q2"},
		} {
			if _, err := r.Invite(r.t.Context(), bad); fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		if n := r.s.Calls(wechattest.PathQRCreate); n != calls {
			r.t.Errorf("%d calls for what cannot be", n-calls)
		}
		for code, want := range map[int]chat.Fault{45009: chat.Throttled, 48001: chat.Rejected} {
			r.s.Fail(wechattest.Fault{Path: wechattest.PathQRCreate, Code: code})
			if _, err := r.Invite(r.t.Context(), i); fault(r.t, err).Fault != want {
				r.t.Errorf("%d: %v", code, err)
			}
		}
	})
}
