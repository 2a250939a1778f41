package announce

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// reach is where somebody may announce.
type reach struct {
	chats    []storage.Chat
	operator bool // everywhere
}

// reachOf finds where the sender may announce: an operator everywhere, an
// administrator where he is one, an anonymous one in his own chat. Nobody else
// gets more than a refusal.
func reachOf(ctx context.Context, req *bot.Request) (reach, error) {
	operator, err := req.IsOperator(ctx)
	if err != nil {
		return reach{}, err
	}
	var all []storage.Chat
	if operator {
		if all, err = req.Tx.Chats(ctx, ""); err != nil {
			return reach{}, err
		}
		all = slices.DeleteFunc(all, func(c storage.Chat) bool { return c.Kind == string(chat.Private) })
		return reach{all, true}, nil
	}
	if !req.Event.Sender.Anonymous {
		if all, err = req.Tx.ChatsAdministered(ctx, req.Account.PersonID); err != nil {
			return reach{}, err
		}
	}
	if !req.Private && !slices.ContainsFunc(all, func(c storage.Chat) bool { return c.ID == req.Chat.ID }) {
		all = append(all, req.Chat)
	}
	if all, err = req.Administers(ctx, all); err != nil {
		return reach{}, err
	}
	if len(all) == 0 {
		return reach{}, &bot.Refusal{Quiet: true, Reply: bot.Reply{Template: "announce.refused", Data: struct{ Private bool }{req.Private}}}
	}
	return reach{chats: all}, nil
}

func (r reach) has(id int64) bool {
	return slices.ContainsFunc(r.chats, func(c storage.Chat) bool { return c.ID == id })
}

// target is whom an announcement is for.
type target struct {
	Kind  string // storage.TargetAll …
	Chats []storage.Chat
}

// Words that name several chats at once, in names.txt.
const (
	wordAll       = "all"
	wordAllChats  = "all_chats"
	wordCommunity = "this_community"
	wordHere      = "here"
	wordPeople    = "people"
)

// platforms are the domains that words of names.txt name.
var platforms = []string{"telegram", "wecom", "wechat", "sandbox"}

// chatToken names a chat by its number: what buttons say where titles repeat.
const chatToken = "chat:"

// resolve finds whom a text is for and what is left of it. A text that names
// nobody is for the chat it was typed in; known is false then.
func resolve(ctx context.Context, req *bot.Request, r reach, text string) (t target, rest string, known bool, err error) {
	items, rest := cutTarget(text)
	if len(items) == 0 {
		return here(req, r), text, false, nil
	}
	if len(items) == 1 && !items[0].Quoted {
		if t, ok, err := byWord(ctx, req, r, items[0].Name); ok || err != nil {
			return withoutTwins(req, t), rest, true, err
		}
	}
	t.Kind = storage.TargetChats
	for i, it := range items {
		found := titled(r.chats, it.Name)
		switch {
		case len(found) == 1:
			if !slices.ContainsFunc(t.Chats, func(c storage.Chat) bool { return c.ID == found[0].ID }) {
				t.Chats = append(t.Chats, found[0])
			}
		case len(found) > 1:
			return t, rest, true, severalTitled(it.Name, found)
		case i == 0 && !it.Quoted:
			if near := nearest(r.chats, it.Name); near != "" && rest != "" {
				return t, rest, true, bot.Refuse("announce.no_chat", noChatView{Name: it.Name, Near: near, Text: rest})
			}
			return here(req, r), text, false, nil // no names: all of it is the text
		default:
			return t, rest, true, bot.Refuse("announce.no_chat", noChatView{Name: it.Name, Near: nearest(r.chats, it.Name)})
		}
	}
	return t, rest, true, nil
}

// withoutTwins drops, of many chats, those that are one room with another of
// them: nobody should read it twice. A chat that is named is meant.
func withoutTwins(req *bot.Request, t target) target {
	if t.Kind == storage.TargetChats {
		return t
	}
	t.Chats = slices.DeleteFunc(slices.Clone(t.Chats), func(c storage.Chat) bool {
		twin := req.CapsOf(c).Twin
		return !twin.IsZero() && slices.ContainsFunc(t.Chats, func(o storage.Chat) bool { return o.Domain == twin.Domain && o.ExternalID == twin.ID && o.ID != c.ID })
	})
	return t
}

