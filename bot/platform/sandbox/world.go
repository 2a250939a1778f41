package sandbox

import (
	"context"
	"fmt"
	"slices"

	"qunmate/bot/chat"
)

// botID and adminID are the two ids with a meaning; the other personas differ
// only by name. Ids never change with the language.
const (
	botID   = "bot"
	adminID = "admin"
)

// personaIDs are the people one can speak as, in the order of the page.
var personaIDs = []string{"ann", "man", "zhou", "chen", "qiang", adminID}

// groupIDs are the group chats. A private chat has the id of its persona, as
// on Telegram.
var groupIDs = []string{"product", "books"}

// readers are the personas who are in the second group from the start.
var readers = []string{"ann", "man", "zhou", adminID}

// world is who is where. It is kept as one value.
type world struct {
	Introduced bool                       `json:"introduced"`
	Members    map[string]map[string]bool `json:"members"` // group → persona
	Bot        map[string]bool            `json:"bot"`     // chats the bot is in and may write to
	Mute       map[string]bool            `json:"mute"`    // groups that take nothing of the bot, as where it lost the right to write
}

func newWorld() world {
	w := world{Members: map[string]map[string]bool{}, Bot: map[string]bool{}, Mute: map[string]bool{}}
	for _, group := range groupIDs {
		w.Members[group] = map[string]bool{}
		w.Bot[group] = true
	}
	for _, id := range personaIDs {
		w.Bot[id] = true
		w.Members["product"][id] = true
		w.Members["books"][id] = slices.Contains(readers, id)
	}
	return w
}

// restore takes over kept values, but only of chats and personas that exist:
// the store may have been written by another version.
func (w *world) restore(kept world) {
	w.Introduced = kept.Introduced
	for group, members := range w.Members {
		for id := range members {
			if in, ok := kept.Members[group][id]; ok {
				members[id] = in
			}
		}
	}
	for _, id := range groupIDs {
		w.Mute[id] = kept.Mute[id]
	}
	for id := range w.Bot {
		if in, ok := kept.Bot[id]; ok {
			w.Bot[id] = in
		}
	}
}

func (w *world) membersOf(group string) []string {
	var ids []string
	for _, id := range personaIDs {
		if w.Members[group][id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// mayspeak says whether a persona can write in a chat.
func (w *world) maySpeak(chatID, persona string) bool {
	return chatID == persona || w.Members[chatID][persona]
}

func isGroup(id string) bool   { return slices.Contains(groupIDs, id) }
func isPersona(id string) bool { return slices.Contains(personaIDs, id) }
func isChat(id string) bool    { return isGroup(id) || isPersona(id) }

// Facts implements chat.FactFinder: the administrators of a group are those
// personas with the role who are in it.
func (s *Sandbox) Facts(_ context.Context, c chat.Chat) (chat.Facts, error) {
	id := c.Ref.ID
	if c.Ref.Domain != Domain || !isChat(id) {
		return chat.Facts{}, gone("there is no chat %s", c.Ref)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.world.Bot[id] {
		return chat.Facts{}, gone("the bot is not in %s", c.Ref)
	}
	facts := chat.Facts{Title: s.texts.chat(id, s.opts.Language).Title}
	if !isGroup(id) {
		facts.Members = 1
		return facts, nil
	}
	facts.Members = len(s.world.membersOf(id))
	facts.Owner = ref(adminID)
	if s.world.Members[id][adminID] {
		facts.Admins = []chat.User{s.texts.user(adminID, s.opts.Language)}
	}
	return facts, nil
}

func gone(format string, args ...any) error {
	return &chat.SendError{Fault: chat.Gone, Err: fmt.Errorf("sandbox: "+format, args...)}
}

func rejected(format string, args ...any) error {
	return &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("sandbox: "+format, args...)}
}
