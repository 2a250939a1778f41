package wxhttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/silenceper/wechat/v2/util"
)

// Error is a refusal in the vendor's own words. errors.As finds the library's
// *util.CommonError in it as well.
type Error struct {
	API  string // as given to Do
	Code int64  // errcode
	Msg  string // errmsg, without secrets
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %d %s", e.API, e.Code, e.Msg) }

// Unwrap gives the library's form of the same.
func (e *Error) Unwrap() error { return util.NewCommonError(e.API, e.Code, e.Msg) }

// WireError is a call that got no answer of the vendor's.
type WireError struct {
	API     string
	Status  int  // HTTP status, 0 if there was no answer at all
	Written bool // the whole request had been handed to the connection
	Local   bool // the request was never made
	// Before says that the call itself was not made: its token could not be
	// fetched.
	Before bool
	Err    error
}

func (e *WireError) Error() string {
	if e.Status != 0 && e.Status != http.StatusOK {
		return fmt.Sprintf("%s: HTTP %d: %v", e.API, e.Status, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.API, e.Err)
}

func (e *WireError) Unwrap() error { return e.Err }

// Code is the vendor's errcode in an error, 0 if there is none.
func Code(err error) int64 {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*util.CommonError](err); ok {
		return e.ErrCode
	}
	return 0
}

// The calls that fetch access tokens, as Error.API names them.
const (
	apiStableToken = "stable_token"
	apiGetToken    = "gettoken"
)

func (e *Error) ofToken() bool { return e.API == apiStableToken || e.API == apiGetToken }

// BadCredentials reports that the vendor does not know the app or its secret:
// no retry can mend that. 40001 means it only where a token is fetched; 40013
// is a wrong appid or corpid, 40125 a wrong secret, 41002 and 41004 are empty
// ones (global error codes of both vendors).
func BadCredentials(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.ofToken() {
		return false
	}
	switch e.Code {
	case 40001, 40013, 40125, 41002, 41004:
		return true
	}
	return false
}

// WrongAddress reports that the vendor does not accept calls from our IP
// address: 40164 of official accounts (white list), 60020 of WeCom (trusted
// IPs). The administrator of the account can add it at any time.
func WrongAddress(err error) bool {
	code := Code(err)
	return code == 40164 || code == 60020
}

// secretWords are the parameters of the vendors' addresses and bodies that
// must not be seen.
var secretWords = regexp.MustCompile(`(?i)\b((?:access_token|corpsecret|appsecret|app_secret|secret|ticket|key|code)(?:=|"\s*:\s*"))[^&\s"'<>\\]+`)

// Redact takes what looks like a secret out of a text: the values of
// access_token, corpsecret, secret, key and their like, in addresses and in
// JSON.
func Redact(text string) string { return secretWords.ReplaceAllString(text, "${1}***") }

func cleanText(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
			text = strings.ReplaceAll(text, url.QueryEscape(s), "***")
		}
	}
	return Redact(text)
}

// clean keeps an error's chain for errors.Is and takes the secrets out of its
// text. The address in a *url.Error is dropped altogether.
func clean(err error, secrets []string) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	text := err.Error()
	safe := cleanText(text, secrets)
	if safe == text {
		return err
	}
	return &redacted{text: safe, err: err}
}

type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string        { return r.text }
func (r *redacted) Is(target error) bool { return errors.Is(r.err, target) }
