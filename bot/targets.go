package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// Reach is where somebody may speak to many chats at once.
type Reach struct {
	Chats    []storage.Chat
	Operator bool // everywhere
}

// Has reports whether a chat is within reach.
func (r Reach) Has(id int64) bool {
	return slices.ContainsFunc(r.Chats, func(c storage.Chat) bool { return c.ID == id })
}

// Reach finds where the sender may speak for the program: an operator
// everywhere, an administrator where he is one, an anonymous one in his own
// chat. Nobody else reaches anything.
func (req *Request) Reach(ctx context.Context) (Reach, error) {
	operator, err := req.IsOperator(ctx)
	if err != nil {
		return Reach{}, err
	}
	var all []storage.Chat
	if operator {
		if all, err = req.Tx.Chats(ctx, ""); err != nil {
			return Reach{}, err
		}
		all = slices.DeleteFunc(all, func(c storage.Chat) bool { return c.Kind == string(chat.Private) })
		return Reach{all, true}, nil
	}
	if !req.Event.Sender.Anonymous {
		if all, err = req.Tx.ChatsAdministered(ctx, req.Account.PersonID); err != nil {
			return Reach{}, err
		}
	}
	if !req.Private && !slices.ContainsFunc(all, func(c storage.Chat) bool { return c.ID == req.Chat.ID }) {
		all = append(all, req.Chat)
	}
	all, err = req.Administers(ctx, all)
	return Reach{Chats: all}, err
}

