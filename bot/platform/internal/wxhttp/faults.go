package wxhttp

import (
	"context"
	"errors"
	"net/http"
	"time"

	"qunmate/bot/chat"
)

// reading is what an errcode means for a letter.
type reading struct {
	fault chat.Fault
	after time.Duration // with Throttled
}

// readings are the errcodes that do not mean Rejected. Sources: the vendors'
// pages of global error codes (developer.work.weixin.qq.com path 90313,
// developers.weixin.qq.com doc/oplatform/developers/errCode).
var readings = map[int64]reading{
	// The vendor is busy; it asks for at most three retries.
	-1: {fault: chat.Retry},

	// A token that was not accepted although it had just been fetched, and what
	// the operator mends in the vendor's console: wrong or empty app and secret,
	// an IP address not on the list, a secret of another agent. The letters stay
	// good meanwhile.
	40001: {fault: chat.Retry}, 40014: {fault: chat.Retry}, 42001: {fault: chat.Retry}, 41001: {fault: chat.Retry},
	40013: {fault: chat.Retry}, 40125: {fault: chat.Retry}, 41002: {fault: chat.Retry}, 41004: {fault: chat.Retry},
	40164: {fault: chat.Retry}, 60020: {fault: chat.Retry}, 301002: {fault: chat.Retry},

	// Too many calls. 45009 is blocked "for a while" (WeCom) or until the day is
	// over (official accounts); asking once a minute finds out without harm.
	// 45011 is the quota of a minute, 45033 of calls at one time.
	45009: {fault: chat.Throttled, after: time.Minute},
	45011: {fault: chat.Throttled, after: time.Minute},
	45033: {fault: chat.Throttled, after: 5 * time.Second},

	// Nobody is there any more: not a follower (43004), no receiver of an app
	// message left (81013), the group robot removed (93000), the group of an app
	// gone (86001, 86003 invalid or missing chatid).
	43004: {fault: chat.Gone},
	81013: {fault: chat.Gone},
	93000: {fault: chat.Gone},
	86001: {fault: chat.Gone},
	86003: {fault: chat.Gone},
}

// SendError sorts the failure of a call into what it means for a letter. An
// errcode that is not in the table is Rejected: the vendor has understood the
// request and will say the same again (45015 and 45047, the time and the
// number of customer service messages; 48001 and 48002, no permission; 45002,
// too long).
func SendError(err error) *chat.SendError {
	if err == nil {
		return nil
	}
	if se, ok := errors.AsType[*chat.SendError](err); ok {
		return se
	}
	if w, ok := errors.AsType[*WireError](err); ok {
		return &chat.SendError{Fault: wireFault(w), Err: w}
	}
	if code := Code(err); code != 0 {
		r, ok := readings[code]
		if e, is := errors.AsType[*Error](err); !ok {
			r.fault = chat.Rejected
			if is && e.ofToken() {
				r.fault = chat.Retry // the letter itself was not looked at
			}
		}
		return &chat.SendError{Fault: r.fault, After: r.after, Err: clean(err, nil)}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &chat.SendError{Fault: chat.Retry, Err: err} // Do had not begun
	}
	return &chat.SendError{Fault: chat.Unknown, Err: clean(err, nil)}
}

// wireFault is the careful reading of silence: Retry only where the vendor
// cannot have seen the whole request.
func wireFault(e *WireError) chat.Fault {
	switch {
	case e.Before:
		return chat.Retry
	case e.Local, e.Status == http.StatusRequestEntityTooLarge:
		return chat.Rejected
	case e.Status >= 300 && e.Status < http.StatusInternalServerError:
		// A proxy or a wrong address turned it away before the vendor.
		return chat.Retry
	case e.Status != 0, e.Written:
		return chat.Unknown
	}
	return chat.Retry
}
