package wecomhook

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

func TestTheSuiteOfEveryPlatform(t *testing.T) {
	t.Parallel()
	chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
		t.Helper()
		if strings.Contains(t.Name(), "private_answer") {
			t.Skip("a robot answers nobody")
		}
		r := connect(t, nil)
		t.Cleanup(func() {
			if p := r.s.Problems(); len(p) > 0 {
				t.Errorf("the server saw what no program should do: %q", p)
			}
		})
		faults := map[chattest.Failure]qyapitest.Fault{
			chattest.ServerError:  {Status: 502},
			chattest.DropBefore:   {Drop: qyapitest.BeforeEffect},
			chattest.DropAfter:    {Drop: qyapitest.AfterEffect},
			chattest.GarbledReply: {Garble: true},
			chattest.RefuseText:   {Code: 40058, Msg: "invalid request parameter"},
			chattest.Kick:         {Code: 93000, Msg: "invalid webhook url"},
		}
		return &chattest.Subject{
			Platform: r.Robot, Group: r.Chat(), Ann: member("ann"), Bob: member("bob"),
			Seen: func(chat.Chat, chat.User) []chattest.Seen { return seen(r.s) },
			Fail: func(_ chat.Chat, f chattest.Failure, _ time.Duration) bool {
				fault, known := faults[f]
				fault.Path = qyapitest.PathRobotSend
				if known {
					r.s.Fail(fault)
				}
				return known
			},
			Secrets: []string{qyapitest.DefaultRobot}, Logs: r.logs.String,
		}
	})
}

func member(id string) chat.User {
	return chat.User{Ref: chat.Ref{Domain: Domain, ID: id}, Name: "<b>" + id}
}

// seen is what the group reads: styles are not text, and the wide forms that
// keep names from being markup look like what they stand for.
func seen(s *qyapitest.Server) []chattest.Seen {
	var out []chattest.Seen
	for _, m := range s.Posted(qyapitest.DefaultRobot) {
		text := m.Text
		if m.Kind == kindMarkdown {
			text = read(text)
		}
		out = append(out, chattest.Seen{Text: text, Picture: m.Data})
	}
	return out
}

func read(text string) string {
	for {
		before, rest, ok := strings.Cut(text, "[")
		label, after, labelled := strings.Cut(rest, "](")
		_, after, closed := strings.Cut(after, ")")
		if !ok || !labelled || !closed {
			break
		}
		text = before + label + after
	}
	text = strings.NewReplacer("*", "", "`", "", "  \n", "\n").Replace(text)
	return strings.Map(func(r rune) rune {
		if r >= '\uff01' && r <= '\uff5e' {
			return r - '\uff01' + '!'
		}
		return r
	}, text)
}

