package wecomapp

import (
	"slices"
	"strings"

	"qunmate/bot/chat"
)

// outgoing is the body of message/send (path 90236), for one member. The
// library's own form writes the agent id as a string.
type outgoing struct {
	To      string   `json:"touser"`
	Agent   int      `json:"agentid"`
	MsgType string   `json:"msgtype"`
	Text    *content `json:"text,omitempty"`
	Card    *card    `json:"template_card,omitempty"`
	Image   *media   `json:"image,omitempty"`
	File    *media   `json:"file,omitempty"`
}

type (
	content struct {
		Content string `json:"content"`
	}
	media struct {
		ID string `json:"media_id"`
	}
	// cardUpdate is the body of message/update_template_card (path 94888).
	cardUpdate struct {
		Users []string `json:"userids"`
		Agent int      `json:"agentid"`
		Code  string   `json:"response_code"`
		Card  *card    `json:"template_card"`
	}
)

// draft is a letter in the platform's terms: the file, the texts, the card and
// the picture, in this order.
type draft struct {
	user  string
	token string
	file  *chat.File
	// picture goes out behind the text, if there is no file.
	picture *chat.Picture
	parts   []string
	card    *card

	plain    string        // the text without styles
	linked   bool          // there are links in it, which a card cannot show
	commands []chat.Choice // the choices that are commands
}

// messages is how many the draft is.
func (d *draft) messages() int {
	n := len(d.parts)
	if d.card != nil {
		n++
	}
	if d.file != nil || d.picture != nil {
		n++
	}
	return n
}

// compose lays a letter out. Up to 6 choices are buttons, in one card with the
// text if that fits; up to 20 are options; more are only typed.
func (a *App) compose(l chat.Letter) (*draft, *chat.SendError) {
	d := &draft{user: l.Chat.Ref.ID, token: l.Reply, file: l.Content.File}
	if p := l.Content.Picture; d.file == nil && p != nil && len(p.Data) > 0 {
		d.picture = p
	}
	switch {
	case !ours(chat.Chat{Ref: l.Chat.Ref, Type: chat.Private}) || l.Chat.Type != chat.Private:
		return nil, rejected("%s is no chat of this app", l.Chat.Ref)
	case l.Edit != "":
		return nil, rejected("messages cannot be edited here")
	case d.file != nil && mediaType(d.file) == "":
		return nil, rejected("a file of %d bytes cannot be sent, %d to %d can", len(d.file.Data), minMedia, maxFile)
	}
	links, se := d.sort(l.Content.Choices)
	if se != nil {
		return nil, se
	}
	spans := chat.Parse(l.Content.Text)
	d.plain = strings.TrimSpace(legible(chat.Plain(l.Content.Text)))
	for _, c := range links {
		if len(spans) > 0 {
			spans = append(spans, chat.Span{Text: "\n"})
		}
		spans = append(spans, chat.Span{Text: c.Label, Link: c.URL})
	}
	d.linked = slices.ContainsFunc(spans, func(s chat.Span) bool { return s.Link != "" })
	if inCard := a.layOut(d); !inCard {
		if d.card == nil {
			spans = append(spans, typedForms(d.commands, len(spans) == 0)...)
		}
		d.parts = split(spans)
	}
	if d.messages() == 0 {
		return nil, rejected("the letter has no text")
	}
	return d, nil
}

// sort checks the choices and separates commands from addresses. Two buttons
// of one command would have the same key, which cards forbid.
func (d *draft) sort(choices []chat.Choice) (links []chat.Choice, se *chat.SendError) {
	have := map[string]bool{}
	for _, c := range choices {
		c.Label = strings.TrimSpace(legible(c.Label))
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

// layOut chooses the form of the choices and reports whether the card holds the
// whole text. An app that hears nothing has no buttons.
func (a *App) layOut(d *draft) (inCard bool) {
	n := len(d.commands)
	if n == 0 || !a.hears() {
		return false
	}
	title, rest, _ := strings.Cut(d.plain, "\n")
	title, rest = strings.TrimSpace(title), strings.TrimSpace(rest)
	if title == "" {
		title = d.commands[0].Label
	}
	if n <= maxButtons && !d.linked && d.file == nil {
		for _, head := range []struct{ title, rest string }{{title, rest}, {a.opts.Words.Title, d.plain}} {
			if head.title == "" || runes(head.title) > maxTitle || runes(head.rest) > maxSub {
				continue
			}
			if d.card = buttonCard(head.title, head.rest, d.commands); d.card != nil {
				return true
			}
		}
	}
	switch {
	case n <= maxButtons:
		d.card = buttonCard(title, "", d.commands)
	case n <= maxOptions:
		d.card = voteCard(title, d.commands, a.opts.Words.Submit)
	}
	return false
}

// typedForms is a line for each choice: how it is typed.
func typedForms(commands []chat.Choice, alone bool) []chat.Span {
	var out []chat.Span
	for _, c := range commands {
		line := "\n" + c.Label + ": " + c.Command
		if alone && len(out) == 0 {
			line = line[1:]
		}
		out = append(out, chat.Span{Text: line})
	}
	return out
}

// Limits of media (path 90253).
const (
	minMedia = 6 // bytes: "more than 5"
	maxImage = 10 << 20
	maxFile  = 20 << 20
)

const (
	mediaImage = "image"
	mediaFile  = "file"
)

// mediaType is what a file is sent as; "" if its size allows nothing.
func mediaType(f *chat.File) string {
	mime := strings.ToLower(f.MIME)
	switch size := len(f.Data); {
	case size < minMedia:
		return ""
	case (mime == "image/png" || mime == "image/jpeg") && size <= maxImage:
		return mediaImage
	case size <= maxFile:
		return mediaFile
	}
	return ""
}
