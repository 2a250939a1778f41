// Package quiz plays rounds of questions out of a bank: a lobby, a clock for
// each question, and a result that is posted once.
package quiz

import (
	"qunmate/bot"
	"qunmate/bot/chat"
)

// Options of the family.
type Options struct {
	// Random fills a slice with unpredictable bytes: which questions are asked,
	// and the order of their options.
	Random func([]byte)
}

// Actions, the names of their previews and audit rows.
const (
	actionAdd    = "quiz.add"
	actionDelete = "quiz.delete"
	actionRule   = "quiz.rule"
)

// Tasks of timers.
const (
	taskOpen  = "quiz.open"
	taskClose = "quiz.close"
)

type family struct{ Options }

// Commands of the family.
func Commands(o Options) []bot.Command {
	f := family{o}
	return []bot.Command{
		{Name: "quiz", Menu: true, Run: f.quiz},
		{Name: "quiz add", Role: bot.Host, Run: add},
		{Name: "quiz list", Role: bot.Host, Run: list},
		{Name: "quiz del", Role: bot.Host, Run: del},
		{Name: "quiz import", Role: bot.Host, Run: importQuestions},
		{Name: "quiz set", Role: bot.ChatAdmin, Run: set},
		{Name: "quiz start", Role: bot.Host, Place: bot.GroupOnly, Run: f.start},
		{Name: "quiz stop", Role: bot.Host, Place: bot.GroupOnly, Run: stop},
		{Name: "quiz join", Place: bot.GroupOnly, Run: join},
		{Name: "quiz pick", Place: bot.GroupOnly, Run: pick},
		{Name: "quiz me", Run: me},
		{Name: "quiz ask", Role: bot.Host, Place: bot.GroupOnly, Run: f.ask},
		{Name: "quiz try", Place: bot.GroupOnly, Run: try},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionAdd, Role: bot.Host, Run: confirmAdd, Undo: undoAdd},
		{Name: actionDelete, Role: bot.Host, Run: confirmDelete, Undo: undoDelete},
		{Name: actionRule, Role: bot.ChatAdmin, Run: confirmRule, Undo: undoRule},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	return []bot.Listener{
		{Name: "quiz open", Kinds: []chat.Kind{chat.Timer}, Task: taskOpen, Run: open},
		{Name: "quiz close", Kinds: []chat.Kind{chat.Timer}, Task: taskClose, Run: closeItem},
		{Name: "quiz practice", Kinds: []chat.Kind{chat.Timer}, Task: taskPractice, Run: practiceOver},
		{Name: "quiz vote", Kinds: []chat.Kind{chat.Vote}, Run: nativeTry},
		{Name: "quiz told", Kinds: []chat.Kind{chat.PollTold}, Run: nativeTold},
	}
}
