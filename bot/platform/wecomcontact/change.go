package wecomcontact

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event is the platform's name of the callbacks that are for us.
const Event = "change_external_chat"

// The kinds of a Change: ChangeType, and UpdateDetail of an update (path 92130).
const (
	kindCreate  = "create"
	kindDismiss = "dismiss"
	kindAdd     = "add_member"
	kindDel     = "del_member"
	kindOwner   = "change_owner"
	kindName    = "change_name"
	kindNotice  = "change_notice"
	kindUnknown = "update"
)

// wire is the callback's inner XML. MemChangeList is a list of <Item> in newer
// copies of the page and a text joined by commas in older ones.
type wire struct {
	To        string `xml:"ToUserName"`
	Created   int64  `xml:"CreateTime"`
	Type      string `xml:"MsgType"`
	Event     string `xml:"Event"`
	Chat      string `xml:"ChatId"`
	Change    string `xml:"ChangeType"`
	Detail    string `xml:"UpdateDetail"`
	QuitScene string `xml:"QuitScene"`
	Count     string `xml:"MemChangeCnt"`
	Members   struct {
		Items []string `xml:"Item"`
		Text  string   `xml:",chardata"`
	} `xml:"MemChangeList"`
	Last    string `xml:"LastMemVer"`
	Current string `xml:"CurMemVer"`
}

var errChange = errors.New("not a change of a customer group")

// errForeign is what is meant for another corporation.
var errForeign = errors.New("a callback of another corporation")

// lastSecond is the end of the year 9999, the last that a time.Time can write.
const lastSecond = 253402300799

// maxMembers bounds what one callback may name: a group holds 500 people.
const maxMembers = 2000

// parseChange reads a callback. It believes nothing that becomes part of an id.
func parseChange(corpID string, body []byte) (Change, error) {
	var w wire
	if err := xml.Unmarshal(body, &w); err != nil {
		return Change{}, errChange // not the decoder's words: they may quote a person
	}
	trim := strings.TrimSpace
	switch {
	case trim(w.To) != corpID:
		return Change{}, errForeign
	case trim(w.Type) != "event" || trim(w.Event) != Event || !idForm.MatchString(trim(w.Chat)),
		w.Created <= 0 || w.Created > lastSecond, len(w.Current) > 128:
		return Change{}, errChange
	}
	c := Change{Chat: trim(w.Chat), Version: trim(w.Current), At: time.Unix(w.Created, 0).UTC()}
	switch trim(w.Change) {
	case kindCreate:
		c.Kind = kindCreate
	case kindDismiss:
		c.Kind = kindDismiss
	case "update":
		c.Kind = trim(w.Detail)
		if !slices.Contains([]string{kindAdd, kindDel, kindOwner, kindName, kindNotice}, c.Kind) {
			c.Kind = kindUnknown // what will be invented changes the list all the same
		}
	default:
		return Change{}, errChange
	}
	c.Removed = c.Kind == kindDel && trim(w.QuitScene) == "1"
	names := w.Members.Items
	if len(names) == 0 {
		names = strings.FieldsFunc(w.Members.Text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' || r == '\r' })
	}
	for _, name := range names {
		name = trim(name)
		if idForm.MatchString(name) && !slices.Contains(c.Users, name) && len(c.Users) < maxMembers {
			c.Users = append(c.Users, name)
		}
	}
	c.Key = c.key()
	return c, nil
}

// key is the same for every repetition of a callback, and for no other: the
// group, the version and the kind, or what else there is.
func (c Change) key() string {
	if c.Version != "" && c.ofMembers() {
		return c.Chat + "/" + c.Kind + "/" + c.Version
	}
	return c.Chat + "/" + c.Kind + "/" + strconv.FormatInt(c.At.Unix(), 10) + "/" + strings.Join(c.Users, ",")
}

// HandleEvent takes the inner XML of a callback that is signed, opened and
// fresh: the door of the app has seen to that. It returns after the change is
// on disk; only then may the callback be answered. It reports false, without an
// error, for what is no change of a customer group. An error that is
// ErrRefused can never be mended by a repetition.
func (c *Contact) HandleEvent(ctx context.Context, body []byte) (bool, error) {
	change, err := parseChange(c.opts.CorpID, body)
	switch {
	case errors.Is(err, errForeign):
		c.log.Warn("wecomcontact: refused a callback that is meant for another corporation")
		return true, fmt.Errorf("%w: %w", ErrRefused, err)
	case err != nil:
		return false, nil //nolint:nilerr // somebody else's
	}
	if g, known := c.group(change.Chat); known && !g.Gone && change.Version != "" && change.Version == g.Version && change.ofMembers() {
		return true, nil // read already
	}
	fresh, err := c.opts.Store.Note(ctx, change)
	if err != nil {
		return true, fmt.Errorf("wecomcontact: %w", err)
	}
	if fresh {
		c.plans.soon(change.Chat, c.opts.Now().Add(c.opts.Times.Settle))
		c.ring()
	}
	return true, nil
}

// ErrRefused is the error of a callback that must not be taken.
var ErrRefused = errors.New("wecomcontact: refused")

func (c *Contact) ring() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}
