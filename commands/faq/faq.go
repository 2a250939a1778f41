// Package faq answers by itself what is asked again and again: rules of an
// administrator, found by package match in what members say.
package faq

import (
	"qunmate/bot"
	"qunmate/bot/chat"
)

// Actions, the names of their previews and audit rows.
const (
	actionAdd    = "faq.add"
	actionEdit   = "faq.edit"
	actionDelete = "faq.delete"
	actionImport = "faq.import"
)

// Commands of the family.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "faq", Menu: true, Impersonal: true, Run: list},
		{Name: "faq list", Impersonal: true, Run: list},
		{Name: "faq add", Role: bot.ChatAdmin, Run: add},
		{Name: "faq del", Role: bot.ChatAdmin, Run: del},
		{Name: "faq set", Role: bot.ChatAdmin, Run: edit},
		{Name: "faq test", Role: bot.ChatAdmin, Run: try},
		{Name: "faq missed", Role: bot.ChatAdmin, Run: missed},
		{Name: "faq import", Role: bot.ChatAdmin, Run: importRules},
		{Name: "faq export", Role: bot.ChatAdmin, Run: exportRules},
		{Name: "human", Run: human},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionAdd, Role: bot.ChatAdmin, Run: confirmAdd, Undo: undoAdd},
		{Name: actionEdit, Role: bot.ChatAdmin, Run: confirmEdit, Undo: undoEdit},
		{Name: actionDelete, Role: bot.ChatAdmin, Run: confirmDelete, Undo: undoEdit},
		{Name: actionImport, Role: bot.ChatAdmin, Run: confirmImport, Undo: undoAdd},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	return []bot.Listener{{Name: "faq", Kinds: []chat.Kind{chat.Message}, Run: hear}}
}
