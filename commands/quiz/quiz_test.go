package quiz_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"qunmate/bot/chatday"
	"qunmate/commands/commandtest"
	"qunmate/commands/quiz"
	"qunmate/storage"
)

// families play with chance that is the same in every run.
func families() commandtest.Families {
	return commandtest.Families{Commands: quiz.Commands(quiz.Options{Random: func(b []byte) { clear(b) }}), Actions: quiz.Actions(), Listeners: quiz.Listeners()}
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, families().Commands...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", families())
}

// A round pays each of its winners one entry, of what the rule says, and counts
// in every table of the season.
func TestARoundPaysOnceAndStandsInEveryTable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := commandtest.Open(t, families(), commandtest.Scene{})
		stage.Line("管理员: /quiz import 一加一 | 1 | 2*\n管理员 [确认]")
		stage.Line("管理员: /quiz start 1题\n@ 21s")
		stage.Line("阿宁: /答题 A\n小满: /答题 B\n@ 1m")
		stage.View(func(ctx context.Context, r *storage.Reader) error {
			entries, players := 0, 0
			for id := int64(1); ; id++ {
				m, err := r.MemberByID(ctx, id)
				if errors.Is(err, storage.ErrNotFound) {
					break
				}
				if err != nil {
					return err
				}
				all, err := r.Entries(ctx, m.ID, storage.Points, 0, 10)
				if err != nil {
					return err
				}
				if entries += len(all); len(all) == 0 {
					continue
				}
				players++
				if want := int64(3); all[0].Amount != want || m.Balance != want { // right, and the fastest
					t.Errorf("member %d was paid %d and has %d, want %d", m.ID, all[0].Amount, m.Balance, want)
				}
				day := all[0].Day
				for _, period := range []string{day, "w" + all[0].Week, chatday.Month(day), "all"} {
					s, err := r.PlaceOf(ctx, storage.Ranking{Community: m.CommunityID, Kind: storage.ScoreQuiz, Period: period}, m)
					if err != nil || s.Value != 1 || s.Place != 1 {
						t.Errorf("%s: %+v %v", period, s, err)
					}
				}
			}
			if entries != 1 || players != 1 {
				t.Errorf("%d entries for %d members, want one", entries, players)
			}
			return nil
		})
		stage.Close()
	})
}
