package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// QuizQuestion is a question of the bank.
type QuizQuestion struct {
	ID          int64
	CommunityID int64
	Number      int // what people call it, per community
	Text        string
	Options     []string
	Answer      int // index into Options
	Tag         string
	DeletedAt   time.Time // UTC, zero = in the bank
}

const questionColumns = "id, community_id, number, text, options, answer, tag, deleted_at"

func scanQuestion(rows *sql.Rows, q *QuizQuestion) error {
	var options string
	var deleted int64
	if err := rows.Scan(&q.ID, &q.CommunityID, &q.Number, &q.Text, &options, &q.Answer, &q.Tag, &deleted); err != nil {
		return err
	}
	q.DeletedAt = FromMillis(deleted)
	return json.Unmarshal([]byte(options), &q.Options)
}

// QuizQuestions lists the bank of a community by number; with a tag only the
// questions that bear it.
func (r *Reader) QuizQuestions(ctx context.Context, community int64, tag string) ([]QuizQuestion, error) {
	return list(ctx, r, scanQuestion, "SELECT "+questionColumns+" FROM quiz_questions WHERE community_id = ?1 AND deleted_at = 0 AND (?2 = '' OR tag = ?2 COLLATE NOCASE) ORDER BY number", community, tag)
}

// AddQuizQuestion adds a question with the next number of its community.
func (tx *Tx) AddQuizQuestion(ctx context.Context, q QuizQuestion) (QuizQuestion, error) {
	options, err := json.Marshal(q.Options)
	if err != nil {
		return q, fmt.Errorf("quiz: %w", err)
	}
	err = tx.q.row(ctx, `INSERT INTO quiz_questions (community_id, number, text, options, answer, tag, created_at)
		VALUES (?1, (SELECT COALESCE(max(number), 0) + 1 FROM quiz_questions WHERE community_id = ?1), ?2, ?3, ?4, ?5, ?6) RETURNING id, number`,
		q.CommunityID, q.Text, string(options), q.Answer, q.Tag, millis(tx.Now)).Scan(&q.ID, &q.Number)
	return q, classify(err)
}

// SetQuizDeleted takes questions out of the bank of a community, or brings them
// back, and returns how many.
func (tx *Tx) SetQuizDeleted(ctx context.Context, community int64, ids []int64, deleted bool) (int, error) {
	at := int64(0)
	if deleted {
		at = millis(tx.Now)
	}
	text, err := json.Marshal(ids)
	if err != nil {
		return 0, fmt.Errorf("quiz: %w", err)
	}
	res, err := tx.q.exec(ctx, "UPDATE quiz_questions SET deleted_at = ?1 WHERE community_id = ?2 AND (deleted_at = 0) = ?3 AND id IN (SELECT value FROM json_each(?4))", at, community, deleted, string(text))
	if err != nil {
		return 0, classify(err)
	}
	n, err := res.RowsAffected()
	return int(n), classify(err)
}

// States of a round and of its questions.
const (
	QuizRunning     = "running"
	QuizDone        = "done"
	QuizStopped     = "stopped"     // by somebody
	QuizInterrupted = "interrupted" // the program was down

	QuizWaiting = "waiting"
	QuizOpen    = "open"
	QuizClosed  = "closed"
	QuizVoid    = "void" // never counted
)

// QuizRound is one game.
type QuizRound struct {
	ID          int64
	CommunityID int64
	Number      int
	ChatID      int64
	PersonID    int64
	Tag         string
	State       string
	Seconds     int
	Rule        string    // JSON, owned by the command family
	StartedAt   time.Time // UTC
	EndedAt     time.Time // UTC
}

const roundColumns = "id, community_id, number, chat_id, person_id, tag, state, seconds, rule, started_at, ended_at"

func scanRound(row interface{ Scan(...any) error }, q *QuizRound) error {
	var started, ended int64
	err := row.Scan(&q.ID, &q.CommunityID, &q.Number, &q.ChatID, &q.PersonID, &q.Tag, &q.State, &q.Seconds, &q.Rule, &started, &ended)
	q.StartedAt, q.EndedAt = FromMillis(started), FromMillis(ended)
	return err
}

