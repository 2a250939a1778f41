package storage

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// asking is a community in which one asked, gave feedback and got an answer.
func asking(t *testing.T, db *DB) (asker, helper Account, q Question) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *Tx) error {
		var err error
		if asker, err = tx.Touch(ctx, Seen{Domain: "test", ExternalID: "asker", Name: "Asker"}); err != nil {
			return err
		}
		if helper, err = tx.Touch(ctx, Seen{Domain: "test", ExternalID: "helper", Name: "Helper"}); err != nil {
			return err
		}
		c, err := tx.AddCommunity(ctx, "c", "UTC", 0)
		if err != nil {
			return err
		}
		h, err := tx.AddChat(ctx, Chat{Domain: "test", ExternalID: "g", Kind: "group", CommunityID: c.ID})
		if err != nil {
			return err
		}
		if q, err = tx.AddQuestion(ctx, Question{CommunityID: c.ID, ChatID: h.ID, AccountID: asker.ID, Text: "hushed question"}); err != nil {
			return err
		}
		if _, err := tx.AddAnswer(ctx, q.ID, helper.ID, "an answer"); err != nil {
			return err
		}
		for i, want := range []bool{true, false} {
			if fresh, err := tx.AgreeAnswer(ctx, q.ID, 1, asker); err != nil || fresh != want {
				t.Errorf("agreeing, time %d: %v %v", i, fresh, err)
			}
		}
		f, err := tx.AddFeedback(ctx, Feedback{CommunityID: c.ID, ChatID: h.ID, AccountID: asker.ID, Text: "hushed ticket"})
		if err != nil {
			return err
		}
		return tx.ReplyFeedback(ctx, f.ID, helper.ID, "hushed reply")
	})
	return asker, helper, q
}

func TestAQuestionIsSolvedOnce(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	_, helper, q := asking(t, db)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.SolveQuestion(ctx, q.ID, 1, 20); err != nil {
			return err
		}
		wantErr(t, tx.SolveQuestion(ctx, q.ID, 1, 20), ErrDuplicate)
		return nil
	})
	// Nothing was booked: verify finds it, and is content when it is.
	_, wrong := lines(t, db, VerifyOptions{})
	if !slices.ContainsFunc(wrong, func(l Check) bool {
		return l.What == CheckQuestion && carries(l, "question:1 points:20 entries:0 booked:0")
	}) {
		t.Errorf("points from nowhere: %s", show(wrong))
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		m, err := tx.EnsureMember(ctx, q.CommunityID, helper.PersonID)
		if err != nil {
			return err
		}
		_, err = tx.Post(ctx, Entry{MemberID: m.ID, Unit: Points, Amount: 20, Kind: "answer", Cause: "answer:1", Day: "2026-11-22", Week: "2026-11-16"})
		return err
	})
	wantClean(t, db)
}

func TestWhoIsErasedLeavesNoQuestionsAndNoFeedback(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	asker, helper, q := asking(t, db)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		mine, err := tx.PersonData(ctx, asker.PersonID)
		if err != nil || len(mine.Questions) != 2 || len(mine.Feedback) != 1 || mine.Feedback[0].Reply != "hushed reply" {
			t.Errorf("export: %+v %+v %v", mine.Questions, mine.Feedback, err)
		}
		his, err := tx.PersonData(ctx, helper.PersonID)
		if err != nil || len(his.Questions) != 1 || his.Questions[0].Answered != "an answer" {
			t.Errorf("export: %+v %v", his.Questions, err)
		}
		if err := tx.ErasePerson(ctx, asker.PersonID, "somebody"); err != nil {
			return err
		}
		again, err := tx.AddQuestion(ctx, Question{CommunityID: q.CommunityID, ChatID: q.ChatID, AccountID: helper.ID, Text: "next"})
		if err != nil || again.Number != 2 {
			t.Errorf("a number was given again: %+v %v", again, err)
		}
		return nil
	})
	if text := dump(t, db); strings.Contains(text, "hushed") || !strings.Contains(text, "an answer") {
		t.Error("what he said is still there, or too much is gone")
	}
}
