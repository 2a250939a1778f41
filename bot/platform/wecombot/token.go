package wecombot

import (
	"net/url"
	"strconv"
	"time"
)

// What a token answers.
const (
	toMessage = "m" // a message, for 24 h (path 101463)
	toPress   = "p" // the click of a card, for 5 s
	toEntry   = "w" // the entry into the private chat, for 5 s
)

// How long a token is good, a little less than the platform says.
const (
	messageFor = 24*time.Hour - time.Minute
	eventFor   = 4500 * time.Millisecond
	// urlFor is the life of a response_url: one hour, one post (path 101138).
	urlFor = time.Hour - time.Minute
)

// replyToken is what Event.Reply carries: how to answer this very callback. It
// holds all there is to know, so that an answer still finds its way after a
// restart.
type replyToken struct {
	Kind string
	Seen time.Time // when the callback came, by our clock
	Req  string    // long connection: its req_id
	Key  string    // callback mode: the request that may still be open
	Task string    // of a press: the card's task_id
	URL  string    // callback mode: response_url
}

// String writes the token; the zero one is empty.
func (r replyToken) String() string {
	if r.Kind == "" {
		return ""
	}
	v := url.Values{"k": {r.Kind}, "t": {strconv.FormatInt(r.Seen.UnixMilli(), 36)}}
	for name, value := range map[string]string{"r": r.Req, "o": r.Key, "c": r.Task, "u": r.URL} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v.Encode()
}

// parseReply reads a token; one that is not ours is empty: the letter then
// goes out without being an answer.
func parseReply(s string) replyToken {
	v, err := url.ParseQuery(s)
	if err != nil {
		return replyToken{}
	}
	ms, err := strconv.ParseInt(v.Get("t"), 36, 64)
	r := replyToken{Kind: v.Get("k"), Seen: time.UnixMilli(ms), Req: v.Get("r"), Key: v.Get("o"), Task: v.Get("c"), URL: v.Get("u")}
	if err != nil || (r.Kind != toMessage && r.Kind != toPress && r.Kind != toEntry) {
		return replyToken{}
	}
	return r
}

// fresh reports whether the platform still takes an answer to it.
func (r replyToken) fresh(now time.Time) bool {
	life := eventFor
	if r.Kind == toMessage {
		life = messageFor
	}
	return r.Kind != "" && now.Sub(r.Seen) < life
}
