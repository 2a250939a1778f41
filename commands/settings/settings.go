// Package settings is where administrators and members arrange things:
// language, zone, which chats share a community, who administers, and what
// happens to a person's own data.
//
// Chance enters as bytes (Options.Random); the figures of the check-in rule,
// which another family owns, are handed in as well.
package settings

import (
	"context"

	"qunmate/bot"
	"qunmate/storage"
)

// Options are what the family needs from outside.
type Options struct {
	// Random fills a slice with unpredictable bytes: codes are made of it.
	Random func([]byte)
	// CheckinRule tells the rule of the request's community, for the preview of
	// /community join.
	CheckinRule func(context.Context, *bot.Request) (Rule, error)
	// Bound and Parted let other families follow a bind and its undo: after the
	// points have come, and before they go back. Nil is nobody.
	Bound, Parted func(context.Context, *bot.Request, storage.Bind) error
}

// Rule is what a check-in is worth somewhere.
type Rule struct {
	On              bool
	Base, Step, Cap int64
}

// family holds the options for the commands.
type family struct {
	Options
	zones zones
}

func newFamily(o Options) family { return family{o, loadZones()} }

// Commands of the family.
func Commands(o Options) []bot.Command {
	f := newFamily(o)
	return []bot.Command{
		{Name: "lang", Place: bot.Anywhere, Menu: true, Run: language},
		{Name: "timezone", Role: bot.ChatAdmin, Menu: true, Run: f.timezone},
		{Name: "community", Menu: true, Run: community},
		{Name: "community create", Role: bot.ChatAdmin, Place: bot.Anywhere, Run: f.create},
		{Name: "community join", Role: bot.ChatAdmin, Place: bot.GroupOnly, Run: f.join},
		{Name: "mydata", Place: bot.Anywhere, Menu: true, Run: myData},
		{Name: "mydata export", Place: bot.PrivateOnly, Run: export},
		{Name: "mydata delete", Place: bot.PrivateOnly, Run: erase},
		{Name: "admin", Role: bot.ChatAdmin, Place: bot.GroupOnly, Menu: true, Run: admins},
		{Name: "admin list", Role: bot.ChatAdmin, Place: bot.GroupOnly, Run: admins},
		{Name: "admin add", Role: bot.ChatAdmin, Place: bot.GroupOnly, Run: addAdmin},
		{Name: "admin remove", Role: bot.ChatAdmin, Place: bot.GroupOnly, Run: removeAdmin},
		{Name: "bind", Place: bot.Anywhere, Menu: true, Run: f.bind},
		{Name: "admin claim", Place: bot.Anywhere, Run: claim},
	}
}

// Names of previews and audit rows.
const (
	actionTimezone = "settings.timezone"
	actionCreate   = "settings.community"
	actionFound    = "settings.found" // not undone: points may be in it
	actionJoin     = "settings.join"
	actionMoved    = "settings.moved" // not undone: the group has one id
	actionErase    = "settings.erase"
	actionBind     = "settings.bind"
	actionAdmin    = "settings.admin"
	actionLanguage = "settings.language" // audited, not undone: saying it again is shorter
	actionClaim    = "settings.claim"
)

// Actions of the family.
func Actions(o Options) []bot.Action {
	f := newFamily(o)
	return []bot.Action{
		{Name: actionTimezone, Role: bot.ChatAdmin, Run: confirmTimezone, Undo: undoTimezone},
		{Name: actionCreate, Role: bot.ChatAdmin, Undo: undoCreate},
		{Name: actionJoin, Role: bot.ChatAdmin, Run: confirmJoin},
		{Name: actionErase, Run: f.confirmErase},
		{Name: actionBind, Own: true, UndoLife: bindUndoLife, Run: f.confirmBind, Undo: f.undoBind},
		{Name: actionAdmin, Role: bot.ChatAdmin, Undo: undoAdmin},
	}
}
