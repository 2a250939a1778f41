package wechatmp

import (
	"fmt"
	"sync/atomic"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

func badCredentials(err error) bool { return wxhttp.BadCredentials(err) }

// said is what the operator was told, each thing once.
type said struct{ credentials, sealed, signature, stale, unreadable atomic.Bool }

// hint tells the operator why requests are refused: the platform's console only
// says that they are, and the answer to a request says nothing.
func (a *Account) hint() {
	r := a.codec.Refusals()
	if r.Signature > 0 && !a.said.signature.Swap(true) {
		a.log.Warn("wechatmp: refused a request with a wrong signature; if it was the platform's, token differs from the console's")
	}
	if r.Stale > 0 && !a.said.stale.Swap(true) {
		a.log.Warn("wechatmp: refused a request that is older or newer than five minutes; is the clock right?")
	}
	if r.Unreadable > 0 && !a.said.unreadable.Swap(true) {
		a.log.Warn("wechatmp: refused a sealed message that cannot be opened; encoding_aes_key or app_id differs from the console's")
	}
}

// What the platform says of a customer service message it does not take
// (global error codes; 45015 also when the person does not follow any more).
const (
	codeTooLate   = 45015
	codeTooMany   = 45047
	codeForbidden = 48001
)

// sendError sorts a failure of a call into what it means for a letter.
//
// Wrong credentials are Retry: the letters stay good, it is Run that ends with
// ErrCredentials and the operator who mends the configuration. They are logged
// here once, because Send may be the first to notice.
func (a *Account) sendError(err error) *chat.SendError {
	if err == nil {
		return nil
	}
	if badCredentials(err) && !a.said.credentials.Swap(true) {
		a.log.Error("wechatmp: the app secret is not accepted, only open requests can be answered", "err", err)
	}
	return wxhttp.SendError(err)
}

// serviceError is sendError for a customer service message to a person, and
// remembers what it says about the right to send one.
func (a *Account) serviceError(openid string, err error) *chat.SendError {
	se := a.sendError(err)
	switch wxhttp.Code(err) {
	case codeTooLate:
		a.people.spent(openid)
		return rejected("the person has not written for 48 hours, or does not follow any more: %w", se.Err)
	case codeTooMany:
		a.people.spent(openid)
		return rejected("the person has been sent as many messages as one of his allows: %w", se.Err)
	case codeForbidden:
		if !a.noService.Swap(true) {
			a.log.Warn("wechatmp: the account may not send customer service messages (it is not verified); what does not fit into the answer to a message is lost")
		}
	}
	return se
}

func rejected(format string, args ...any) *chat.SendError {
	return &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf(format, args...)}
}
