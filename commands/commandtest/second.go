package commandtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
)

// The second platform: a WeCom group hears what mentions the bot, keeps nothing
// private and edits nothing; in a 1:1 chat all is private.
const secondDomain = "wecom"

// secondWords are how transcripts call it.
func secondWords() []string { return []string{"企微/", "wecom/"} }

func (r *run) beginSecond() {
	if r.second == nil {
		return
	}
	r.second = chattest.NewNetwork("second", chat.Caps{Hears: true, Choices: true, Push: true, Files: true, MaxText: 2048}).Of(secondDomain)
}

// platforms are the connections that the engine runs.
func (r *run) platforms() []chat.Platform {
	if r.second == nil {
		return []chat.Platform{r.net}
	}
	return []chat.Platform{r.net, r.second}
}

// network is the one that a chat belongs to.
func (r *run) network(ref chat.Ref) *chattest.Network {
	if r.second != nil && ref.Domain == secondDomain {
		return r.second
	}
	return r.net
}

// take is what was shown anywhere.
func (r *run) take() []chattest.Shown {
	shown := r.net.Take()
	if r.second != nil {
		shown = append(shown, r.second.Take()...)
	}
	for _, m := range shown {
		if code := shownCode.FindStringSubmatch(m.Content.Text); code != nil {
			r.code = code[1]
		}
	}
	return shown
}

// shownCode is a code that the bot gave somebody: "{code}" types the newest.
var shownCode = regexp.MustCompile(`<b>([0-9A-Z]{6})</b>`)

// elsewhere reports whether a place is on the second platform, and its title.
func (r *run) elsewhere(place string) (string, bool) {
	if r.second == nil {
		return "", false
	}
	for _, w := range secondWords() {
		if title, ok := strings.CutPrefix(place, w); ok {
			return title, true
		}
	}
	return "", false
}

func (r *run) secondPlace(who, title string) chat.Chat {
	if slices.Contains([]string{privateZh, "private"}, title) {
		return chat.Chat{Ref: chat.Ref{Domain: secondDomain, ID: who}, Type: chat.Private, Title: who}
	}
	return chat.Chat{Ref: chat.Ref{Domain: secondDomain, ID: "group:" + title}, Type: chat.Group, Title: title}
}

// secondHead says where a message of the second platform stands.
func (r *run) secondHead(m chattest.Shown) string {
	word := secondWords()[0]
	if r.language == "en" {
		word = secondWords()[1]
	}
	title, group := strings.CutPrefix(m.Chat.ID, "group:")
	switch {
	case !group:
		return word + fmt.Sprintf(r.heads().private, m.Chat.ID)
	case m.To.Name != "":
		return word + title + " @" + m.To.Name
	}
	return word + title
}
