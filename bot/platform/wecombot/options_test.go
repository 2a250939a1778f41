package wecombot

import (
	"errors"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

func TestLettersThatCannotBe(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		stop := r.up(newSink().deliver)
		for name, l := range map[string]chat.Letter{
			"another platform": {Chat: chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: "1"}}, Content: chat.Content{Text: "x"}},
			"no chat":          {Chat: chat.Chat{Ref: chat.Ref{Domain: Domain}}, Content: chat.Content{Text: "x"}},
			"an edit":          {Chat: chatOfTest(group), Edit: "1", Content: chat.Content{Text: "x"}},
			"nothing":          {Chat: chatOfTest(group)},
			"blanks":           {Chat: chatOfTest(group), Content: chat.Content{Text: " <br>&nbsp;"}},
			"no label":         {Chat: chatOfTest(group), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Label: " ", Command: "/x"}}}},
			"no command":       {Chat: chatOfTest(group), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Label: "x"}}}},
			"a book":           {Chat: chatOfTest(group), Content: chat.Content{Text: strings.Repeat("a", 31*maxText)}},
			"an empty file":    {Chat: chatOfTest(group), Content: chat.Content{File: &chat.File{Name: "x"}}},
		} {
			_, err := r.Send(r.t.Context(), l)
			if se := fault(r.t, err); se.Fault != chat.Rejected {
				r.t.Errorf("%s: %v", name, se)
			}
		}
		if r.s.Total() != 0 || r.s.Calls(wecomtest.CmdPush) != 0 {
			r.t.Error("something was sent")
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestCapsAreTheTruth(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		want := chat.Caps{Choices: true, Push: true, Files: true, Pictures: true, MaxPicture: 10 << 20, MaxText: 20480, PerMinute: 30, Mentioned: true, Mention: "@helper"}
		if got := r.Caps(chatOfTest(group)); got != want {
			r.t.Errorf("a group: %+v", got)
		}
		want.Hears, want.Mentioned, want.Uploads = true, false, true
		if got := r.Caps(chatOfTest(lilei)); got != want {
			r.t.Errorf("a private chat: %+v", got)
		}
		if got := r.Caps(chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: "1"}}); got != (chat.Caps{}) {
			r.t.Errorf("another platform: %+v", got)
		}
		c := connect(r.t, r.s, callbackMode)
		want = chat.Caps{Choices: true, Pictures: true, MaxPicture: 10 << 20, MaxText: 20480, PerMinute: 30, Mentioned: true, Mention: "@helper"}
		if got := c.Caps(chatOfTest(group)); got != want {
			r.t.Errorf("callback mode: %+v", got)
		}
		if r.Name() != "helper" || r.Domain() != "wecom" || r.Path() != "" || c.Path() != "/wecom/helper" {
			r.t.Error("names")
		}
	})
}

func TestTheRealServerIsTheDefault(t *testing.T) {
	t.Parallel()
	b, err := New(Options{Name: "a", BotID: "b", Secret: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if b.opts.WebSocketURL != DefaultWebSocketURL || b.opts.BaseURL != DefaultBaseURL || b.opts.Mode != WebSocket || b.opts.Words.Submit == "" {
		t.Errorf("%+v", b.opts)
	}
}

func TestOptionsAreCheckedWithoutShowingSecrets(t *testing.T) {
	t.Parallel()
	good := Options{Name: "a", BotID: "b", Secret: "hidden-secret", Token: "hidden-token", EncodingAESKey: wecomtest.DefaultAESKey}
	for name, change := range map[string]func(*Options){
		"name":           func(o *Options) { o.Name = "a b" },
		"mode":           func(o *Options) { o.Mode = "polling" },
		"no bot id":      func(o *Options) { o.BotID = "" },
		"no secret":      func(o *Options) { o.Secret = "" },
		"websocket url":  func(o *Options) { o.WebSocketURL = "https://example.com" },
		"base url":       func(o *Options) { o.BaseURL = "ftp://example.com" },
		"base url empty": func(o *Options) { o.BaseURL = "https://" },
		"no token":       func(o *Options) { o.Mode, o.Token = Callback, "" },
		"no key":         func(o *Options) { o.Mode, o.EncodingAESKey = Callback, "" },
		"a wrong key":    func(o *Options) { o.Mode, o.EncodingAESKey = Callback, "hidden-key" },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func TestErrorsKeepTheirCauses(t *testing.T) {
	t.Parallel()
	b := &Bot{}
	cause := errors.New("cause")
	for name, c := range map[string]struct {
		err  error
		want chat.Fault
	}{
		"unsent":       {&unsentError{cause}, chat.Retry},
		"lost":         {&lostError{cause}, chat.Unknown},
		"anything":     {cause, chat.Unknown},
		"a send error": {&chat.SendError{Fault: chat.Gone, Err: cause}, chat.Gone},
	} {
		se := b.sendError(c.err)
		if se.Fault != c.want || !errors.Is(se, cause) || se.Error() == "" {
			t.Errorf("%s: %v", name, se)
		}
	}
	for code, want := range map[int64]chat.Fault{
		-1: chat.Retry, 45009: chat.Throttled, 45033: chat.Throttled, 45011: chat.Throttled, 40008: chat.Rejected, 93006: chat.Rejected, 600039: chat.Rejected, 1: chat.Rejected,
	} {
		se := b.sendError(&ackError{Cmd: "x", Code: code, Msg: "y"})
		// Their windows are minutes and hours: a second later it would be refused again.
		if se.Fault != want || (want == chat.Throttled) != (se.After >= time.Minute) || !strings.Contains(se.Error(), "y") {
			t.Errorf("%d: %v", code, se)
		}
	}
	if b.sendError(nil) != nil {
		t.Error("no error is an error")
	}
}
