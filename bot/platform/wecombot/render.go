package wecombot

import (
	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/wxmark"
)

// maxText is the limit of one markdown message, in bytes of UTF-8 (path 101031
// and 101138).
const maxText = 20480

// renderParts makes the messages of a text, cut to what one message holds, in
// the markdown of the aibot (measured: rendered in full, with headings, lists,
// tables, code and links). People are named, not mentioned: whether <@userid>
// works here is not known.
func renderParts(spans []chat.Span) []string { return wxmark.Parts(spans, maxText, nil) }
