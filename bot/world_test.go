package bot

import (
	"context"
	"fmt"
	"strconv"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/storage"
)

func (w *world) view(f func(ctx context.Context, r *storage.Reader) error) {
	w.t.Helper()
	if err := w.db.View(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) write(f func(ctx context.Context, tx *storage.Tx) error) {
	w.t.Helper()
	if err := w.engine.do(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// counted is how often something took effect.
func (w *world) counted(what string) int {
	w.t.Helper()
	n := 0
	w.view(func(ctx context.Context, r *storage.Reader) error {
		v, err := r.Setting(ctx, "test:"+what)
		n, _ = strconv.Atoi(v)
		return err
	})
	return n
}

// count makes an effect that can be counted.
func count(ctx context.Context, tx *storage.Tx, what string) error {
	v, err := tx.Setting(ctx, "test:"+what)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(v)
	return tx.SetSetting(ctx, "test:"+what, strconv.Itoa(n+1))
}

func (w *world) waiting() []storage.Waiting {
	w.t.Helper()
	var out []storage.Waiting
	w.view(func(ctx context.Context, r *storage.Reader) error {
		var err error
		out, err = r.AllWaiting(ctx)
		return err
	})
	return out
}

func (w *world) letter(id int64) storage.Letter {
	w.t.Helper()
	var l storage.Letter
	w.view(func(ctx context.Context, r *storage.Reader) error {
		var err error
		l, err = r.Letter(ctx, id)
		return err
	})
	return l
}

// letters are all rows of the outbox, oldest first.
func (w *world) letters() []storage.Letter {
	w.t.Helper()
	var out []storage.Letter
	w.view(func(ctx context.Context, r *storage.Reader) error {
		for id := int64(1); ; id++ {
			l, err := r.Letter(ctx, id)
			if err != nil {
				return ignoreNotFound(err)
			}
			out = append(out, l)
		}
	})
	return out
}

func (w *world) chat(c chat.Chat) storage.Chat {
	w.t.Helper()
	var out storage.Chat
	w.view(func(ctx context.Context, r *storage.Reader) error {
		var err error
		out, err = r.ChatByRef(ctx, c.Ref.Domain, c.Ref.ID)
		return err
	})
	return out
}

// post puts a letter into the outbox, past any command.
func (w *world) post(c chat.Chat, text string, change ...func(*storage.Letter)) int64 {
	w.t.Helper()
	to := w.chat(c)
	var id int64
	w.write(func(ctx context.Context, tx *storage.Tx) error {
		l := storage.Letter{ChatID: to.ID, Connection: to.Connection, Lane: storage.LaneActivity, Kind: "test", Content: fmt.Sprintf(`{"text":%q}`, text)}
		for _, f := range change {
			f(&l)
		}
		var err error
		id, err = tx.Enqueue(ctx, l)
		return err
	})
	return id
}

// posts puts several letters into the outbox at once.
func (w *world) posts(c chat.Chat, texts ...string) []int64 {
	w.t.Helper()
	to := w.chat(c)
	var ids []int64
	w.write(func(ctx context.Context, tx *storage.Tx) error {
		for _, text := range texts {
			id, err := tx.Enqueue(ctx, storage.Letter{ChatID: to.ID, Connection: to.Connection, Lane: storage.LaneActivity, Kind: "test", Content: fmt.Sprintf(`{"text":%q}`, text)})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
}
