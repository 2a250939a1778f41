package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// ballots makes a named poll, #1, and an anonymous one, #2, in which everybody
// of a town has voted: members 0 and 1 for the first option, the others for
// the second.
func ballots(tb testing.TB, members int) (*DB, town) {
	tb.Helper()
	db := newDB(tb)
	w := newTown(tb, db, members)
	write(tb, db, func(ctx context.Context, tx *Tx) error {
		for i := range 2 {
			p := Poll{
				CommunityID: w.community.ID, ChatID: w.chat.ID, Question: "Saturday?", Anonymous: i == 1, Hidden: i == 1,
				EndsAt: noon.Add(time.Hour), Options: []PollOption{{Place: 1, Text: "yes"}, {Place: 2, Text: "=no"}},
			}
			p, err := tx.AddPoll(ctx, p, []PollChat{{ChatID: w.chat.ID}})
			if err != nil {
				return err
			}
			for n, a := range w.accounts {
				place := []int{1 + min(1, n/2)}
				if p.Anonymous {
					err = tx.CastSecret(ctx, p.ID, a.PersonID, place)
				} else {
					err = tx.SetVote(ctx, p.ID, a.PersonID, w.chat.ID, place)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	return db, w
}

func figures(tb testing.TB, db *DB, id int64) (votes []int, voters int) {
	tb.Helper()
	view(tb, db, func(ctx context.Context, r *Reader) error {
		p, err := r.Poll(ctx, id)
		for _, o := range p.Options {
			votes = append(votes, o.Votes)
		}
		voters = p.Voters
		return err
	})
	return votes, voters
}

func TestAVoteIsChangedAndTakenBackAndTheFiguresFollow(t *testing.T) {
	t.Parallel()
	db, w := ballots(t, 5)
	step := func(want []int, fn func(context.Context, *Tx) error) {
		t.Helper()
		write(t, db, fn)
		if votes, _ := figures(t, db, 1); !slices.Equal(votes, want) {
			t.Errorf("%v, want %v", votes, want)
		}
	}
	p := w.accounts[4].PersonID
	step([]int{2, 3}, func(context.Context, *Tx) error { return nil })
	step([]int{3, 2}, func(ctx context.Context, tx *Tx) error { return tx.SetVote(ctx, 1, p, 0, []int{1}) })
	step([]int{3, 2}, func(ctx context.Context, tx *Tx) error { return tx.SetVote(ctx, 1, p, 0, []int{1}) })
	step([]int{2, 2}, func(ctx context.Context, tx *Tx) error { return tx.DropVote(ctx, 1, p) })
	step([]int{2, 2}, func(ctx context.Context, tx *Tx) error { return tx.DropVote(ctx, 1, p) })
	step([]int{2, 2}, func(ctx context.Context, tx *Tx) error {
		return tx.MergeVotes(ctx, w.accounts[3].PersonID, p) // p has none: he gets it
	})
	step([]int{2, 3}, func(ctx context.Context, tx *Tx) error {
		return tx.SetVote(ctx, 1, w.accounts[3].PersonID, 0, []int{2})
	})
	step([]int{2, 2}, func(ctx context.Context, tx *Tx) error {
		return tx.MergeVotes(ctx, p, w.accounts[3].PersonID) // both have one
	})
	wantClean(t, db)
}

func TestAnAnonymousPollKeepsNoTie(t *testing.T) {
	t.Parallel()
	db, w := ballots(t, 5)
	if votes, voters := figures(t, db, 2); !slices.Equal(votes, []int{2, 3}) || voters != 5 {
		t.Errorf("%v of %d", votes, voters)
	}
	p := w.accounts[0].PersonID
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error { return tx.CastSecret(ctx, 2, p, []int{2}) })
	wantErr(t, err, ErrDuplicate)
	for what, fn := range map[string]func(context.Context, *Tx) error{
		"a choice": func(ctx context.Context, tx *Tx) error { return tx.SetVote(ctx, 2, p, 0, []int{1}) },
		"a row": func(ctx context.Context, tx *Tx) error {
			_, err := tx.q.exec(ctx, "INSERT INTO poll_choices (poll_id, person_id, place) VALUES (2, ?, 1)", p)
			return err
		},
	} {
		if err := db.Write(t.Context(), fn); err == nil {
			t.Errorf("%s with a name is taken", what)
		}
	}
	if n := number(t, db.readPool, "SELECT count(*) FROM poll_votes WHERE poll_id = 2 AND (at <> 0 OR chat_id <> 0)"); n != 0 {
		t.Errorf("%d votes tell when or where", n)
	}
	wantClean(t, db)
}

// A vote stands for the account, whoever has it now, as long as the poll is
// open: with nothing that says whose it was, and nothing left at its end.
func TestDeletedDataGiveNoSecondSecretVote(t *testing.T) {
	t.Parallel()
	db, w := ballots(t, 3)
	old := w.accounts[0]
	var back, stranger Account
	write(t, db, func(ctx context.Context, tx *Tx) (err error) {
		stranger, err = tx.Touch(ctx, Seen{Domain: old.Domain, ExternalID: "stranger", Name: "stranger"})
		return err
	})
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if marks, err := tx.MarksVotes(ctx, stranger.PersonID); marks || err != nil {
			t.Errorf("a stranger has voted: %v", err)
		}
		if marks, err := tx.MarksVotes(ctx, old.PersonID); !marks || err != nil {
			t.Errorf("he has not voted: %v", err)
		}
		for _, a := range []Account{old, stranger} {
			if err := tx.ErasePerson(ctx, a.PersonID, "someone"); err != nil {
				return err
			}
		}
		var err error
		back, err = tx.Touch(ctx, Seen{Domain: old.Domain, ExternalID: old.ExternalID, Name: "back"})
		return err
	})
	if back.PersonID == old.PersonID {
		t.Fatal("he is known")
	}
	voted := func(who int64, want bool) {
		t.Helper()
		view(t, db, func(ctx context.Context, r *Reader) error {
			places, voted, err := r.PollVote(ctx, 2, who)
			if voted != want || len(places) != 0 {
				t.Errorf("voted %v for %v, want %v", voted, places, want)
			}
			return err
		})
	}
	voted(back.PersonID, true)
	voted(stranger.PersonID, false)
	if _, voters := figures(t, db, 2); voters != 3 {
		t.Errorf("%d voters", voters)
	}
	if n := number(t, db.readPool, "SELECT count(*) FROM poll_marks"); n != 1 {
		t.Errorf("%d marks", n)
	}
	wantClean(t, db)
	// He goes once more: the mark is the same.
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.ErasePerson(ctx, back.PersonID, "someone") })
	write(t, db, func(ctx context.Context, tx *Tx) (err error) {
		back, err = tx.Touch(ctx, Seen{Domain: old.Domain, ExternalID: old.ExternalID, Name: "back"})
		return err
	})
	voted(back.PersonID, true)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.ClosePoll(ctx, 2, 0) })
	voted(back.PersonID, false)
	if n := number(t, db.readPool, "SELECT (SELECT count(*) FROM poll_marks) + (SELECT count(*) FROM poll_keys)"); n != 0 {
		t.Errorf("%d rows stay", n)
	}
	wantClean(t, db)
}

