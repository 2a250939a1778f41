package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"
)

var errNotBotAPI = errors.New("the answer is not the Bot API's")

// apiError is a refusal in the Bot API's own words (section "Making requests").
type apiError struct {
	Method      string
	Code        int
	Description string
	RetryAfter  int
	MigrateTo   int64
}

func (e *apiError) Error() string {
	return fmt.Sprintf("%s: %d %s", e.Method, e.Code, e.Description)
}

// wireError is a request that got no answer of the Bot API's.
type wireError struct {
	Method  string
	Status  int  // HTTP status, 0 if there was no answer at all
	Written bool // the whole request had been handed to the connection
	Local   bool // the request could not even be built
	Err     error
}

func (e *wireError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s: HTTP %d: %v", e.Method, e.Status, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Method, e.Err)
}

func (e *wireError) Unwrap() error { return e.Err }

func wrongToken(err error) bool {
	api, ok := errors.AsType[*apiError](err)
	// 404 is what a token of the wrong form gets: the address does not exist.
	return ok && (api.Code == http.StatusUnauthorized || api.Code == http.StatusNotFound)
}

// unknownCall reports a server that accepts the token but not the call.
func unknownCall(err error) bool {
	api, ok := errors.AsType[*apiError](err)
	return ok && api.Code == http.StatusNotFound && api.MigrateTo == 0
}

// badRequest reports a 400 whose description contains one of the words.
func badRequest(err error, words ...string) bool {
	api, ok := errors.AsType[*apiError](err)
	if !ok || api.Code != http.StatusBadRequest {
		return false
	}
	for _, w := range words {
		if strings.Contains(strings.ToLower(api.Description), strings.ToLower(w)) {
			return true
		}
	}
	return len(words) == 0
}

// goneWords are the 400s that mean: nobody is there any more. The usual ones
// (blocked, kicked, deactivated, never started) are 403.
var goneWords = []string{"chat not found", "peer_id_invalid", "group chat was deactivated", "user is deactivated"}

// sendError sorts a failure of a call into what it means for a letter.
//
// A wrong token (401, 404) is Retry: the letters stay good, it is Run that
// ends with ErrToken and the operator who mends the configuration. It is
// logged here once, because Send may be the first to notice.
func (t *Telegram) sendError(err error) *chat.SendError {
	if err == nil {
		return nil
	}
	if se, ok := errors.AsType[*chat.SendError](err); ok {
		return se
	}
	if api, ok := errors.AsType[*apiError](err); ok {
		switch {
		case unknownCall(err) && t.me.Load() != nil: // getMe was answered: it is not the token
			t.log.Warn("telegram: the server does not know this call", "err", api)
		case wrongToken(err) && !t.tokenSaid.Swap(true):
			t.log.Error("telegram: the bot token is not accepted, nothing can be sent", "err", api)
		}
		return sendErrorOf(api)
	}
	if we, ok := errors.AsType[*wireError](err); ok {
		return &chat.SendError{Fault: wireFault(we), Err: we}
	}
	// Whatever else the library says was said after an answer came.
	return &chat.SendError{Fault: chat.Unknown, Err: t.wire.redact(err)}
}

func sendErrorOf(api *apiError) *chat.SendError {
	out := &chat.SendError{Err: api}
	switch {
	case api.Code == http.StatusTooManyRequests:
		out.Fault = chat.Throttled
		out.After = time.Duration(max(api.RetryAfter, 1)) * time.Second
	case api.MigrateTo != 0:
		out.Fault = chat.Moved
		out.To = chatRef(api.MigrateTo)
	case api.Code == http.StatusForbidden, badRequest(api, goneWords...):
		out.Fault = chat.Gone
	case wrongToken(api), api.Code == http.StatusConflict, api.Code >= http.StatusInternalServerError:
		out.Fault = chat.Retry
	default:
		out.Fault = chat.Rejected
	}
	return out
}

// wireFault is the careful reading of silence: Retry only where Telegram
// cannot have seen the whole request.
func wireFault(e *wireError) chat.Fault {
	switch {
	case e.Local:
		return chat.Rejected
	case e.Status == http.StatusRequestEntityTooLarge:
		return chat.Rejected
	case e.Status >= 300 && e.Status < http.StatusInternalServerError:
		// A proxy or a wrong address turned it away before the Bot API.
		return chat.Retry
	case e.Status != 0:
		return chat.Unknown
	case e.Written:
		return chat.Unknown
	}
	return chat.Retry
}

func rejected(format string, args ...any) *chat.SendError {
	return &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf(format, args...)}
}

// callContext bounds one call; big uploads get a second more per 64 KiB, the
// pace of a slow line.
func (t *Telegram) callContext(ctx context.Context, bytes int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, t.opts.Times.Call+time.Duration(bytes>>16)*time.Second)
}

func chatRef(id int64) chat.Ref {
	return chat.Ref{Domain: Domain, ID: strconv.FormatInt(id, 10)}
}

// idOf reads the number of a ref of this platform; 0 if it is none.
func idOf(r chat.Ref) int64 {
	if r.Domain != Domain {
		return 0
	}
	id, err := strconv.ParseInt(r.ID, 10, 64)
	if err != nil {
		return 0
	}
	return id
}
