package help

import (
	"context"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
)

// factsAge is how old what the platform told may be before its age is said.
const factsAge = 10 * time.Minute

// surface is the truth about a chat.
type surface struct {
	Private bool
	Call    string // what must stand before everything, as it is typed; empty: nothing
	Title   string
	Members int // 0 = unknown
	Caps    chat.Caps
	Fixes   []fix
	AsOf    *bot.Moment // when the rights were learned, if that is long ago
	Unknown bool        // the platform never told of the rights
	Groups  []string    // groups of the community in which nothing is ever heard
	ID      string      // the platform's id of the group, for who writes the configuration
}

// silent lists the groups of a community that the bot only sees from outside:
// nobody can ask there what it can do, so it is said elsewhere.
func silent(ctx context.Context, req *bot.Request) ([]string, error) {
	if req.Community == 0 {
		return nil, nil
	}
	chats, err := req.Tx.ChatsOf(ctx, req.Community)
	var out []string
	for _, c := range chats {
		if c.ID != req.Chat.ID && req.CapsOf(c).Confirm {
			out = append(out, c.Title)
		}
	}
	return out, err
}

func capabilities(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	// Asking for the role has the platform asked when what is known is older
	// than ten minutes: whoever has just given a right sees that it has arrived.
	// Where the platform does not answer, what is known is shown with its age.
	if _, err := req.Is(ctx, bot.ChatAdmin); err != nil {
		return bot.Reply{}, err
	}
	v := surface{Private: req.Private, Title: req.Chat.Title, Caps: req.Caps}
	call, err := req.Call()
	if err != nil {
		return bot.Reply{}, err
	}
	v.Call = strings.TrimSpace(call)
	if v.Groups, err = silent(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	if req.Private {
		return bot.Reply{Template: "help.capabilities_private", Data: v}, nil
	}
	v.Members, v.Fixes = req.Chat.HeadCount, fixes(req.Chat.Missing)
	operator, err := req.IsOperator(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	if operator {
		v.ID = req.Chat.ExternalID
	}
	if req.Caps.AdminList {
		v.Unknown = req.Chat.FactsAt.IsZero()
		if !v.Unknown && req.Now.Sub(req.Chat.FactsAt) >= factsAge {
			at := req.Moment(req.Chat.FactsAt)
			v.AsOf = &at
		}
	}
	return bot.Reply{Template: "help.capabilities", Data: v}, nil
}

// fix is one way to give the bot what it lacks.
type fix struct {
	How    string   // "admin", "rights", "talk", "send" or "other"
	Rights []string // which rights it gives
}

// fixes turns missing rights into what to do, each thing once: who is made an
// administrator gets the single rights with it, and hears all talk.
func fixes(missing []string) []fix {
	var rights, other []string
	admin, talk, send := false, false, false
	for _, right := range missing {
		switch right {
		case chat.RightAdmin:
			admin = true
		case chat.RightTalk:
			talk = true
		case chat.RightSend:
			send = true
		case chat.RightDelete, chat.RightInvite, chat.RightPin:
			rights = append(rights, right)
		default:
			other = append(other, right)
		}
	}
	var out []fix
	switch {
	case admin:
		out = append(out, fix{"admin", []string{chat.RightDelete, chat.RightInvite, chat.RightPin}})
	case len(rights) > 0:
		out = append(out, fix{"rights", rights})
	}
	if talk && !admin {
		out = append(out, fix{"talk", []string{chat.RightTalk}})
	}
	if send {
		out = append(out, fix{"send", []string{chat.RightSend}})
	}
	if len(other) > 0 {
		out = append(out, fix{"other", slices.Compact(other)})
	}
	return out
}
