package faq

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/commands/faq/match"
	"qunmate/storage"
)

// answer is what a text gets of a rule.
type answer struct {
	Number int
	Lines  []string
	Again  bool // it was answered for everybody a short while ago
	At     bot.Moment
}

// hear answers what is asked in a group, or 1:1, and keeps what was said.
func hear(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	text := strings.TrimSpace(req.Event.Text)
	if req.Community == 0 || text == "" || strings.HasPrefix(text, "/") || utf8.RuneCountInString(text) > match.MaxText {
		return bot.Reply{}, nil
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	addressed := req.Private || req.Event.ToBot
	line := storage.TalkLine{CommunityID: req.Community, ChatID: req.Chat.ID, AccountID: req.Account.ID, Text: text, At: req.At}
	var found storage.FAQ
	if len(faqs) > 0 {
		if hits := ready.of(faqs).Find(text, addressed); len(hits) > 0 && hits[0].Score >= match.Sure {
			line.FAQID = hits[0].Rule
			for _, f := range faqs {
				if f.ID == hits[0].Rule {
					found = f
				}
			}
		}
	}
	if !req.Private {
		line.Asks = match.NewText(text).Question() != match.Nothing
		if err := req.Tx.AddTalkLine(ctx, line); err != nil {
			return bot.Reply{}, err
		}
	}
	if found.ID == 0 {
		return bot.Reply{}, nil
	}
	return say(ctx, req, found, addressed)
}

// say gives an answer: to everybody, or to the one who asks when everybody has
// read it a short while ago.
func say(ctx context.Context, req *bot.Request, f storage.FAQ, addressed bool) (bot.Reply, error) {
	view := answer{Number: f.Number, Lines: strings.Split(f.Answer, "\n")}
	public := !req.Private
	if public {
		last, err := req.Tx.FAQSaid(ctx, req.Chat.ID, f.ID)
		if err != nil {
			return bot.Reply{}, err
		}
		if age := req.Tx.Now.Sub(last); !last.IsZero() && age >= 0 && age < f.Cooldown {
			switch {
			case req.Caps.Whispers:
				public, view.Again, view.At = false, true, req.Moment(last)
			case !addressed:
				return bot.Reply{}, nil // it stands a little further up
			}
		}
	}
	if err := req.Tx.SayFAQ(ctx, req.Chat.ID, f.ID, public); err != nil {
		return bot.Reply{}, err
	}
	picture, err := pictureOf(f)
	if err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Reply{Template: "faq.answer", Data: view, Public: public, Picture: picture}
	for _, l := range f.Links {
		reply.Choices = append(reply.Choices, bot.Choice{Label: "faq.link", Data: l, URL: l.URL})
	}
	reply.Choices = append(reply.Choices, bot.Choice{Label: "faq.button_human", Command: "/human"})
	return reply, nil
}

// callPause is how long after a call for a person the next one is not passed
// on.
const callPause = 10 * time.Minute

// human passes a call for a person on to the administrators.
func human(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	first, err := req.Tx.CallHuman(ctx, req.Chat.ID, req.Account.ID, req.Tx.Now.Add(-callPause))
	if err != nil {
		return bot.Reply{}, err
	}
	if !first {
		return bot.Reply{}, bot.Refuse("faq.human_again", nil)
	}
	place := req.Chat
	if req.Private {
		chats, err := req.Tx.ChatsOf(ctx, req.Community)
		if err != nil {
			return bot.Reply{}, err
		}
		if len(chats) == 0 {
			return callOperators(ctx, req)
		}
		place = chats[0]
	}
	alert := struct{ Name, Place, Words string }{req.Account.Name, place.Title, req.Args.String()}
	if err := req.Alert(ctx, place, bot.Reply{Template: "faq.human_alert", Data: alert}); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "faq.human_called"}, nil
}

// callOperators passes a call on where the community has no group whose
// administrators could be told.
func callOperators(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	c, err := req.Tx.Community(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	alert := struct{ Name, Place, Words string }{req.Account.Name, c.Name, req.Args.String()}
	told, err := req.TellOperators(ctx, bot.Reply{Template: "faq.human_alert", Data: alert})
	if err != nil {
		return bot.Reply{}, err
	}
	if !told {
		return bot.Reply{}, req.NoCommunity()
	}
	return bot.Reply{Template: "faq.human_called"}, nil
}
