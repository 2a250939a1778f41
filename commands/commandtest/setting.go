package commandtest

import (
	"fmt"
	"strings"
	"time"

	"qunmate/bot/chat"
)

// setting is an "=" line: how the world is before the first message.
func (r *run) setting(s step) {
	key, value, _ := strings.Cut(s.text, " ")
	switch key {
	case "language":
		r.language = value
	case "platforms": // several: the first is called Telegram then
		r.domain, r.several = "telegram", value == "on"
	case "zone":
		zone, err := time.LoadLocation(value)
		if err != nil {
			r.t.Fatalf("line %d: %v", s.line, err)
		}
		r.zone = zone
	case "start":
		r.start = value
	case "admin":
		r.admins = strings.Fields(value)
	case "operator":
		r.operator = append(r.operator, chat.Ref{Domain: r.domain, ID: value})
	case "anonymous":
		r.anonymous = value
	case "members":
		if _, err := fmt.Sscan(value, &r.members); err != nil {
			r.t.Fatalf("line %d: %v", s.line, err)
		}
	case "missing":
		r.missing = strings.Fields(value)
	case "surface":
		caps, ok := surfaces[value]
		if !ok {
			r.t.Fatalf("line %d: unknown surface %q", s.line, value)
		}
		if r.caps = caps; caps.Mentioned && r.language == "en" {
			r.caps.Mention = "@helper"
		}
	case "hears", "joins", "whispers", "choices", "edit", "delete", "push", "files", "uploads", "pictures", "adminlist", "polls", "quizzes", "pin", "requests":
		*r.ability(key) = value == "on"
	case "limit":
		if _, err := fmt.Sscan(value, &r.caps.PerMinute); err != nil {
			r.t.Fatalf("line %d: %v", s.line, err)
		}
	case "confirm":
		r.confirm = strings.Fields(value)
	case "pushonly":
		r.pushOnly = strings.Fields(value)
	case "username", "called":
		r.introduce(key, value)
	default:
		group, ok := strings.CutPrefix(key, "admin@")
		if !ok {
			r.t.Fatalf("line %d: unknown setting %q", s.line, key)
		}
		r.others[group] = strings.Fields(value)
	}
}

// surfaces are chats as platforms have them: an internal group of WeCom with an
// aibot, and an official account of WeChat.
var surfaces = map[string]chat.Caps{
	"wecom":   {Choices: true, Push: true, Files: true, Pictures: true, MaxText: 20480, Mentioned: true, Mention: "@小助手"},
	"account": {Hears: true, Joins: true, Push: true, Pictures: true, PushFor: 48 * time.Hour, OneToOne: true, MaxText: 2048},
}

// ability is the capability that a setting switches.
func (r *run) ability(key string) *bool {
	return map[string]*bool{
		"hears": &r.caps.Hears, "joins": &r.caps.Joins, "whispers": &r.caps.Whispers, "choices": &r.caps.Choices,
		"edit": &r.caps.Edit, "delete": &r.caps.Delete, "push": &r.caps.Push, "files": &r.caps.Files, "uploads": &r.caps.Uploads, "pictures": &r.caps.Pictures, "adminlist": &r.caps.AdminList, "polls": &r.caps.Polls,
		"quizzes": &r.caps.Quizzes, "pin": &r.caps.Pin, "requests": &r.caps.Requests,
	}[key]
}

// introduce says what else is known of a member: "username 小满 xiaoman", or
// "called 小王2 小王" for somebody who bears another's name.
func (r *run) introduce(key, value string) {
	name, word, _ := strings.Cut(value, " ")
	u := r.person(name)
	if key == "called" {
		u.Name = word
	} else {
		u.Username = word
	}
	r.people[name] = u
}

// person is a member as the platform describes him.
func (r *run) person(name string) chat.User {
	if u, ok := r.people[name]; ok {
		return u
	}
	return r.crew([]string{name})[0]
}
