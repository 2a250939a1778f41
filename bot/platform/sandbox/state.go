package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"qunmate/bot/chat"
)

// The types below are what the page is told. Times carry the offset of the
// shown zone, so that the page prints them without knowing any zone.

type stateView struct {
	Languages []string      `json:"languages"`
	Language  string        `json:"language"`
	Personas  []personaView `json:"personas"`
	Chats     []chatView    `json:"chats"`
	Messages  []messageView `json:"messages"`
	Clock     clockView     `json:"clock"`
	Upcoming  bool          `json:"upcoming"` // /api/upcoming is of use
	Cursor    string        `json:"cursor"`   // where the stream goes on
	MaxText   int           `json:"max_text"`
}

type personaView struct {
	ID    string `json:"id"`
	Admin bool   `json:"admin,omitempty"`
}

type chatView struct {
	ID      string        `json:"id"`
	Type    chat.ChatType `json:"type"`
	Members []string      `json:"members"`
	Bot     bool          `json:"bot"`            // the bot is in it
	Mute    bool          `json:"mute,omitempty"` // what it sends here fails
}

type messageView struct {
	ID      string       `json:"id"`
	N       int64        `json:"n"`
	Chat    string       `json:"chat"`
	At      string       `json:"at"`
	From    string       `json:"from,omitempty"`
	To      string       `json:"to,omitempty"`
	Key     string       `json:"key,omitempty"`
	Spans   []span       `json:"spans,omitempty"`
	Choices []choiceView `json:"choices,omitempty"`
	File    *fileView    `json:"file,omitempty"`
	ReplyTo string       `json:"reply_to,omitempty"`
	Edited  bool         `json:"edited,omitempty"`
	Pinned  bool         `json:"pinned,omitempty"`
	Notice  string       `json:"notice,omitempty"`
	Who     string       `json:"who,omitempty"`
}

type choiceView struct {
	Label   string `json:"label"`
	Command string `json:"command,omitempty"`
	URL     string `json:"url,omitempty"`
}

type fileView struct {
	Name  string `json:"name"`
	Size  int    `json:"size"`
	URL   string `json:"url"`
	Image bool   `json:"image,omitempty"`
}

type clockView struct {
	Now     string `json:"now"`
	Zone    string `json:"zone"`
	Movable bool   `json:"movable"`
}

type removal struct {
	Chat string `json:"chat"`
	ID   string `json:"id"`
}

type upcomingView struct {
	At    string   `json:"at"`
	Kind  string   `json:"kind"`
	Chats []string `json:"chats"`
	Where []string `json:"where,omitempty"`
	Text  string   `json:"text"`
	Note  string   `json:"note,omitempty"`
	Skip  bool     `json:"skip,omitempty"`
}

// serveState tells everything at once: all of it, or with ?as= what one
// persona can see.
func (s *Sandbox) serveState(w http.ResponseWriter, r *http.Request) {
	as := r.URL.Query().Get("as")
	if as != "" && !isPersona(as) {
		refuse(w, noPersona)
		return
	}
	zone := s.opts.Zone()
	v := stateView{
		Languages: languages, Language: s.opts.Language, Clock: s.clockView(),
		Upcoming: s.opts.Upcoming != nil, MaxText: MaxText, Messages: []messageView{},
	}
	for _, id := range personaIDs {
		v.Personas = append(v.Personas, personaView{ID: id, Admin: id == adminID})
	}
	s.mu.Lock()
	v.Chats = s.chatViews(as)
	var entries []*entry
	for _, c := range v.Chats {
		for _, e := range s.logs[c.ID].entries {
			if !e.pending && e.seenBy(as) {
				entries = append(entries, e)
			}
		}
	}
	v.Cursor = s.hub.cursor()
	s.mu.Unlock()
	for _, e := range entries {
		v.Messages = append(v.Messages, e.view(zone))
	}
	writeJSON(w, http.StatusOK, v)
}

// chatViews lists the chats; the caller holds mu.
func (s *Sandbox) chatViews(as string) []chatView {
	var views []chatView
	for _, id := range groupIDs {
		views = append(views, chatView{ID: id, Type: chat.Group, Members: s.world.membersOf(id), Bot: s.world.Bot[id], Mute: s.world.Mute[id]})
	}
	for _, id := range personaIDs {
		if as == "" || as == id {
			views = append(views, chatView{ID: id, Type: chat.Private, Members: []string{id}, Bot: s.world.Bot[id]})
		}
	}
	return views
}

func (e *entry) view(zone *time.Location) messageView {
	v := messageView{
		ID: e.id(), N: e.N, Chat: e.Chat, At: stamp(e.At, zone), From: e.From, To: e.To, Key: e.Key,
		Spans: e.Spans, Edited: e.Edited, Pinned: e.Pinned, Notice: e.Notice, Who: e.Who,
	}
	for _, c := range e.Choices {
		v.Choices = append(v.Choices, choiceView(c))
	}
	if e.ReplyTo != 0 {
		v.ReplyTo = strconv.FormatInt(e.ReplyTo, 10)
	}
	if e.File != nil {
		v.File = &fileView{
			Name: e.File.Name, Size: e.File.Size, URL: "/api/file/" + e.Chat + "/" + e.id(),
			Image: slices.Contains(imageTypes, e.File.MIME),
		}
	}
	return v
}

func stamp(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05.000Z07:00")
}

// publishEntry tells the pages of a new or changed message; the caller holds
// mu, so that the stream has the order of the conversation.
func (s *Sandbox) publishEntry(e *entry) {
	s.hub.publish(streamed{kind: "message", chat: e.Chat, to: e.To, data: encode(e.view(s.opts.Zone()))})
}

// publishChats tells the pages who is where; the caller holds mu.
func (s *Sandbox) publishChats() {
	s.hub.publish(streamed{kind: "chats", data: encode(s.chatViews(""))})
}

// serveUpcoming lists what the program is going to do by itself.
func (s *Sandbox) serveUpcoming(w http.ResponseWriter, r *http.Request) {
	list := []upcomingView{}
	for _, e := range s.upcoming(r.Context()) {
		v := upcomingView{At: stamp(e.At, s.opts.Zone()), Kind: e.Kind, Chats: []string{}, Where: e.Where, Text: e.Text, Note: e.Note, Skip: e.Skip}
		for _, c := range e.Chats {
			if c.Domain == Domain {
				v.Chats = append(v.Chats, c.ID)
			}
		}
		list = append(list, v)
	}
	writeJSON(w, http.StatusOK, list)
}

func (s *Sandbox) upcoming(ctx context.Context) []Entry {
	if s.opts.Upcoming == nil {
		return nil
	}
	entries, err := s.opts.Upcoming(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "sandbox: no list of what is due", "error", err)
		return nil
	}
	const most = 400 // fourteen days of a post every hour
	return entries[:min(len(entries), most)]
}
