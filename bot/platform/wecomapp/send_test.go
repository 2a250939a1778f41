package wecomapp

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

func choices(n int) []chat.Choice {
	var out []chat.Choice
	for i := range n {
		out = append(out, chat.Choice{Label: string(rune('A' + i)), Command: "/vote 9 " + string(rune('A'+i))})
	}
	return out
}

func TestChoicesTakeTheFormThatFits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("很长的说明", 30)
	for name, c := range map[string]struct {
		content chat.Content
		want    string
	}{
		"buttons":          {chat.Content{Text: "周五团建？<br>投一个", Choices: choices(2)}, "+周五团建？\n投一个 [A] [B]"},
		"no heading":       {chat.Content{Text: strings.Repeat("很", 40), Choices: choices(1)}, "+Bot\n" + strings.Repeat("很", 40) + " [A]"},
		"text beside":      {chat.Content{Text: "周五团建？<br>" + long, Choices: choices(2)}, "+周五团建？\n" + long + " +周五团建？ [A] [B]"},
		"link beside":      {chat.Content{Text: `看<a href="https://example.org">规则</a>`, Choices: choices(1)}, `+看<a href="https://example.org">规则</a> +看规则 [A]`},
		"seven":            {chat.Content{Text: "周五团建？", Choices: choices(7)}, "+周五团建？ +周五团建？ (vote)"},
		"twenty-one":       {chat.Content{Text: "选", Choices: choices(21)}, "+选" + typed(21)},
		"an address":       {chat.Content{Text: "选", Choices: []chat.Choice{{Label: "开", URL: "https://example.org"}}}, "+选\n" + `<a href="https://example.org">开</a>`},
		"twice the same":   {chat.Content{Text: "选", Choices: append(choices(1), choices(1)...)}, "+选 [A]"},
		"picture":          {chat.Content{Text: "码", File: &chat.File{Name: "a.png", MIME: "image/png", Data: chattest.Photo("x")}}, "+image +码"},
		"file with button": {chat.Content{Text: "名单", File: &chat.File{Name: "a.csv", MIME: "text/csv", Data: []byte("a,b,c,d")}, Choices: choices(1)}, "+file +名单 +名单 [A]"},
	} {
		bubble(t, qyapitest.Options{}, func(o *Options) { o.Words.Title = "Bot" }, func(r *rig) {
			if err := r.post(aning, c.content); err != nil {
				r.t.Errorf("%s: %v", name, err)
			}
			if got := r.screen(aning); got != c.want {
				r.t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		})
	}
}

func typed(n int) string {
	var out strings.Builder
	for _, c := range choices(n) {
		out.WriteString("\n" + c.Label + ": " + c.Command)
	}
	return out.String()
}

func TestAPressIsAnsweredOnItsCard(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		answers := map[string]chat.Content{
			"/vote 9 A": {Text: "已投 A"},
			"/vote 9 B": {Text: "换成 B 吗？", Choices: []chat.Choice{{Label: "换", Command: "/vote 9 B!"}}},
			"/vote 9 C": {Text: strings.Repeat("长", 200)},
			"/vote 9 D": {Text: `看<a href="https://example.org">这里</a>`},
		}
		r.answer = func(ev chat.Event) []chat.Content { return []chat.Content{answers[ev.Text]} }
		r.start()
		if err := r.post(aning, chat.Content{Text: "周五团建？<br>投一个", Choices: choices(4)}); err != nil {
			r.t.Fatal(err)
		}
		press := func(label, want string) {
			r.t.Helper()
			a, ok := r.s.Press(r.t.Context(), aning, label)
			if !ok || a.Text != "" || a.Attempts != 1 {
				r.t.Errorf("%v %+v", ok, a)
			}
			time.Sleep(time.Second)
			r.reads(aning, want)
		}
		press("A", "*周五团建？\n已投 A\n投一个 [A] [B] [C] [D]")
		press("C", "*周五团建？\n已投 A\n投一个 [A] [B] [C] [D] +"+strings.Repeat("长", 200))
		press("D", "*周五团建？\n已投 A\n投一个 [A] [B] [C] [D] +"+strings.Repeat("长", 200)+` +看<a href="https://example.org">这里</a>`)
		press("B", "*周五团建？\n换成 B 吗？ [换] +"+strings.Repeat("长", 200)+` +看<a href="https://example.org">这里</a>`)
		for _, err := range r.outcomes() {
			if err != nil {
				r.t.Error(err)
			}
		}
		if ev := r.all()[0]; ev.Kind != chat.Press || ev.Sender.Name != "阿宁" || ev.Reply == "" {
			r.t.Errorf("%+v", ev)
		}
	})
}

