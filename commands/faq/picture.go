package faq

import (
	"context"
	"encoding/json"
	"fmt"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// keep has the picture that came with a command kept, and gives what a rule
// stores of it; "" if there is none.
func keep(ctx context.Context, req *bot.Request) (string, error) {
	p, err := req.KeepPicture(ctx, req.Event.Picture)
	if err != nil || p == nil {
		return "", err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("faq: picture: %w", err)
	}
	return string(text), nil
}

// pictureOf is the picture of a rule, nil if it has none.
func pictureOf(f storage.FAQ) (*chat.Picture, error) {
	if f.Picture == "" {
		return nil, nil //nolint:nilnil // no picture
	}
	var p chat.Picture
	if err := json.Unmarshal([]byte(f.Picture), &p); err != nil {
		return nil, fmt.Errorf("faq %d: picture: %w", f.ID, err)
	}
	return &p, nil
}
