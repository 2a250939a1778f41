package wecomapp

import (
	"encoding/xml"
	"errors"
	"regexp"
	"strings"
	"time"
)

// inbound is what the platform pushes, a message or an event (paths 90239 and
// 90240).
type inbound struct {
	To      string `xml:"ToUserName"`   // the corporation
	From    string `xml:"FromUserName"` // userid, "sys" for events of the corporation
	Created int64  `xml:"CreateTime"`
	Type    string `xml:"MsgType"`
	ID      string `xml:"MsgId"`
	Agent   string `xml:"AgentID"`
	Content string `xml:"Content"`
	Media   string `xml:"MediaId"` // of a picture

	Event    string `xml:"Event"`
	Key      string `xml:"EventKey"`
	Task     string `xml:"TaskId"`       // of a card
	Code     string `xml:"ResponseCode"` // of a card: lets it be changed once
	CardType string `xml:"CardType"`
	Selected struct {
		Items []struct {
			Question string `xml:"QuestionKey"`
			Options  struct {
				IDs []string `xml:"OptionId"`
			} `xml:"OptionIds"`
		} `xml:"SelectedItem"`
	} `xml:"SelectedItems"`

	plain []byte // as it came out of the envelope
}

var (
	// 1 to 64 of letters, digits and "_-@." (path 90195).
	userForm = regexp.MustCompile(`^[A-Za-z0-9_@.-]{1,64}$`)
	digits   = regexp.MustCompile(`^[0-9]{1,20}$`)
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
	in.Agent = strings.TrimSpace(in.Agent)
	if !corpIDForm.MatchString(in.To) || !userForm.MatchString(in.From) || in.Type == "" || in.Created <= 0 || in.Created > lastSecond {
		return inbound{}, errInbound
	}
	if !digits.MatchString(in.ID) || in.ID == "0" {
		in.ID = ""
	}
	in.plain = body
	return in, nil
}

// day names the day of a push by the clock of China, where the platform is.
func (in inbound) day() string { return in.at().Add(8 * time.Hour).Format("20060102") }

func (in inbound) at() time.Time { return time.Unix(in.Created, 0).UTC() }