func TestAVoteSaysWhatWasChosen(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = func(ev chat.Event) []chat.Content { return []chat.Content{{Text: "ok " + ev.Text}} }
		r.start()
		if err := r.post(aning, chat.Content{Text: "周五团建？", Choices: choices(9)}); err != nil {
			r.t.Fatal(err)
		}
		if _, ok := r.s.Press(r.t.Context(), aning, "C"); !ok {
			r.t.Fatal("no such option")
		}
		time.Sleep(time.Second)
		r.reads(aning, "+周五团建？ *周五团建？\nok /vote 9 C (vote)")
	})
}

func TestACardThatCannotBeChangedIsAnsweredByAMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault *qyapitest.Fault
		after time.Duration
		// forget is a restart in between
		forget bool
		want   string
	}{
		"refused":   {fault: &qyapitest.Fault{Code: 42045, Msg: "response_code is used"}, want: "+Q [A] +已投 A"},
		"forgotten": {forget: true, want: "+Q [A] +已投 A"},
		"too late":  {after: 73 * time.Hour, want: "+Q [A] +已投 A"},
	} {
		bubble(t, qyapitest.Options{}, nil, func(r *rig) {
			r.answer, r.delay = func(chat.Event) []chat.Content { return []chat.Content{{Text: "已投 A"}} }, c.after
			r.start()
			if err := r.post(aning, chat.Content{Text: "Q", Choices: choices(1)}); err != nil {
				r.t.Fatal(err)
			}
			if c.fault != nil {
				c.fault.Path = qyapitest.PathUpdateCard
				r.s.Fail(*c.fault)
			}
			if c.forget {
				r.cards.known = nil
			}
			_, _ = r.s.Press(r.t.Context(), aning, "A")
			time.Sleep(c.after + time.Second)
			if got := r.screen(aning); got != c.want {
				r.t.Errorf("%s: %q", name, got)
			}
		})
	}
	// An update whose answer was lost may have happened: it is not repeated.
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = func(chat.Event) []chat.Content { return []chat.Content{{Text: "已投 A"}} }
		r.start()
		if err := r.post(aning, chat.Content{Text: "Q", Choices: choices(1)}); err != nil {
			r.t.Fatal(err)
		}
		r.s.Fail(qyapitest.Fault{Path: qyapitest.PathUpdateCard, Drop: qyapitest.AfterEffect})
		_, _ = r.s.Press(r.t.Context(), aning, "A")
		time.Sleep(time.Second)
		if errs := r.outcomes(); len(errs) != 1 || fault(r.t, errs[0]).Fault != chat.Unknown {
			r.t.Error(errs)
		}
		r.reads(aning, "*Q\n已投 A [A]")
	})
}

func TestFailuresAreToldForWhatTheyAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault qyapitest.Fault
		want  chat.Fault
		shown bool
	}{
		"too many calls":      {qyapitest.Fault{Code: 45009, Msg: "api freq out of limit"}, chat.Throttled, false},
		"too many at a time":  {qyapitest.Fault{Code: 45033, Msg: "api concurrent out of limit"}, chat.Throttled, false},
		"busy":                {qyapitest.Fault{Code: -1, Msg: "system busy"}, chat.Retry, false},
		"IP":                  {qyapitest.Fault{Code: 60020, Msg: "not allow to access from your ip"}, chat.Retry, false},
		"no such API":         {qyapitest.Fault{Code: 48002, Msg: "api forbidden"}, chat.Rejected, false},
		"agent":               {qyapitest.Fault{Code: 301002, Msg: "not allow to access the agent"}, chat.Retry, false},
		"nobody":              {qyapitest.Fault{Code: 81013, Msg: "all invalid"}, chat.Gone, false},
		"gateway":             {qyapitest.Fault{Status: 502}, chat.Unknown, false},
		"proxy":               {qyapitest.Fault{Status: 403}, chat.Retry, false},
		"dropped after":       {qyapitest.Fault{Drop: qyapitest.AfterEffect}, chat.Unknown, true},
		"answer breaks off":   {qyapitest.Fault{Garble: true}, chat.Unknown, true},
		"nothing for a while": {qyapitest.Fault{Delay: time.Hour}, chat.Unknown, false},
	} {
		bubble(t, qyapitest.Options{}, nil, func(r *rig) {
			c.fault.Path = qyapitest.PathSend
			r.s.Fail(c.fault)
			se := fault(r.t, r.letter(aning, "hello"))
			if se.Fault != c.want || (se.Fault == chat.Throttled) != (se.After > 0) {
				r.t.Errorf("%s: %v", name, se)
			}
			r.noSecrets(se.Error())
			if got := r.screen(aning); (got != "") != c.shown {
				r.t.Errorf("%s: shown %q", name, got)
			}
			if c.want != chat.Unknown {
				if err := r.letter(aning, "again"); err != nil {
					r.t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func TestAnExpiredTokenIsFetchedAnewOnce(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.start()
		if err := r.letter(aning, "a"); err != nil {
			r.t.Fatal(err)
		}
		r.s.Revoke() // 40014
		if err := r.letter(aning, "b"); err != nil {
			r.t.Error(err)
		}
		time.Sleep(3 * time.Hour) // 42001 would be said
		if err := r.letter(aning, "c"); err != nil {
			r.t.Error(err)
		}
		if n := r.s.Calls(qyapitest.PathGetToken); n != 3 {
			r.t.Errorf("%d tokens were fetched", n)
		}
		r.s.Fail(qyapitest.Fault{Path: qyapitest.PathSend, Code: 42001, Msg: "access_token expired", Times: -1})
		if se := fault(r.t, r.letter(aning, "d")); se.Fault != chat.Retry {
			r.t.Error(se)
		}
		r.reads(aning, "+a +b +c")
	})
}

func TestAMemberOutsideTheVisibleRangeIsARejection(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.s.Answer(qyapitest.PathSend, invalidUser)
		se := fault(r.t, r.letter(aning, "hello"))
		if se.Fault != chat.Rejected || strings.Contains(se.Error(), strings.ToLower(aning)) {
			r.t.Error(se)
		}
		r.reads(aning, "")
	})
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.s.Hide(aning)
		if se := fault(r.t, r.letter(aning, "hello")); se.Fault != chat.Gone {
			r.t.Error(se) // 81013: nobody at all
		}
	})
}

func TestAMembersLimitIsKeptBeforeThePlatformDrops(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		sent := 0
		for sent < 100 {
			err := r.letter(aning, "x")
			if err == nil {
				sent++
				continue
			}
			se := fault(r.t, err)
			if se.Fault != chat.Throttled {
				r.t.Fatal(se)
			}
			time.Sleep(se.After)
		}
		if n := len(r.s.Shown(aning)); n != 100 {
			r.t.Errorf("%d of 100 arrived", n)
		}
	})
}

func TestWhatCannotBeSentIsRefusedBeforeItIsTried(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		for name, l := range map[string]chat.Letter{
			"empty":      {Chat: place(aning), Content: chat.Content{Text: " <br> "}},
			"edit":       {Chat: place(aning), Edit: "1", Content: chat.Content{Text: "x"}},
			"a group":    {Chat: chat.Chat{Ref: chat.Ref{Domain: Domain, ID: "wrCHAT"}, Type: chat.Group}, Content: chat.Content{Text: "x"}},
			"a robot":    {Chat: chat.Chat{Ref: chat.Ref{Domain: Domain, ID: "webhook:12"}, Type: chat.Private}, Content: chat.Content{Text: "x"}},
			"elsewhere":  {Chat: chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: "1"}, Type: chat.Private}, Content: chat.Content{Text: "x"}},
			"everybody":  {Chat: place("@all|bob"), Content: chat.Content{Text: "x"}},
			"no label":   {Chat: place(aning), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Command: "/x"}}}},
			"no command": {Chat: place(aning), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Label: "x"}}}},
			"tiny file":  {Chat: place(aning), Content: chat.Content{Text: "x", File: &chat.File{Name: "a", Data: []byte("12345")}}},
		} {
			if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		if r.s.Calls(qyapitest.PathSend) != 0 || r.s.Calls(qyapitest.PathUpload) != 0 {
			r.t.Error("the platform was asked")
		}
	})
}

