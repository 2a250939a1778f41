package quiz_test

import (
	"slices"
	"testing"
	"time"

	"qunmate/commands/quiz"
	"qunmate/storage"
)

func TestADrawKeepsTheRightOptionRight(t *testing.T) {
	t.Parallel()
	var bank []storage.QuizQuestion
	for i := range 30 {
		bank = append(bank, storage.QuizQuestion{ID: int64(i), Text: "q", Options: []string{"wrong1", "right", "wrong2", "wrong3"}, Answer: 1})
	}
	places := map[int]int{}
	for n := range 500 {
		items := quiz.Draw([32]byte{byte(n), byte(n >> 8)}, bank, 10)
		ids := map[int64]bool{}
		for _, it := range items {
			ids[it.QuestionID] = true
			places[it.Answer]++
			if it.Options[it.Answer] != "right" || len(it.Options) != 4 {
				t.Fatalf("%+v", it)
			}
		}
		if len(items) != 10 || len(ids) != 10 {
			t.Fatalf("%d questions, %d different ones", len(items), len(ids))
		}
	}
	for place, n := range places { // 1250 each if chance is fair
		if n < 1100 || n > 1400 {
			t.Errorf("the right option stands at %d in %d of 5000", place, n)
		}
	}
	if got := quiz.Draw([32]byte{}, bank[:2], 10); len(got) != 2 {
		t.Errorf("%d of 2", len(got))
	}
}

func TestScores(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	items := []storage.QuizItem{
		{Position: 1, Answer: 1, State: storage.QuizClosed, OpenedAt: begin},
		{Position: 2, Answer: 0, State: storage.QuizClosed, OpenedAt: begin.Add(time.Minute)},
		{Position: 3, Answer: 0, State: storage.QuizVoid, OpenedAt: begin.Add(2 * time.Minute)},
	}
	answer := func(position int, member int64, choice int, after time.Duration) storage.QuizAnswer {
		return storage.QuizAnswer{Position: position, MemberID: member, Choice: choice, At: items[position-1].OpenedAt.Add(after)}
	}
	got := quiz.Scores(items, []storage.QuizAnswer{
		answer(1, 3, 0, time.Second), // wrong, though the first
		answer(1, 1, 1, 2*time.Second),
		answer(1, 2, 1, 3*time.Second),
		answer(2, 2, 0, time.Second),
		answer(2, 1, 0, 4*time.Second),
		answer(3, 3, 0, time.Second), // never counted
	})
	var order []int64
	for _, s := range got {
		order = append(order, s.MemberID)
	}
	if !slices.Equal(order, []int64{2, 1, 3}) || got[0].Right != 2 || got[0].Fast != 1 || got[1].Fast != 1 || got[2].Right != 0 || got[2].Place != 3 {
		t.Errorf("%+v", got)
	}
	rule := quiz.Rule{Right: 2, Fast: 1, Cap: 6}
	for earned, want := range map[int64]int64{0: 5, 3: 3, 6: 0, 9: 0} {
		if n := rule.Due(got[0], earned); n != want {
			t.Errorf("after %d: %d, want %d", earned, n, want)
		}
	}
}
