package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/input"
	"qunmate/storage"
)

// promptLife is how long a question waits for its answer.
const promptLife = 15 * time.Minute

// ask keeps the question of an answer that has one, in the same transaction, so
// that a restart does not lose it.
func (req *Request) ask(ctx context.Context, r Reply) error {
	if r.Ask == "" || req.Account.ID == 0 || req.Event.Sender.Anonymous {
		return nil
	}
	return req.Tx.SetPrompt(ctx, req.Chat.ID, req.Account.ID, r.Ask, req.Tx.Now.Add(promptLife))
}

// answered reads a message as the answer to the question that is open to its
// sender in this chat. Only what is said to the bot is one: in a private chat,
// with its name or as a reply. What begins with a slash, or is the name of a
// command and nothing else, is that command.
func (e *Engine) answered(ctx context.Context, req *Request, text string, inv input.Invocation) (input.Invocation, bool, error) {
	spoken := req.Private || req.Event.ToBot
	if !spoken || req.Event.Kind != chat.Message || req.Account.ID == 0 || req.Event.Sender.Anonymous || strings.TrimSpace(text) == "" && req.Event.File == nil {
		return inv, false, nil
	}
	if word := input.NewArgs(text).Word(0); strings.HasPrefix(word, "/") || inv.Command != "" && inv.Args.Len() == 0 {
		return inv, false, nil
	}
	command, err := req.Tx.Prompt(ctx, req.Chat.ID, req.Account.ID, req.Tx.Now)
	if errors.Is(err, storage.ErrNotFound) {
		return inv, false, nil
	}
	if err != nil {
		return inv, false, err
	}
	completed := input.Parse(command+" "+text, e.Texts.Names(), true)
	return completed, completed.Command != "", nil
}

// closeQuestion ends what is open to the sender here: he does something else
// now. A refusal undoes that with everything, so that he may answer again.
func (req *Request) closeQuestion(ctx context.Context) (bool, error) {
	if req.Account.ID == 0 || req.Chat.ID == 0 || req.Event.Kind != chat.Message && req.Event.Kind != chat.Press {
		return false, nil
	}
	return req.Tx.DropPrompt(ctx, req.Chat.ID, req.Account.ID)
}
