package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// A direct message may be refused by the platform, and only the attempt tells:
// somebody has blocked the bot while nobody looked. An alert must not end there.
// So it carries what is said elsewhere, and when it is refused it takes the way
// that the next alert would take.

// detour stands beside the content of an alert's letter.
type detour struct {
	// After is a number below those of all letters of the alert. It is its name.
	After int64     `json:"after"`
	About []concise `json:"about,omitempty"`
}

// concise is what an alert says of one chat, so that it can be said there.
type concise struct {
	Chat    int64        `json:"chat"`
	Content chat.Content `json:"content"`
}

// detourMark is in the content of letters with a detour; quotes in texts are
// escaped.
const detourMark = `"alert":{"after":`

// mark is in the content of all letters of one alert.
func (w *detour) mark() string { return fmt.Sprintf(`%s%d`, detourMark, w.After) }

// written is the content of a letter as it is stored.
func written(c chat.Content, w *detour) (string, error) {
	text, err := json.Marshal(struct {
		chat.Content
		Alert *detour `json:"alert,omitempty"`
	}{c, w})
	if err != nil {
		return "", fmt.Errorf("letter: %w", err)
	}
	return string(text), nil
}

// detourOf reads the detour of a letter, nil if it has none.
func detourOf(l storage.Letter) (*detour, error) {
	if !strings.Contains(l.Content, detourMark) {
		return nil, nil //nolint:nilnil // most letters have none
	}
	var c struct {
		Alert *detour `json:"alert"`
	}
	if err := json.Unmarshal([]byte(l.Content), &c); err != nil {
		return nil, fmt.Errorf("letter %d: %w", l.ID, err)
	}
	return c.Alert, nil
}

// detour begins an alert.
func (req *Request) detour(ctx context.Context) (*detour, error) {
	last, err := req.Tx.LastLetter(ctx)
	return &detour{After: last}, err
}

// of adds what is said of some chats, in their own languages.
func (w *detour) of(ctx context.Context, req *Request, chats []storage.Chat, all []concern) (*detour, error) {
	out := &detour{After: w.After}
	for _, c := range chats {
		r, err := (&hearer{about: []storage.Chat{c}}).hears(all)
		if err != nil {
			return nil, err
		}
		content, err := req.content(ctx, r, req.engine.languageOf(c))
		if err != nil {
			return nil, err
		}
		out.About = append(out.About, concise{c.ID, content})
	}
	return out, nil
}

// TellOrAlert is Tell for somebody whose affair it is before it is that of the
// administrators of a chat: they are alerted when he cannot be reached.
func (req *Request) TellOrAlert(ctx context.Context, a storage.Account, c storage.Chat, r Reply) error {
	say := func([]storage.Chat) (Reply, error) { return r, nil }
	around, err := req.detour(ctx)
	if err != nil {
		return err
	}
	told := r
	if told.detour, err = around.of(ctx, req, []storage.Chat{c}, []concern{{[]storage.Chat{c}, say}}); err != nil {
		return err
	}
	if ok, err := req.Tell(ctx, a, told); ok || err != nil {
		return err
	}
	return req.Alert(ctx, c, r)
}

// goAround sends the alerts among some letters that will never arrive another
// way. What cannot be done is logged: the outcome of the letters stands.
func (e *Engine) goAround(ctx context.Context, tx *storage.Tx, dead []storage.Letter) error {
	for _, l := range dead {
		late := !l.ExpiresAt.IsZero() && tx.Now.After(l.ExpiresAt)
		if late || !strings.Contains(l.Content, detourMark) {
			continue
		}
		err := tx.Savepoint(ctx, func(ctx context.Context) error {
			return (&Request{Tx: tx, engine: e, Language: e.Language}).goAround(ctx, l)
		})
		if unwritable(err) {
			return err
		}
		if err != nil {
			e.Log.Error("an alert was refused and has no other way", "letter", l.ID, "text", l.Kind, "err", err)
		}
	}
	return nil
}

// heard is that a person, or with 0 everybody in the chat, is told of a chat.
type heard struct{ person, chat int64 }