// QuizRunningIn finds the round that is played in a chat, or ErrNotFound.
func (r *Reader) QuizRunningIn(ctx context.Context, chatID int64) (QuizRound, error) {
	var q QuizRound
	err := scanRound(r.q.row(ctx, "SELECT "+roundColumns+" FROM quiz_rounds WHERE chat_id = ? AND state = 'running'", chatID), &q)
	return q, classify(err)
}

// QuizRound finds a round by its row, or ErrNotFound.
func (r *Reader) QuizRound(ctx context.Context, id int64) (QuizRound, error) {
	var q QuizRound
	err := scanRound(r.q.row(ctx, "SELECT "+roundColumns+" FROM quiz_rounds WHERE id = ?", id), &q)
	return q, classify(err)
}

// LastQuiz finds the newest round of a community, or ErrNotFound.
func (r *Reader) LastQuiz(ctx context.Context, community int64) (QuizRound, error) {
	var q QuizRound
	err := scanRound(r.q.row(ctx, "SELECT "+roundColumns+" FROM quiz_rounds WHERE community_id = ? ORDER BY number DESC LIMIT 1", community), &q)
	return q, classify(err)
}

// QuizItem is a question of a round.
type QuizItem struct {
	RoundID    int64
	Position   int // from 1
	QuestionID int64
	Text       string
	Options    []string
	Answer     int
	State      string
	OpenedAt   time.Time // UTC
	ClosesAt   time.Time // UTC
}

// StartQuiz begins a round with its questions; ErrDuplicate says that one is
// played in the chat already.
func (tx *Tx) StartQuiz(ctx context.Context, q QuizRound, items []QuizItem) (QuizRound, error) {
	q.State, q.StartedAt = QuizRunning, tx.Now
	err := tx.q.row(ctx, `INSERT INTO quiz_rounds (community_id, number, chat_id, person_id, tag, state, seconds, rule, started_at)
		VALUES (?1, (SELECT COALESCE(max(number), 0) + 1 FROM quiz_rounds WHERE community_id = ?1), ?2, ?3, ?4, 'running', ?5, ?6, ?7) RETURNING id, number`,
		q.CommunityID, q.ChatID, q.PersonID, q.Tag, q.Seconds, q.Rule, millis(tx.Now)).Scan(&q.ID, &q.Number)
	if err != nil {
		return q, classify(err)
	}
	for i, it := range items {
		options, err := json.Marshal(it.Options)
		if err != nil {
			return q, fmt.Errorf("quiz: %w", err)
		}
		if _, err := tx.q.exec(ctx, "INSERT INTO quiz_items (round_id, position, question_id, text, options, answer) VALUES (?, ?, ?, ?, ?, ?)",
			q.ID, i+1, it.QuestionID, it.Text, string(options), it.Answer); err != nil {
			return q, classify(err)
		}
	}
	return q, nil
}

// QuizItems lists the questions of a round.
func (r *Reader) QuizItems(ctx context.Context, round int64) ([]QuizItem, error) {
	return list(ctx, r, func(rows *sql.Rows, it *QuizItem) error {
		var options string
		var opened, closes int64
		if err := rows.Scan(&it.RoundID, &it.Position, &it.QuestionID, &it.Text, &options, &it.Answer, &it.State, &opened, &closes); err != nil {
			return err
		}
		it.OpenedAt, it.ClosesAt = FromMillis(opened), FromMillis(closes)
		return json.Unmarshal([]byte(options), &it.Options)
	}, "SELECT round_id, position, question_id, text, options, answer, state, opened_at, closes_at FROM quiz_items WHERE round_id = ? ORDER BY position", round)
}

