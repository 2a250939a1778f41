package bot

import (
	"context"
	"fmt"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
	"qunmate/templates"
)

// maxCommandBytes is the shortest callback data of our platforms: Telegram's
// 64 bytes (Bot API, InlineKeyboardButton). Longer commands are stored.
const maxCommandBytes = 64

// PostSet is a set of texts that take turns.
type PostSet = templates.PostSet

// PostFault is a file of such texts that cannot be used.
type PostFault = templates.PostFault

// Post is what a text that takes turns can say: see templates.Posts.
type Post = templates.Post

// ErrNoText says that there is no such text, or that it says nothing now.
var ErrNoText = templates.ErrNoText

// Moment is an instant for texts: "today 08:02", "tomorrow 04:00".
type Moment = templates.Moment

// Moment puts an instant into the community's zone, for texts.
func (req *Request) Moment(t time.Time) Moment {
	return Moment{T: t.In(req.Now.Location()), Now: req.Now}
}

// Answer enqueues a reply to the event, in the same transaction.
func (req *Request) Answer(ctx context.Context, r Reply) error {
	if r.Template == "" || req.Chat.ID == 0 {
		return nil
	}
	if err := req.ask(ctx, r); err != nil {
		return err
	}
	return req.send(ctx, req.Chat, r, req.Account.ID, req.Event.Reply, req.Language)
}

// Post enqueues a public message of a chat, in the chat's language. It answers
// nobody.
func (req *Request) Post(ctx context.Context, c storage.Chat, r Reply) error {
	r.Public = true
	return req.send(ctx, c, r, 0, "", req.engine.languageOf(c))
}

// Tell enqueues a direct message to an account, if the platform ever let the
// bot write to him: it reports whether there is such a chat.
func (req *Request) Tell(ctx context.Context, a storage.Account, r Reply) (bool, error) {
	c, ok, err := req.direct(ctx, a)
	if err != nil || !ok {
		return false, err
	}
	lang := req.engine.Language
	if p, err := req.Tx.Person(ctx, a.PersonID); err == nil && p.Language != "" {
		lang = p.Language
	}
	return true, req.send(ctx, c, r, a.ID, "", lang)
}

// direct finds the chat in which the bot may write to an account.
func (req *Request) direct(ctx context.Context, a storage.Account) (storage.Chat, bool, error) {
	c, err := req.Tx.ChatByRef(ctx, a.Domain, a.ExternalID)
	return c, err == nil && c.Kind == string(chat.Private) && c.State == storage.ChatActive, ignoreNotFound(err)
}

// languageOf is the language of a chat's public messages.
func (e *Engine) languageOf(c storage.Chat) string {
	if c.Language != "" {
		return c.Language
	}
	return e.Language
}

func (req *Request) send(ctx context.Context, c storage.Chat, r Reply, to int64, token, lang string) error {
	l, ok, err := req.compose(ctx, c, r, to, token, lang)
	if err != nil || !ok {
		return err
	}
	_, err = req.Tx.Enqueue(ctx, l)
	return err
}

// Compose writes a public post of a chat, in the chat's language, for somebody
// who enqueues it himself and keeps its number. ok is false where nobody can
// carry it.
func (req *Request) Compose(ctx context.Context, c storage.Chat, r Reply) (l storage.Letter, ok bool, err error) {
	r.Public = true
	return req.compose(ctx, c, r, 0, "", req.engine.languageOf(c))
}

func (req *Request) compose(ctx context.Context, c storage.Chat, r Reply, to int64, token, lang string) (l storage.Letter, ok bool, err error) {
	if !req.carried(c, r.Lane) {
		return l, false, nil
	}
	private := !r.Public && to != 0 && c.Kind != string(chat.Private)
	whispered := private && req.engine.whispers(c)
	if whispered {
		r.Brief = r.Crowd // what is private stays so, whatever the hurry
	}
	content, err := req.content(ctx, r, lang)
	if err != nil {
		return l, false, err
	}
	content.Private, content.Inline = private, whispered
	text, err := written(content, r.detour)
	if err != nil {
		return l, false, err
	}
	l = storage.Letter{
		ChatID: c.ID, Connection: c.Connection, Lane: r.Lane, Once: r.Once, Kind: r.Template, Slot: r.Slot,
		AccountID: to, Reply: token, Thread: req.Event.Chat.Thread, Content: text,
		ExpiresAt: r.Until,
	}
	if c.ID != req.Chat.ID {
		l.Thread = ""
	}
	return l, true, nil
}

// carried reports whether somebody carries letters of a lane to a chat.
func (req *Request) carried(c storage.Chat, lane storage.Lane) bool {
	if c.State == storage.ChatLeft || c.Connection == "" {
		return false // there is nobody, now or later
	}
	p := req.engine.platforms[c.Connection] // where a person would have to confirm it: see chat.Caps
	return p == nil || lane == storage.LaneBroadcast || !p.Caps(chatOf(c)).Confirm
}

