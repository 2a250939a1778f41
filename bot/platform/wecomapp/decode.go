package wecomapp

import (
	"strconv"
	"strings"

	"qunmate/bot/chat"
)

// decoded is what one push holds for us.
type decoded struct {
	events []chat.Event
	// reply is the token of the answer, empty if there cannot be one in the
	// response to the push.
	reply string
}

// Events that mean something to us (path 90240).
const (
	eventSubscribe   = "subscribe"   // the member is in the app's visible range now
	eventUnsubscribe = "unsubscribe" // and not any more
	eventEnter       = "enter_agent" // he opened the app's chat
	eventClick       = "click"       // of the menu
	eventCard        = "template_card_event"
	eventCardMenu    = "template_card_menu_event"
)

// decoder turns pushes into events. It is pure.
type decoder struct {
	agent string
	name  string // of the sender, empty if it is not known
}

// knows reports whether an event is one of ours.
func knows(event string) bool {
	switch event {
	case eventSubscribe, eventUnsubscribe, eventEnter, eventClick, eventCard, eventCardMenu:
		return true
	}
	return false
}

func (d decoder) decode(in inbound) decoded {
	if in.Type != "event" {
		return answered(d.message(in))
	}
	switch in.Event {
	case eventSubscribe:
		added := d.event(in, d.eventID(in), chat.ChatChanged)
		added.Detail = chat.ChatChange{Standing: chat.Added}
		return decoded{events: []chat.Event{added}}
	case eventUnsubscribe:
		gone := d.event(in, d.eventID(in), chat.ChatChanged)
		gone.Detail = chat.ChatChange{Standing: chat.Removed}
		return decoded{events: []chat.Event{gone}}
	case eventEnter:
		entered := d.event(in, "app:"+d.agent+":"+in.From+":"+eventEnter+":"+in.day(), chat.ChatChanged)
		entered.Detail = chat.ChatChange{Standing: chat.Added, Entered: true}
		return answered(entered)
	case eventClick:
		if in.Key == "" {
			return decoded{}
		}
		press := d.event(in, d.eventID(in), chat.Press)
		press.Text = in.Key
		return answered(press)
	case eventCard, eventCardMenu:
		press := d.event(in, d.eventID(in), chat.Press)
		if press.Text = in.command(); press.Text == "" {
			return decoded{}
		}
		press.Reply = pressToken{Task: in.Task, Code: in.Code, Seen: in.Created}.String()
		return decoded{events: []chat.Event{press}}
	}
	return decoded{}
}

// answered is an event that can be answered in the response to its push.
func answered(ev chat.Event) decoded {
	ev.Reply = ev.ID.ID
	return decoded{events: []chat.Event{ev}, reply: ev.Reply}
}

func (d decoder) message(in inbound) chat.Event {
	id := in.ID
	if id == "" {
		id = in.From + ":" + strconv.FormatInt(in.Created, 10) + ":" + in.Type
	}
	ev := d.event(in, "app:"+d.agent+":"+id, chat.Message)
	ev.Picture = in.picture()
	if in.Type == "text" {
		ev.Text = strings.TrimSpace(strings.ToValidUTF8(in.Content, "\uFFFD"))
	}
	if storedButton(ev.Text) {
		ev.Kind = chat.Press
	}
	return ev
}

// storedButton reports the typed form of a button whose command is stored: "!"
// and its number, see chat.Choice. As talk it would mean nothing.
func storedButton(text string) bool {
	rest, ok := strings.CutPrefix(text, "!")
	return ok && digits.MatchString(rest)
}

func (d decoder) eventID(in inbound) string {
	id := "app:" + d.agent + ":" + in.From + ":" + strconv.FormatInt(in.Created, 10) + ":" + in.Event
	switch in.Event {
	case eventClick:
		id += ":" + in.Key
	case eventCard, eventCardMenu:
		id += ":" + in.Task + ":" + in.command()
	}
	return id
}

func (d decoder) event(in inbound, id string, kind chat.Kind) chat.Event {
	who := chat.Ref{Domain: Domain, ID: in.From}
	return chat.Event{
		ID: chat.Ref{Domain: Domain, ID: id}, Kind: kind, At: in.at(),
		Chat: chat.Chat{Ref: who, Type: chat.Private}, Sender: chat.User{Ref: who, Name: d.name},
	}
}

// command is what a press of a card stands for: the key of a button, or the
// question's key and the chosen options (see voteCard).
func (in inbound) command() string {
	for _, item := range in.Selected.Items {
		var ids []string
		for _, id := range item.Options.IDs {
			if id = strings.TrimSpace(id); id != "" {
				ids = append(ids, id)
			}
		}
		switch question := strings.TrimSpace(item.Question); {
		case len(ids) == 0:
		case question == wholeCommand:
			return ids[0]
		case question != "":
			return question + " " + strings.Join(ids, ",")
		}
	}
	if in.Key == submitKey {
		return "" // submitted without a choice
	}
	return in.Key
}