// MoveQuizItem changes the state of a question that is in another one;
// ErrDuplicate says that it is not any more.
func (tx *Tx) MoveQuizItem(ctx context.Context, it QuizItem, from, to string) error {
	res, err := tx.q.exec(ctx, "UPDATE quiz_items SET state = ?, opened_at = ?, closes_at = ? WHERE round_id = ? AND position = ? AND state = ?",
		to, millis(it.OpenedAt), millis(it.ClosesAt), it.RoundID, it.Position, from)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// EndQuiz ends a running round; ErrDuplicate says that it has ended.
func (tx *Tx) EndQuiz(ctx context.Context, round int64, state string) error {
	res, err := tx.q.exec(ctx, "UPDATE quiz_rounds SET state = ?, ended_at = ? WHERE id = ? AND state = 'running'", state, millis(tx.Now), round)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// QuizAnswer is what a member chose.
type QuizAnswer struct {
	Position int
	MemberID int64
	PersonID int64
	Name     string
	Choice   int
	At       time.Time // UTC, of the last change
}

// QuizAnswers lists the answers of a round by question and time.
func (r *Reader) QuizAnswers(ctx context.Context, round int64) ([]QuizAnswer, error) {
	return list(ctx, r, func(rows *sql.Rows, a *QuizAnswer) error {
		var at int64
		err := rows.Scan(&a.Position, &a.MemberID, &a.PersonID, &a.Name, &a.Choice, &at)
		a.At = FromMillis(at)
		return err
	}, `SELECT x.position, x.member_id, p.id, p.name, x.choice, x.at FROM quiz_answers x JOIN members m ON m.id = x.member_id JOIN people p ON p.id = m.person_id
		WHERE x.round_id = ? ORDER BY x.position, x.at, x.member_id`, round)
}

// AnswerQuiz stores or changes an answer and returns the choice before, -1 if
// there was none. The time of an answer that is not changed stays.
func (tx *Tx) AnswerQuiz(ctx context.Context, round int64, a QuizAnswer) (int, error) {
	before := -1
	err := classify(tx.q.row(ctx, "SELECT choice FROM quiz_answers WHERE round_id = ? AND position = ? AND member_id = ?", round, a.Position, a.MemberID).Scan(&before))
	if err != nil && !errors.Is(err, ErrNotFound) || before == a.Choice {
		return before, err
	}
	_, err = tx.q.exec(ctx, `INSERT INTO quiz_answers (round_id, position, member_id, choice, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET choice = excluded.choice, at = excluded.at`, round, a.Position, a.MemberID, a.Choice, millis(a.At))
	return before, classify(err)
}

// JoinQuiz notes that a member takes part; ErrDuplicate says that he does.
func (tx *Tx) JoinQuiz(ctx context.Context, round, member int64) error {
	_, err := tx.q.exec(ctx, "INSERT INTO quiz_players (round_id, member_id) VALUES (?, ?)", round, member)
	return classify(err)
}

// QuizEarned sums what a member earned by quizzes on a chat day.
func (r *Reader) QuizEarned(ctx context.Context, memberID int64, day string) (int64, error) {
	var n int64
	err := r.q.row(ctx, "SELECT COALESCE(sum(amount), 0) FROM ledger WHERE member_id = ? AND unit = 'points' AND kind = 'quiz' AND day = ?", memberID, day).Scan(&n)
	return n, classify(err)
}

// PersonQuizAnswer is what a person chose in a quiz, for /mydata export.
type PersonQuizAnswer struct {
	Round    int64     `json:"round"`
	Position int       `json:"position"`
	Choice   int       `json:"choice"`
	At       time.Time `json:"at"`
}

func (r *Reader) personQuiz(ctx context.Context, personID int64) ([]PersonQuizAnswer, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, a *PersonQuizAnswer) error {
		var at int64
		err := rows.Scan(&a.Round, &a.Position, &a.Choice, &at)
		a.At = FromMillis(at)
		return err
	}, "SELECT x.round_id, x.position, x.choice, x.at FROM quiz_answers x JOIN members m ON m.id = x.member_id WHERE m.person_id = ? ORDER BY x.round_id, x.position", personID)
	if out == nil {
		out = []PersonQuizAnswer{}
	}
	return out, err
}
