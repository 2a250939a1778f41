package commandtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
)

// The other platforms beside Telegram: WeCom, whose groups keep nothing private
// and edit nothing, and a WeChat account, where everybody is alone with the bot.
const (
	wecomDomain  = "wecom"
	wechatDomain = "wechat:wx1"
)

// prefixes are how transcripts call a place of another platform.
func prefixes() [][2]string {
	return [][2]string{{"企微/", wecomDomain}, {"wecom/", wecomDomain}, {"微信/", wechatDomain}, {"wechat/", wechatDomain}}
}

func (r *run) beginSecond() {
	if !r.several {
		return
	}
	caps := chat.Caps{Hears: true, Choices: true, Push: true, Files: true, Pictures: true, MaxText: 2048}
	r.nets = []*chattest.Network{chattest.NewNetwork("second", caps).Of(wecomDomain), chattest.NewNetwork("third", caps).Of(wechatDomain)}
}

// platforms are the connections that the engine runs.
func (r *run) platforms() []chat.Platform {
	out := []chat.Platform{r.net}
	for _, n := range r.nets {
		out = append(out, n)
	}
	return out
}

// network is the one that a chat belongs to.
func (r *run) network(ref chat.Ref) *chattest.Network {
	for _, n := range r.nets {
		if n.Domain() == ref.Domain {
			return n
		}
	}
	return r.net
}

// take is what was shown anywhere.
func (r *run) take() []chattest.Shown {
	shown := r.net.Take()
	for _, n := range r.nets {
		shown = append(shown, n.Take()...)
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

// elsewhere finds a place of another platform by its prefix.
func (r *run) elsewhere(who, place string) (chat.Chat, bool) {
	if !r.several {
		return chat.Chat{}, false
	}
	for _, p := range prefixes() {
		title, ok := strings.CutPrefix(place, p[0])
		switch {
		case !ok:
		case slices.Contains([]string{privateZh, "private"}, title):
			return chat.Chat{Ref: chat.Ref{Domain: p[1], ID: who}, Type: chat.Private, Title: who}, true
		default:
			return chat.Chat{Ref: chat.Ref{Domain: p[1], ID: "group:" + title}, Type: chat.Group, Title: title}, true
		}
	}
	return chat.Chat{}, false
}

// foreign says where a message of another platform stands.
func (r *run) foreign(m chattest.Shown) string {
	word := ""
	for i, p := range prefixes() {
		if p[1] == m.Chat.Domain && (word == "" || r.language == "en" && i%2 == 1) {
			word = p[0]
		}
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
