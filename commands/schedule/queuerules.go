package schedule

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/storage"
)

const (
	mostItems  = 300 // in a queue
	mostAtOnce = 100
	mostWeight = 9
	// itemBreak stands alone on a line between two texts of several lines.
	itemBreak = "---"
)

// text is one text that was typed for a queue.
type text struct {
	Body   string `json:"body"`
	Weight int    `json:"weight"`
}

// readTexts takes apart what was typed for a queue: a text a line, or, where
// lines of --- stand between them, texts of several lines. "weight 3" at the
// end of one is how often it comes in a round; isWeight knows the words for it.
func readTexts(typed string, isWeight func(string) bool) (out []text, bad string) {
	typed = strings.ToValidUTF8(bot.LineEnds(typed), "�")
	lines := strings.Split(typed, "\n")
	var blocks []string
	if slices.ContainsFunc(lines, isBreak) {
		from := 0
		for i, l := range append(lines, itemBreak) {
			if isBreak(l) {
				blocks = append(blocks, strings.Join(lines[from:min(i, len(lines))], "\n"))
				from = i + 1
			}
		}
	} else {
		blocks = lines
	}
	for _, b := range blocks {
		if b = strings.TrimSpace(b); b == "" {
			continue
		}
		t := text{b, 1}
		if head, words := lastWords(b, 2); len(words) == 2 && isWeight(strings.ToLower(words[0])) && head != "" {
			n, err := strconv.Atoi(words[1])
			if err != nil || n < 1 || n > mostWeight {
				return nil, "schedule.bad_weight"
			}
			t = text{head, n}
		}
		if utf8.RuneCountInString(t.Body) > mostBody {
			return nil, "schedule.too_long"
		}
		out = append(out, t)
	}
	switch {
	case len(out) == 0:
		return nil, "schedule.queue_usage"
	case len(out) > mostAtOnce:
		return nil, "schedule.queue_full"
	}
	return out, ""
}

func isBreak(line string) bool { return strings.TrimSpace(line) == itemBreak }

// nextItem says which text of a queue comes now: in one round each comes as
// often as it weighs, in the order of the queue, spread as evenly as can be,
// and not twice in a row while another is left. fresh: a new round begins with
// it. -1 is an empty queue, or one that is to be gone through only once.
func nextItem(s storage.QueueStanding, once bool) (index int, fresh bool) {
	if i := nextInRound(s.Items, s.Last); i >= 0 {
		return i, false
	}
	if once || len(s.Items) == 0 {
		return -1, false
	}
	items := slices.Clone(s.Items)
	for i := range items {
		items[i].Taken = 0
	}
	return nextInRound(items, s.Last), true
}

// nextInRound finds the text whose place in the round comes next. A round is cut
// into as many equal parts as a text weighs, and it has the same place in each:
// the one that it has in the queue. The places are compared as fractions.
func nextInRound(items []storage.QueueItem, last int64) int {
	best, n := -1, 2*len(items)
	earlier := func(a, b int) bool { // (n·taken + 2·index + 1) / (n·weight)
		return (n*items[a].Taken+2*a+1)*items[b].Weight < (n*items[b].Taken+2*b+1)*items[a].Weight
	}
	for i, it := range items {
		switch {
		case it.Taken >= it.Weight:
		case best < 0,
			items[best].ID == last && it.ID != last,
			it.ID != last && earlier(i, best):
			best = i
		}
	}
	return best
}

// take notes in a standing that a text came, as the database does.
func take(s *storage.QueueStanding, index int, fresh bool) {
	if fresh {
		s.Round++
		for i := range s.Items {
			s.Items[i].Taken = 0
		}
	}
	s.Items[index].Taken++
	s.Last = s.Items[index].ID
}
