package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// A page of updates is at most 4 MB (telegram-bot-api server); everything
	// else is far smaller.
	maxAnswer = 16 << 20
	// Requests up to this size are held in memory so that they carry a length
	// and can be replayed by net/http when an idle connection turns out dead
	// before a byte was written. Larger ones (files) are streamed.
	maxHeld = 1 << 20
)

// wire is the HTTP client below the library and below our own calls. It knows
// three things the library does not tell: whether a request was written when
// its answer failed to come, whether an error was Telegram's or a proxy's,
// and how to keep the token out of every error.
type wire struct {
	client *http.Client
	base   string // address up to the method, contains the token
	files  string // address up to the path of a file, contains the token
	token  string
}

func newWire(o Options) *wire {
	transport := o.Transport
	if transport == nil {
		own := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
		if def, ok := http.DefaultTransport.(*http.Transport); ok {
			own = def.Clone()
		}
		// The default of 2 would open a connection for almost every send.
		own.MaxIdleConnsPerHost = 32
		transport = own
	}
	return &wire{
		client: &http.Client{
			Transport: transport,
			// The Bot API never redirects; following one would carry the token
			// to somebody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		base:  o.BaseURL + "/bot" + o.Token + "/",
		files: o.BaseURL + "/file/bot" + o.Token + "/",
		token: o.Token,
	}
}

// Do makes wire the library's HTTP client. Failures come back as *apiError
// (Telegram said no) or *wireError (no answer of Telegram's).
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	method := path.Base(req.URL.Path)
	result, err := w.exchange(req, method)
	if err != nil {
		return nil, err
	}
	if answersMessage(method) {
		result = lean(result)
	}
	body := make([]byte, 0, len(result)+32)
	body = append(body, `{"ok":true,"result":`...)
	body = append(body, result...)
	body = append(body, '}')
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Request: req,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// call is a request of our own, for what the library has no method for or
// decodes too eagerly.
func (w *wire) call(ctx context.Context, limit time.Duration, method string, params, dest any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	body, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+method, bytes.NewReader(body))
	if err != nil {
		return w.redact(err)
	}
	req.Header.Set("Content-Type", "application/json")
	result, err := w.exchange(req, method)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(result, dest); err != nil {
		return &wireError{Method: method, Status: http.StatusOK, Written: true, Err: fmt.Errorf("result not understood: %w", err)}
	}
	return nil
}

func (w *wire) exchange(req *http.Request, method string) (json.RawMessage, error) {
	sent, err := hold(req)
	if err != nil {
		return nil, &wireError{Method: method, Local: true, Err: w.redact(err)}
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, &wireError{Method: method, Written: sent.Load(), Err: w.redact(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, &wireError{Method: method, Status: resp.StatusCode, Written: true, Err: w.redact(err)}
	}
	var answer struct {
		OK          bool            `json:"ok"`
		Result      json.RawMessage `json:"result"`
		ErrorCode   int             `json:"error_code"`
		Description string          `json:"description"`
		Parameters  struct {
			RetryAfter      int   `json:"retry_after"`
			MigrateToChatID int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(data, &answer); err != nil || (!answer.OK && answer.ErrorCode == 0) {
		// Not the Bot API speaking: a proxy, a captive portal, a wrong address.
		return nil, &wireError{Method: method, Status: resp.StatusCode, Written: true, Err: errNotBotAPI}
	}
	if !answer.OK {
		return nil, &apiError{
			Method: method, Code: answer.ErrorCode, Description: answer.Description,
			RetryAfter: answer.Parameters.RetryAfter, MigrateTo: answer.Parameters.MigrateToChatID,
		}
	}
	if len(answer.Result) == 0 {
		return json.RawMessage("null"), nil
	}
	return answer.Result, nil
}

// hold replaces the body of req by one that notes when its last byte has been
// handed to the connection. Until then the server cannot have acted on it.
func hold(req *http.Request) (*atomic.Bool, error) {
	sent := new(atomic.Bool)
	if req.Body == nil || req.Body == http.NoBody {
		sent.Store(true)
		return sent, nil
	}
	head, err := io.ReadAll(io.LimitReader(req.Body, maxHeld+1))
	if err != nil {
		return sent, err
	}
	if len(head) > maxHeld {
		// req.Body stays open behind the reader; the library closes its pipe.
		rest := struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), req.Body), req.Body}
		req.Body = &noting{ReadCloser: rest, sent: sent, left: -1}
		return sent, nil
	}
	_ = req.Body.Close()
	fresh := func() (io.ReadCloser, error) {
		sent.Store(false) // a replay happens only when nothing of the first try was written
		return &noting{ReadCloser: io.NopCloser(bytes.NewReader(head)), sent: sent, left: len(head)}, nil
	}
	req.ContentLength = int64(len(head))
	req.GetBody = fresh
	req.Body, _ = fresh()
	return sent, nil
}

// noting sets sent once its reader is used up.
type noting struct {
	io.ReadCloser
	sent *atomic.Bool
	left int // bytes to go, -1 if unknown
}

func (n *noting) Read(p []byte) (int, error) {
	k, err := n.ReadCloser.Read(p)
	if n.left >= 0 {
		n.left -= k
	}
	if n.left == 0 || errors.Is(err, io.EOF) {
		n.sent.Store(true)
	}
	return k, err
}

// answersMessage lists the methods whose result is a Message. It may contain
// a replied-to message of a kind the library cannot decode (a paid live photo
// as of v1.23.0); then a message that was sent would look like a failure.
func answersMessage(method string) bool {
	switch method {
	case "sendMessage", "sendDocument", "sendPhoto", "editMessageText":
		return true
	}
	return false
}

// lean keeps of a Message only what a sender needs.
func lean(message json.RawMessage) json.RawMessage {
	var m struct {
		ID          int             `json:"message_id"`
		EphemeralID int             `json:"ephemeral_message_id,omitempty"`
		Date        int             `json:"date"`
		Chat        json.RawMessage `json:"chat,omitempty"`
		Photo       json.RawMessage `json:"photo,omitempty"`
	}
	if json.Unmarshal(message, &m) != nil {
		return message
	}
	out, err := json.Marshal(m)
	if err != nil {
		return message
	}
	return out
}

// redact keeps an error's chain for errors.Is and takes the token out of its
// text. The address in a *url.Error is dropped altogether.
func (w *wire) redact(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	text := err.Error()
	if !strings.Contains(text, w.token) {
		return err
	}
	return &redacted{text: strings.ReplaceAll(text, w.token, "***"), err: err}
}

type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }
func (r *redacted) Unwrap() error { return r.err }