func TestNewNamesWhatIsWrongAndNotTheKey(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"name":     func(o *Options) { o.Name = "a/b" },
		"key":      func(o *Options) { o.Key = "hunter2 x" },
		"whole":    func(o *Options) { o.Key = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2" },
		"no key":   func(o *Options) { o.Key = "" },
		"base_url": func(o *Options) { o.BaseURL = "hunter2.example" },
	} {
		o := Options{Name: "news", Key: "hunter2"}
		change(&o)
		if r, err := New(o); err == nil || r != nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheChatIsTheKeysAndBearsTheName(t *testing.T) {
	t.Parallel()
	a := connect(t, nil)
	renamed := connect(t, func(o *Options) { o.Name = "updates" })
	other := connect(t, func(o *Options) { o.Key = "another" })
	if a.Chat().Ref != renamed.Chat().Ref || a.Chat().Ref == other.Chat().Ref || renamed.Chat().Title != "updates" {
		t.Errorf("%v %v %v", a.Chat(), renamed.Chat(), other.Chat())
	}
	ref, err := chat.ParseRef(a.Chat().Ref.String())
	if err != nil || ref != a.Chat().Ref || strings.Contains(ref.ID, qyapitest.DefaultRobot[:8]) {
		t.Errorf("%v %v", ref, err)
	}
	if a.Serves(other.Chat()) || !a.Serves(renamed.Chat()) || a.Caps(other.Chat()) != (chat.Caps{}) {
		t.Error("a robot posts in its own group only")
	}
	want := chat.Caps{Push: true, Files: true, Pictures: true, MaxPicture: maxImage, MaxText: maxText, PerMinute: 20}
	if c := a.Caps(a.Chat()); c != want {
		t.Errorf("%+v", c)
	}
}

func TestTheChatIsToldOnceForEachRun(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(r *rig) {
		var got []chat.Event
		tries := 0
		deliver := func(_ context.Context, events []chat.Event) error {
			if tries++; tries < 4 {
				return errors.New("the disk is full")
			}
			got = append(got, events...)
			return nil
		}
		stop := r.run(deliver)
		time.Sleep(time.Hour)
		synctest.Wait()
		if err := stop(); err != nil || len(got) != 1 {
			r.t.Fatalf("%v %v", err, got)
		}
		ev := got[0]
		if c, ok := ev.Detail.(chat.ChatChange); !ok || c.Standing != chat.Added || ev.Chat.Title != "news" || ev.Chat.Type != chat.Channel || ev.Kind != chat.ChatChanged {
			r.t.Errorf("%+v", ev)
		}
		_ = r.run(deliver)()
		if len(got) != 2 || got[1].ID == got[0].ID {
			r.t.Errorf("a second run is a second event: %+v", got)
		}
		// It ends at once while it waits to try again.
		tries = -1000
		stop = r.run(deliver)
		time.Sleep(30 * time.Second)
		begin := time.Now()
		if err := stop(); err != nil || time.Since(begin) > time.Second {
			r.t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}

func TestLettersTakeTheFormThatSuitsThem(t *testing.T) {
	t.Parallel()
	png := &chat.File{Name: "qr.png", MIME: "image/png", Data: chattest.Photo("more")}
	csv := &chat.File{Name: "list.csv", MIME: "text/csv", Data: []byte("a,b\n1,2\n")}
	link := chat.Choice{Label: "报名", URL: "https://example.org/?a=1&b=2"}
	press := chat.Choice{Label: "Why?", Command: "/why"}
	for name, c := range map[string]struct {
		content chat.Content
		want    []string
	}{
		"plain":          {chat.Content{Text: "下周三团建&lt;b&gt;<br>记得来"}, []string{"text 下周三团建<b>\n记得来"}},
		"bold":           {chat.Content{Text: "<b>通知</b> 明天放假"}, []string{"markdown **通知** 明天放假"}},
		"mention":        {chat.Content{Text: `<at id="wecom:lilei">李雷</at> 中奖了`}, []string{"markdown <@lilei> 中奖了"}},
		"not ours":       {chat.Content{Text: `<at id="telegram:1">Li</at> 中奖了`}, []string{"text Li 中奖了"}},
		"everybody":      {chat.Content{Text: `<at id="wecom:@all">x</at> hi`}, []string{"text x hi"}},
		"one address":    {chat.Content{Text: "周末徒步<br>周六八点<br>南门", Choices: []chat.Choice{link, press}}, []string{"news 周末徒步|周六八点\n南门|https://example.org/?a=1&b=2"}},
		"styled address": {chat.Content{Text: "<b>周末徒步</b>", Choices: []chat.Choice{link}}, []string{"markdown **周末徒步**  \n[报名](https://example.org/?a=1&b=2)"}},
		"two addresses":  {chat.Content{Text: "看", Choices: []chat.Choice{link, link}}, []string{"markdown 看  \n[报名](https://example.org/?a=1&b=2)  \n[报名](https://example.org/?a=1&b=2)"}},
		"buttons":        {chat.Content{Text: "投票", Choices: []chat.Choice{press}}, []string{"text 投票"}},
		"picture":        {chat.Content{Text: "扫码进群", File: png}, []string{"image", "text 扫码进群"}},
		"file":           {chat.Content{Text: "名单", File: csv}, []string{"file", "text 名单"}},
	} {
		bubble(t, nil, func(r *rig) {
			if err := r.post(c.content); err != nil {
				r.t.Errorf("%s: %v", name, err)
			}
			r.reads(c.want...)
		})
	}
}

func TestWhatCannotBePostedIsRefusedBeforeItIsTried(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(r *rig) {
		for name, l := range map[string]chat.Letter{
			"private":    {Chat: r.Chat(), Content: chat.Content{Text: "余额", Private: true}},
			"edit":       {Chat: r.Chat(), Edit: "1", Content: chat.Content{Text: "x"}},
			"empty":      {Chat: r.Chat(), Content: chat.Content{Text: " <br> "}},
			"elsewhere":  {Chat: chat.Chat{Ref: chat.Ref{Domain: Domain, ID: "wrCHAT"}}, Content: chat.Content{Text: "x"}},
			"small file": {Chat: r.Chat(), Content: chat.Content{Text: "x", File: &chat.File{Name: "a", Data: []byte("12345")}}},
			"big file":   {Chat: r.Chat(), Content: chat.Content{Text: "x", File: &chat.File{Name: "a", Data: make([]byte, maxFile+1)}}},
		} {
			if _, err := r.Send(r.t.Context(), l); fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		if r.s.Calls(qyapitest.PathRobotSend) != 0 {
			r.t.Error("the platform was asked")
		}
	})
}

func TestLongTextsAreCutOnRunesWithinTheByteLimit(t *testing.T) {
	t.Parallel()
	const han = "签"
	for name, text := range map[string]string{"text": strings.Repeat(han, 3000), "markdown": "<b>x</b>" + strings.Repeat(han, 3000)} {
		bubble(t, nil, func(r *rig) {
			if err := r.post(chat.Content{Text: text}); err != nil {
				r.t.Fatal(err)
			}
			n := 0
			for _, m := range r.s.Posted(qyapitest.DefaultRobot) { // the server refuses longer ones
				n += strings.Count(m.Text, han)
				if m.Kind != name {
					r.t.Errorf("%s went as %s", name, m.Kind)
				}
			}
			if n != 3000 {
				r.t.Errorf("%s: %d of 3000 letters", name, n)
			}
		})
	}
}

func TestTheMinuteIsKeptAndThePlatformsOwnWordHeeded(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(r *rig) {
		for i := range perMinute {
			if err := r.post(chat.Content{Text: "x"}); err != nil {
				r.t.Fatal(i, err)
			}
		}
		se := fault(r.t, r.post(chat.Content{Text: "x"}))
		if se.Fault != chat.Throttled || se.After <= 0 || se.After > time.Minute || r.s.Calls(qyapitest.PathRobotSend) != perMinute {
			r.t.Errorf("%v", se)
		}
		time.Sleep(se.After)
		if err := r.post(chat.Content{Text: "y"}); err != nil {
			r.t.Error(err)
		}
		// Another program uses the same robot: the platform says it.
		r.s.Fail(qyapitest.Fault{Code: 45009, Msg: "api freq out of limit"})
		if se := fault(r.t, r.post(chat.Content{Text: "z"})); se.Fault != chat.Throttled || se.After != time.Minute {
			r.t.Errorf("%v", se)
		}
	})
}

// What it posts for another connection counts with its own.
func TestAStandInKeepsTheSameMinute(t *testing.T) {
	t.Parallel()
	bubble(t, func(o *Options) { o.StandsIn = "wrGroup" }, func(r *rig) {
		place := chat.Chat{Ref: chat.Ref{Domain: Domain, ID: "wrGroup"}, Type: chat.Group}
		stand := func(text string) error {
			_, err := r.StandIn(r.t.Context(), chat.Letter{Chat: place, Reply: "theirs", Content: chat.Content{Text: text}})
			return err
		}
		for i := range perMinute {
			say := stand
			if i%2 == 0 {
				say = func(text string) error { return r.post(chat.Content{Text: text}) }
			}
			if err := say("x"); err != nil {
				r.t.Fatal(i, err)
			}
		}
		if se := fault(r.t, stand("one too many")); se.Fault != chat.Throttled || r.s.Calls(qyapitest.PathRobotSend) != perMinute {
			r.t.Errorf("%v", se)
		}
		// A picture that is not taken is said, as of a letter of its own.
		time.Sleep(time.Minute)
		r.s.FailAfter(1, qyapitest.Fault{Path: qyapitest.PathRobotSend, Code: 40009})
		sent, err := r.StandIn(r.t.Context(), chat.Letter{Chat: place, Content: chat.Content{Text: "look", Picture: &chat.Picture{MIME: "image/png", Data: chattest.Photo("a")}}})
		if err != nil || !strings.Contains(sent.Lost, "40009") {
			r.t.Errorf("%+v %v", sent, err)
		}
		if twin := r.Caps(r.Chat()).Twin; twin != place.Ref || r.Serves(place) {
			r.t.Errorf("it stands in for %s", twin)
		}
	})
}

func TestWhatTheGroupHalfReadIsNotRepeated(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(r *rig) {
		long := strings.Repeat("签到<br>", 1000)
		if err := r.post(chat.Content{Text: long}); err != nil {
			r.t.Fatal(err)
		}
		parts := len(r.s.Posted(qyapitest.DefaultRobot))
		if parts < 3 {
			r.t.Fatalf("%d parts", parts)
		}
		time.Sleep(time.Minute)
		r.s.FailAfter(1, qyapitest.Fault{Path: qyapitest.PathRobotSend, Status: 502})
		if se := fault(r.t, r.post(chat.Content{Text: long})); se.Fault != chat.Unknown || !strings.Contains(se.Error(), "1 of") {
			r.t.Errorf("%v", se)
		}
	})
}

func TestAFileThatCouldNotBeHandedOverMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(r *rig) {
		c := chat.Content{Text: "名单", File: &chat.File{Name: "list.csv", MIME: "text/csv", Data: []byte("a,b\n1,2\n")}}
		r.s.Fail(qyapitest.Fault{Path: qyapitest.PathRobotUpload, Drop: qyapitest.AfterEffect})
		if se := fault(r.t, r.post(c)); se.Fault != chat.Retry {
			r.t.Errorf("%v", se)
		}
		if err := r.post(c); err != nil {
			r.t.Error(err)
		}
		r.reads("file", "text 名单")
	})
}