func (req *Request) goAround(ctx context.Context, l storage.Letter) error {
	w, err := detourOf(l)
	if err != nil {
		return err
	}
	a := alert{req: req, seen: map[int64]bool{}, refused: map[int64]bool{l.AccountID: true}}
	told, err := a.siblings(ctx, w)
	if err != nil {
		return err
	}
	var chats []storage.Chat
	for i, about := range w.About {
		c, err := req.Tx.Chat(ctx, about.Chat)
		if err == nil && c.State == storage.ChatMigrated && c.MovedTo != 0 {
			c, err = req.Tx.Chat(ctx, c.MovedTo)
		}
		if err != nil {
			return err
		}
		w.About[i].Chat = c.ID
		chats = append(chats, c)
	}
	if err := a.find(ctx, chats); err != nil {
		return err
	}
	for _, h := range a.hearers {
		h.about = slices.DeleteFunc(h.about, func(c storage.Chat) bool { return told[heard{h.account.PersonID, c.ID}] })
		if len(h.about) == 0 {
			continue
		}
		ok, err := req.again(ctx, l, w, h)
		if err != nil {
			return err
		}
		for i := 0; ok && i < len(h.about); i++ {
			told[heard{h.account.PersonID, h.about[i].ID}] = true
		}
	}
	req.reportUnheard(l, w, told)
	return nil
}

// reportUnheard logs that an alert reached nobody.
func (req *Request) reportUnheard(l storage.Letter, w *detour, told map[heard]bool) {
	knows := map[int64]bool{}
	for h := range told {
		knows[h.chat] = true
	}
	for _, about := range w.About {
		if !knows[about.Chat] {
			req.engine.Log.Error("an alert reached nobody", "letter", l.ID, "text", l.Kind, "chat", about.Chat)
		}
	}
	if len(w.About) == 0 && !knows[0] {
		req.engine.Log.Error("no operator could be told", "letter", l.ID, "text", l.Kind)
	}
}

// siblings finds what the other letters of an alert do: who was refused, and
// who is told or still may be.
func (a *alert) siblings(ctx context.Context, w *detour) (map[heard]bool, error) {
	letters, err := a.req.Tx.LettersWith(ctx, w.After, w.mark())
	if err != nil {
		return nil, err
	}
	told := map[heard]bool{}
	for _, l := range letters {
		its, err := detourOf(l)
		if err != nil {
			return nil, err
		}
		switch {
		case its.After != w.After: // its number only begins alike
			continue
		case l.State == storage.LetterDead:
			a.refused[l.AccountID] = true
			continue
		}
		var person int64
		if l.AccountID != 0 {
			account, err := a.req.Tx.Account(ctx, l.AccountID)
			if err != nil {
				return nil, err
			}
			person = account.PersonID
		}
		for _, about := range its.About {
			told[heard{person, about.Chat}] = true
		}
		if len(its.About) == 0 {
			told[heard{person: person}] = true
		}
	}
	return told, nil
}

// again says to somebody what a letter was to say, as far as it is his business.
// It reports whether there is a way to him.
func (req *Request) again(ctx context.Context, l storage.Letter, w *detour, h hearer) (bool, error) {
	next := storage.Letter{Lane: l.Lane, Kind: l.Kind, AccountID: h.account.ID, ExpiresAt: l.ExpiresAt}
	to, err := h.in, error(nil)
	if to.ID == 0 {
		to, _, err = req.direct(ctx, h.account)
	}
	if err != nil {
		return false, err
	}
	if h.account.ID == 0 {
		next.Lane = storage.LaneActivity
	}
	if !req.carried(to, next.Lane) {
		return false, nil
	}
	around, content := &detour{After: w.After}, chat.Content{}
	for _, about := range w.About {
		if !slices.ContainsFunc(h.about, func(c storage.Chat) bool { return c.ID == about.Chat }) {
			continue
		}
		if len(around.About) == 0 {
			content = about.Content
		} else {
			content.Text += "<br>" + about.Content.Text
			content.Choices = append(slices.Clone(content.Choices), about.Content.Choices...)
		}
		around.About = append(around.About, about)
	}
	content.Private = h.account.ID != 0 && to.Kind != string(chat.Private)
	content.Inline = content.Private && req.engine.whispers(to)
	next.ChatID, next.Connection = to.ID, to.Connection
	if next.Content, err = written(content, around); err != nil {
		return false, err
	}
	_, err = req.Tx.Enqueue(ctx, next)
	return true, err
}
