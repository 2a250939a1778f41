package wechatmp

import (
	"fmt"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

func badCredentials(err error) bool { return wxhttp.BadCredentials(err) }

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
	if badCredentials(err) && !a.credentials.Swap(true) {
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
