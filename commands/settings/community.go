package settings

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/storage"
)

// maxName is the longest name of a community: it must fit a button.
const maxName = 30

// chatsShown bounds the list of a community's chats.
const chatsShown = 5

type communityView struct {
	Name   string
	Was    string
	Chats  []string
	More   int // chats that are not listed
	Admin  bool
	Code   string // "" where everybody would read it
	Hidden bool   // there is a code, but not for this place
	Audit  int64
	Here   bool // 1:1 chats of this connection act in it
}

// community shows which chats share points here.
func community(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("settings.community_unknown", struct{ Word string }{req.Args.Word(0)})
	}
	c, err := req.Tx.Community(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	chats, err := req.Tx.ChatsOf(ctx, c.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := communityView{Name: c.Name, More: max(0, len(chats)-chatsShown)}
	for _, h := range chats[:min(len(chats), chatsShown)] {
		view.Chats = append(view.Chats, h.Title)
	}
	if view.Admin, err = req.Is(ctx, bot.ChatAdmin); err != nil {
		return bot.Reply{}, err
	}
	if view.Admin && c.Code != "" {
		view.showCode(req, c.Code)
	}
	return bot.Reply{Template: "settings.community", Data: view}, nil
}

// showCode puts the code into the answer where only the administrator reads
// it: whoever has it can bring a group of his own, and be administrator here.
func (v *communityView) showCode(req *bot.Request, code string) {
	if req.Private || req.Caps.Whispers {
		v.Code = code
	} else {
		v.Hidden = true
	}
}

// named is what an audit row keeps of a community.
type named struct {
	Name string `json:"name"`
	Code string `json:"code"`
}

// create names the community and makes a new join code; an old one stops
// working.
func (f family) create(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	name := req.Args.String()
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return bot.Reply{}, bot.Refuse("settings.community_name", struct {
			Missing bool
			Max     int
		}{n == 0, maxName})
	}
	if req.Community == 0 {
		return f.found(ctx, req, name)
	}
	c, err := req.Tx.Community(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	before := named{c.Name, c.Code}
	c.Name = name
	if c.Code, err = f.freeCode(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.SetCommunity(ctx, c); err != nil {
		return bot.Reply{}, err
	}
	view := communityView{Name: c.Name, Was: before.Code}
	view.showCode(req, c.Code)
	view.Audit, err = req.Audit(ctx, actionCreate, before, named{c.Name, c.Code}, "", true)
	return bot.Reply{Template: "settings.community_created", Data: view}, err
}

// found makes a community where there is no group that would have one of its
// own: in the 1:1 chat of a network without groups.
func (f family) found(ctx context.Context, req *bot.Request, name string) (bot.Reply, error) {
	if !req.Caps.OneToOne {
		return bot.Reply{}, req.AskCommunity(ctx)
	}
	taken, err := req.Tx.CommunitiesNamed(ctx, name)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(taken) > 0 {
		return bot.Reply{}, bot.Refuse("settings.community_taken", communityView{Name: name})
	}
	c, err := req.NewCommunity(ctx, name)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.Code, err = f.freeCode(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	if err := req.Tx.SetCommunity(ctx, c); err != nil {
		return bot.Reply{}, err
	}
	home, err := req.Communities(ctx) // it may be the one the configuration names
	if err != nil {
		return bot.Reply{}, err
	}
	req.Community = c.ID
	view := communityView{Name: c.Name, Code: c.Code, Here: slices.ContainsFunc(home, func(h storage.Community) bool { return h.ID == c.ID })}
	_, err = req.Audit(ctx, actionFound, struct{}{}, named{c.Name, c.Code}, "", false)
	return bot.Reply{Template: "settings.community_founded", Data: view}, err
}

// errNoCode says that the source of chance repeats itself: of 887 million codes
// so few are used that one try is enough.
var errNoCode = errors.New("no free join code was found")

// freeCode makes a join code that no community has.
func (f family) freeCode(ctx context.Context, req *bot.Request) (string, error) {
	for range 20 {
		code := newCode(f.Random, joinLength)
		_, err := req.Tx.CommunityByCode(ctx, code)
		if errors.Is(err, storage.ErrNotFound) {
			return code, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", errNoCode
}

func undoCreate(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	before, after, err := audited[named](row)
	if err != nil {
		return bot.Reply{}, err
	}
	c, err := req.Tx.Community(ctx, row.CommunityID)
	if err != nil {
		return bot.Reply{}, err
	}
	if (named{c.Name, c.Code}) != after {
		return bot.Reply{}, overtaken(row)
	}
	c.Name, c.Code = before.Name, before.Code
	return bot.Reply{Template: "settings.community_undone", Data: communityView{Name: c.Name, Was: before.Code}}, req.Tx.SetCommunity(ctx, c)
}
