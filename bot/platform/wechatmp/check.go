package wechatmp

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// The codes of Check. The texts are the templates' business.
const (
	checkReady       = "wechatmp.ready"       // app_id
	checkSecretBad   = "wechatmp.secret_bad"  // app_id
	checkAddressBad  = "wechatmp.address_bad" // ip: not on the white list
	checkUnreachable = "wechatmp.unreachable" // error
	checkSealed      = "wechatmp.sealed"      // path: messages are sealed
	checkPlain       = "wechatmp.plain"       // path: messages are not sealed
	checkRefused     = "wechatmp.refused"     // signature, stale, replayed, unreadable: pushes refused since the start
	checkMenuOurs    = "wechatmp.menu_ours"
	checkMenuNone    = "wechatmp.menu_none"
	checkMenuForeign = "wechatmp.menu_foreign" // the owner's own menu is left as it is
	checkMenuDenied  = "wechatmp.menu_denied"  // the account may not have a menu by program
	checkCodes       = "wechatmp.codes"        // parametric QR codes can be made
	checkNoCodes     = "wechatmp.no_codes"     // they cannot: the account is not verified
)

// checkScene is the scene of the code that Check makes to see whether it may.
// It lives for a minute and nobody sees it.
const checkScene = "check"

// Check asks the platform whether it knows us and what we may do. There is
// nothing to ask about a single chat.
func (a *Account) Check(ctx context.Context, _ []chat.Chat) []chat.Finding {
	err := a.api.ready(ctx)
	switch {
	case badCredentials(err):
		return []chat.Finding{{Code: checkSecretBad, Args: map[string]string{"app_id": a.opts.AppID}}}
	case wxhttp.WrongAddress(err):
		return []chat.Finding{{Code: checkAddressBad, Args: map[string]string{"ip": addressIn(err)}}}
	case err != nil:
		return []chat.Finding{a.unreachable(err)}
	}
	out := []chat.Finding{{OK: true, Code: checkReady, Args: map[string]string{"app_id": a.opts.AppID}}}
	out = append(out, a.checkCallback()...)
	return append(out, a.checkMenu(ctx), a.checkCodes(ctx))
}

func (a *Account) unreachable(err error) chat.Finding {
	return chat.Finding{Code: checkUnreachable, Args: map[string]string{"error": a.sendError(err).Err.Error()}}
}

func (a *Account) checkCallback() []chat.Finding {
	args := map[string]string{"path": a.Path()}
	out := []chat.Finding{{OK: true, Code: checkSealed, Args: args}}
	if !a.sealed {
		// It works; that anybody on the way can read along is for the owner to
		// decide.
		out[0].Code = checkPlain
	}
	if r := a.codec.Refusals(); r.Signature+r.Stale+r.Replayed+r.Unreadable > 0 {
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		out = append(out, chat.Finding{Code: checkRefused, Args: map[string]string{
			"signature": number(r.Signature), "stale": number(r.Stale),
			"replayed": number(r.Replayed), "unreadable": number(r.Unreadable),
		}})
	}
	return out
}

func (a *Account) checkMenu(ctx context.Context) chat.Finding {
	have, ours, err := a.readMenu(ctx)
	switch {
	case wxhttp.Code(err) == codeForbidden:
		return chat.Finding{Code: checkMenuDenied}
	case err != nil:
		return a.unreachable(err)
	case !ours:
		return chat.Finding{OK: true, Code: checkMenuForeign}
	case len(have) == 0:
		return chat.Finding{OK: true, Code: checkMenuNone}
	}
	return chat.Finding{OK: true, Code: checkMenuOurs}
}

func (a *Account) checkCodes(ctx context.Context) chat.Finding {
	_, err := a.QR(ctx, checkScene, time.Minute)
	switch {
	case err == nil:
		return chat.Finding{OK: true, Code: checkCodes}
	case wxhttp.Code(err) == codeForbidden:
		return chat.Finding{OK: true, Code: checkNoCodes}
	}
	return a.unreachable(err)
}

// "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist": the address is
// what has to be entered in the console.
var addressForm = regexp.MustCompile(`[0-9]{1,3}(\.[0-9]{1,3}){3}`)

func addressIn(err error) string { return addressForm.FindString(err.Error()) }