type noChatView struct{ Name, Near, Text string }

// here is the chat that a text without names is for; none in a private chat.
func here(req *bot.Request, r reach) target {
	t := target{Kind: storage.TargetHere}
	if !req.Private && r.has(req.Chat.ID) {
		t.Chats = []storage.Chat{req.Chat}
	}
	return t
}

// byWord finds the chats behind a word such as all, wecom or here.
func byWord(ctx context.Context, req *bot.Request, r reach, name string) (target, bool, error) {
	if id, ok := strings.CutPrefix(name, chatToken); ok {
		n, err := strconv.ParseInt(id, 10, 64)
		i := slices.IndexFunc(r.chats, func(c storage.Chat) bool { return c.ID == n })
		if err != nil || i < 0 {
			return target{}, true, bot.Refuse("announce.no_chat", noChatView{Name: name})
		}
		return target{storage.TargetChats, r.chats[i : i+1]}, true, nil
	}
	if len(titled(r.chats, name)) > 0 {
		return target{}, false, nil // a chat that is called like that
	}
	word := req.Names().Word(bot.Words(name).Lower(0))
	switch {
	case word == wordAll, word == wordAllChats:
		return target{storage.TargetAll, r.chats}, true, nil
	case word == wordHere:
		t := here(req, r)
		if len(t.Chats) == 0 {
			return t, true, bot.Refuse("announce.not_here", nil)
		}
		return t, true, nil
	case word == wordPeople && req.Event.Sender.Anonymous:
		return target{}, true, bot.Refuse("common.anonymous", nil)
	case word == wordPeople:
		return target{Kind: storage.TargetPeople}, true, nil
	case word == wordCommunity:
		t, err := ofCommunity(ctx, req, r)
		return t, true, err
	case slices.Contains(platforms, word):
		t := target{Kind: storage.TargetPlatform}
		for _, c := range r.chats {
			if platformOf(c.Domain) == word {
				t.Chats = append(t.Chats, c)
			}
		}
		if len(t.Chats) == 0 {
			return t, true, bot.Refuse("announce.none_there", struct{ Platform string }{word})
		}
		return t, true, nil
	}
	return target{}, false, nil
}

func ofCommunity(ctx context.Context, req *bot.Request, r reach) (target, error) {
	t := target{Kind: storage.TargetCommunity}
	if req.Community == 0 {
		return t, bot.Refuse("announce.whose_community", nil)
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	for _, c := range chats {
		if r.has(c.ID) {
			t.Chats = append(t.Chats, c)
		}
	}
	if err == nil && len(t.Chats) == 0 {
		err = bot.Refuse("announce.whose_community", nil)
	}
	return t, err
}

// platformOf is the platform of a domain: "wechat" of "wechat:<app id>".
func platformOf(domain string) string {
	p, _, _ := strings.Cut(domain, ":")
	return p
}

func titled(chats []storage.Chat, title string) []storage.Chat {
	var out []storage.Chat
	for _, c := range chats {
		if c.Title != "" && strings.EqualFold(strings.TrimSpace(c.Title), title) {
			out = append(out, c)
		}
	}
	return out
}

func nearest(chats []storage.Chat, name string) string {
	var titles []string
	for _, c := range chats {
		titles = append(titles, c.Title)
	}
	return bot.Closest(name, titles)
}

// severalTitled asks which of the chats of one title is meant.
func severalTitled(name string, found []storage.Chat) error {
	type one struct {
		Token, Platform, Title string
	}
	var all []one
	for _, c := range found {
		all = append(all, one{chatToken + strconv.FormatInt(c.ID, 10), platformOf(c.Domain), c.Title})
	}
	return bot.Refuse("announce.several", struct {
		Name  string
		Chats []one
	}{name, all})
}

// reachable splits chats into those a letter can be sent to now and the number
// of those where the bot may not speak without being asked.
func reachable(req *bot.Request, chats []storage.Chat) (out []storage.Chat, mute int) {
	for _, c := range chats {
		if caps := req.CapsOf(c); caps.MaxText > 0 && !caps.Push {
			mute++
			continue
		}
		out = append(out, c)
	}
	return out, mute
}
