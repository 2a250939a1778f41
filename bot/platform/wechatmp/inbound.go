package wechatmp

import (
	"encoding/xml"
	"errors"
	"regexp"
	"strings"
	"time"
)

// inbound is what the platform pushes, a message or an event
// (Receiving_standard_messages, Receiving_event_pushes).
type inbound struct {
	To          string `xml:"ToUserName"`   // the account's own id, gh_…
	From        string `xml:"FromUserName"` // openid
	Created     int64  `xml:"CreateTime"`
	Type        string `xml:"MsgType"`
	ID          string `xml:"MsgId"`
	Content     string `xml:"Content"`
	Media       string `xml:"MediaId"`     // of a picture
	Recognition string `xml:"Recognition"` // of a voice message, where that is switched on
	Event       string `xml:"Event"`
	EventKey    string `xml:"EventKey"`
}

var (
	idForm    = regexp.MustCompile(`^[A-Za-z0-9_@.-]{1,64}$`)
	digits    = regexp.MustCompile(`^[0-9]{1,20}$`)
	sceneForm = regexp.MustCompile(`^[[:graph:]]{1,64}$`) // ASCII without blanks
)

var errInbound = errors.New("not a message of the platform")

// lastSecond is the end of the year 9999, the last that a time.Time can write.
const lastSecond = 253402300799

// parse reads a push. It believes nothing that becomes part of an id.
func parse(body []byte) (inbound, error) {
	var in inbound
	if err := xml.Unmarshal(body, &in); err != nil { //nolint:gosec // into strings and a number
		return inbound{}, errInbound // not the decoder's words: they may quote a person
	}
	in.ID, in.Type, in.Event = strings.TrimSpace(in.ID), strings.ToLower(strings.TrimSpace(in.Type)), strings.TrimSpace(in.Event)
	if !idForm.MatchString(in.To) || !idForm.MatchString(in.From) || in.Type == "" || in.Created <= 0 || in.Created > lastSecond {
		return inbound{}, errInbound
	}
	if !digits.MatchString(in.ID) || in.ID == "0" {
		in.ID = ""
	}
	return in, nil
}

func (in inbound) at() time.Time { return time.Unix(in.Created, 0).UTC() }
