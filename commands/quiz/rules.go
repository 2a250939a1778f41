package quiz

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunmate/storage"
)

// Limits and times of a round.
const (
	lobby       = 20 * time.Second
	breath      = 4 * time.Second // between a result and the next question
	tooLate     = time.Minute     // a clock that comes later than this was not running
	mostItems   = 20
	fewItems    = 5 // when no number is given
	leastClock  = 5
	mostClock   = 120
	usualClock  = 15
	shownPlaces = 3
)

// Rule says what answers bring.
type Rule struct {
	Right int `json:"right"` // for each right answer
	Fast  int `json:"fast"`  // more for the fastest right one of a question
	Cap   int `json:"cap"`   // by quizzes on a chat day at most
}

// DefaultRule holds until an administrator sets another one.
func DefaultRule() Rule { return Rule{Right: 2, Fast: 1, Cap: 60} }

const maxReward = 100

// draw chooses n questions of the bank and the order of their options.
func draw(seed [32]byte, bank []storage.QuizQuestion, n int) []storage.QuizItem {
	r := rand.New(rand.NewChaCha8(seed)) //nolint:gosec // ChaCha8 with a seed that nobody can guess
	var out []storage.QuizItem
	for _, i := range r.Perm(len(bank))[:min(n, len(bank))] {
		q := bank[i]
		it := storage.QuizItem{QuestionID: q.ID, Text: q.Text}
		for at, o := range r.Perm(len(q.Options)) {
			it.Options = append(it.Options, q.Options[o])
			if o == q.Answer {
				it.Answer = at
			}
		}
		out = append(out, it)
	}
	return out
}

// amount reads a word with a number in it: "10" of "10q", with what stands
// before and behind.
func amount(word string) (before string, n int, behind string, ok bool) {
	i := strings.IndexAny(word, "0123456789")
	if i < 0 {
		return "", 0, "", false
	}
	j := i
	for j < len(word) && word[j] >= '0' && word[j] <= '9' {
		j++
	}
	n, err := strconv.Atoi(word[i:j])
	return word[:i], n, word[j:], err == nil
}

// score is what a member did in a round.
type score struct {
	MemberID int64
	Name     string
	Right    int
	Fast     int
	Took     time.Duration // of his right answers together
	Place    int           // equals share one
}

// scores counts the closed questions of a round, the best first.
func scores(items []storage.QuizItem, answers []storage.QuizAnswer) []score {
	by := map[int64]*score{}
	var order []*score
	for _, it := range items {
		fastest := false
		for _, a := range answers {
			if a.Position != it.Position || it.State != storage.QuizClosed {
				continue
			}
			s := by[a.MemberID]
			if s == nil {
				s = &score{MemberID: a.MemberID, Name: a.Name}
				by[a.MemberID] = s
				order = append(order, s)
			}
			if a.Choice != it.Answer {
				continue
			}
			s.Right++
			s.Took += max(0, a.At.Sub(it.OpenedAt))
			if !fastest { // answers come in the order of their time
				fastest = true
				s.Fast++
			}
		}
	}
	slices.SortStableFunc(order, func(a, b *score) int {
		return cmp.Or(cmp.Compare(b.Right, a.Right), cmp.Compare(a.Took, b.Took), cmp.Compare(a.MemberID, b.MemberID))
	})
	out := make([]score, len(order))
	for i, s := range order {
		s.Place = i + 1
		if i > 0 && out[i-1].Right == s.Right && out[i-1].Took == s.Took {
			s.Place = out[i-1].Place
		}
		out[i] = *s
	}
	return out
}

// due is what a score brings when so much was earned that day already.
func (r Rule) due(s score, earned int64) int64 {
	return max(0, min(int64(s.Right*r.Right+s.Fast*r.Fast), int64(r.Cap)-earned))
}

// closed counts the questions that count.
func closed(items []storage.QuizItem) int {
	n := 0
	for _, it := range items {
		if it.State == storage.QuizClosed {
			n++
		}
	}
	return n
}

// letter is what stands for an option.
func letter(i int) string { return "ABCDEF"[i : i+1] }
