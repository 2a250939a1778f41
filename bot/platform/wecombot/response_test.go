package wecombot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// canned answers every request with the same.
type canned struct {
	status int
	body   string
	asked  []string
}

func (c *canned) RoundTrip(req *http.Request) (*http.Response, error) {
	c.asked = append(c.asked, req.URL.String())
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: c.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Location": {"https://evil.example/"}}, Body: io.NopCloser(strings.NewReader(c.body)),
	}, nil
}

func TestWhatAResponseURLAnswersIsReadWithCare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   chat.Fault
	}{
		{200, `{"errcode":0,"errmsg":"ok"}`, ""},
		{200, ``, ""},
		{200, `{"errcode":45009,"errmsg":"freq"}`, chat.Throttled},
		{200, `{"errcode":-1,"errmsg":"busy"}`, chat.Retry},
		{200, `{"errcode":40058,"errmsg":"no"}`, chat.Rejected},
		{200, `<html>login</html>`, chat.Unknown},
		{200, `{}`, chat.Unknown},
		{302, ``, chat.Rejected},
		{404, `not found`, chat.Rejected},
		{500, ``, chat.Unknown},
		{502, `<html>`, chat.Unknown},
	} {
		t.Run(fmt.Sprint(c.status, c.body), func(t *testing.T) {
			t.Parallel()
			wire := &canned{status: c.status, body: c.body}
			b, err := New(Options{Name: "a", Mode: Callback, Token: "t", EncodingAESKey: wecomtest.DefaultAESKey, Transport: wire})
			if err != nil {
				t.Fatal(err)
			}
			const address = DefaultBaseURL + "/cgi-bin/aibot/response?response_code=SECRET"
			token := replyToken{Kind: toMessage, Seen: time.Now().Add(-time.Minute), Key: "k", URL: address}
			l := chat.Letter{Chat: chatOfTest(group), Reply: token.String(), Content: chat.Content{Text: "x"}}
			_, err = b.Send(t.Context(), l)
			if c.want == "" && err != nil {
				t.Fatal(err)
			} else if c.want != "" {
				wantFault(t, err, c.want)
				if strings.Contains(err.Error(), "SECRET") {
					t.Errorf("the address is in the error: %v", err)
				}
			}
			if len(wire.asked) != 1 || wire.asked[0] != address {
				t.Errorf("asked %v", wire.asked)
			}
			// It may be used again only if it certainly was not.
			_, err = b.Send(t.Context(), l)
			if again := len(wire.asked) == 2; again != (c.want == chat.Throttled || c.want == chat.Retry) {
				t.Errorf("asked %d times: %v", len(wire.asked), err)
			}
		})
	}
}

func TestANetworkErrorDoesNotShowTheAddress(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	b, err := New(Options{Name: "a", Mode: Callback, Token: "t", EncodingAESKey: wecomtest.DefaultAESKey, Transport: failing{cause}})
	if err != nil {
		t.Fatal(err)
	}
	err = b.post(t.Context(), DefaultBaseURL+"/x?response_code=SECRET", markdownPayload("x"))
	wantFault(t, b.sendError(err), chat.Retry)
	if !errors.Is(err, cause) || strings.Contains(err.Error(), "SECRET") {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestALateTextIsCutToOneMessage(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		ev := r.heard(k, group, "lilei", "/x")
		waitFor(r.t, 10*time.Second)
		r.mustSend(letter(ev, strings.Repeat("\u7b7e", maxText)))
		if m := r.last(); m.Cmd != "response_url" || !strings.HasSuffix(m.Text, "\u7b7e"+thinking) || len(m.Text) > maxText {
			r.t.Errorf("%d bytes by %s", len(m.Text), m.Cmd)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// Both calls of one message wait when its answer comes: both get it.
func TestTwoCallsOfOneMessageAtOnceGetOneAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		_, body := r.s.Compose(group, "lilei", "@helper /x")
		answers := make(chan string, 2)
		for range 2 {
			go func() {
				sealed := r.s.Seal(body)
				_, answer := r.s.Post(context.WithoutCancel(r.t.Context()), r, sealed)
				plain, err := r.s.OpenAnswer(answer, sealed.Query.Get("nonce"))
				answers <- fmt.Sprint(string(plain), err)
			}()
		}
		events := k.wait(r.t, 2)
		synctest.Wait()
		r.mustSend(letter(events[0], "done"))
		if a, b := <-answers, <-answers; a != b || !strings.Contains(a, "done") {
			r.t.Errorf("%s and %s", a, b)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestTheMemoryOfConversationsIsBounded(t *testing.T) {
	t.Parallel()
	var m talks
	now := time.Unix(1700000000, 0)
	say := func(i int, at time.Time) {
		ev := chat.Event{Kind: chat.Message, Chat: chat.Chat{Ref: chat.Ref{Domain: Domain, ID: fmt.Sprint("g", i)}}}
		m.heard(ev, replyToken{Kind: toMessage, Seen: at, Req: "r"}, at)
	}
	for i := range maxTalks {
		say(i, now)
	}
	later := now.Add(25 * time.Hour)
	say(-1, later)
	if n := len(m.m); n != 1 {
		t.Errorf("%d, although all others are a day old", n)
	}
	for i := range 2 * maxTalks {
		say(i, later)
	}
	if n := len(m.m); n > maxTalks {
		t.Errorf("%d", n)
	}
	if m.newest("g1", later).Req != "" && len(m.m) == 0 {
		t.Error("nothing is remembered")
	}
	if m.spare("unknown", later) != "" || m.refusal("unknown") != 0 || m.onlyEntered("unknown") {
		t.Error("something is known of nobody")
	}
	m.pushed("unknown", 0, later)
	m.leave("u", "address", later)
	if m.spare("u", later.Add(urlFor)) != "" {
		t.Error("an address that is too old")
	}
}
