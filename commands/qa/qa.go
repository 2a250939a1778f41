// Package qa is for questions that members answer each other: one public
// message per question, one answer per person, and points for the one that
// helped.
package qa

import (
	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// taskWait tells the administrators once of a question that nobody answers.
const taskWait = "ask.wait"

// taskShow brings a message up to date: /community join plans it, see
// storage.TaskShowQuestion.
const taskShow = storage.TaskShowQuestion

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "ask", Menu: true, Place: bot.GroupOnly, Run: ask},
		{Name: "answer", Run: answer},
		{Name: "accept", Run: accept},
		{Name: "agree", Run: agree},
		{Name: "questions", Menu: true, Run: questions},
		{Name: "questions pin", Role: bot.ChatAdmin, Run: pin},
		{Name: "questions export", Role: bot.ChatAdmin, Run: export},
	}
}

// Actions of the family. To accept is the asker's own affair, and so is to take
// it back.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionAccept, Own: true, Undo: undoAccept},
		{Name: actionPin, Role: bot.ChatAdmin, Undo: undoPin},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	return []bot.Listener{
		{Name: "ask wait", Kinds: []chat.Kind{chat.Timer}, Task: taskWait, Run: waited},
		{Name: "ask show", Kinds: []chat.Kind{chat.Timer}, Task: taskShow, Run: reshow},
	}
}
