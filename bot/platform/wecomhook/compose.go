package wecomhook

import (
	"crypto/md5" //nolint:gosec // the platform's checksum of pictures
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxmark"

	"github.com/silenceper/wechat/v2/work/robot"
)

// Limits of a robot's messages (path 99110), in bytes.
const (
	maxText        = 2048
	maxMarkdown    = 4096
	maxImage       = 2 << 20
	minFile        = 6 // "more than 5"
	maxFile        = 20 << 20
	maxTitle       = 128 // of a news article
	maxDescription = 512
	perMinute      = 20
)

// The kinds of messages that we send. The platform knows them in lower case
// only (40008).
const (
	kindText     = "text"
	kindMarkdown = "markdown"
	kindImage    = "image"
	kindNews     = "news"
	kindFile     = "file"
)

// text is the body of a text message. The library's own form writes
// "mentioned_list":null.
type text struct {
	MsgType string `json:"msgtype"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
}

// draft is a letter as the messages it becomes, in their order.
type draft struct {
	messages []any
	file     *chat.File // to be uploaded first, then sent as the first message
	// picture is the last message, if there is no file.
	picture *chat.Picture
}

func (d *draft) count() int {
	n := len(d.messages)
	if d.file != nil {
		n++
	}
	if d.picture != nil {
		n++
	}
	return n
}

// compose lays a letter out: a file, then the text, and behind it its picture. A text without
// any style is a text message, which every client shows, WeChat's too; one
// with styles, links or mentions is markdown. A short text with one address
// to open is a news card.
//
// Buttons of commands are left out: nobody would hear of a press.
func (r *Robot) compose(l chat.Letter) (*draft, *chat.SendError) {
	d := &draft{}
	switch {
	case l.Chat.Ref != r.place:
		return nil, rejected("%s is not the chat of this robot", l.Chat.Ref)
	case l.Edit != "":
		return nil, rejected("messages of a group robot cannot be edited")
	case l.Content.Private:
		// It would be seen by everybody, and nobody could take it back.
		return nil, rejected("a group robot cannot say anything in private")
	}
	if f := l.Content.File; f != nil {
		switch {
		case isPicture(f):
			d.messages = append(d.messages, imageOf(f))
		case len(f.Data) < minFile || len(f.Data) > maxFile:
			return nil, rejected("a file of %d bytes cannot be sent, %d to %d can", len(f.Data), minFile, maxFile)
		default:
			d.file = f
		}
	}
	if p := l.Content.Picture; l.Content.File == nil && p != nil && len(p.Data) > 0 {
		d.picture = p
	}
	spans := chat.Parse(l.Content.Text)
	links := slices.DeleteFunc(slices.Clone(l.Content.Choices), func(c chat.Choice) bool { return c.URL == "" })
	if one, ok := newsOf(spans, links); ok {
		d.messages = append(d.messages, one)
		return d, nil
	}
	for _, c := range links {
		if len(spans) > 0 {
			spans = append(spans, chat.Span{Text: "\n"})
		}
		label := strings.TrimSpace(c.Label)
		if label == "" {
			label = c.URL
		}
		spans = append(spans, chat.Span{Text: label, Link: c.URL})
	}
	d.messages = append(d.messages, textsOf(spans)...)
	if d.count() == 0 {
		return nil, rejected("the letter has no text")
	}
	return d, nil
}

func textsOf(spans []chat.Span) (out []any) {
	if !styled(spans) {
		for _, part := range chat.Split(spans, maxText, func(s string) int { return len(s) }) {
			var m text
			m.MsgType = kindText
			for _, s := range part {
				m.Text.Content += legible(s.Text)
			}
			if strings.TrimSpace(m.Text.Content) != "" {
				out = append(out, m)
			}
		}
		return out
	}
	for _, part := range wxmark.Parts(spans, maxMarkdown, mention) {
		m := robot.WebhookSendMarkdownOption{MsgType: kindMarkdown}
		m.Markdown.Content = part
		out = append(out, m)
	}
	return out
}

// styled reports whether a text message would lose something. Italics and bare
// code are no loss: the robot's markdown shows no italics.
func styled(spans []chat.Span) bool {
	return slices.ContainsFunc(spans, func(s chat.Span) bool { return s.Bold || s.Link != "" || s.Code || mention(s) != "" })
}

var userForm = regexp.MustCompile(`^[A-Za-z0-9_@.-]{1,64}$`)

// mention calls a member by his id, which the client shows as his name and
// rings for (path 99110); empty for whoever is not of this platform.
func mention(s chat.Span) string {
	ref, err := chat.ParseRef(s.At)
	if err != nil || ref.Domain != Domain || !userForm.MatchString(ref.ID) || strings.EqualFold(ref.ID, "@all") {
		return ""
	}
	return "<@" + ref.ID + ">"
}

// newsOf makes a news card of a letter with one address to open, if the text
// fits on it and has no styles to lose.
func newsOf(spans []chat.Span, links []chat.Choice) (robot.WebhookSendNewsOption, bool) {
	m := robot.WebhookSendNewsOption{MsgType: kindNews}
	if len(links) != 1 || styled(spans) {
		return m, false
	}
	var whole strings.Builder
	for _, s := range spans {
		whole.WriteString(legible(s.Text))
	}
	title, rest, _ := strings.Cut(strings.TrimSpace(whole.String()), "\n")
	title, rest = strings.TrimSpace(title), strings.TrimSpace(rest)
	if title == "" || len(title) > maxTitle || len(rest) > maxDescription {
		return m, false
	}
	m.News.Articles = append(m.News.Articles, struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		URL         string `json:"url"`
		PicURL      string `json:"picurl"`
	}{Title: title, Description: rest, URL: links[0].URL})
	return m, true
}

func isPicture(f *chat.File) bool {
	mime := strings.ToLower(f.MIME)
	return (mime == "image/png" || mime == "image/jpeg") && len(f.Data) > 0 && len(f.Data) <= maxImage
}

func imageOf(f *chat.File) robot.WebhookSendImageOption {
	sum := md5.Sum(f.Data) //nolint:gosec // as above
	m := robot.WebhookSendImageOption{MsgType: kindImage}
	m.Image.Base64, m.Image.MD5 = base64.StdEncoding.EncodeToString(f.Data), hex.EncodeToString(sum[:])
	return m
}

// legible drops control characters, which mean nothing to a reader.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\n' && r != '\t') || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
