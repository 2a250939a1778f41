// Package announce says something to many chats at once, and tells the truth
// about what became of it in each: previews, deadlines, reports, repeats of what
// failed, taking back, corrections, and direct messages to those who allowed
// them.
//
// rules.go and text.go are pure; the outbox holds what happened, the family
// only reads it.
package announce

import (
	"qunmate/bot"
	"qunmate/bot/chat"
)

// Actions and timers of the family.
const (
	actionSend   = "announce.send"
	actionResend = "announce.resend"
	auditRecall  = "announce.recall"
	auditRetry   = "announce.retry"
	auditDrop    = "announce.drop"

	taskDue   = "announce.due"
	taskWatch = "announce.watch"
)

// Kinds of letters, for exports and for giving up what has not left.
const (
	kindPost   = "announce.post"
	kindDM     = "announce.dm"
	kindRecall = "announce.recall"
)

// Commands of the family. Who may do what is checked by each: an administrator
// reaches the chats he administers, wherever he types.
func Commands() []bot.Command {
	return []bot.Command{
		{Name: "announce", Place: bot.Anywhere, Impersonal: true, Menu: true, Run: announce},
		{Name: "announce list", Place: bot.Anywhere, Impersonal: true, Run: listed},
		{Name: "announce at", Place: bot.Anywhere, Impersonal: true, Run: onDraft(setTime)},
		{Name: "announce target", Place: bot.Anywhere, Impersonal: true, Run: onDraft(setTarget)},
		{Name: "announce details", Place: bot.Anywhere, Impersonal: true, Run: onNumber(details)},
		{Name: "announce retry", Place: bot.Anywhere, Impersonal: true, Run: onNumber(retry)},
		{Name: "announce resend", Place: bot.Anywhere, Impersonal: true, Run: onNumber(resend)},
		{Name: "announce recall", Place: bot.Anywhere, Impersonal: true, Run: onNumber(recall)},
		{Name: "announce correct", Place: bot.Anywhere, Impersonal: true, Run: onNumber(correct)},
		{Name: "announce drop", Place: bot.Anywhere, Impersonal: true, Run: onNumber(drop)},
		{Name: "announce send", Place: bot.Anywhere, Impersonal: true, Run: onNumber(sendMissed)},
		{Name: "dm", Place: bot.Anywhere, Run: dm},
		{Name: "dm on", Place: bot.Anywhere, Run: dmOn},
		{Name: "dm off", Place: bot.Anywhere, Run: dmOff},
	}
}

// Actions of the family.
func Actions() []bot.Action {
	return []bot.Action{
		{Name: actionSend, Run: confirmSend},
		{Name: actionResend, Run: confirmResend},
	}
}

// Listeners of the family.
func Listeners() []bot.Listener {
	return []bot.Listener{
		{Name: "announcement due", Kinds: []chat.Kind{chat.Timer}, Task: taskDue, Run: onDue},
		{Name: "announcement report", Kinds: []chat.Kind{chat.Timer}, Task: taskWatch, Run: onWatch},
		{Name: "announcement picture", Kinds: []chat.Kind{chat.Message}, Run: onPicture},
		{Name: "announcement confirmed", Kinds: []chat.Kind{chat.Delivered}, Run: onDelivered},
	}
}
