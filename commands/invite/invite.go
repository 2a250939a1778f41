// Package invite attributes joins to those who brought them: by a link of their
// own, by a spoken code, or by the word of both. What it promises is pending
// until the newcomer has stayed, and is taken back when he leaves too early.
package invite

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"qunmate/bot"
	"qunmate/bot/chat"
)

// Options of the family.
type Options struct {
	// Secret makes codes that cannot be told from each other; it must stay the
	// same over restarts.
	Secret []byte
}

// Actions, the names of their previews and audit rows.
const (
	actionRule = "invite.rule"
	actionHeld = "invite.held"
	actionDoor = "invite.door"

	actionRequest = "invite.request"
	actionCSV     = "invite.csv"
)

// Tasks of timers.
const (
	taskDue   = "invite.due"
	taskAsked = "invite.asked"
	taskNote  = "invite.note" // only keeps an alert from being said twice

	taskAdmit  = "invite.admit"
	taskRelink = "invite.relink"
)

type family struct{ Options }

// Commands of the family.
func Commands(o Options) []bot.Command {
	f := family{o}
	return []bot.Command{
		{Name: "invite", Menu: true, Run: f.invite},
		{Name: "invite poster", Run: f.poster},
		{Name: "invites", Menu: true, Run: own},
		{Name: "invites stats", Role: bot.ChatAdmin, Run: stats},
		{Name: "invites set", Role: bot.ChatAdmin, Run: set},
		{Name: "invites source", Role: bot.ChatAdmin, Run: f.source},
		{Name: "invites allow", Role: bot.ChatAdmin, Run: allow},
		{Name: "invites deny", Role: bot.ChatAdmin, Run: deny},
		{Name: "invites admit", Role: bot.ChatAdmin, Run: admit},
		{Name: "invites refuse", Role: bot.ChatAdmin, Run: refuse},
		{Name: "code", Run: code},
		{Name: "invitedby", Run: invitedBy},
		{Name: "invitedby yes", Run: yes},
		{Name: "invitedby no", Run: no},
		{Name: "why invite", Run: why},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionRule, Role: bot.ChatAdmin, Run: confirmRule, Undo: undoRule},
		{Name: actionHeld, Role: bot.ChatAdmin, Run: confirmHeld},
		{Name: actionDoor, Role: bot.ChatAdmin, Run: confirmDoor, Undo: undoDoor},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	nothing := func(context.Context, *bot.Request) (bot.Reply, error) { return bot.Reply{}, nil }
	return []bot.Listener{
		{Name: "invite join", Kinds: []chat.Kind{chat.Join}, Run: joined},
		{Name: "invite leave", Kinds: []chat.Kind{chat.Leave}, Run: left},
		{Name: "invite link", Kinds: []chat.Kind{chat.Invited}, Run: linked},
		{Name: "invite request", Kinds: []chat.Kind{chat.JoinRequest}, Run: asks},
		{Name: "invite admitted", Kinds: []chat.Kind{chat.Admitted}, Run: admitted},
		{Name: "invite admit", Kinds: []chat.Kind{chat.Timer}, Task: taskAdmit, Run: admitAgainNow},
		{Name: "invite relink", Kinds: []chat.Kind{chat.Timer}, Task: taskRelink, Run: relink},
		{Name: "invite due", Kinds: []chat.Kind{chat.Timer}, Task: taskDue, Run: due},
		{Name: "invite asked", Kinds: []chat.Kind{chat.Timer}, Task: taskAsked, Run: unanswered},
		{Name: "invite note", Kinds: []chat.Kind{chat.Timer}, Task: taskNote, Run: nothing},
	}
}

// alphabet of codes: letters and digits that are not taken for one another.
const alphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

const codeLength = 4

// codeOf makes the n-th code of a way: the same for the same secret, so that a
// command that is put aside and runs again asks for the same link.
func (f family) codeOf(community, person int64, source string, n uint64) string {
	h := hmac.New(sha256.New, f.Secret)
	_ = binary.Write(h, binary.BigEndian, [3]uint64{uint64(community), uint64(person), n}) //nolint:gosec // ids are positive
	h.Write([]byte(source))
	sum := h.Sum(nil)
	out := make([]byte, codeLength)
	for i := range out {
		out[i] = alphabet[int(sum[i])%len(alphabet)]
	}
	return string(out)
}
