package wecombot

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"qunmate/bot/chat"
)

// Codes that mean something to us. The platform documents few of the aibot's;
// where they come from is said beside them.
const (
	codeBusy        = -1     // the system is busy, nothing was done (path 90313)
	codeFrequency   = 45009  // too many calls (path 90313)
	codeConcurrency = 45033  // too many calls at once (path 90313)
	codeTooFast     = 45011  // too many calls, older form (path 90313)
	codeDevice      = 600039 // "device type not support": pushes into groups, reported
	codeChat        = 93006  // the chat id is not valid, official plugin
	codeReqExpired  = 846604 // official plugin
	codeReqInvalid  = 846605 // a req_id that may not be answered so, measured
	codeStreamOver  = 846608 // official plugin
	codeCredentials = 853000 // measured
)

// rateWait is how long to wait when the platform says too many: it does not
// say how long, and its windows are minutes and hours.
const rateWait = time.Minute

// ackError is a refusal in the platform's own words. Nothing happened.
type ackError struct {
	Cmd  string
	Code int64
	Msg  string
}

func (e *ackError) Error() string { return fmt.Sprintf("%s: %d %s", e.Cmd, e.Code, e.Msg) }

// unsentError is a frame that was not handed over as a whole: the server
// cannot have acted on it.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return "not sent: " + e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// lostError is a frame that was handed over and not acknowledged: it may have
// been acted on.
type lostError struct{ err error }

func (e *lostError) Error() string { return "not acknowledged: " + e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

var (
	errNotConnected = errors.New("not connected to WeCom")
	errStopping     = errors.New("the connection is being closed")
	errNoAck        = errors.New("no acknowledgement in time")
	// errUnsure: an acknowledgement for this req_id is still missing, and the
	// next one could be taken for it.
	errUnsure = errors.New("an earlier answer to this message was not acknowledged")
)

// sendError sorts a failure into what it means for a letter.
func (b *Bot) sendError(err error) *chat.SendError {
	if err == nil {
		return nil
	}
	if se, ok := errors.AsType[*chat.SendError](err); ok {
		return se
	}
	if ack, ok := errors.AsType[*ackError](err); ok {
		return &chat.SendError{Fault: faultOf(ack.Code), After: afterOf(ack.Code), Err: ack}
	}
	if lost, ok := errors.AsType[*lostError](err); ok {
		return &chat.SendError{Fault: chat.Unknown, Err: lost}
	}
	if unsent, ok := errors.AsType[*unsentError](err); ok {
		return &chat.SendError{Fault: chat.Retry, Err: unsent}
	}
	return &chat.SendError{Fault: chat.Unknown, Err: err}
}

// faultOf reads a code. An unknown one is a refusal: the platform said no, and
// there is no telling whether it would say something else later.
func faultOf(code int64) chat.Fault {
	switch code {
	case codeBusy:
		return chat.Retry
	case codeFrequency, codeConcurrency, codeTooFast:
		return chat.Throttled
	}
	return chat.Rejected
}

func afterOf(code int64) time.Duration {
	if faultOf(code) == chat.Throttled {
		return rateWait
	}
	return 0
}

// closedWay reports a failure of one way that leaves the others open: nothing
// was shown, and the refusal was about the way and not about the message.
func closedWay(err error) bool {
	if errors.Is(err, errUnsure) {
		return true
	}
	ack, ok := errors.AsType[*ackError](err)
	if !ok {
		return false
	}
	switch ack.Code {
	case codeDevice, codeChat, codeReqExpired, codeReqInvalid, codeStreamOver:
		return true
	}
	return false
}

func rejected(format string, args ...any) *chat.SendError {
	return &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf(format, args...)}
}

// bare drops the address from an error of net/http: a response_url lets
// whoever has it post into the chat.
func bare(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}
