package wecomcontact

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxhttp"
)

// The codes of Check. The texts are the templates' business.
const (
	checkReady       = "wecomcontact.ready"       // groups: how many the app can see; staff: who may have groups
	checkSecretBad   = "wecomcontact.secret_bad"  // agent_id
	checkAddressBad  = "wecomcontact.address_bad" // ip: not among the app's trusted IPs
	checkRightBad    = "wecomcontact.right_bad"   // 48002: the app is not listed for customer contact
	checkNoStaff     = "wecomcontact.no_staff"    // nobody may have customer groups
	checkNoGroups    = "wecomcontact.no_groups"   // the app sees none
	checkUnreachable = "wecomcontact.unreachable" // error
	checkAgain       = "wecomcontact.again"       // what was wrong with right or address is mended
	checkNoCallback  = "wecomcontact.no_callback" // changes are found by reading lists
	checkNever       = "wecomcontact.never"       // what no interface can do in a customer group
	checkWelcome     = "wecomcontact.welcome"     // text: how it begins; bytes, most
	checkNoWelcome   = "wecomcontact.no_welcome"  // there is no welcome template
	checkGroup       = "wecomcontact.chat_ok"     // chat, members, owner
	checkGroupLost   = "wecomcontact.chat_lost"   // chat, error
)

// Check asks the platform whether it knows us, what we may do, and about every
// group.
func (c *Contact) Check(ctx context.Context, chats []chat.Chat) []chat.Finding {
	if err := c.api.ready(ctx); err != nil {
		return []chat.Finding{c.trouble(err)}
	}
	staff, err := c.api.staff(ctx)
	if err != nil {
		return []chat.Finding{c.trouble(err)}
	}
	if len(staff) == 0 {
		return []chat.Finding{{Code: checkNoStaff}}
	}
	groups, err := c.api.groups(ctx)
	if err != nil {
		return []chat.Finding{c.trouble(err)}
	}
	if len(groups) == 0 {
		return []chat.Finding{{Code: checkNoGroups, Args: map[string]string{"staff": strconv.Itoa(len(staff))}}}
	}
	out := []chat.Finding{
		{OK: true, Code: checkReady, Args: map[string]string{"groups": strconv.Itoa(len(groups)), "staff": strconv.Itoa(len(staff))}},
		{OK: true, Code: checkNever},
	}
	if !c.opts.Callbacks {
		out = append(out, chat.Finding{OK: true, Code: checkNoCallback, Args: map[string]string{"minutes": strconv.Itoa(int(c.opts.Times.Resync.Minutes()))}})
	}
	out = append(out, c.checkWelcome())
	for _, place := range chats {
		out = append(out, c.checkGroup(ctx, place))
	}
	return out
}

// shownWelcome is how many letters of the welcome text are shown.
const shownWelcome = 40

// checkWelcome says which text new members are to read. Whether an owner has
// chosen it for his group no interface tells.
func (c *Contact) checkWelcome() chat.Finding {
	text := []rune(strings.Join(strings.Fields(c.opts.Welcome), " "))
	if len(text) == 0 {
		return chat.Finding{OK: true, Code: checkNoWelcome}
	}
	args := map[string]string{"text": string(text), "bytes": strconv.Itoa(len(c.opts.Welcome)), "most": strconv.Itoa(maxWelcome)}
	if len(text) > shownWelcome {
		args["text"] = string(text[:shownWelcome]) + "\u2026"
	}
	return chat.Finding{OK: true, Code: checkWelcome, Args: args}
}

func (c *Contact) checkGroup(ctx context.Context, place chat.Chat) chat.Finding {
	got, err := c.api.group(ctx, place.Ref.ID)
	if _, refused := errors.AsType[*wxhttp.Error](err); refused {
		return chat.Finding{Code: checkGroupLost, Args: map[string]string{"chat": place.Title, "error": err.Error()}}
	}
	if err != nil {
		return c.trouble(err)
	}
	return chat.Finding{OK: true, Code: checkGroup, Args: map[string]string{"chat": got.Name, "members": strconv.Itoa(len(got.Members)), "owner": got.Owner}}
}

// trouble says what is wrong with all calls.
func (c *Contact) trouble(err error) chat.Finding {
	switch {
	case wxhttp.BadCredentials(err):
		return chat.Finding{Code: checkSecretBad, Args: map[string]string{"agent_id": strconv.Itoa(c.opts.AgentID)}}
	case wxhttp.WrongAddress(err):
		return chat.Finding{Code: checkAddressBad, Args: map[string]string{"ip": addressForm.FindString(err.Error())}}
	case wxhttp.Code(err) == codeForbidden:
		return chat.Finding{Code: checkRightBad}
	}
	return chat.Finding{Code: checkUnreachable, Args: map[string]string{"error": c.sendError(err).Err.Error()}}
}

// "not allow to access from your ip, hint: […], from ip: 1.2.3.4": the address is
// what has to be entered in the console.
var addressForm = regexp.MustCompile(`[0-9]{1,3}(\.[0-9]{1,3}){3}`)
