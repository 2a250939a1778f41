package wecombot

import (
	"slices"
	"strings"

	"qunmate/bot/chat"
)

// draft is a letter in WeCom's terms. Choices become a card where there can be
// one, and the text says how each is typed, so that it also works on a client
// that shows no card, and where no card may be sent.
type draft struct {
	letter chat.Letter
	place  chat.Chat // where it goes
	token  replyToken
	// shown: it was for one person, and everybody sees it.
	shown bool
	// full is the whole text, the typed forms of the choices included.
	full []chat.Span
	// text is what is said beside the card: all of it, or nothing when the
	// card holds it.
	text []chat.Span
	card *card
	file *chat.File
	// picture goes out behind the text; in callback mode it is the file.
	picture *chat.Picture

	via  string // the connection that carried it, if another one did
	lost string // why that one did not carry the picture

	plain    string        // the text without styles, mention or typed forms
	commands []chat.Choice // the choices that are commands
}

func (b *Bot) compose(l chat.Letter) (*draft, *chat.SendError) {
	l.Chat.Ref, l.To.Ref = b.aliases.wire(l.Chat.Ref), b.aliases.wire(l.To.Ref)
	d := &draft{letter: l, place: l.Chat, token: parseReply(l.Reply), file: l.Content.File}
	if p := l.Content.Picture; d.file == nil && p != nil && len(p.Data) > 0 {
		d.picture = p
	}
	if !ours(l.Chat.Ref) {
		return nil, rejected("%s is no chat of this platform", l.Chat.Ref)
	}
	if l.Edit != "" {
		return nil, rejected("messages cannot be edited here")
	}
	if se := d.handOver(); se != nil {
		return nil, se
	}
	if b.opts.Mode == Callback && d.picture != nil {
		d.file = pictureFile(d.picture)
	}
	links, se := d.sort(l.Content.Choices)
	if se != nil {
		return nil, se
	}
	spans := chat.Parse(l.Content.Text)
	d.plain = strings.TrimSpace(chat.Plain(l.Content.Text))
	d.text = spans
	if name := d.addressee(); name != "" {
		// Not his id as <@userid>: see renderParts.
		d.text = append([]chat.Span{{Text: "@" + name + " "}}, spans...)
	}
	for _, c := range links {
		d.text = append(d.text, chat.Span{Text: "\n"}, chat.Span{Text: c.Label, Link: c.URL})
	}
	d.full = slices.Clone(d.text)
	if l.Content.Poll == nil { // a poll's text says how a vote is typed
		d.full = append(d.full, b.typedForms(d)...)
	}
	b.layOut(d, len(links) > 0 || slices.ContainsFunc(spans, func(s chat.Span) bool { return s.Link != "" }))
	if len(d.full) == 0 && d.file == nil && d.picture == nil {
		return nil, rejected("the letter has no text")
	}
	return d, nil
}

// handOver sends a private file to its owner's private chat: a file is
// somebody's data and is never shown in a group. A private text is: nothing
// in a group can be private here.
func (d *draft) handOver() *chat.SendError {
	if !d.letter.Content.Private || d.place.Type == chat.Private {
		return nil
	}
	if d.file == nil {
		d.shown = true
		return nil
	}
	if !ours(d.letter.To.Ref) {
		return rejected("a private file has no receiver")
	}
	d.place = chat.Chat{Ref: d.letter.To.Ref, Type: chat.Private}
	d.token = replyToken{}
	return nil
}

// sort checks the choices and separates commands from addresses. Two buttons
// of one command would have the same key, which cards forbid.
func (d *draft) sort(choices []chat.Choice) (links []chat.Choice, se *chat.SendError) {
	have := map[string]bool{}
	for _, c := range choices {
		c.Label = strings.TrimSpace(c.Label)
		switch {
		case c.Label == "":
			return nil, rejected("a button without a label")
		case c.URL != "":
			links = append(links, c)
		case c.Command == "":
			return nil, rejected("button %q has neither a command nor an address", c.Label)
		case !have[c.Command]:
			have[c.Command] = true
			d.commands = append(d.commands, c)
		}
	}
	return links, nil
}

// addressee is whom a private answer in a group is for.
func (d *draft) addressee() string {
	if !d.shown || d.letter.To.Ref.IsZero() {
		return ""
	}
	if name := strings.TrimSpace(d.letter.To.Name); name != "" {
		return name
	}
	return d.letter.To.Ref.ID
}

// typed is how a choice is typed here: in a group with the bot's name in
// front, for nothing else is heard there. A button of a stored command cannot
// be typed.
func (b *Bot) typed(d *draft, c chat.Choice) string {
	switch {
	case !strings.HasPrefix(c.Command, "/"):
		return ""
	case d.place.Type == chat.Private || b.opts.Mention == "":
		return c.Command
	}
	return "@" + b.opts.Mention + " " + c.Command
}

// typedForms is a line for each choice that can be typed.
func (b *Bot) typedForms(d *draft) []chat.Span {
	var out []chat.Span
	for _, c := range d.commands {
		if form := b.typed(d, c); form != "" {
			out = append(out, chat.Span{Text: "\n" + c.Label + ": "}, chat.Span{Text: form, Code: true})
		}
	}
	if len(d.text) == 0 && len(out) > 0 {
		out[0].Text = strings.TrimPrefix(out[0].Text, "\n")
	}
	return out
}

// layOut chooses the form of the choices: up to 6 are buttons, in one card
// with the text if that fits; up to 20 are options; more are only typed.
func (b *Bot) layOut(d *draft, styled bool) {
	n := len(d.commands)
	task := newTask(d.place)
	if p := d.letter.Content.Poll; p != nil && d.file == nil {
		d.card = pollCard(p, b.opts.Words.Submit, task)
		return
	}
	if n == 0 {
		return
	}
	heads := b.headings(d)
	if n <= maxButtons && !styled && d.file == nil {
		list, fits := rows(d.commands, func(c chat.Choice) string { return b.typed(d, c) })
		for _, h := range heads {
			if !fits || runes(h.title) > maxTitle || runes(h.rest) > maxSub {
				continue
			}
			if c := buttonCard(h.title, h.rest, d.commands, task); c != nil {
				c.Rows = list
				d.card, d.text = c, nil
				return
			}
		}
	}
	d.text = d.full
	switch title := heads[0].title; {
	case n <= maxButtons:
		d.card = buttonCard(title, "", d.commands, task)
	case n <= maxOptions:
		d.card = voteCard(title, d.commands, b.opts.Words.Submit, task)
	}
}

// heading is a way to lay a text into a card, which must have a title.
type heading struct{ title, rest string }

// headings lists the ways, the best first: the first line as the title; or
// whom it is for, or the bot's own name, and all of the text below.
func (b *Bot) headings(d *draft) []heading {
	title, rest, _ := strings.Cut(d.plain, "\n")
	title, rest = strings.TrimSpace(title), strings.TrimSpace(rest)
	name := d.addressee()
	if name != "" {
		name = "@" + name
		title = strings.TrimSpace(name + " " + title)
	}
	if title == "" {
		title = d.commands[0].Label
	}
	out := []heading{{title, rest}}
	if name == "" {
		name = b.opts.Mention
	}
	if name != "" {
		out = append(out, heading{name, d.plain})
	}
	return out
}
