package wecomapp

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// The codes of Check. The texts are the templates' business. Instants are in
// RFC 3339, empty if there was none.
const (
	checkReady       = "wecomapp.ready"       // name, agent_id
	checkClosed      = "wecomapp.closed"      // name: switched off in the console
	checkSecretBad   = "wecomapp.secret_bad"  //
	checkAgentBad    = "wecomapp.agent_bad"   // agent_id: not that of the secret
	checkAddressBad  = "wecomapp.address_bad" // ip: not a trusted one
	checkUnreachable = "wecomapp.unreachable" // error
	checkCallback    = "wecomapp.callback"    // path, heard
	checkSendOnly    = "wecomapp.send_only"   // no callback is configured
	checkRefused     = "wecomapp.refused"     // path, signature, stale, replayed, unreadable: pushes refused since the start
	checkNames       = "wecomapp.names"       // names of members can be read
	checkNoNames     = "wecomapp.no_names"    // they cannot
)

// codeAgent is the errcode of an agent id that is not that of the secret (path
// 90313: "not allow to access the agent").
const codeAgent = 301002

// Check asks the platform whether it knows us and what we may do. There is
// nothing to ask about a single chat.
func (a *App) Check(ctx context.Context, _ []chat.Chat) []chat.Finding {
	about, err := a.api.about(ctx)
	agent := map[string]string{"agent_id": a.agent(), "name": about.Name}
	var out []chat.Finding
	switch {
	case wxhttp.BadCredentials(err):
		return []chat.Finding{{Code: checkSecretBad}}
	case wxhttp.WrongAddress(err):
		return []chat.Finding{{Code: checkAddressBad, Args: map[string]string{"ip": addressIn(err)}}}
	case wxhttp.Code(err) == codeAgent:
		return []chat.Finding{{Code: checkAgentBad, Args: agent}}
	case err != nil:
		return []chat.Finding{{Code: checkUnreachable, Args: map[string]string{"error": a.sendError(err).Err.Error()}}}
	case about.Close == 1:
		out = append(out, chat.Finding{Code: checkClosed, Args: agent})
	default:
		out = append(out, chat.Finding{OK: true, Code: checkReady, Args: agent})
	}
	out = append(out, a.checkCallback()...)
	if len(about.Users.List) > 0 {
		name, err := a.api.name(ctx, about.Users.List[0].ID)
		out = append(out, chat.Finding{OK: true, Code: checkNames})
		if err != nil || name == "" {
			out[len(out)-1].Code = checkNoNames
		}
	}
	return out
}

func (a *App) checkCallback() []chat.Finding {
	if !a.hears() {
		return []chat.Finding{{OK: true, Code: checkSendOnly}}
	}
	args := map[string]string{"path": a.Path(), "heard": stamp(a.people.lastHeard())}
	out := []chat.Finding{{OK: true, Code: checkCallback, Args: args}}
	if r := a.codec.Refusals(); r.Signature+r.Stale+r.Replayed+r.Unreadable > 0 {
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		out = append(out, chat.Finding{Code: checkRefused, Args: map[string]string{
			"path": a.Path(), "signature": number(r.Signature), "stale": number(r.Stale),
			"replayed": number(r.Replayed), "unreadable": number(r.Unreadable),
		}})
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// "not allow to access from your ip, …, from ip: 1.2.3.4": the address is what
// has to be entered in the console.
var addressForm = regexp.MustCompile(`[0-9]{1,3}(\.[0-9]{1,3}){3}`)

func addressIn(err error) string { return addressForm.FindString(err.Error()) }
