package wechatmp

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"regexp"
	"time"

	"qunmate/bot/platform/internal/envelope"
)

// maxBody is many times the longest push: 2 kB of text, sealed and wrapped.
const maxBody = 64 << 10

// Path is where the handler is mounted.
func (a *Account) Path() string { return "/wechat/" + a.opts.Name }

// ServeHTTP answers the verification of the callback's address (GET) and takes
// pushes (POST). Whatever is wrong with a request, the answer is a status
// without a body.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodGet:
		a.verify(w, r)
	case http.MethodPost:
		a.push(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// The platform's echostr is a row of digits; anything that could be markup is
// not given back.
var echoForm = regexp.MustCompile(`^[A-Za-z0-9_+/=.-]{1,256}$`)

// verify gives back echostr as it is, in plain and in sealed mode alike
// (guide "Access_Overview": only signature, timestamp and nonce are checked).
func (a *Account) verify(w http.ResponseWriter, r *http.Request) {
	q := envelope.ParseQuery(r.URL.Query())
	if a.codec.CheckPlain(q, false) != nil || !echoForm.MatchString(q.Echo) {
		a.hint()
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, q.Echo) // the platform went away; it will ask again
}

// push takes one message or event. The clock of its answer runs from here.
func (a *Account) push(w http.ResponseWriter, r *http.Request) {
	deadline := time.Now().Add(a.opts.Times.Answer)
	in, q, status := a.receive(w, r)
	if status != http.StatusOK {
		a.hint()
		w.WriteHeader(status)
		return
	}
	d := decoder{domain: a.Domain(), chosen: a.people.chosen}.decode(in)
	if len(d.events) == 0 {
		a.close(w, in, q)
		return
	}
	a.people.note(in.From, d.act, d.events[0].ID.ID)
	if d.reply == "" {
		if _, err := a.hook.Take(r.Context(), d.events); err != nil {
			a.untaken(w, err)
			return
		}
		a.close(w, in, q)
		return
	}
	a.converse(w, r, conversation{in: in, query: q, decoded: d, deadline: deadline})
}

// receive checks a request and reads what is in it.
func (a *Account) receive(w http.ResponseWriter, r *http.Request) (in inbound, q envelope.Query, status int) {
	q = envelope.ParseQuery(r.URL.Query())
	if a.sealed && r.URL.Query().Get("encrypt_type") != "aes" {
		// The signature of a plain push does not cover its body: whoever has seen
		// one could write anything. With a key set none is taken.
		return in, q, http.StatusForbidden
	}
	// The plain signature is there in both modes: who has none need not be read.
	if a.codec.CheckPlain(q, false) != nil {
		return in, q, http.StatusForbidden
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			return in, q, http.StatusRequestEntityTooLarge
		}
		return in, q, http.StatusBadRequest
	}
	// A signature is good once. Only the very same request may come again, for
	// the platform repeats one whose answer it did not get.
	same := fingerprint(r.URL.RawQuery, body)
	if in, known := a.requests.Get(same); known {
		return in, q, http.StatusOK
	}
	if body, err = a.unseal(q, body); err != nil {
		return in, q, http.StatusForbidden
	}
	if in, err = parse(body); err != nil || !a.requests.Put(same, in) {
		if !a.sealed && r.URL.Query().Get("encrypt_type") == "aes" && !a.said.sealed.Swap(true) {
			a.log.Warn("wechatmp: the account seals its messages; set encoding_aes_key as it is in the console")
		}
		return in, q, http.StatusBadRequest
	}
	return in, q, http.StatusOK
}

// unseal gives the XML of a push that is signed as the mode wants it.
func (a *Account) unseal(q envelope.Query, body []byte) ([]byte, error) {
	if !a.sealed {
		return body, a.codec.CheckPlain(q, true)
	}
	sealed, err := envelope.FromXML(body)
	if err != nil {
		return nil, err
	}
	return a.codec.Open(q, sealed)
}

func fingerprint(query string, body []byte) string {
	h := sha256.New()
	_, _ = io.WriteString(h, query)
	_, _ = h.Write([]byte{0}) // a query holds no zero byte
	_, _ = h.Write(body)
	return string(h.Sum(nil))
}

// untaken answers what was not committed: the platform will repeat it.
func (a *Account) untaken(w http.ResponseWriter, err error) {
	a.log.Debug("wechatmp: a push was not taken in, the platform will repeat it", "err", err)
	w.WriteHeader(http.StatusServiceUnavailable)
}

// conversation is one push that an answer can go to.
type conversation struct {
	in       inbound
	query    envelope.Query
	decoded  decoded
	deadline time.Time
}

// converse delivers and then waits for the letter that answers, as long as the
// platform does. The letter is written by this request and by no other.
func (a *Account) converse(w http.ResponseWriter, r *http.Request, c conversation) {
	question, seat, said := a.answers.Sit(c.decoded.reply, c.in.From)
	over, err := a.hook.Take(r.Context(), c.decoded.events)
	if err != nil {
		if seat != nil {
			question.Stand(seat, false)
		}
		a.untaken(w, err)
		return
	}
	if seat == nil {
		_ = a.write(w, c.in, c.query, said) // a repetition; what it repeats was settled
		return
	}
	h, waitedOut := seat.Wait(r.Context(), c.deadline, over)
	if h == nil {
		question.Stand(seat, waitedOut)
		a.close(w, c.in, c.query)
		return
	}
	err = a.write(w, c.in, c.query, h.Text)
	if err == nil {
		question.Answer(h.Text)
	}
	question.Stand(seat, true)
	h.Done(err == nil)
}
