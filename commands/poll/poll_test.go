package poll_test

import (
	"testing"

	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
	"qunmate/commands/poll"
	"qunmate/storage"
)

func family() commandtest.Families {
	return commandtest.Families{Commands: poll.Commands(), Actions: poll.Actions(), Listeners: poll.Listeners()}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", family())
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, poll.Commands()...)
}

// A platform's own form takes the place of our buttons only where it counts the
// same: in one chat, by name, in the open and for everybody.
func TestOwnFormOnlyWhereItCountsTheSame(t *testing.T) {
	t.Parallel()
	caps := chat.Caps{Polls: true}
	for name, c := range map[string]struct {
		poll  storage.Poll
		caps  chat.Caps
		alone bool
		want  bool
	}{
		"a plain one":       {storage.Poll{}, caps, true, true},
		"several options":   {storage.Poll{Multi: true}, caps, true, true},
		"no such form":      {storage.Poll{}, chat.Caps{}, true, false},
		"two chats":         {storage.Poll{}, caps, false, false},
		"anonymous":         {storage.Poll{Anonymous: true}, caps, true, false},
		"hidden":            {storage.Poll{Hidden: true}, caps, true, false},
		"for members since": {storage.Poll{MinDays: 1}, caps, true, false},
	} {
		if got := poll.Native(c.poll, c.caps, c.alone); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