func TestWrongCredentialsEndRun(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"secret":  func(o *Options) { o.Secret = "another-secret" },
		"corp_id": func(o *Options) { o.CorpID = "wwother" },
	} {
		bubble(t, qyapitest.Options{}, change, func(r *rig) {
			err := r.Run(r.t.Context(), r.deliver)
			if !errors.Is(err, ErrCredentials) || strings.Contains(err.Error(), "another-secret") {
				r.t.Errorf("%s: %v", name, err)
			}
			for range 3 {
				if se := fault(r.t, r.letter(aning, "x")); se.Fault != chat.Retry {
					r.t.Error(se)
				}
			}
			if r.logs.Count("secret is not accepted") != 1 {
				r.t.Errorf("%s", r.logs)
			}
		})
	}
}

func TestTroubleIsWaitedOutAndAnswersGoOnMeanwhile(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]qyapitest.Fault{
		"gateway": {Status: 502}, "dropped": {Drop: qyapitest.BeforeEffect}, "IP": {Code: 60020, Msg: "not allow to access from your ip"},
	} {
		bubble(t, qyapitest.Options{}, nil, func(r *rig) {
			f.Path, f.Times = qyapitest.PathGetToken, 6
			r.s.Fail(f)
			r.answer = echo
			stop := r.start()
			if a := r.s.Say(r.t.Context(), aning, "hello"); a.Text != "you said hello" {
				r.t.Errorf("%s: %+v", name, a)
			}
			time.Sleep(2 * time.Minute)
			if r.logs.Count("works again") != 1 {
				r.t.Errorf("%s: %s", name, r.logs)
			}
			if err := stop(); err != nil {
				r.t.Error(err)
			}
		})
	}
}

func TestCancelEndsRunAtOnce(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]qyapitest.Fault{"waiting": {Status: 502, Times: -1}, "calling": {Delay: time.Hour, Times: -1}} {
		bubble(t, qyapitest.Options{}, nil, func(r *rig) {
			r.s.Fail(f)
			stop := r.start()
			time.Sleep(5 * time.Second)
			begin := time.Now()
			if err := stop(); err != nil || time.Since(begin) > time.Second {
				r.t.Errorf("%s: %v after %s", name, err, time.Since(begin))
			}
		})
	}
	// A request that waits for its answer ends with the program.
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		stop := r.start()
		done := make(chan qyapitest.Answer, 1)
		go func() { done <- r.s.Say(context.Background(), aning, "hi") }()
		time.Sleep(time.Second)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		begin := time.Now()
		if a := <-done; a.Status != 200 || time.Since(begin) > time.Second {
			r.t.Errorf("%+v", a)
		}
	})
}

func TestNewNamesWhatIsWrongAndNoSecret(t *testing.T) {
	t.Parallel()
	good := Options{Name: "staff", CorpID: "ww1", AgentID: 1, Secret: "hunter2-secret", Token: "hunter2token", EncodingAESKey: qyapitest.DefaultAESKey}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"name":             func(o *Options) { o.Name = "a/b" },
		"corp_id":          func(o *Options) { o.CorpID = "ww 1" },
		"agent_id":         func(o *Options) { o.AgentID = 0 },
		"secret":           func(o *Options) { o.Secret = " " },
		"no key":           func(o *Options) { o.EncodingAESKey = "" },
		"no token":         func(o *Options) { o.Token = "" },
		"encoding_aes_key": func(o *Options) { o.EncodingAESKey = "hunter2" },
		"base_url":         func(o *Options) { o.BaseURL = "hunter2.example" },
	} {
		o := good
		change(&o)
		if a, err := New(o); err == nil || a != nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
