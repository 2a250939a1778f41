package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunmate/bot/chat"
)

// languages are those of the strings files; the first is the default.
var languages = []string{"zh-CN", "en"}

// texts are the names of people and places, from the same strings files that
// the page uses, and what is needed to recognise them in a message.
type texts struct {
	byLang map[string]map[string]string
	names  []name // longest first, so that a name that begins another one loses
}

type name struct{ text, id string }

func readTexts(assets fs.FS) (*texts, error) {
	t := &texts{byLang: map[string]map[string]string{}}
	for _, lang := range languages {
		file := "strings." + lang + ".json"
		data, err := fs.ReadFile(assets, file)
		if err != nil {
			return nil, fmt.Errorf("sandbox: texts: %w", err)
		}
		var m map[string]string
		if err := json.Unmarshal(data, &m); err != nil {
			return nil, fmt.Errorf("sandbox: texts: %s: %w", file, err)
		}
		t.byLang[lang] = m
		required := []string{"bot.name", "bot.username"}
		for _, id := range personaIDs {
			required = append(required, "persona."+id)
		}
		for _, id := range groupIDs {
			required = append(required, "chat."+id)
		}
		for _, key := range required {
			if strings.TrimSpace(m[key]) == "" {
				return nil, fmt.Errorf("sandbox: texts: %s has no %q", file, key)
			}
		}
		t.names = append(t.names, name{m["bot.name"], botID}, name{m["bot.username"], botID})
		for _, id := range personaIDs {
			t.names = append(t.names, name{m["persona."+id], id})
		}
	}
	t.names = append(t.names, name{botID, botID})
	for _, id := range personaIDs {
		t.names = append(t.names, name{id, id})
	}
	slices.SortStableFunc(t.names, func(a, b name) int { return cmp.Compare(len(b.text), len(a.text)) })
	return t, nil
}

func (t *texts) user(id, lang string) chat.User {
	m := t.byLang[lang]
	if id == botID {
		return chat.User{Ref: ref(botID), Name: m["bot.name"], Username: m["bot.username"], Bot: true}
	}
	return chat.User{Ref: ref(id), Name: m["persona."+id], Username: id, Language: lang}
}

func (t *texts) chat(id, lang string) chat.Chat {
	if isGroup(id) {
		return chat.Chat{Ref: ref(id), Type: chat.Group, Title: t.byLang[lang]["chat."+id]}
	}
	return chat.Chat{Ref: ref(id), Type: chat.Private, Title: t.byLang[lang]["persona."+id]}
}

// addressed is what a message says about whom it is for.
type addressed struct {
	text     string // without a mention of the bot at its begin or end
	toBot    bool
	forOther bool
	mentions []string // persona ids in the order of the text
}

// address reads mentions the way the big networks do: "@name" at the start or
// anywhere, and "/command@name".
func (t *texts) address(text string) addressed {
	a := addressed{text: strings.TrimSpace(text)}
	if rest, ok := cutAt(a.text); ok {
		if id, n := t.match(rest); id == botID {
			a.toBot = true
			a.text = strings.TrimLeftFunc(rest[n:], func(r rune) bool {
				return unicode.IsSpace(r) || strings.ContainsRune(",:\uff0c\uff1a\u3001", r)
			})
		}
	}
	// Who is called at the end is called as well, and is no part of a command.
	if i := strings.LastIndexAny(a.text, "@\uff20"); i > 0 {
		after, _ := cutAt(a.text[i:])
		if id, n := t.match(after); id == botID && n == len(after) && spaced(a.text[:i]) {
			a.toBot = true
			a.text = strings.TrimRightFunc(a.text[:i], unicode.IsSpace)
		}
	}
	a.command(t)
	for rest := a.text; ; {
		i := strings.IndexAny(rest, "@\uff20")
		if i < 0 {
			return a
		}
		after, _ := cutAt(rest[i:])
		id, n := t.match(after)
		switch {
		case id == botID:
			a.toBot = true
		case id != "" && !slices.Contains(a.mentions, id):
			a.mentions = append(a.mentions, id)
		}
		rest = after[n:]
	}
}

// spaced reports whether a text ends with a blank: "/command@name" is no call
// at the end.
func spaced(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(r)
}

// command takes the name off "/command@name".
func (a *addressed) command(t *texts) {
	if !strings.HasPrefix(a.text, "/") && !strings.HasPrefix(a.text, "\uff0f") {
		return
	}
	end := strings.IndexFunc(a.text, unicode.IsSpace)
	if end < 0 {
		end = len(a.text)
	}
	head, tail := a.text[:end], a.text[end:]
	i := strings.IndexAny(head, "@\uff20")
	if i < 0 {
		return
	}
	target, _ := cutAt(head[i:])
	switch id, n := t.match(target); {
	case id == botID && n == len(target):
		a.toBot = true
		a.text = head[:i] + tail
	case id == "" && target != "":
		a.forOther = true
	}
}

// match finds whose name s begins with, and its length. A name of Latin
// letters must end where the word ends; a Chinese one need not.
func (t *texts) match(s string) (id string, n int) {
	for _, name := range t.names {
		n := len(name.text)
		if len(s) < n || !strings.EqualFold(s[:n], name.text) {
			continue
		}
		next, size := utf8.DecodeRuneInString(s[n:])
		if size > 0 && isLatin(next) && isLatin(rune(s[n-1])) {
			continue
		}
		return name.id, n
	}
	return "", 0
}

// spans marks the mentions in a member's own text, for the page.
func (t *texts) spans(text string) []span {
	var out []span
	plain := 0
	for i := 0; i < len(text); {
		after, ok := cutAt(text[i:])
		if !ok {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		id, n := t.match(after)
		end := len(text) - len(after) + n
		if id != "" {
			if i > plain {
				out = append(out, span{Text: text[plain:i]})
			}
			out = append(out, span{Text: text[i:end], At: ref(id).String()})
			plain = end
		}
		i = end
	}
	if plain < len(text) {
		out = append(out, span{Text: text[plain:]})
	}
	return out
}

// cutAt takes a leading @ off, also the full-width one.
func cutAt(s string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		return rest, true
	}
	return strings.CutPrefix(s, "\uff20")
}

func isLatin(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