func TestARobotThatIsGoneIsSaidOnce(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(r *rig) {
		r.s.RemoveRobot(qyapitest.DefaultRobot)
		for range 3 {
			if se := fault(r.t, r.post(chat.Content{Text: "x"})); se.Fault != chat.Gone {
				r.t.Error(se)
			}
		}
		if n := strings.Count(r.logs.String(), "does not know the robot"); n != 1 {
			r.t.Errorf("said %d times", n)
		}
	})
}

func TestCheckTellsWithoutPosting(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(r *rig) {
		check := func() chat.Finding {
			f := r.Check(r.t.Context(), nil)
			if len(f) != 1 {
				r.t.Fatal(f)
			}
			for _, v := range f[0].Args {
				r.noSecrets(v)
			}
			return f[0]
		}
		if f := check(); !f.OK || f.Code != checkReady {
			r.t.Error(f)
		}
		r.s.Fail(qyapitest.Fault{Drop: qyapitest.BeforeEffect})
		if f := check(); f.OK || f.Code != checkUnreachable || f.Args["error"] == "" {
			r.t.Error(f)
		}
		r.s.RemoveRobot(qyapitest.DefaultRobot)
		if f := check(); f.OK || f.Code != checkGone {
			r.t.Error(f)
		}
		r.reads()
	})
}
