package wecomapp

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// said is what the operator was told, each thing once.
type said struct{ credentials, signature, stale, unreadable, strange, names atomic.Bool }

// hint tells the operator why requests are refused: the platform's console only
// says that they are, and the answer to a request says nothing.
func (a *App) hint() {
	r := a.codec.Refusals()
	if r.Signature > 0 && !a.said.signature.Swap(true) {
		a.log.Warn("wecomapp: refused a request with a wrong signature; if it was the platform's, token differs from the console's")
	}
	if r.Stale > 0 && !a.said.stale.Swap(true) {
		a.log.Warn("wecomapp: refused a request that is older or newer than five minutes; is the clock right?")
	}
	if r.Unreadable > 0 && !a.said.unreadable.Swap(true) {
		a.log.Warn("wecomapp: refused a sealed message that cannot be opened; encoding_aes_key or corp_id differs from the console's")
	}
}

// strange tells of a message for another app, once.
func (a *App) strange(in inbound) {
	if !a.said.strange.Swap(true) {
		a.log.Warn("wecomapp: refused a message for another corporation or app; is agent_id right?", "agent_id", in.Agent)
	}
}

// nameless tells that members cannot be looked up, once.
func (a *App) nameless(err error) {
	if !a.said.names.Swap(true) {
		a.log.Warn("wecomapp: members cannot be looked up; are they in the app's visible range?", "err", err)
	}
}

// sendError sorts a failure of a call into what it means for a letter.
//
// Wrong credentials are Retry: the letters stay good, it is Run that ends with
// ErrCredentials and the operator who mends the configuration. They are logged
// here once, because Send may be the first to notice.
func (a *App) sendError(err error) *chat.SendError {
	if err == nil {
		return nil
	}
	if wxhttp.BadCredentials(err) && !a.said.credentials.Swap(true) {
		a.log.Error("wecomapp: the app's secret is not accepted, only open requests can be answered", "err", err)
	}
	return wxhttp.SendError(err)
}

func rejected(format string, args ...any) *chat.SendError {
	return &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf(format, args...)}
}

func readerOf(f *chat.File) io.Reader { return bytes.NewReader(f.Data) }
