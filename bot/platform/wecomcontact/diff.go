package wecomcontact

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"
)

// listed is somebody on the platform's list.
type listed struct {
	User     string
	Name     string
	Staff    bool
	State    string
	Invitor  string
	JoinedAt time.Time
}

// list is what groupchat/get tells of a group.
type list struct {
	Group
	Members []listed
}

// difference is what a new list means against the one before.
type difference struct {
	members []Member // who changed, as he is now
	events  []chat.Event
}

// compare finds who came and who went. It is pure: the same lists and changes
// make the same events with the same ids. first is true if the group was never
// read: then everybody was there already. final is true if the list holds
// everything that the callbacks told: who is not on it then has gone again.
func compare(before []Member, now list, changes []Change, first, final bool) difference {
	d := differ{now: now, was: map[string]Member{}, is: map[string]listed{}, came: map[string]time.Time{}, went: map[string]Change{}, first: first}
	for _, m := range before {
		d.was[m.User] = m
	}
	for _, l := range now.Members {
		d.is[l.User] = l
	}
	for _, c := range changes {
		for _, u := range c.Users {
			switch c.Kind {
			case kindAdd:
				d.came[u] = c.At
			case kindDel:
				d.went[u] = c
			}
		}
	}
	for _, l := range now.Members {
		d.there(l)
	}
	for _, m := range before {
		if _, there := d.is[m.User]; m.Present() && !there {
			d.leave(m, now.ReadAt)
		}
	}
	if !first && final {
		d.passed()
	}
	slices.SortStableFunc(d.out.events, func(a, b chat.Event) int { return a.At.Compare(b.At) })
	return d.out
}

type differ struct {
	now   list
	was   map[string]Member
	is    map[string]listed
	came  map[string]time.Time
	went  map[string]Change
	first bool
	out   difference
}

// there compares somebody who is on the list.
func (d *differ) there(l listed) {
	m, known := d.was[l.User]
	switch {
	case !known || !m.Present():
		d.join(m, l)
	case l.JoinedAt.After(m.JoinedAt):
		// He went and came back between two readings.
		d.join(d.leave(m, l.JoinedAt), l)
	case m.Staff != l.Staff || m.State != l.State || m.Invitor != l.Invitor:
		m.Staff, m.State, m.Invitor = l.Staff, l.State, l.Invitor
		d.out.members = append(d.out.members, m)
	}
}

// passed finds who came and went without ever being on a list that was read.
// The platform does not tell how he came.
func (d *differ) passed() {
	var users []string
	for u := range d.came {
		m, known := d.was[u]
		if _, there := d.is[u]; !there && (!known || (!m.Present() && m.LeftAt.Before(d.came[u]))) {
			users = append(users, u)
		}
	}
	slices.Sort(users)
	for _, u := range users {
		d.leave(d.join(d.was[u], listed{User: u, JoinedAt: d.came[u]}), d.now.ReadAt)
	}
}

// join begins a stay.
func (d *differ) join(m Member, l listed) Member {
	m = Member{User: l.User, Staff: l.Staff, State: l.State, Invitor: l.Invitor, JoinedAt: l.JoinedAt, Stays: m.Stays + 1}
	who := chat.User{Ref: chat.Ref{Domain: Domain, ID: m.User}, Name: l.Name}
	detail := chat.Membership{User: who, Already: d.first}
	if !d.first && !m.Staff {
		// An employee is nobody's catch, not even his own.
		detail.Source = m.State
		if m.Invitor != "" && m.Invitor != m.User {
			detail.By = chat.User{Ref: chat.Ref{Domain: Domain, ID: m.Invitor}}
		}
	}
	d.event(chat.Join, m, m.JoinedAt, detail)
	return m
}

// leave ends a stay. When is known from a callback, or it is the latest that it
// can have been.
func (d *differ) leave(m Member, latest time.Time) Member {
	m.LeftAt = latest
	detail := chat.Membership{User: chat.User{Ref: chat.Ref{Domain: Domain, ID: m.User}}}
	if c, told := d.went[m.User]; told && !c.At.Before(m.JoinedAt) && !c.At.After(latest) {
		m.LeftAt = c.At
		if c.Removed {
			// The owner or an administrator: the platform does not say which.
			detail.By = chat.User{Ref: groupRef(d.now.Chat), Anonymous: true}
		}
	}
	if m.LeftAt.Before(m.JoinedAt) {
		m.LeftAt = m.JoinedAt
	}
	d.event(chat.Leave, m, m.LeftAt, detail)
	return m
}

// event notes what happened; the newest word about a person is the one that is
// kept of him.
func (d *differ) event(kind chat.Kind, m Member, at time.Time, detail chat.Membership) {
	d.out.members = slices.DeleteFunc(d.out.members, func(o Member) bool { return o.User == m.User })
	d.out.members = append(d.out.members, m)
	d.out.events = append(d.out.events, chat.Event{
		ID:   eventRef(d.now.Chat, m.User, string(kind), strconv.Itoa(m.Stays), strconv.FormatInt(m.JoinedAt.Unix(), 10)),
		Chat: placeOf(d.now.Group), Kind: kind, At: at, Detail: detail,
	})
}

// eventRef names an event: none of the parts holds a slash.
func eventRef(chatID string, parts ...string) chat.Ref {
	return groupRef("contact/" + chatID + "/" + strings.Join(parts, "/"))
}

// lags reports whether a list is older than what the callbacks told. versions
// are only compared with each other: what they are made of is not known.
func lags(before Group, members []Member, now list, changes []Change) bool {
	version := ""
	for _, c := range changes {
		switch {
		case c.Kind == kindName && now.Name == before.Name, c.Kind == kindOwner && now.Owner == before.Owner:
			return true
		case c.ofMembers() && c.Version != "":
			version = c.Version
		}
	}
	if version != "" && now.Version != "" {
		return now.Version != version && now.Version == before.Version
	}
	return astray(members, now, changes)
}

// ofMembers reports whether somebody came or went.
func (c Change) ofMembers() bool { return c.Kind == kindAdd || c.Kind == kindDel }

// astray is what can be said without versions: is everybody where the callbacks
// saw him last, and is as much different as they told without naming anybody?
func astray(members []Member, now list, changes []Change) bool {
	stayed, is := map[string]time.Time{}, map[string]time.Time{}
	for _, m := range members {
		if m.Present() {
			stayed[m.User] = m.JoinedAt
		}
	}
	for _, l := range now.Members {
		is[l.User] = l.JoinedAt
	}
	different := 0
	for u, at := range is {
		if was, there := stayed[u]; !there || at.After(was) {
			different++
		}
	}
	for u := range stayed {
		if _, there := is[u]; !there {
			different++
		}
	}
	last := map[string]string{}
	for _, c := range changes {
		if !c.ofMembers() {
			continue
		}
		if len(c.Users) == 0 {
			different--
		}
		for _, u := range c.Users {
			last[u] = c.Kind
		}
	}
	if different < 0 {
		return true
	}
	for u, kind := range last {
		at, there := is[u]
		if kind == kindAdd && !there || kind == kindDel && there && at.Equal(stayed[u]) {
			return true
		}
	}
	return false
}

// behind reports whether the newest change that was told is not in the list
// yet, although something is.
func behind(now list, changes []Change) bool {
	for _, c := range slices.Backward(changes) {
		if c.Version != "" && c.ofMembers() {
			return now.Version != "" && now.Version != c.Version
		}
	}
	return false
}
