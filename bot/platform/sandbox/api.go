package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBody is the largest request: a full message in escaped JSON fits well.
const maxBody = 64 << 10

const (
	// maxPicture is the most bytes of a picture that the page sends.
	maxPicture = 4 << 20
	// maxSay is the largest request to say something: with a picture in base64.
	maxSay = maxPicture*4/3 + maxBody
)

// problem is a refusal: a status, a code for the page and a line for people.
type problem struct {
	status int
	Error  string `json:"error"`
	Code   string `json:"code"`
}

var (
	badHost     = &problem{403, "this address is not served here", "host"}
	badOrigin   = &problem{403, "requests from other pages are refused", "origin"}
	badType     = &problem{415, "the body must be application/json", "type"}
	badMethod   = &problem{405, "this method is not allowed here", "method"}
	tooLarge    = &problem{413, "the body is larger than 64 KiB", "large"}
	badJSON     = &problem{400, "the body is not the JSON that was expected", "json"}
	badID       = &problem{400, "id must be 8 to 64 letters, digits, - or _", "id"}
	badLang     = &problem{400, "lang must be zh-CN or en", "lang"}
	badAction   = &problem{400, "unknown action", "action"}
	badPicture  = &problem{400, "a picture is a PNG or JPEG of at most 4 MB", "picture"}
	badFile     = &problem{400, "a file is a CSV or TXT of at most 1 MB, and not beside a picture", "upload"}
	badText     = &problem{400, "text must have 1 to 4096 characters", "text"}
	badClock    = &problem{400, "give either to (RFC 3339) or a known step", "clock"}
	clockBack   = &problem{409, "the clock only goes forward", "clock_back"}
	clockFar    = &problem{400, "one year at a time is the most", "clock_far"}
	clockFixed  = &problem{409, "the clock cannot be moved here", "clock_fixed"}
	noPersona   = &problem{404, "there is no such persona", "persona"}
	noChat      = &problem{404, "there is no such chat", "chat"}
	noMessage   = &problem{404, "that message is not there (any more)", "message"}
	noChoice    = &problem{409, "that message has no such button (any more)", "choice"}
	noFile      = &problem{404, "there is no such file", "file"}
	noPage      = &problem{404, "there is nothing here", "path"}
	noBot       = &problem{409, "the bot is not in this chat", "bot"}
	notMember   = &problem{403, "not a member of this chat", "member"}
	conflict    = &problem{409, "this id was used for something else", "conflict"}
	unavailable = &problem{503, "not taken now, try again with the same id", "busy"}
)

type sayRequest struct {
	ID      string `json:"id"`
	Chat    string `json:"chat"`
	As      string `json:"as"`
	Text    string `json:"text"`
	Picture []byte `json:"picture"` // PNG or JPEG, in base64; the text may be empty then
	// File is a CSV or TXT, in base64; the text may be empty then, too.
	File    *upload `json:"file"`
	ReplyTo string  `json:"reply_to"`
	Lang    string  `json:"lang"` // in which language names are told to the bot
}

type pressRequest struct {
	ID      string `json:"id"`
	Chat    string `json:"chat"`
	As      string `json:"as"`
	Message string `json:"message"`
	Choice  string `json:"choice"` // the command of the button
	Lang    string `json:"lang"`
}

// Actions of changeRequest.
const (
	actionJoin   = "join"
	actionLeave  = "leave"
	actionAdd    = "add"
	actionRemove = "remove"
	actionMute   = "mute"
	actionUnmute = "unmute"
)

type changeRequest struct {
	ID     string `json:"id"`
	Chat   string `json:"chat"`
	As     string `json:"as"`
	Action string `json:"action"`
	Lang   string `json:"lang"`
}

type clockRequest struct {
	To   string `json:"to"`
	Step string `json:"step"`
}

// route finds the handler of a path. It is a table rather than a ServeMux so
// that a wrong method is answered in JSON like every other refusal.
func (s *Sandbox) route(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	type endpoint struct {
		method string
		serve  http.HandlerFunc
	}
	endpoints := map[string]endpoint{
		"/api/state":    {http.MethodGet, s.serveState},
		"/api/events":   {http.MethodGet, s.serveEvents},
		"/api/upcoming": {http.MethodGet, s.serveUpcoming},
		"/api/say":      {http.MethodPost, s.serveSay},
		"/api/press":    {http.MethodPost, s.servePress},
		"/api/member":   {http.MethodPost, s.serveMember},
		"/api/bot":      {http.MethodPost, s.serveBot},
		"/api/mute":     {http.MethodPost, s.serveMute},
		"/api/clock":    {http.MethodPost, s.serveClock},
	}
	e, ok := endpoints[path]
	switch {
	case ok:
	case strings.HasPrefix(path, "/api/file/"):
		e = endpoint{http.MethodGet, s.serveFile}
	case strings.HasPrefix(path, "/api/"):
		refuse(w, noPage)
		return
	default:
		e = endpoint{http.MethodGet, s.serveAsset}
	}
	if r.Method != e.method && (r.Method != http.MethodHead || e.method != http.MethodGet) {
		w.Header().Set("Allow", e.method)
		refuse(w, badMethod)
		return
	}
	e.serve(w, r)
}

