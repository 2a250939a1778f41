// Package feedback carries what a member wants to tell the administrators: a
// numbered ticket that they see, answer and close.
package feedback

import (
	"qunmate/bot"
)

// Actions, the names of their audit rows.
const (
	actionReply = "feedback.reply"
	actionClose = "feedback.close"
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "feedback", Menu: true, Run: file},
		{Name: "feedback mine", Run: mine},
		{Name: "feedback list", Role: bot.ChatAdmin, Run: list},
		{Name: "feedback reply", Role: bot.ChatAdmin, Run: reply},
		{Name: "feedback close", Role: bot.ChatAdmin, Run: closeOne},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{{Name: actionClose, Role: bot.ChatAdmin, Undo: undoClose}}
}
