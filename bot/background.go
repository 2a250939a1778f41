package bot

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// keepMenus shows each platform its list of commands, in the background: a
// slow platform must not delay the first answer.
func (e *Engine) keepMenus(ctx context.Context) {
	for _, p := range e.Platforms {
		keeper, ok := p.(chat.MenuKeeper)
		if !ok {
			continue
		}
		// Telegram takes two-letter codes; "" is everybody else.
		for tag, lang := range map[string]string{"zh": "zh-CN", "en": "en", "": e.Language} {
			if err := keeper.SetMenu(ctx, tag, e.menu(lang)); err != nil && ctx.Err() == nil {
				e.Log.Warn("the list of commands could not be set", "connection", p.Name(), "language", tag, "err", err)
				break
			}
		}
	}
}

func (e *Engine) menu(lang string) []chat.Menu {
	var out []chat.Menu
	for _, c := range e.registry.menu() {
		if about := e.Texts.Names().About(lang, c.Name); about != "" {
			out = append(out, chat.Menu{Command: c.Name, Description: about, Admin: c.Role >= ChatAdmin})
		}
	}
	return out
}

const pruneEvery = time.Hour

// TaskTick is the task of a Timer that comes at every start and every hour: for
// listeners that put in order what time alone has not.
const TaskTick = "tick"

// tick lets listeners look at the clock. A fault of theirs is shelved like that
// of any event.
func (e *Engine) tick(ctx context.Context, tx *storage.Tx) error {
	if !slices.ContainsFunc(e.registry.listeners, func(l Listener) bool { return l.Task == TaskTick }) {
		return nil
	}
	key := "tick:" + strconv.FormatInt(tx.Now.UnixNano(), 10)
	ev := chat.Event{ID: chat.Ref{Domain: "timer", ID: key}, Kind: chat.Timer, At: tx.Now, Detail: chat.Due{Key: key, Task: TaskTick, Payload: json.RawMessage("{}"), At: tx.Now}}
	return tx.Savepoint(ctx, func(ctx context.Context) error { return e.attempt(ctx, tx, "", ev, storage.Waiting{}) })
}

// housekeep prunes what nobody needs and remembers how late it is.
func (e *Engine) housekeep(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		err := e.do(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if err := tx.SetSetting(ctx, storage.SettingHighWater, strconv.FormatInt(tx.Now.UnixMilli(), 10)); err != nil {
				return err
			}
			if err := tx.Prune(ctx); err != nil {
				return err
			}
			return e.tick(ctx, tx)
		})
		if err != nil && ctx.Err() == nil {
			e.Log.Error("housekeeping", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
