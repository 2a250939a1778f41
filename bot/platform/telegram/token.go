package telegram

import (
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"
)

// replyToken is what Event.Reply carries: how to answer this very update.
// Written as
//
//	m:<message id>                     a message
//	e:<ephemeral id>                   an ephemeral message of a member to us
//	q:<query id>:<message id>:<ms>     a press, the message it was on, when we saw it
type replyToken struct {
	Message   int
	Ephemeral int
	Query     string
	Seen      time.Time // of a press
}

func (r replyToken) String() string {
	switch {
	case r.Query != "":
		return "q:" + r.Query + ":" + strconv.Itoa(r.Message) + ":" + strconv.FormatInt(r.Seen.UnixMilli(), 10)
	case r.Ephemeral != 0:
		return "e:" + strconv.Itoa(r.Ephemeral)
	case r.Message != 0:
		return "m:" + strconv.Itoa(r.Message)
	}
	return ""
}

// parseReply reads a token; one that is not ours, or cut short, is empty: the
// letter then simply goes out without being a reply.
func parseReply(s string) replyToken {
	parts := strings.Split(s, ":")
	switch {
	case len(parts) == 2 && parts[0] == "m":
		return replyToken{Message: positive(parts[1])}
	case len(parts) == 2 && parts[0] == "e":
		return replyToken{Ephemeral: positive(parts[1])}
	case len(parts) == 4 && parts[0] == "q" && parts[1] != "":
		ms, err := strconv.ParseInt(parts[3], 10, 64)
		if err != nil {
			return replyToken{}
		}
		return replyToken{Query: parts[1], Message: positive(parts[2]), Seen: time.UnixMilli(ms)}
	}
	return replyToken{}
}

func positive(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// posted is one message of ours. Sent.ID is a list of them, written as
//
//	m:<message id>                   in the letter's own chat
//	d:<chat id>:<message id>         in another chat: a private answer sent directly
//	e:<ephemeral id>:<receiver id>   an ephemeral message
//	p:<message id>                   a poll of Telegram's own
//
// joined by commas. Nothing else about a message is remembered.
type posted struct {
	Message  int
	Chat     int64 // 0: the letter's chat
	Receiver int64 // not 0: Message is an ephemeral id
	Poll     bool  // it has no text that could be edited
}

func (p posted) String() string {
	id := strconv.Itoa(p.Message)
	switch {
	case p.Poll:
		return pollID(p.Message)
	case p.Receiver != 0:
		return "e:" + id + ":" + strconv.FormatInt(p.Receiver, 10)
	case p.Chat != 0:
		return "d:" + strconv.FormatInt(p.Chat, 10) + ":" + id
	}
	return "m:" + id
}

func formatPosted(list []posted) string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return strings.Join(out, ",")
}

// parsePosted reads what formatPosted wrote.
func parsePosted(id string) ([]posted, *chat.SendError) {
	var out []posted
	for item := range strings.SplitSeq(id, ",") {
		p, ok := parseOnePosted(strings.Split(item, ":"))
		if !ok {
			return nil, rejected("%q is not a message id of this platform", id)
		}
		out = append(out, p)
	}
	return out, nil
}

func parseOnePosted(f []string) (posted, bool) {
	number := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
	var p posted
	switch {
	case len(f) == 2 && f[0] == "m":
		p = posted{Message: positive(f[1])}
	case len(f) == 2 && f[0] == "p":
		p = posted{Message: positive(f[1]), Poll: true}
	case len(f) == 3 && f[0] == "d":
		p = posted{Message: positive(f[2]), Chat: number(f[1])}
		return p, p.Message > 0 && p.Chat != 0
	case len(f) == 3 && f[0] == "e":
		p = posted{Message: positive(f[1]), Receiver: number(f[2])}
		return p, p.Message > 0 && p.Receiver > 0
	}
	return p, p.Message > 0
}
