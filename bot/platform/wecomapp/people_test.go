package wecomapp

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

func invalidUser(url.Values, []byte) any {
	return map[string]any{"invaliduser": strings.ToLower(aning), "msgid": "m"}
}

func TestNamesAreAskedForOnceAndNeverStopAnEvent(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = echo
		r.start()
		names := func(user string) string {
			r.s.Say(r.t.Context(), user, "hi")
			all := r.all()
			return all[len(all)-1].Sender.Name
		}
		for range 3 {
			if got := names(aning); got != "阿宁" {
				r.t.Error(got)
			}
		}
		if n := r.s.Calls(qyapitest.PathUserGet); n != 1 {
			r.t.Errorf("asked %d times", n)
		}
		r.s.Hide(bob)
		for range 3 {
			if got := names(bob); got != "" {
				r.t.Error(got)
			}
		}
		if n := r.s.Calls(qyapitest.PathUserGet); n != 2 || r.logs.Count("cannot be looked up") != 1 {
			r.t.Errorf("asked %d times; %s", n, r.logs)
		}
		time.Sleep(13 * time.Hour)
		r.s.Member(aning, "阿宁宁", openAning)
		if got := names(aning); got != "阿宁宁" {
			r.t.Error(got)
		}
		// A server that does not answer costs a second, not the answer.
		time.Sleep(13 * time.Hour)
		r.s.Fail(qyapitest.Fault{Path: qyapitest.PathUserGet, Delay: time.Hour})
		begin := time.Now()
		if a := r.s.Say(r.t.Context(), aning, "hi"); a.Text != "you said hi" || time.Since(begin) > 2*time.Second {
			r.t.Errorf("%+v after %s", a, time.Since(begin))
		}
	})
}

func TestEncryptedIDsBecomePlainOnes(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		const foreign = "woCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
		want := map[string]string{openAning: aning}
		for range 3 {
			got, err := r.UserIDs(r.t.Context(), openAning, "zhangsan", foreign, openAning, "")
			if err != nil || !reflect.DeepEqual(got, want) {
				r.t.Errorf("%v %v", got, err)
			}
		}
		if n := r.s.Calls(qyapitest.PathConvert); n != 1 {
			r.t.Errorf("asked %d times", n)
		}
		time.Sleep(6 * time.Minute) // what was not known is asked for again
		if _, err := r.UserIDs(r.t.Context(), foreign); err != nil || r.s.Calls(qyapitest.PathConvert) != 2 {
			r.t.Error(err)
		}
		// An answer that did not come must not be taken for "plain already".
		time.Sleep(13 * time.Hour)
		for _, f := range []qyapitest.Fault{{Drop: qyapitest.BeforeEffect}, {Status: 502}, {Code: 45009}, {Code: 60020}, {Code: -1}} {
			f.Path = qyapitest.PathConvert
			r.s.Fail(f)
			if got, err := r.UserIDs(r.t.Context(), openAning); err == nil || len(got) != 0 {
				r.t.Errorf("%+v: %v", f, got)
			}
		}
		// Not being allowed is an answer.
		r.s.Fail(qyapitest.Fault{Path: qyapitest.PathConvert, Code: 48002})
		if got, err := r.UserIDs(r.t.Context(), openAning); err != nil || len(got) != 0 {
			r.t.Errorf("%v %v", got, err)
		}
		var many []string
		for i := range 1500 {
			many = append(many, fmt.Sprintf("wo%030d", i))
		}
		if _, err := r.UserIDs(r.t.Context(), many...); err != nil { // the server minds more than 1000
			r.t.Error(err)
		}
	})
}

// check prints findings as "+code args" and "-code args".
func (r *rig) check() string {
	var out []string
	for _, f := range r.Check(r.t.Context(), nil) {
		sign := "-"
		if f.OK {
			sign = "+"
		}
		out = append(out, fmt.Sprint(sign, strings.TrimPrefix(f.Code, "wecomapp."), f.Args))
	}
	text := strings.ReplaceAll(strings.Join(out, " "), "map[]", "")
	r.noSecrets(text)
	return text
}

func TestCheckTellsWhatTheAppCan(t *testing.T) {
	t.Parallel()
	const me = "+readymap[agent_id:1000002 name:Qunmate]"
	expect := func(r *rig, want string) {
		r.t.Helper()
		if got := r.check(); got != want {
			r.t.Errorf("%s\nwant %s", got, want)
		}
	}
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		expect(r, me+" +callbackmap[heard: path:/wecom/staff] +names")
		r.s.Fail(qyapitest.Fault{Path: qyapitest.PathUserGet, Code: 60011})
		expect(r, me+" +callbackmap[heard: path:/wecom/staff] +no_names")
		for code, want := range map[int]string{60020: "-address_badmap[ip:203.0.113.7]", 301002: "-agent_badmap[agent_id:1000002 name:]"} {
			r.s.Fail(qyapitest.Fault{Path: qyapitest.PathAgentGet, Code: code, Msg: "no"})
			expect(r, want)
		}
		r.s.Fail(qyapitest.Fault{Path: qyapitest.PathAgentGet, Status: 502})
		if got := r.check(); !strings.HasPrefix(got, "-unreachablemap[error:") {
			r.t.Error(got)
		}
		r.start()
		p := r.s.Seal("x")
		p.Query.Set("msg_signature", "0")
		r.s.Post(r.t.Context(), aning, p)
		if got := r.check(); !strings.Contains(got, "-refusedmap[path:/wecom/staff replayed:0 signature:1 stale:0 unreadable:0]") {
			r.t.Error(got)
		}
		r.s.Say(r.t.Context(), aning, "hi")
		if got := r.check(); strings.Contains(got, "heard: ") {
			r.t.Error(got)
		}
	})
	bubble(t, qyapitest.Options{Closed: true}, nil, func(r *rig) {
		expect(r, "-closedmap[agent_id:1000002 name:Qunmate] +callbackmap[heard: path:/wecom/staff] +names")
	})
	bubble(t, qyapitest.Options{}, func(o *Options) { o.Token, o.EncodingAESKey = "", "" }, func(r *rig) { expect(r, me+" +send_only +names") })
	bubble(t, qyapitest.Options{}, func(o *Options) { o.Secret = "wrong" }, func(r *rig) { expect(r, "-secret_bad") })
}

func TestPlacesOfOthersAreNotOurs(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		for _, c := range []chat.Chat{
			{},
			{Ref: chat.Ref{Domain: Domain, ID: "wrCHAT"}, Type: chat.Group},
			{Ref: chat.Ref{Domain: Domain, ID: "webhook:1"}, Type: chat.Channel},
			{Ref: chat.Ref{Domain: "telegram", ID: "1"}, Type: chat.Private},
		} {
			if got := r.Caps(c); got != (chat.Caps{}) {
				r.t.Errorf("%v: %+v", c, got)
			}
			want := chat.Caps{Hears: true, Choices: true, Push: true, Files: true, Pictures: true, MaxPicture: 10 << 20, OneToOne: true, MaxText: 2048, PerMinute: 30}
			if got := r.Caps(place(aning)); got != want {
				r.t.Errorf("a member: %+v", got)
			}
		}
		if r.Name() != "staff" || r.Domain() != "wecom" {
			r.t.Error(r.Name())
		}
	})
}