func (s *Sandbox) serveSay(w http.ResponseWriter, r *http.Request) {
	var q sayRequest
	s.mutateUpTo(maxSay, w, r, &q, func(ctx context.Context) *problem {
		q.Text = clean(q.Text)
		if len(q.Picture) > 0 && pictureType(q.Picture) == "" {
			return badPicture
		}
		if q.File != nil && (q.File.kind() == "" || len(q.Picture) > 0) {
			return badFile
		}
		if q.Text == "" && len(q.Picture) == 0 && q.File == nil || utf8.RuneCountInString(q.Text) > MaxText {
			return badText
		}
		return firstProblem(checkID(q.ID), checkLang(q.Lang), func() *problem { return s.say(ctx, q) })
	})
}

func (s *Sandbox) servePress(w http.ResponseWriter, r *http.Request) {
	var q pressRequest
	s.mutate(w, r, &q, func(ctx context.Context) *problem {
		return firstProblem(checkID(q.ID), checkLang(q.Lang), func() *problem { return s.press(ctx, q) })
	})
}

func (s *Sandbox) serveMember(w http.ResponseWriter, r *http.Request) {
	s.serveChange(w, r, s.member, actionJoin, actionLeave)
}

func (s *Sandbox) serveBot(w http.ResponseWriter, r *http.Request) {
	s.serveChange(w, r, s.bot, actionAdd, actionRemove)
}

func (s *Sandbox) serveMute(w http.ResponseWriter, r *http.Request) {
	s.serveChange(w, r, s.mute, actionMute, actionUnmute)
}

func (s *Sandbox) serveChange(w http.ResponseWriter, r *http.Request,
	change func(context.Context, changeRequest) *problem, actions ...string,
) {
	var q changeRequest
	s.mutate(w, r, &q, func(ctx context.Context) *problem {
		if !slices.Contains(actions, q.Action) {
			return badAction
		}
		return firstProblem(checkID(q.ID), checkLang(q.Lang), func() *problem { return change(ctx, q) })
	})
}

// mutate reads a request strictly and answers it: 200 means committed.
func (s *Sandbox) mutate(w http.ResponseWriter, r *http.Request, into any, do func(context.Context) *problem) {
	s.mutateUpTo(maxBody, w, r, into, do)
}

func (s *Sandbox) mutateUpTo(limit int64, w http.ResponseWriter, r *http.Request, into any, do func(context.Context) *problem) {
	if p := readJSON(w, r, into, limit); p != nil {
		refuse(w, p)
		return
	}
	if p := do(r.Context()); p != nil {
		refuse(w, p)
		return
	}
	writeJSON(w, http.StatusOK, struct {
		OK bool `json:"ok"`
	}{true})
}

func readJSON(w http.ResponseWriter, r *http.Request, into any, limit int64) *problem {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return badType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLarge
		}
		return badJSON
	}
	if !utf8.Valid(body) {
		return badJSON
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return badJSON
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badJSON // something follows
	}
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return badJSON // null decodes into anything
	}
	return nil
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// checkID keeps the page's ids apart from the sandbox's own, which contain a
// colon.
func checkID(id string) *problem {
	if !idForm.MatchString(id) {
		return badID
	}
	return nil
}

func checkLang(lang string) *problem {
	if lang != "" && !slices.Contains(languages, lang) {
		return badLang
	}
	return nil
}

func firstProblem(a, b *problem, then func() *problem) *problem {
	if a != nil {
		return a
	}
	if b != nil {
		return b
	}
	return then()
}

// fingerprint writes a request in one form, to tell a repeated one from a
// different one under the same id.
func fingerprint(parts ...string) string { return string(encode(parts)) }

func refuse(w http.ResponseWriter, p *problem) { writeJSON(w, p.status, p) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The only error left is a browser that went away.
	_, _ = w.Write(append(encode(v), '\n'))
}

// encode marshals a value of the sandbox's own types, which cannot fail.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"error":"internal"}`)
	}
	return data
}
