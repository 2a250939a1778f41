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

// foldMost bounds the lines of a folded message: more than a screen is noise.
const foldMost = 40

// take removes the letter to send from the mailbox, and with it, when the
// budget is short, the waiting answers of the same kind that fold into it.
func (b *mailbox) take(i int, now time.Time) []storage.Letter {
	l := b.letters[i]
	group := []storage.Letter{l}
	if l.Lane == storage.LaneAnswer && l.Verb == storage.VerbSend && brief(l) != "" && b.budget.tight(now) {
		for j, other := range b.letters {
			if j != i && len(group) < foldMost && other.Kind == l.Kind && other.Lane == l.Lane && !other.NextAt.After(now) && brief(other) != "" {
				group = append(group, other)
			}
		}
	}
	gone := map[int64]bool{}
	for _, g := range group {
		gone[g.ID] = true
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
// rendered for that purpose: it holds nothing that is for one person only.
func foldLetters(first chat.Letter, group []storage.Letter) (chat.Letter, error) {
	lines := make([]string, 0, len(group))
	for _, l := range group {
		line := brief(l)
		if line == "" {
			return first, &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("letter %d has no brief form", l.ID)}
		}
		lines = append(lines, line)
	}
	first.Content = chat.Content{Text: strings.Join(lines, "<br>")}
	first.Reply, first.To = "", chat.User{}
	return first, nil
}
