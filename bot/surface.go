package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// Exposed reports that everybody in the chat reads an answer, and that it
// stays: there a line does, without what the person can ask for himself.
func (req *Request) Exposed() bool {
	return req.Chat.Kind != string(chat.Private) && !req.Caps.Whispers && !req.Caps.Delete
}

// Call is what must stand before a command so that it is heard here: "@helper "
// where the bot hears only who mentions it, else nothing.
func (req *Request) Call() (string, error) {
	if !req.Caps.Mentioned {
		return "", nil
	}
	text, err := req.engine.Texts.Render(req.Language, "common.at", req.Caps)
	return chat.Plain(text) + " ", err
}

// MayPin reports whether a message can be put at the top of a chat; can is
// false where the platform has no such place at all.
func (req *Request) MayPin(c storage.Chat) (may, can bool) {
	can = req.CapsOf(c).Pin
	return can && !slices.Contains(c.Missing, chat.RightPin), can
}

// Unpin takes the message of a slot away from the top of its chat, if it was
// put there. What it says stays.
func (req *Request) Unpin(ctx context.Context, c storage.Chat, slot string) error {
	l, err := req.Tx.SlotLetter(ctx, c.ID, slot)
	if err != nil {
		return ignoreNotFound(err)
	}
	var content chat.Content
	if err := json.Unmarshal([]byte(l.Content), &content); err != nil {
		return fmt.Errorf("letter %d: %w", l.ID, err)
	}
	if content.Pin != chat.Pin {
		return nil
	}
	content.Pin, content.Retouch = chat.Unpin, true
	text, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	_, err = req.Tx.Enqueue(ctx, storage.Letter{
		ChatID: l.ChatID, Connection: l.Connection, Lane: l.Lane, Kind: l.Kind, Slot: l.Slot, Thread: l.Thread, Content: string(text),
	})
	return err
}
