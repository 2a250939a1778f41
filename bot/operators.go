package bot

import (
	"context"

	"qunmate/bot/input"
	"qunmate/storage"
)

// Operators lists the accounts of all operators: those of the configuration
// that have been seen, and those that /admin claim made.
func (req *Request) Operators(ctx context.Context) ([]storage.Account, error) {
	return req.engine.operatorAccounts(ctx, &req.Tx.Reader)
}

// Closest is for commands that suggest what may have been meant: see
// input.Closest.
func Closest(word string, names []string) string { return input.Closest(word, names) }
