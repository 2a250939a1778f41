package wecombot

import (
	"encoding/json"
	"strconv"
	"strings"
)

// body is what a callback carries: a message (path 100719) or an event (path
// 101027), the same over the long connection and, decrypted, over HTTP. It is
// read leniently: a part of an unexpected type is as if it were not there, so
// that the rest still counts.
type body struct {
	MsgID       word   `json:"msgid"`
	BotID       word   `json:"aibotid"`
	ChatID      word   `json:"chatid"`
	ChatType    word   `json:"chattype"`
	MsgType     word   `json:"msgtype"`
	CreateTime  number `json:"create_time"`
	ResponseURL word   `json:"response_url"`

	From loose[sender] `json:"from"`
	// Other places of the sender, which the official plugin reads too.
	FromUserID  word `json:"fromuserid"`
	FromUserID2 word `json:"from_userid"`

	Text   loose[words]     `json:"text"`
	Voice  loose[words]     `json:"voice"`
	Image  loose[image]     `json:"image"`
	File   loose[image]     `json:"file"`
	Mixed  loose[mixed]     `json:"mixed"`
	Quote  loose[quote]     `json:"quote"`
	Stream loose[streamRef] `json:"stream"`
	Event  loose[event]     `json:"event"`
}

type (
	sender struct {
		UserID word `json:"userid"`
	}
	words struct {
		Content word `json:"content"`
	}
	mixed struct {
		Items []loose[mixedItem] `json:"msg_item"`
	}
	mixedItem struct {
		MsgType word         `json:"msgtype"`
		Text    loose[words] `json:"text"`
		Image   loose[image] `json:"image"`
	}
	// image is where a picture or a file can be read, and what it is encrypted with; the
	// key is missing in callback mode.
	image struct {
		URL word `json:"url"`
		Key word `json:"aeskey"`
	}
	quote struct {
		MsgType word         `json:"msgtype"`
		Image   loose[image] `json:"image"`
		Mixed   loose[mixed] `json:"mixed"`
	}
	streamRef struct {
		ID word `json:"id"`
	}
)

// event is the part of an event that says what happened. The click of a card
// is nested (path 101027, measured); the type file of the official SDK has it
// flat, and so it is read as well.
type event struct {
	Type word         `json:"eventtype"`
	Card loose[click] `json:"template_card_event"`
	click
}

type click struct {
	EventKey word            `json:"event_key"`
	TaskID   word            `json:"task_id"`
	Selected loose[selected] `json:"selected_items"`
}

type (
	selected struct {
		Items []loose[selectedItem] `json:"selected_item"`
	}
	selectedItem struct {
		QuestionKey word           `json:"question_key"`
		Options     loose[options] `json:"option_ids"`
	}
	options struct {
		IDs []word `json:"option_id"`
	}
)

// userID is who it came from; "" for nobody who counts.
func (b *body) userID() string {
	for _, id := range []word{b.From.V.UserID, b.FromUserID, b.FromUserID2} {
		if s := strings.TrimSpace(string(id)); s != "" {
			if strings.EqualFold(s, "sys") { // the platform itself, as in the official plugin
				return ""
			}
			return s
		}
	}
	return ""
}

// clicked is the click of a card event.
func (e *event) clicked() click {
	if c := e.Card.V; c.EventKey != "" || c.TaskID != "" || len(c.Selected.V.Items) > 0 {
		return c
	}
	return e.click
}

func parseBody(data []byte) (*body, error) {
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		if err := json.Unmarshal(cleaned(data), &b); err != nil {
			return nil, errFrame // neither the body nor the decoder's words: both may quote a person
		}
	}
	return &b, nil
}

// word is a string that may have come as a number.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*w = word(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(data, &n) == nil {
		*w = word(n)
	}
	return nil
}

// number is an integer that may have come as a string.
type number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = number(v)
	}
	return nil
}

// loose is a part that may be of another type than expected; it is then empty.
type loose[T any] struct{ V T }

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose[T]) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &l.V) != nil {
		var none T
		l.V = none
	}
	return nil
}
