package wxhttp

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
)

func TestErrcodesMeanWhatToDoNext(t *testing.T) {
	t.Parallel()
	for code, want := range map[int64]chat.SendError{
		-1:     {Fault: chat.Retry},
		40001:  {Fault: chat.Retry},
		40014:  {Fault: chat.Retry},
		42001:  {Fault: chat.Retry},
		40164:  {Fault: chat.Retry},
		60020:  {Fault: chat.Retry},
		301002: {Fault: chat.Retry},
		45009:  {Fault: chat.Throttled, After: time.Minute},
		45011:  {Fault: chat.Throttled, After: time.Minute},
		45033:  {Fault: chat.Throttled, After: 5 * time.Second},
		43004:  {Fault: chat.Gone},
		81013:  {Fault: chat.Gone},
		93000:  {Fault: chat.Gone},
		86001:  {Fault: chat.Gone},
		45015:  {Fault: chat.Rejected},
		45047:  {Fault: chat.Rejected},
		48001:  {Fault: chat.Rejected},
		48002:  {Fault: chat.Rejected},
		45002:  {Fault: chat.Rejected},
		40003:  {Fault: chat.Rejected},
		999999: {Fault: chat.Rejected},
	} {
		err := fmt.Errorf("outer: %w", &Error{API: "x", Code: code, Msg: "m"})
		if got := SendError(err); got.Fault != want.Fault || got.After != want.After || !errors.Is(got, err) {
			t.Errorf("%d: %v", code, got)
		}
	}
	// Whatever is said of a token, the letter was not looked at.
	for _, code := range []int64{40125, 40002, 999999} {
		if got := SendError(&Error{API: apiStableToken, Code: code}); got.Fault != chat.Retry {
			t.Errorf("token %d: %v", code, got)
		}
	}
	if SendError(nil) != nil {
		t.Error("no error is no error")
	}
	own := &chat.SendError{Fault: chat.Moved}
	if SendError(fmt.Errorf("x: %w", own)) != own {
		t.Error("a SendError stays what it is")
	}
	if got := SendError(errors.New("access_token=abc")); got.Fault != chat.Unknown || strings.Contains(got.Error(), "abc") {
		t.Errorf("%v", got)
	}
	if got := SendError(context.Canceled); got.Fault != chat.Retry {
		t.Errorf("%v", got)
	}
}

