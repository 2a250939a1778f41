package contacttest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

type group struct {
	id, name, owner string
	created         time.Time
	members         []member
	version         int
	dissolved       bool
	hidden          bool // the owner is out of the app's sight
	refusesTasks    bool
	shown           []string
	pictures        [][]byte
	old             []snapshot // lists that groupchat/get may still tell
}

type snapshot struct {
	until   time.Time
	members []member
	version int
}

type member struct {
	user, name, state, invitor string
	staff                      bool
	scene                      int
	joined                     time.Time
}

func (g *group) code(v int) string { return fmt.Sprintf("%s-v%d", g.id[len(g.id)-4:], v) }

// told is the group as groupchat/get tells it.
func (g *group) told(s *Server, names bool) map[string]any {
	members, version := g.members, g.version
	for _, old := range g.old {
		if s.opts.Now().Before(old.until) {
			members, version = old.members, old.version
			break
		}
	}
	list := []map[string]any{}
	for _, m := range members {
		row := map[string]any{"userid": m.user, "type": 2, "join_time": m.joined.Unix(), "join_scene": m.scene, "group_nickname": ""}
		if m.staff {
			row["type"] = 1
		} else {
			row["unionid"] = "ozynqsulJFCZ2z1aYeS8h-nuasdAAA" + m.user
		}
		if m.invitor != "" {
			row["invitor"] = map[string]any{"userid": m.invitor}
		}
		if m.state != "" {
			row["state"] = m.state
		}
		if names {
			row["name"] = m.name
		}
		list = append(list, row)
	}
	out := map[string]any{
		"chat_id": g.id, "name": g.name, "owner": g.owner, "create_time": g.created.Unix(), "notice": "",
		"member_list": list, "admin_list": []map[string]any{{"userid": g.owner}},
	}
	if !s.opts.NoVersions {
		out["member_version"] = g.code(version)
	}
	return out
}

// AddGroup makes a group with its owner in it and tells nobody.
func (s *Server) AddGroup(name, owner string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addGroupLocked(name, owner)
}

func (s *Server) addGroupLocked(name, owner string) string {
	now := s.opts.Now()
	id := fmt.Sprintf("wrOgQhDgAAMYQiS5ol9G7gK9JVAA%04d", s.numberLocked())
	s.groups[id] = &group{id: id, name: name, owner: owner, created: now, version: 1, members: []member{{user: owner, name: owner, staff: true, scene: 1, joined: now}}}
	s.order = append(s.order, id)
	return id
}

// Create is AddGroup by an employee in his client: it is told.
func (s *Server) Create(ctx context.Context, name, owner string) string {
	s.mu.Lock()
	id := s.addGroupLocked(name, owner)
	xml := s.xmlLocked(s.groups[id], change{kind: "create"})
	s.mu.Unlock()
	s.push(ctx, xml)
	return id
}

// Arrival is how somebody comes into a group.
type Arrival struct {
	Staff bool
	// State is of the join way he scans.
	State string
	// By brought him: told only if he is an employee.
	By string
}

// Come makes somebody a member before anybody looks; nothing is told.
func (s *Server) Come(chatID, user, name string, a Arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.comeLocked(chatID, user, name, a)
}

func (s *Server) comeLocked(chatID, user, name string, a Arrival) {
	g := s.groups[chatID]
	g.changing(s)
	m := member{user: user, name: cmp.Or(name, user), staff: a.Staff, scene: 1, joined: s.opts.Now().Truncate(time.Second)}
	if a.State != "" {
		m.scene, m.state = 3, a.State
	}
	if slices.ContainsFunc(g.members, func(o member) bool { return o.user == a.By && o.staff }) {
		m.invitor = a.By
	}
	g.members = append(g.members, m)
}

// changing begins a new version of the list.
func (g *group) changing(s *Server) {
	if s.opts.Lag > 0 {
		g.old = append(g.old, snapshot{until: s.opts.Now().Add(s.opts.Lag), members: slices.Clone(g.members), version: g.version})
	}
	g.version++
}

// Join makes somebody come in; it is told.
func (s *Server) Join(ctx context.Context, chatID, user, name string, a Arrival) {
	s.mu.Lock()
	s.comeLocked(chatID, user, name, a)
	scene := "0"
	if a.State != "" {
		scene = "3"
	}
	xml := s.xmlLocked(s.groups[chatID], change{kind: "update", detail: "add_member", users: []string{user}, scene: "<JoinScene>" + scene + "</JoinScene>"})
	s.mu.Unlock()
	s.push(ctx, xml)
}

