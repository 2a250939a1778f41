package settings

import (
	"context"

	"qunmate/bot"
)

// langView is a language and for whom it is.
type langView struct {
	Language string
	Private  bool
	Admin    bool // may change it here
	Word     string
}

// language shows or changes the language: of the chat in a group, for its
// administrators; of the person himself in a private chat.
func language(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	view := langView{Language: req.Language, Private: req.Private, Admin: req.Private, Word: req.Args.String()}
	if req.Args.Len() == 0 {
		if !req.Private {
			var err error
			if view.Admin, err = req.Is(ctx, bot.ChatAdmin); err != nil {
				return bot.Reply{}, err
			}
		}
		return bot.Reply{Template: "settings.lang", Data: view}, nil
	}
	if !req.Private {
		admin, err := req.Is(ctx, bot.ChatAdmin)
		if err != nil {
			return bot.Reply{}, err
		}
		if !admin {
			return bot.Reply{}, adminsOnly(req)
		}
	}
	word := req.Names().Word(req.Args.Lower(0))
	if req.Args.Len() > 1 || (word != "zh-CN" && word != "en") {
		return bot.Reply{}, bot.Refuse("settings.lang_unknown", view)
	}
	view.Language = word
	if word == req.Language {
		return bot.Reply{Template: "settings.lang_same", Data: view}, nil
	}
	if err := setLanguage(ctx, req, word); err != nil {
		return bot.Reply{}, err
	}
	req.Language = word // the answer speaks it already
	return bot.Reply{Template: "settings.lang_set", Data: view}, nil
}

func setLanguage(ctx context.Context, req *bot.Request, lang string) error {
	if req.Private {
		return req.Tx.SetPersonLanguage(ctx, req.Account.PersonID, lang)
	}
	type state struct {
		Language string `json:"language"`
	}
	if _, err := req.Audit(ctx, actionLanguage, state{req.Language}, state{lang}, "", false); err != nil {
		return err
	}
	c := req.Chat
	c.Language = lang
	return req.Tx.UpdateChat(ctx, c)
}
