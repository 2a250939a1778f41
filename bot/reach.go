package bot

import (
	"context"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/input"
	"qunmate/storage"
)

// What commands need that speak to more than the chat they were typed in.

// Words splits a text as the arguments of a command are split.
func Words(text string) Args { return input.NewArgs(text) }

// lineEnds are those that platforms and clipboards send: a lone carriage return
// among them.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// LineEnds makes one kind of line end of all kinds, for what is read or shown
// line by line.
func LineEnds(text string) string { return lineEnds.Replace(text) }

// IsOperator reports whether the sender runs the program.
func (req *Request) IsOperator(ctx context.Context) (bool, error) {
	if req.Account.ID == 0 || req.Event.Sender.Anonymous {
		return false, nil
	}
	role, err := req.engine.roleOf(ctx, req.Tx, req.Account, storage.Chat{Kind: string(chat.Private)}, 0)
	return role == Operator, err
}

// Administers picks those of the chats in which the sender is an administrator.
// When that depends on lists that are too old, the event is parked, as by Is.
func (req *Request) Administers(ctx context.Context, chats []storage.Chat) ([]storage.Chat, error) {
	var out, old []storage.Chat
	for _, c := range chats {
		if req.Event.Sender.Anonymous {
			if c.ID == req.Chat.ID {
				out = append(out, c)
			}
			continue
		}
		if req.tooOld(c) {
			old = append(old, c)
		}
		role, err := req.engine.roleOf(ctx, req.Tx, req.Account, c, c.CommunityID)
		if err != nil {
			return nil, err
		}
		if role >= ChatAdmin {
			out = append(out, c)
		}
	}
	return out, req.park(old)
}

// Refresh parks the event until it is known who administers the chats now,
// where what is known is too old to decide by.
func (req *Request) Refresh(chats []storage.Chat) error {
	var old []storage.Chat
	for _, c := range chats {
		if req.tooOld(c) {
			old = append(old, c)
		}
	}
	return req.park(old)
}

// park is the error that lets an event wait for facts, nil if it needs none or
// has waited long enough.
func (req *Request) park(chats []storage.Chat) error {
	waited := !req.since.IsZero() && req.Tx.Now.Sub(req.since) >= parkLimit
	if len(chats) == 0 || waited {
		return nil
	}
	return &parkError{chats: chats}
}

// tooOld reports whether the list of a chat's administrators must be asked for
// before a decision may rest on it.
func (req *Request) tooOld(c storage.Chat) bool {
	p := req.engine.platforms[c.Connection]
	if _, can := p.(chat.FactFinder); !can || !p.Caps(chatOf(c)).AdminList {
		return false
	}
	age := req.Tx.Now.Sub(c.FactsAt)
	return age < 0 || age >= factsAge
}

// Inform says something to an account in a chat where it asked for it, later:
// for its eyes alone in a group, unless the reply is public.
func (req *Request) Inform(ctx context.Context, c storage.Chat, a storage.Account, r Reply) error {
	lang := req.engine.languageOf(c)
	if c.Kind == string(chat.Private) {
		if p, err := req.Tx.Person(ctx, a.PersonID); err == nil && p.Language != "" {
			lang = p.Language
		}
	}
	return req.send(ctx, c, r, a.ID, "", lang)
}