func TestCredentialsAreJudgedWhereTheyAreUsed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&Error{API: apiStableToken, Code: 40125}, true},
		{&Error{API: apiGetToken, Code: 40001}, true},
		{&Error{API: apiGetToken, Code: 40013}, true},
		{&Error{API: "message/custom/send", Code: 40001}, false},
		{&Error{API: apiStableToken, Code: 40164}, false},
		{&Error{API: apiStableToken, Code: -1}, false},
		{&WireError{API: apiStableToken}, false},
		{nil, false},
	} {
		if got := BadCredentials(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
	if !WrongAddress(&Error{Code: 40164}) || !WrongAddress(&Error{Code: 60020}) || WrongAddress(&Error{Code: 40013}) {
		t.Error("the white list")
	}
}

// carrier is a transport that a test writes.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func TestSilenceIsReadWithCare(t *testing.T) {
	t.Parallel()
	errNet := errors.New("connection reset, was https://api.weixin.qq.com/?access_token=" + firstToken)
	ok := func(body string) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
	for name, c := range map[string]struct {
		send carrier
		want chat.Fault
	}{
		"not written": {func(*http.Request) (*http.Response, error) { return nil, errNet }, chat.Retry},
		"half written": {func(r *http.Request) (*http.Response, error) {
			_, _ = r.Body.Read(make([]byte, 5))
			return nil, errNet
		}, chat.Retry},
		"written": {func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			return nil, errNet
		}, chat.Unknown},
		"read in pieces": {func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r.Body})
			return nil, errNet
		}, chat.Unknown},
		"cut": {func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"errcode":0`), broken{}))}, nil
		}, chat.Unknown},
		"no json":    {func(*http.Request) (*http.Response, error) { return ok("<html>login first</html>") }, chat.Unknown},
		"cut json":   {func(*http.Request) (*http.Response, error) { return ok(`{"errcode":`) }, chat.Unknown},
		"too large":  {func(*http.Request) (*http.Response, error) { return ok(strings.Repeat(" ", 5<<20)) }, chat.Unknown},
		"a redirect": {func(*http.Request) (*http.Response, error) { return page(302) }, chat.Retry},
		"not found":  {func(*http.Request) (*http.Response, error) { return page(404) }, chat.Retry},
		"large body": {func(*http.Request) (*http.Response, error) { return page(413) }, chat.Rejected},
		"gateway":    {func(*http.Request) (*http.Response, error) { return page(502) }, chat.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens := 0
			a := newAccount(t, Options{Transport: carrier(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "stable_token") {
					tokens++
					return ok(`{"access_token":"` + firstToken + `","expires_in":7200}`)
				}
				return c.send(r)
			})})
			err := a.say(t.Context())
			se := SendError(err)
			if se == nil || se.Fault != c.want {
				t.Fatalf("%v", err)
			}
			for _, text := range []string{err.Error(), se.Error(), fmt.Sprintf("%+v %#v", err, se)} {
				if strings.Contains(text, firstToken) || strings.Contains(text, appSecret) || strings.Contains(text, "TOKEN-first") {
					t.Errorf("a secret in %s", text)
				}
			}
			if tokens != 1 {
				t.Errorf("%d tokens", tokens)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line went dead") }

func page(code int) (*http.Response, error) {
	h := http.Header{"Location": {"https://evil.example/?steal"}}
	return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader("<html>"))}, nil
}

func TestATokenThatCannotBeFetchedLosesNoLetter(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(http.ResponseWriter){
		"dropped": drop, "gateway": status(502, "bad"), "secret": errcode(40125, "invalid appsecret"), "strange": errcode(12345, "?"),
		"no json": status(200, "<html>"), "no token": status(200, "{}"), "nothing": status(200, ""),
	} {
		v := newVendor(t)
		a := newAccount(t, Options{WeChat: v.URL, Transport: carrier(func(r *http.Request) (*http.Response, error) {
			r.URL.Path = "/other" // so that the vendor says what the test wants
			return http.DefaultTransport.RoundTrip(r)
		})})
		v.then(say)
		err := a.say(t.Context())
		if se := SendError(err); se == nil || se.Fault != chat.Retry || strings.Contains(err.Error(), appSecret) {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(v.calls("/other")); n > 2 {
			t.Errorf("%s: %d calls", name, n)
		}
	}
}

func TestACallEndsWithItsContextOrItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, Options{Timeout: 7 * time.Second, Transport: carrier(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "stable_token") {
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"access_token":"t","expires_in":7200}`))}, nil
			}
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		begin := time.Now()
		err := a.say(t.Context())
		if got := time.Since(begin); got != 7*time.Second || !errors.Is(err, context.DeadlineExceeded) || SendError(err).Fault != chat.Unknown {
			t.Errorf("after %s: %v", got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin = time.Now()
		if err := a.say(ctx); time.Since(begin) != time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
	})
}

func TestRedactKeepsTheWordsAndDropsTheSecrets(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`Get "https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=ww1&corpsecret=hunter2": EOF`: `Get "https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=ww1&corpsecret=***": EOF`,
		"uri=https://x/?access_token=hunter2&type=image , statusCode=404":                       "uri=https://x/?access_token=***&type=image , statusCode=404",
		"webhook/send?key=hunter2":                   "webhook/send?key=***",
		`{"appid":"wx1","secret": "hunter2"}`:        `{"appid":"wx1","secret": "***"}`,
		"Error , errcode=45015 , errmsg=out of time": "Error , errcode=45015 , errmsg=out of time",
		"secret=":  "secret=",
		"":         "",
		"KEY=abc;": "KEY=***",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", in, got, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("https://x/?access_token=", "hunter2", "&x=1")
	f.Add("", "a", "")
	f.Fuzz(func(t *testing.T, before, secret, after string) {
		const mark = "zqSECRETqz"
		if strings.ContainsAny(secret, "&\"'<>\\ \t\n\r\f\v") || strings.Contains(before, mark) || strings.Contains(after, mark) {
			t.Skip()
		}
		got := Redact(before + " access_token=" + mark + secret + "&" + after)
		if strings.Contains(got, mark) {
			t.Errorf("%q", got)
		}
	})
}
