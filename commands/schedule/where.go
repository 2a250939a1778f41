package schedule

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// family is whose texts say that chats cannot be meant.
const family = "schedule"

// home is the chat that gets the posts where none is named: this one; in a
// private chat the only one of the community.
func home(ctx context.Context, req *bot.Request) (storage.Chat, error) {
	if !req.Private {
		if !req.Caps.Push {
			return storage.Chat{}, bot.Refuse("schedule.no_push", nil)
		}
		return req.Chat, nil
	}
	all, err := req.Tx.ChatsOf(ctx, req.Community)
	if err != nil {
		return storage.Chat{}, err
	}
	all = slices.DeleteFunc(all, func(c storage.Chat) bool { return c.Kind == string(chat.Private) || c.State != storage.ChatActive })
	if len(all) == 1 {
		return all[0], nil
	}
	return storage.Chat{}, bot.Refuse("schedule.where", struct{ Count int }{len(all)}, whereTo(req, all)...)
}

// whereTo are buttons that name the chats of a new schedule.
func whereTo(req *bot.Request, all []storage.Chat) []bot.Choice {
	if req.Command != "schedule add" || len(all) == 0 {
		return nil
	}
	command := func(to string) string {
		return "/schedule add " + req.Args.Word(0) + " to " + to + " " + req.Args.Rest(1)
	}
	out := []bot.Choice{{Label: "schedule.button_all", Data: len(all), Command: command("community")}}
	for _, c := range all[:min(len(all), shown)] {
		out = append(out, bot.Choice{Label: "schedule.button_chat", Data: c.Title, Command: command(bot.ChatToken + strconv.FormatInt(c.ID, 10))})
	}
	return out
}

// cutChats reads the chats at the beginning of a text: "to Readers, Product …".
// nil: none are named.
func cutChats(ctx context.Context, req *bot.Request, text string) ([]storage.Chat, string, error) {
	words := bot.Words(text)
	if req.Names().Word(words.Lower(0)) != "to" {
		return nil, text, nil
	}
	r, err := req.Reach(ctx)
	if err != nil {
		return nil, text, err
	}
	t, rest, known, err := req.Targets(ctx, family, r, closeUp(words.Rest(1)))
	if err != nil {
		return nil, text, err
	}
	if !known {
		name, _, _ := strings.Cut(words.Rest(1), " ")
		return nil, text, bot.Refuse("schedule.no_chat", struct{ Name, Near, Text string }{Name: name})
	}
	if t.Kind == storage.TargetPeople {
		return nil, text, bot.Refuse("schedule.no_people", nil)
	}
	to, _ := req.Reachable(t.Chats)
	to = slices.DeleteFunc(to, func(c storage.Chat) bool { return c.State != storage.ChatActive })
	if len(to) == 0 {
		return nil, text, bot.Refuse("schedule.nowhere", nil)
	}
	return to, rest, nil
}

// closeUp takes the blanks out of "Readers, Product": here, where only names can
// stand, they separate nothing.
func closeUp(text string) string {
	for {
		_, rest := bot.CutTargets(text)
		r, size := utf8.DecodeRuneInString(rest)
		if !strings.ContainsRune("、,，", r) || strings.TrimSpace(rest[size:]) == "" {
			return text
		}
		head := strings.TrimSpace(strings.TrimSuffix(text, rest))
		if head == "" {
			return text
		}
		text = head + "," + strings.TrimSpace(rest[size:])
	}
}

// cutLateChats reads chats that stand after the time, where nothing else can be
// meant: before or after the name of a set of texts or of a queue. In front of
// a plain text "to" is a word of it.
func cutLateChats(ctx context.Context, req *bot.Request, text string) ([]storage.Chat, string, error) {
	words := bot.Words(text)
	named := func(i int) bool {
		w := req.Names().Word(words.Lower(i))
		return w == "template" || w == "queue"
	}
	if named(0) {
		if words.Len() > 2 {
			to, rest, err := cutChats(ctx, req, words.Rest(2))
			if to == nil || err != nil {
				return nil, text, err
			}
			return to, strings.TrimSpace(words.Word(0) + " " + words.Word(1) + " " + rest), nil
		}
		return nil, text, nil
	}
	if req.Names().Word(words.Lower(0)) != "to" {
		return nil, text, nil
	}
	for i := 2; i < words.Len(); i++ {
		if named(i) {
			return cutChats(ctx, req, text)
		}
	}
	return nil, text, nil
}
