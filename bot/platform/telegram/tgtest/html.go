package tgtest

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf16"
)

// tags that the HTML style knows (Bot API, "HTML style").
var tags = map[string]bool{
	"b": true, "strong": true, "i": true, "em": true, "u": true, "ins": true, "s": true, "strike": true, "del": true,
	"a": true, "code": true, "pre": true, "blockquote": true, "tg-spoiler": true, "tg-emoji": true, "span": true,
}

// parseHTML gives the text without tags and the link targets, or the error
// Telegram would give. It is strict where Telegram is: every < begins a known
// tag, tags are closed in order.
func parseHTML(in string) (text string, links []string, err error) {
	var out strings.Builder
	var open []string
	for pos := 0; pos < len(in); {
		i := strings.IndexByte(in[pos:], '<')
		if i < 0 {
			out.WriteString(html.UnescapeString(in[pos:]))
			break
		}
		out.WriteString(html.UnescapeString(in[pos : pos+i]))
		start := pos + i
		end := strings.IndexByte(in[start:], '>')
		if end < 0 {
			return "", nil, fmt.Errorf("can't parse entities: Unclosed start tag at byte offset %d", start)
		}
		tag := in[start+1 : start+end]
		pos = start + end + 1
		if name, closing := strings.CutPrefix(tag, "/"); closing {
			if len(open) == 0 || open[len(open)-1] != name {
				return "", nil, fmt.Errorf("can't parse entities: Unexpected end tag at byte offset %d", start)
			}
			open = open[:len(open)-1]
			continue
		}
		name, attrs, _ := strings.Cut(tag, " ")
		if !tags[strings.ToLower(name)] {
			return "", nil, fmt.Errorf("can't parse entities: Unsupported start tag %q at byte offset %d", name, start)
		}
		if name == "a" {
			target, ok := strings.CutPrefix(attrs, `href="`)
			target, closed := strings.CutSuffix(target, `"`)
			if !ok || !closed {
				return "", nil, fmt.Errorf("can't parse entities: bad attribute of tag %q at byte offset %d", name, start)
			}
			links = append(links, html.UnescapeString(target))
		}
		open = append(open, name)
	}
	if len(open) > 0 {
		return "", nil, fmt.Errorf("can't parse entities: Can't find end tag corresponding to start tag %q", open[len(open)-1])
	}
	return strings.TrimSpace(out.String()), links, nil
}

// Units counts a text in UTF-16 units.
func Units(s string) int { return len(utf16.Encode([]rune(s))) }
