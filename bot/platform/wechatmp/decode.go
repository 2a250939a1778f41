package wechatmp

import (
	"strconv"
	"strings"

	"qunmate/bot/chat"
)

// act says which right to send customer service messages a push gives.
type act int

const (
	wrote act = iota // a message: five within 48 hours
	acted            // a follow, a menu click or a scan: three within a minute
	went             // he does not follow any more
)

// decoded is what one push holds for us.
type decoded struct {
	events []chat.Event
	reply  string // the token of the answer, empty if there cannot be one
	act    act
}

// scenePrefix stands before the scene of a QR code by which somebody followed
// (Receiving_event_pushes).
const scenePrefix = "qrscene_"

// decoder turns pushes into events. It is pure but for the choices that were
// offered last.
type decoder struct {
	domain string
	// chosen finds the command behind a number that a person typed.
	chosen func(openid, text string) (string, bool)
}

func (d decoder) decode(in inbound) decoded {
	if in.Type != "event" {
		return d.message(in)
	}
	switch strings.ToLower(in.Event) {
	case "subscribe":
		// Other keys exist, such as the number of a payment.
		scene, _ := strings.CutPrefix(in.EventKey, scenePrefix)
		if scene == in.EventKey {
			scene = ""
		}
		id := d.eventID(in)
		added := d.event(in, id, chat.ChatChanged)
		added.Detail = chat.ChatChange{Standing: chat.Added}
		came := d.event(in, id+".2", chat.Join)
		came.Detail = chat.Membership{User: came.Sender, Source: stateOf(scene)}
		hello := d.start(in, id+".1", scene)
		return decoded{events: []chat.Event{added, came, hello}, reply: hello.Reply, act: acted}
	case "unsubscribe":
		left := d.event(in, d.eventID(in)+".2", chat.Leave)
		left.Detail = chat.Membership{User: left.Sender}
		gone := d.event(in, d.eventID(in), chat.ChatChanged)
		gone.Detail = chat.ChatChange{Standing: chat.Removed}
		return decoded{events: []chat.Event{left, gone}, act: went}
	case "scan":
		return answered(d.start(in, d.eventID(in), in.EventKey), acted)
	case "click":
		press := d.event(in, d.eventID(in)+":"+in.EventKey, chat.Press)
		press.Text = in.EventKey
		return answered(press, acted)
	}
	// Links of the menu, positions, and what will be invented: no event.
	return decoded{}
}

// answered is an event that an answer can go to.
func answered(ev chat.Event, a act) decoded {
	ev.Reply = ev.ID.ID
	return decoded{events: []chat.Event{ev}, reply: ev.Reply, act: a}
}

// stateOf is the scene of a code that Invite has made, "" for any other.
func stateOf(scene string) string {
	if stateForm.MatchString(scene) {
		return scene
	}
	return ""
}

// start is what a deep link says on every platform.
func (d decoder) start(in inbound, id, scene string) chat.Event {
	ev := d.event(in, id, chat.Message)
	ev.Reply = id
	ev.Text = "/start"
	if sceneForm.MatchString(scene) {
		ev.Text += " " + scene
	}
	return ev
}

func (d decoder) message(in inbound) decoded {
	id := in.ID
	if id == "" {
		id = strconv.FormatInt(in.Created, 10) + ":" + in.Type
	}
	ev := d.event(in, in.From+":"+id, chat.Message)
	ev.Picture = d.picture(in)
	switch in.Type {
	case "text":
		ev.Text = strings.TrimSpace(in.Content)
	case "voice":
		// The recogniser ends a sentence with a full stop.
		ev.Text = strings.TrimRight(strings.TrimSpace(in.Recognition), ".\u3002")
	}
	if command, ok := d.chosen(in.From, ev.Text); ok {
		ev.Kind, ev.Text = chat.Press, command
	} else if storedButton(ev.Text) {
		ev.Kind = chat.Press
	}
	return answered(ev, wrote)
}

// storedButton reports the typed form of a button whose command is stored: "!"
// and its number, see Choice.Command. As talk it would mean nothing.
func storedButton(text string) bool {
	rest, ok := strings.CutPrefix(text, "!")
	return ok && digits.MatchString(rest)
}

func (d decoder) eventID(in inbound) string {
	return in.From + ":" + strconv.FormatInt(in.Created, 10) + ":" + strings.ToLower(in.Event)
}

func (d decoder) event(in inbound, id string, kind chat.Kind) chat.Event {
	who := chat.Ref{Domain: d.domain, ID: in.From}
	return chat.Event{
		ID: chat.Ref{Domain: d.domain, ID: id}, Kind: kind, At: in.at(),
		Chat:   chat.Chat{Ref: who, Type: chat.Private},
		Sender: chat.User{Ref: who},
	}
}
