package wechattest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Shown is one message that a person reads from the account.
type Shown struct {
	Text    string
	Picture []byte
	Passive bool // the answer to a request, not a customer service message
	// Trouble is the platform's own line: the account is out of order. Text is
	// empty then.
	Trouble bool
	At      time.Time
}

type person struct {
	follows bool
	message credit // from the last message
	event   credit // from the last follow, menu click or scan
	shown   []Shown
}

// credit is the right to send customer service messages.
type credit struct {
	at   time.Time
	left int
}

// What an act of a person allows: five messages within 48 hours after a
// message, three within a minute after a follow, a click or a scan (message
// "custom/send", table of limits).
const (
	messageLife = 48 * time.Hour
	messageMost = 5
	eventLife   = time.Minute
	eventMost   = 3
)

func (p *person) spend(now time.Time) *refusal {
	message := now.Sub(p.message.at) < messageLife && !p.message.at.IsZero()
	event := now.Sub(p.event.at) < eventLife && !p.event.at.IsZero()
	switch {
	case !p.follows || (!message && !event):
		return failure(45015, "response out of time limit or subscription is canceled")
	case event && p.event.left > 0:
		p.event.left--
	case message && p.message.left > 0:
		p.message.left--
	default:
		return failure(45047, "out of response count limit")
	}
	return nil
}

// meet finds or makes a person. Everybody but a new follower follows already.
func (s *Server) meet(openid string, act func(p *person, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.people[openid]
	if p == nil {
		p = &person{follows: true}
		s.people[openid] = p
	}
	act(p, s.opts.Now())
}

func wrote(p *person, now time.Time) { p.message = credit{now, messageMost} }

func acted(p *person, now time.Time) { p.event = credit{now, eventMost} }

// Follow is a person who begins to follow, by the parametric QR code of a
// scene or, if it is empty, in another way.
func (s *Server) Follow(ctx context.Context, openid, scene string) Answer {
	s.meet(openid, func(p *person, now time.Time) { p.follows = true; acted(p, now) })
	var extra string
	if scene != "" {
		extra = cdata("EventKey", "qrscene_"+scene) + cdata("Ticket", "TICKET")
	} else {
		extra = cdata("EventKey", "")
	}
	return s.event(ctx, openid, "subscribe", extra)
}

// Unfollow is a person who goes. He reads nothing any more.
func (s *Server) Unfollow(ctx context.Context, openid string) Answer {
	s.meet(openid, func(p *person, _ time.Time) { p.follows = false })
	return s.event(ctx, openid, "unsubscribe", cdata("EventKey", ""))
}

// Scan is a follower who scans the QR code of a scene.
func (s *Server) Scan(ctx context.Context, openid, scene string) Answer {
	s.meet(openid, acted)
	return s.event(ctx, openid, "SCAN", cdata("EventKey", scene)+cdata("Ticket", "TICKET"))
}

// Click is a press on a button of the menu.
func (s *Server) Click(ctx context.Context, openid, key string) Answer {
	s.meet(openid, acted)
	return s.event(ctx, openid, "CLICK", cdata("EventKey", key))
}

// Event is any other event; fields are its further elements.
func (s *Server) Event(ctx context.Context, openid, name string, fields map[string]string) Answer {
	return s.event(ctx, openid, name, elements(fields))
}

// Say is a text that a person writes.
func (s *Server) Say(ctx context.Context, openid, text string) Answer {
	return s.Message(ctx, openid, "text", map[string]string{"Content": text})
}

// Message is a message of any type; fields are its further elements.
func (s *Server) Message(ctx context.Context, openid, kind string, fields map[string]string) Answer {
	s.meet(openid, wrote)
	return s.deliver(ctx, openid, s.message(openid, kind, elements(fields)))
}

// Shown lists what a person has read, in order.
func (s *Server) Shown(openid string) []Shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.people[openid]; p != nil {
		return append([]Shown(nil), p.shown...)
	}
	return nil
}

func (s *Server) event(ctx context.Context, openid, name, extra string) Answer {
	return s.deliver(ctx, openid, s.frame(openid, "event", cdata("Event", name)+extra))
}

func (s *Server) message(openid, kind, extra string) string {
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.mu.Unlock()
	return s.frame(openid, kind, extra+fmt.Sprintf("<MsgId>%d</MsgId>", id))
}

// frame is the XML of a push (Receiving_standard_messages,
// Receiving_event_pushes).
func (s *Server) frame(openid, kind, extra string) string {
	return fmt.Sprintf("<xml>%s%s<CreateTime>%d</CreateTime>%s%s</xml>",
		cdata("ToUserName", s.opts.Original), cdata("FromUserName", openid), s.opts.Now().Unix(), cdata("MsgType", kind), extra)
}

func elements(fields map[string]string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out.WriteString(cdata(name, fields[name]))
	}
	return out.String()
}
