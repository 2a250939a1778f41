package storage

import (
	"context"
	"database/sql"
	"slices"
)

// announced is a letter of an announcement as it is kept.
type announced struct {
	chat, letter, settled  int64
	kind, state, err, kept string // state is the outbox's, kept our own
	chosen                 bool
}

// begun reports whether the letter has left, or may have.
func (l announced) begun() bool { return l.state != LetterDead && l.state != LetterQueued }

// absorbAnnouncements lets two rows of one chat be one addressee. What went out
// under either id must not go out again under the other.
func (tx *Tx) absorbAnnouncements(ctx context.Context, old, young int64) error {
	ids, err := list(ctx, &tx.Reader, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		"SELECT announcement_id FROM announcement_targets WHERE chat_id = ? INTERSECT SELECT announcement_id FROM announcement_targets WHERE chat_id = ?", old, young)
	if err != nil {
		return err
	}
	for _, id := range ids {
		for _, kind := range []string{AnnouncePost, AnnounceRecall} {
			if err := tx.mergeAnnounced(ctx, id, kind, old, young); err != nil {
				return err
			}
		}
	}
	for _, q := range []string{
		"DELETE FROM announcement_targets WHERE chat_id = ?2 AND announcement_id IN (SELECT announcement_id FROM announcement_targets WHERE chat_id = ?1)",
		"UPDATE announcement_targets SET chat_id = ?1 WHERE chat_id = ?2",
		"UPDATE announcement_letters SET chat_id = ?1 WHERE chat_id = ?2",
		"UPDATE announcements SET chat_id = ?1 WHERE chat_id = ?2",
	} {
		if _, err := tx.q.exec(ctx, q, old, young); err != nil {
			return classify(err)
		}
	}
	return nil
}

// mergeAnnounced puts the letters that both ids got of one announcement into
// one row of tries, those that went out last. Of what still waits only one goes,
// and none if another has gone.
func (tx *Tx) mergeAnnounced(ctx context.Context, id int64, kind string, old, young int64) error {
	all, err := list(ctx, &tx.Reader, func(rows *sql.Rows, l *announced) error {
		return rows.Scan(&l.chat, &l.kind, &l.letter, &l.chosen, &l.kept, &l.err, &l.settled, &l.state)
	}, `SELECT l.chat_id, l.kind, l.letter_id, l.chosen, l.state, l.error, l.settled_at, coalesce(o.state, l.state)
		FROM announcement_letters l LEFT JOIN outbox o ON o.id = l.letter_id
		WHERE l.announcement_id = ? AND l.kind = ? AND l.chat_id IN (?, ?) ORDER BY l.chat_id = ?, l.try`, id, kind, old, young, old)
	if err != nil || len(all) == 0 {
		return err
	}
	gone := slices.ContainsFunc(all, announced.begun)
	for i, l := range all {
		if l.state != LetterQueued {
			continue
		}
		if gone {
			if err := tx.Settle(ctx, Outcome{ID: l.letter, State: LetterDead, Error: "the chat has it under its other id"}); err != nil {
				return err
			}
			all[i].state = LetterDead
		}
		gone = true
	}
	slices.SortStableFunc(all, func(a, b announced) int { return rank(a) - rank(b) })
	if _, err := tx.q.exec(ctx, "DELETE FROM announcement_letters WHERE announcement_id = ? AND kind = ? AND chat_id IN (?, ?)", id, kind, old, young); err != nil {
		return classify(err)
	}
	for i, l := range all {
		// Under two ids it may have been said twice before anybody knew.
		chosen := l.chosen || i > 0 && all[i-1].state != LetterDead
		if _, err := tx.q.exec(ctx, `INSERT INTO announcement_letters (announcement_id, chat_id, kind, try, letter_id, chosen, state, error, settled_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, old, kind, i+1, l.letter, chosen, l.kept, l.err, l.settled); err != nil {
			return classify(err)
		}
	}
	return nil
}

func rank(l announced) int {
	if l.state == LetterDead {
		return 0
	}
	return 1
}