func TestAClosedPollIsFinal(t *testing.T) {
	t.Parallel()
	db, w := ballots(t, 3)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		return errors.Join(tx.ClosePoll(ctx, 1, 0), tx.ClosePoll(ctx, 2, 0))
	})
	newcomer := w.accounts[0].PersonID
	for what, fn := range map[string]func(context.Context, *Tx) error{
		"change":      func(ctx context.Context, tx *Tx) error { return tx.SetVote(ctx, 1, newcomer, 0, []int{2}) },
		"retract":     func(ctx context.Context, tx *Tx) error { return tx.DropVote(ctx, 1, newcomer) },
		"secret vote": func(ctx context.Context, tx *Tx) error { return tx.CastSecret(ctx, 2, 4711, []int{2}) },
		"a new figure": func(ctx context.Context, tx *Tx) error {
			_, err := tx.q.exec(ctx, "UPDATE poll_options SET votes = 9")
			return err
		},
		"open again": func(ctx context.Context, tx *Tx) error {
			_, err := tx.q.exec(ctx, "UPDATE polls SET state = 'open', closed_at = 0")
			return err
		},
		"close again": func(ctx context.Context, tx *Tx) error { return tx.ClosePoll(ctx, 1, 0) },
		"delete":      func(ctx context.Context, tx *Tx) error { _, err := tx.q.exec(ctx, "DELETE FROM polls"); return err },
	} {
		if err := db.Write(t.Context(), fn); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if votes, voters := figures(t, db, 1); !slices.Equal(votes, []int{2, 1}) || voters != 3 {
		t.Errorf("%v of %d", votes, voters)
	}
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.MergeVotes(ctx, newcomer, w.accounts[1].PersonID) })
	wantClean(t, db)
}