// Leave makes somebody go, or be removed; it is told.
func (s *Server) Leave(ctx context.Context, chatID, user string, removed bool) {
	s.mu.Lock()
	g := s.groups[chatID]
	g.changing(s)
	g.members = slices.DeleteFunc(slices.Clone(g.members), func(m member) bool { return m.user == user })
	scene := "0"
	if removed {
		scene = "1"
	}
	xml := s.xmlLocked(g, change{kind: "update", detail: "del_member", users: []string{user}, scene: "<QuitScene>" + scene + "</QuitScene>"})
	s.mu.Unlock()
	s.push(ctx, xml)
}

// Rename gives a group another name; it is told.
func (s *Server) Rename(ctx context.Context, chatID, name string) {
	s.mu.Lock()
	g := s.groups[chatID]
	g.name = name
	xml := s.xmlLocked(g, change{kind: "update", detail: "change_name"})
	s.mu.Unlock()
	s.push(ctx, xml)
}

// GiveTo makes another employee the owner; it is told.
func (s *Server) GiveTo(ctx context.Context, chatID, owner string) {
	s.mu.Lock()
	g := s.groups[chatID]
	g.owner = owner
	xml := s.xmlLocked(g, change{kind: "update", detail: "change_owner"})
	s.mu.Unlock()
	s.push(ctx, xml)
}

// Dissolve ends a group; it is told.
func (s *Server) Dissolve(ctx context.Context, chatID string) {
	s.mu.Lock()
	g := s.groups[chatID]
	g.dissolved = true
	xml := s.xmlLocked(g, change{kind: "dismiss"})
	s.mu.Unlock()
	s.push(ctx, xml)
}

// Hide takes a group's owner out of the app's sight, or brings him back.
func (s *Server) Hide(chatID string, hidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[chatID].hidden = hidden
}

// Shown is what the members of a group have read of us.
func (s *Server) Shown(chatID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.groups[chatID].shown)
}

// Ways counts the join ways there are.
func (s *Server) Ways() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ways)
}

// StateOf finds the state behind the picture of a QR code.
func (s *Server) StateOf(qr string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.ways {
		if w.qr() == qr {
			return w.state, true
		}
	}
	return "", false
}

type change struct {
	kind, detail, scene string
	users               []string
}

// xmlLocked is the inner XML of a callback.
func (s *Server) xmlLocked(g *group, c change) []byte {
	var b strings.Builder
	cdata := func(name, text string) { b.WriteString("<" + name + "><![CDATA[" + text + "]]></" + name + ">") }
	b.WriteString("<xml>")
	cdata("ToUserName", CorpID)
	cdata("FromUserName", "sys")
	b.WriteString("<CreateTime>" + strconv.FormatInt(s.opts.Now().Unix(), 10) + "</CreateTime>")
	cdata("MsgType", "event")
	cdata("Event", "change_external_chat")
	cdata("ChatId", g.id)
	cdata("ChangeType", c.kind)
	if c.detail != "" {
		cdata("UpdateDetail", c.detail)
		b.WriteString(c.scene)
	}
	if len(c.users) > 0 && !s.opts.NoVersions {
		b.WriteString("<MemChangeCnt>" + strconv.Itoa(len(c.users)) + "</MemChangeCnt>")
		if s.opts.OldShape {
			cdata("MemChangeList", strings.Join(c.users, ","))
		} else {
			b.WriteString("<MemChangeList>")
			for _, u := range c.users {
				b.WriteString("<Item>" + u + "</Item>")
			}
			b.WriteString("</MemChangeList>")
		}
		cdata("LastMemVer", g.code(g.version-1))
		cdata("CurMemVer", g.code(g.version))
	}
	b.WriteString("</xml>")
	return []byte(b.String())
}

// Connect says where callbacks go: the inner XML, opened. An error makes the
// platform repeat it, three times.
func (s *Server) Connect(callback func(context.Context, []byte) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callback = callback
}

// Mute loses callbacks on their way, or stops losing them.
func (s *Server) Mute(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = on
}

func (s *Server) push(ctx context.Context, xml []byte) {
	s.mu.Lock()
	callback, mute := s.callback, s.mute
	s.newest = xml
	s.mu.Unlock()
	if callback == nil || mute {
		return
	}
	for range 4 {
		if callback(ctx, xml) == nil || ctx.Err() != nil {
			return
		}
	}
}

// Again brings the newest callback once more.
func (s *Server) Again(ctx context.Context) { s.push(ctx, s.Newest()) }

// Newest is the inner XML of the newest callback, told or lost.
func (s *Server) Newest() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.newest)
}