// whispers reports whether private answers stay private in a chat.
func (e *Engine) whispers(c storage.Chat) bool {
	p := e.platforms[c.Connection]
	return p != nil && p.Caps(chatOf(c)).Whispers
}

// content renders a reply.
func (req *Request) content(ctx context.Context, r Reply, lang string) (chat.Content, error) {
	texts := req.engine.Texts
	out := chat.Content{File: r.File, Poll: r.Poll, Chart: r.Chart, Pin: r.Pin, Poster: r.Poster, Picture: r.Picture, Urgent: r.Urgent}
	var err error
	if out.Text, err = texts.Render(lang, r.Template, r.Data); err != nil {
		return out, err
	}
	if r.Brief != "" {
		if out.Brief, err = texts.Render(lang, r.Brief, r.Data); err != nil {
			return out, err
		}
	}
	if out.Choices, err = req.choices(ctx, r, lang); err != nil {
		return out, err
	}
	for _, also := range r.Also {
		text, err := texts.Render(lang, also.Template, also.Data)
		if err != nil {
			return out, err
		}
		choices, err := req.choices(ctx, also, lang)
		if err != nil {
			return out, err
		}
		out.Text, out.Choices = out.Text+"<br>"+text, append(out.Choices, choices...)
	}
	return out, nil
}

// choices renders the buttons of a reply.
func (req *Request) choices(ctx context.Context, r Reply, lang string) ([]chat.Choice, error) {
	var out []chat.Choice
	for _, c := range r.Choices {
		if c.Extra && req.Exposed() {
			continue
		}
		label, err := req.engine.Texts.Render(lang, c.Label, c.Data)
		if err != nil {
			return out, err
		}
		choice := chat.Choice{Label: chat.Plain(label), Command: c.Command, URL: c.URL}
		if len(choice.Command) > maxCommandBytes {
			id, err := req.Tx.Button(ctx, choice.Command)
			if err != nil {
				return out, err
			}
			choice.Command = fmt.Sprintf("%s%d", storedButton, id)
		}
		out = append(out, choice)
	}
	return out, nil
}

// Text renders a text for use inside another one: markup that is safe already.
func (req *Request) Text(name string, data any) (string, error) {
	s, err := req.engine.Texts.Render(req.Language, name, data)
	return chat.Plain(s), err
}

// CapsOf tells what a chat can do on its platform; nothing where no connection
// answers any more.
func (req *Request) CapsOf(c storage.Chat) chat.Caps {
	p := req.engine.platforms[c.Connection]
	if p == nil || c.State != storage.ChatActive {
		return chat.Caps{}
	}
	return p.Caps(chatOf(c))
}

// TextIn renders a text for use inside another one that is said to a chat, in
// the chat's language.
func (req *Request) TextIn(c storage.Chat, name string, data any) (string, error) {
	s, err := req.engine.Texts.Render(req.engine.languageOf(c), name, data)
	return chat.Plain(s), err
}

// LanguageOf is the language of a chat's public messages.
func (req *Request) LanguageOf(c storage.Chat) string { return req.engine.languageOf(c) }

// Posts are the sets of texts that take turns.
func (req *Request) Posts() *templates.Posts { return req.engine.Texts.Posts() }

// Started is when the program was started.
func (req *Request) Started() time.Time { return req.engine.started }

// Names are the words people type.
func (req *Request) Names() *templates.Names { return req.engine.Texts.Names() }

// Commands lists the keys of all registered commands that menus may show.
func (req *Request) Commands() []Command { return req.engine.registry.menu() }

// apologise answers an event that is given up.
func (e *Engine) apologise(ctx context.Context, tx *storage.Tx, via string, ev chat.Event, fault string) error {
	if ev.Kind != chat.Message && ev.Kind != chat.Press {
		return nil
	}
	req, ok, err := e.prepare(ctx, tx, via, ev)
	if err != nil || !ok {
		return err
	}
	return req.Answer(ctx, Reply{Template: "common.fault", Data: struct{ ID string }{fault}})
}

// TellOperators sends a direct message to every operator who can be reached
// and reports whether there was one.
func (req *Request) TellOperators(ctx context.Context, r Reply) (bool, error) {
	accounts, err := req.engine.operatorAccounts(ctx, &req.Tx.Reader)
	if err != nil {
		return false, err
	}
	if r.detour, err = req.detour(ctx); err != nil { // none but themselves: that nobody got it is logged
		return false, err
	}
	told := false
	for _, a := range accounts {
		ok, err := req.Tell(ctx, a, r)
		if err != nil {
			return told, err
		}
		told = told || ok
	}
	return told, nil
}

func (e *Engine) operatorAccounts(ctx context.Context, r *storage.Reader) ([]storage.Account, error) {
	out, err := r.Operators(ctx)
	if err != nil {
		return nil, err
	}
	for ref := range e.operators {
		a, err := r.AccountByRef(ctx, ref.Domain, ref.ID)
		if err := ignoreNotFound(err); err != nil {
			return nil, err
		}
		if a.ID != 0 {
			out = append(out, a)
		}
	}
	return out, nil
}