func TestVerifyRecountsEveryPoll(t *testing.T) {
	t.Parallel()
	db, _ := ballots(t, 4)
	wantClean(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(db.Path())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ damage, args string }{
		"a vote from nowhere":    {"UPDATE poll_options SET votes = votes + 1 WHERE poll_id = 1 AND place = 2", "poll:1 voters:4 votes:5 problem:figures differ from choices"},
		"a secret vote too many": {"UPDATE poll_options SET votes = votes + 1 WHERE poll_id = 2 AND place = 2", "poll:2 voters:4 votes:5 problem:figures differ from the number of voters"},
		"a name with a choice":   {"INSERT INTO poll_choices VALUES (2, (SELECT min(person_id) FROM poll_votes), 1)", "poll:2 choices:1 problem:anonymous, yet there are choices with names"},
		"a time of a vote":       {"UPDATE poll_votes SET at = 5 WHERE poll_id = 2", "poll:2 problem:anonymous, yet votes have a time"},
		"a mark of no use":       {"INSERT INTO poll_keys VALUES (1, randomblob(32))", "poll:1 problem:marks of accounts that have no use any more"},
		"a choice that is gone":  {"DELETE FROM poll_choices WHERE person_id = (SELECT min(person_id) FROM poll_votes); UPDATE poll_options SET votes = votes - 1 WHERE poll_id = 1 AND place = 1", "poll:1 problem:a vote without a choice"},
	} {
		path := filepath.Join(t.TempDir(), "q.db")
		if err := os.WriteFile(path, sound, 0o600); err != nil {
			t.Fatal(err)
		}
		pool := raw(t, path)
		must(t, pool, "DROP TRIGGER poll_choices_named", "DROP TRIGGER poll_choices_count", "DROP TRIGGER poll_choices_uncount", c.damage)
		if err := pool.Close(); err != nil {
			t.Fatal(err)
		}
		_, wrong := lines(t, openAt(t, path, Options{ReadOnly: true}), VerifyOptions{})
		if !slices.ContainsFunc(wrong, func(l Check) bool { return l.What == CheckPoll && carries(l, c.args) }) {
			t.Errorf("%s: no line %s in\n%s", name, c.args, show(wrong))
		}
	}
}

func TestAnExportTellsNoSecretOfAPoll(t *testing.T) {
	t.Parallel()
	db, _ := ballots(t, 3)
	dir := t.TempDir()
	exportAll(t, db, dir)
	polls, votes := table(t, filepath.Join(dir, "polls.csv")), table(t, filepath.Join(dir, "poll_votes.csv"))
	if len(polls) != 4 || len(votes) != 6 {
		t.Fatalf("%d options, %d votes", len(polls), len(votes))
	}
	if polls[0]["votes"] != "2" || polls[1]["option"] != "'=no" || polls[3]["votes"] != "" {
		t.Errorf("%v", polls) // the last poll is open, and its figures are hidden
	}
	for i, v := range votes {
		if secret := i >= 3; (v["option"] == "") != secret || (v["at"] == "") != secret || v["name"] == "" {
			t.Errorf("%v", v)
		}
	}
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.ClosePoll(ctx, 2, 0) })
	exportAll(t, db, dir)
	if polls := table(t, filepath.Join(dir, "polls.csv")); polls[3]["votes"] != "1" {
		t.Errorf("%v", polls[3])
	}
	for _, v := range table(t, filepath.Join(dir, "poll_votes.csv"))[3:] {
		if v["option"] != "" || v["at"] != "" {
			t.Errorf("%v", v)
		}
	}
}

func TestOwnDataHasTheVotes(t *testing.T) {
	t.Parallel()
	db, w := ballots(t, 3)
	view(t, db, func(ctx context.Context, r *Reader) error {
		d, err := r.PersonData(ctx, w.accounts[0].PersonID)
		if err != nil || len(d.Polls) != 2 {
			t.Fatalf("%v, %v", d.Polls, err)
		}
		if p := d.Polls[0]; !slices.Equal(p.Choices, []string{"yes"}) || p.At == nil {
			t.Errorf("%+v", p)
		}
		if p := d.Polls[1]; len(p.Choices) != 0 || p.At != nil || !p.Anonymous {
			t.Errorf("%+v", p)
		}
		return nil
	})
}
