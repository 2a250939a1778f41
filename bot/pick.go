package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/input"
	"qunmate/storage"
)

// pick finds the preview a /confirm or /cancel speaks of: the one with the
// number, or the sender's only open one here.
func pick(ctx context.Context, req *Request) (storage.Preview, error) {
	open, err := req.Tx.OpenPreviews(ctx, req.Chat.ID, req.Account.ID, req.Tx.Now)
	if err != nil {
		return storage.Preview{}, err
	}
	if w := strings.TrimPrefix(req.Args.Word(0), "#"); w != "" {
		p, err := pickNumber(ctx, req, w)
		var no *Refusal
		if errors.As(err, &no) && req.Command == "cancel" && req.Event.Kind == chat.Message {
			for _, shown := range open { // what was typed is the number that stands there
				if strconv.FormatInt(req.shown(shown), 10) == w {
					return shown, nil
				}
			}
		}
		return p, err
	}
	switch len(open) {
	case 0:
		if req.overheard() {
			return storage.Preview{}, Refuse("", nil) // people say it to each other, too
		}
		return storage.Preview{}, Refuse("common.nothing_open", nil)
	case 1:
		return open[0], nil
	}
	var choices []Choice
	for _, p := range open {
		choices = append(choices, Choice{Label: "common.open_preview", Data: p, Command: fmt.Sprintf("/%s %d", req.Command, p.ID)})
	}
	return storage.Preview{}, Refuse("common.several_open", struct {
		Previews []storage.Preview
		Command  string
	}{open, req.Command}, choices...)
}

// shown is the number that a preview bears, 0 if it is its own.
func (req *Request) shown(p storage.Preview) int64 {
	a := req.engine.registry.actions[p.Action]
	var what previewed
	if a.Shows == nil || json.Unmarshal([]byte(p.Data), &what) != nil {
		return 0
	}
	return a.Shows(what.Data)
}

// Withdraw cancels the sender's open preview here of a thing that is over, by
// the number that it bears.
func (req *Request) Withdraw(ctx context.Context, action string, number int64) error {
	open, err := req.Tx.OpenPreviews(ctx, req.Chat.ID, req.Account.ID, req.Tx.Now)
	if err != nil {
		return err
	}
	for _, p := range open {
		if p.Action != action || req.shown(p) != number {
			continue
		}
		if err := req.Tx.ClosePreview(ctx, p.ID, storage.PreviewCancelled); err != nil {
			return err
		}
		if err := req.decided(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// overheard: a bare word in a group that nobody said to the bot.
func (req *Request) overheard() bool {
	return !req.Private && !req.Event.ToBot && req.Event.Kind == chat.Message && !strings.HasPrefix(input.NewArgs(req.Event.Text).Word(0), "/")
}

func pickNumber(ctx context.Context, req *Request, word string) (storage.Preview, error) {
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return storage.Preview{}, Refuse("common.bad_number", struct{ Word, Example string }{word, "/" + req.Command + " 12"})
	}
	p, err := req.Tx.PreviewByID(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (p.ChatID != req.Chat.ID) {
		return p, Refuse("common.no_preview", struct{ ID int64 }{id})
	}
	if err != nil {
		return p, err
	}
	mine, err := req.mayDecide(ctx, p)
	switch {
	case err != nil:
		return p, err
	case !mine:
		return p, Refuse("common.not_your_preview", nil)
	case p.State == storage.PreviewConfirmed:
		return p, Refuse("common.preview_done", nil)
	case p.State == storage.PreviewCancelled:
		return p, Refuse("common.preview_cancelled", nil)
	case !p.ExpiresAt.After(req.Tx.Now):
		return p, Refuse("common.preview_expired", nil)
	}
	return p, nil
}

// mayDecide reports whether a preview is the sender's to decide. Of an anonymous
// administrator nobody knows who he is, and a button he presses comes in his own
// name: every administrator of the chat may decide what one of them began so.
func (req *Request) mayDecide(ctx context.Context, p storage.Preview) (bool, error) {
	if p.AccountID == req.Account.ID || req.Private {
		return p.AccountID == req.Account.ID, nil
	}
	by, err := req.Tx.Account(ctx, p.AccountID)
	if err != nil || by.Domain != req.Chat.Domain || by.ExternalID != req.Chat.ExternalID {
		return false, ignoreNotFound(err)
	}
	return req.Is(ctx, ChatAdmin)
}
