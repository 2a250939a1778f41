package wecomapp

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"time"

	"qunmate/bot/platform/internal/envelope"
)

// maxBody is many times the longest push: 2 kB of text, sealed and wrapped, or
// the members of a customer group that changed.
const maxBody = 256 << 10

// Path is where the handler is mounted, "/wecom/<name>"; it is empty when the
// app only sends.
func (a *App) Path() string {
	if !a.hears() {
		return ""
	}
	return "/wecom/" + a.opts.Name
}

// ServeHTTP answers the verification of the callback's address (GET) and takes
// pushes (POST). Whatever is wrong with a request, the answer is a status
// without a body.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case !a.hears():
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		a.verify(w, r)
	case r.Method == http.MethodPost:
		a.push(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verify answers with the plain text of echostr: no quotes, no line end, within
// a second (path 90238).
func (a *App) verify(w http.ResponseWriter, r *http.Request) {
	text, err := a.codec.Verify(envelope.ParseQuery(r.URL.Query()))
	if err != nil {
		a.hint()
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(text) //nolint:gosec // plain text by its header; the platform went away, it will ask again
}

// push takes one message or event. The clock of its answer runs from here.
func (a *App) push(w http.ResponseWriter, r *http.Request) {
	deadline := time.Now().Add(a.opts.Times.Answer)
	in, q, status := a.receive(w, r)
	if status != http.StatusOK {
		a.hint()
		w.WriteHeader(status)
		return
	}
	a.people.heard()
	switch {
	case in.Type == "event" && !knows(in.Event):
		a.handOver(w, r, in, q)
		return
	case in.Event == eventEnter && a.people.again(in.From, in.day()):
		nothingToSay(w)
		return
	}
	d := decoder{agent: a.agent(), name: a.nameInTime(r.Context(), in.From)}.decode(in)
	if len(d.events) == 0 {
		nothingToSay(w)
		return
	}
	if d.reply == "" {
		if _, err := a.hook.Take(r.Context(), d.events); err != nil {
			a.untaken(w, q, err)
			return
		}
		nothingToSay(w)
		return
	}
	a.converse(w, r, conversation{in: in, query: q, decoded: d, deadline: deadline})
}

// handOver gives an event to whoever wants events of its name; nobody wants
// most of them.
func (a *App) handOver(w http.ResponseWriter, r *http.Request, in inbound, q envelope.Query) {
	if h := a.foreign.of(in.Event); h != nil {
		if err := h(r.Context(), in.plain); err != nil {
			a.untaken(w, q, err)
			return
		}
	}
	nothingToSay(w)
}

// receive checks a request and reads what is in it.
func (a *App) receive(w http.ResponseWriter, r *http.Request) (in inbound, q envelope.Query, status int) {
	q = envelope.ParseQuery(r.URL.Query())
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
	sealed, err := envelope.FromXML(body)
	if err != nil {
		return in, q, http.StatusForbidden
	}
	plain, err := a.codec.Open(q, sealed)
	if err != nil {
		return in, q, http.StatusForbidden
	}
	if in, err = parse(plain); err != nil {
		return in, q, http.StatusBadRequest
	}
	// The receiver was checked with the envelope; that the message inside is for
	// another corporation or another app would be a forwarded one.
	if in.To != a.opts.CorpID || (in.Agent != "" && in.Agent != "0" && in.Agent != a.agent()) {
		a.strange(in)
		return in, q, http.StatusForbidden
	}
	if !a.requests.Put(same, in) {
		return in, q, http.StatusServiceUnavailable
	}
	return in, q, http.StatusOK
}

func fingerprint(query string, body []byte) string {
	h := sha256.New()
	_, _ = io.WriteString(h, query)
	_, _ = h.Write([]byte{0}) // a query holds no zero byte
	_, _ = h.Write(body)
	return string(h.Sum(nil))
}

// untaken answers what was not committed: the platform will repeat it.
func (a *App) untaken(w http.ResponseWriter, q envelope.Query, err error) {
	a.codec.Forget(q) // a repetition must not be taken for a replay, even when it comes late
	a.log.Debug("wecomapp: a push was not taken in, the platform will repeat it", "err", err)
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
func (a *App) converse(w http.ResponseWriter, r *http.Request, c conversation) {
	question, seat, said := a.answers.Sit(c.decoded.reply, c.in.From)
	over, err := a.hook.Take(r.Context(), c.decoded.events)
	if err != nil {
		if seat != nil {
			question.Stand(seat, false)
		}
		a.untaken(w, c.query, err)
		return
	}
	if c.in.Event == eventEnter {
		a.people.enteredOn(c.in.From, c.in.day())
	}
	if seat == nil {
		_ = a.write(w, c.in, c.query, said) // a repetition; what it repeats was settled
		return
	}
	h, waitedOut := seat.Wait(r.Context(), c.deadline, over)
	if h == nil {
		question.Stand(seat, waitedOut)
		nothingToSay(w)
		return
	}
	err = a.write(w, c.in, c.query, h.Text)
	if err == nil {
		question.Answer(h.Text)
	}
	question.Stand(seat, true)
	h.Done(err == nil)
}
