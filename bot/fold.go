package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	// foldMost bounds the lines of a folded message: more than a screen is noise.
	foldMost = 40
	// foldFrom is how many answers may wait for their turn while a chat's budget
	// lasts: one goes out every second, so the last of them waits as many seconds.
	foldFrom = 5
)

// alone marks an answer that was refused as part of a folded message: what is
// wrong with one line must not silence the others.
const alone = "refused as part of a folded message"

// foldable answers are those whose text may stand in a message with others.
func foldable(l storage.Letter) bool {
	return l.Lane == storage.LaneAnswer && l.Verb == storage.VerbSend && !l.Once && l.Slot == "" && l.Error != alone && brief(l) != ""
}

// take removes the letter to send from the mailbox, and with it, when the
// budget is short, the waiting answers of the same kind that fold into it.
func (b *mailbox) take(i int, now time.Time) []storage.Letter {
	l := b.letters[i]
	group := []storage.Letter{l}
	if foldable(l) && b.budget.limit > 0 {
		for j, other := range b.letters {
			if j != i && len(group) < foldMost && foldable(other) && other.Kind == l.Kind && other.Thread == l.Thread && !other.NextAt.After(now) {
				group = append(group, other)
			}
		}
		if !b.budget.short(now, len(group)) {
			group = group[:1]
		}
	}
	if l.Verb != storage.VerbDelete {
		b.posted = l.Lane != storage.LaneAnswer
	}
	gone := map[int64]bool{}
	for _, g := range group {
		gone[g.ID] = true
		delete(b.changed, g.Slot)
	}
	b.letters = slices.DeleteFunc(b.letters, func(l storage.Letter) bool { return gone[l.ID] })
	return group
}

// brief is the line that stands for a letter in a folded message.
func brief(l storage.Letter) string {
	var c chat.Content
	if err := json.Unmarshal([]byte(l.Content), &c); err != nil {
		return ""
	}
	return c.Brief
}

// foldLetters makes one public message of several answers. Each line was
// rendered for that purpose: it holds nothing that is for one person only, and
// where answers are private only what may be said before all (Reply.Crowd).
func foldLetters(first chat.Letter, group []storage.Letter) (chat.Letter, error) {
	lines := make([]string, 0, len(group))
	for _, l := range group {
		line := brief(l)
		if line == "" {
			return first, &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("letter %d has no brief form", l.ID)}
		}
		lines = append(lines, line)
	}
	between := "<br>"
	if first.Content.Inline {
		between = " · "
	}
	first.Content = chat.Content{Text: strings.Join(lines, between)}
	first.Reply, first.To = "", chat.User{}
	return first, nil
}
