package settings

import (
	"encoding/json"
	"fmt"

	"qunmate/bot"
	"qunmate/storage"
)

// audited reads what an audit row says of the state before and after.
func audited[T any](row storage.Audited) (before, after T, err error) {
	if err = json.Unmarshal([]byte(row.Before), &before); err == nil {
		err = json.Unmarshal([]byte(row.After), &after)
	}
	if err != nil {
		err = fmt.Errorf("audit %d: %w", row.ID, err)
	}
	return before, after, err
}

// overtaken refuses to undo a change after which somebody changed the same
// again.
func overtaken(row storage.Audited) error {
	return bot.Refuse("settings.overtaken", struct{ ID int64 }{row.ID})
}

// adminsOnly is the engine's refusal, for commands that are open to members in
// one place and not in another.
func adminsOnly(req *bot.Request) error {
	return &bot.Refusal{Quiet: true, Reply: bot.Reply{Template: "common.not_allowed", Data: struct{ Command, Role string }{req.Command, "admin"}}}
}