// Target is whom a text for several chats is for.
type Target struct {
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

// PlatformWords are the platforms that words of names.txt name.
var PlatformWords = []string{"telegram", "wecom", "wechat", "sandbox"}

// ChatToken names a chat by its number: what buttons say where titles repeat.
const ChatToken = "chat:"

// Targets finds whom a text is for and what is left of it. A text that names
// nobody is for the chat it was typed in; known is false then. What cannot be
// meant is a Refusal with a text of the family: no_chat, several, not_here,
// none_there or whose_community.
func (req *Request) Targets(ctx context.Context, family string, r Reach, text string) (t Target, rest string, known bool, err error) {
	items, rest := CutTargets(text)
	if len(items) == 0 {
		return req.hereOf(r), text, false, nil
	}
	if len(items) == 1 && !items[0].Quoted {
		if t, ok, err := req.targetWord(ctx, family, r, items[0].Name); ok || err != nil {
			return req.withoutTwins(t), rest, true, err
		}
	}
	t.Kind = storage.TargetChats
	for i, it := range items {
		found := r.Titled(it.Name)
		switch {
		case len(found) == 1:
			if !slices.ContainsFunc(t.Chats, func(c storage.Chat) bool { return c.ID == found[0].ID }) {
				t.Chats = append(t.Chats, found[0])
			}
		case len(found) > 1:
			return t, rest, true, severalTitled(family, it.Name, found)
		case i == 0 && !it.Quoted:
			if near := r.nearest(it.Name); near != "" && rest != "" {
				return t, rest, true, Refuse(family+".no_chat", noChatView{Name: it.Name, Near: near, Text: rest})
			}
			return req.hereOf(r), text, false, nil // no names: all of it is the text
		default:
			return t, rest, true, Refuse(family+".no_chat", noChatView{Name: it.Name, Near: r.nearest(it.Name)})
		}
	}
	return t, rest, true, nil
}

// withoutTwins drops, of many chats, those that are one room with another of
// them: nobody should read it twice. A chat that is named is meant.
func (req *Request) withoutTwins(t Target) Target {
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

// hereOf is the chat that a text without names is for; none in a private chat.
func (req *Request) hereOf(r Reach) Target {
	t := Target{Kind: storage.TargetHere}
	if !req.Private && r.Has(req.Chat.ID) {
		t.Chats = []storage.Chat{req.Chat}
	}
	return t
}

// targetWord finds the chats behind a word such as all, wecom or here.
func (req *Request) targetWord(ctx context.Context, family string, r Reach, name string) (Target, bool, error) {
	if id, ok := strings.CutPrefix(name, ChatToken); ok {
		n, err := strconv.ParseInt(id, 10, 64)
		i := slices.IndexFunc(r.Chats, func(c storage.Chat) bool { return c.ID == n })
		if err != nil || i < 0 {
			return Target{}, true, Refuse(family+".no_chat", noChatView{Name: name})
		}
		return Target{storage.TargetChats, r.Chats[i : i+1]}, true, nil
	}
	if len(r.Titled(name)) > 0 {
		return Target{}, false, nil // a chat that is called like that
	}
	word := req.Names().Word(Words(name).Lower(0))
	switch {
	case word == wordAll, word == wordAllChats:
		return Target{storage.TargetAll, r.Chats}, true, nil
	case word == wordHere:
		t := req.hereOf(r)
		if len(t.Chats) == 0 {
			return t, true, Refuse(family+".not_here", nil)
		}
		return t, true, nil
	case word == wordPeople && req.Event.Sender.Anonymous:
		return Target{}, true, Refuse("common.anonymous", nil)
	case word == wordPeople:
		return Target{Kind: storage.TargetPeople}, true, nil
	case word == wordCommunity:
		t, err := req.CommunityTarget(ctx, family, r)
		return t, true, err
	case slices.Contains(PlatformWords, word):
		t := Target{Kind: storage.TargetPlatform}
		for _, c := range r.Chats {
			if PlatformOf(c.Domain) == word {
				t.Chats = append(t.Chats, c)
			}
		}
		if len(t.Chats) == 0 {
			return t, true, Refuse(family+".none_there", struct{ Platform string }{word})
		}
		return t, true, nil
	}
	return Target{}, false, nil
}

// CommunityTarget is the chats of this community that are within reach.
func (req *Request) CommunityTarget(ctx context.Context, family string, r Reach) (Target, error) {
	t := Target{Kind: storage.TargetCommunity}
	if req.Community == 0 {
		return t, Refuse(family+".whose_community", nil)
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	for _, c := range chats {
		if r.Has(c.ID) {
			t.Chats = append(t.Chats, c)
		}
	}
	if err == nil && len(t.Chats) == 0 {
		err = Refuse(family+".whose_community", nil)
	}
	return t, err
}

// PlatformOf is the platform of a domain: "wechat" of "wechat:<app id>".
func PlatformOf(domain string) string {
	p, _, _ := strings.Cut(domain, ":")
	return p
}

// Titled finds the chats within reach that are called so.
func (r Reach) Titled(title string) []storage.Chat {
	var out []storage.Chat
	for _, c := range r.Chats {
		if c.Title != "" && strings.EqualFold(strings.TrimSpace(c.Title), title) {
			out = append(out, c)
		}
	}
	return out
}

func (r Reach) nearest(name string) string {
	var titles []string
	for _, c := range r.Chats {
		titles = append(titles, c.Title)
	}
	return Closest(name, titles)
}

// severalTitled asks which of the chats of one title is meant.
func severalTitled(family, name string, found []storage.Chat) error {
	type one struct {
		Token, Platform, Title string
	}
	var all []one
	for _, c := range found {
		all = append(all, one{ChatToken + strconv.FormatInt(c.ID, 10), PlatformOf(c.Domain), c.Title})
	}
	return Refuse(family+".several", struct {
		Name  string
		Chats []one
	}{name, all})
}

// Reachable splits chats into those a letter can be sent to now and the number
// of those where the bot may not speak without being asked.
func (req *Request) Reachable(chats []storage.Chat) (out []storage.Chat, mute int) {
	for _, c := range chats {
		if caps := req.CapsOf(c); caps.MaxText > 0 && !caps.Push {
			mute++
			continue
		}
		out = append(out, c)
	}
	return out, mute
}

// StillHere are those of the chats, by id, that are active and belong to the
// community yet: a preview may be older than what became of them.
func (req *Request) StillHere(ctx context.Context, ids []int64) ([]storage.Chat, error) {
	var out []storage.Chat
	for _, id := range ids {
		c, err := req.Tx.Chat(ctx, id)
		if err != nil {
			return nil, err
		}
		if c.State == storage.ChatActive && c.CommunityID == req.Community {
			out = append(out, c)
		}
	}
	return out, nil
}
