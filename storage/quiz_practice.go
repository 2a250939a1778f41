package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// QuizPractice is a single question, for practice.
type QuizPractice struct {
	ID          int64
	CommunityID int64
	ChatID      int64
	QuestionID  int64
	PersonID    int64
	Text        string
	Options     []string
	Answer      int
	Closed      bool
	OpenedAt    time.Time // UTC
	ClosesAt    time.Time // UTC
}

const practiceColumns = "id, community_id, chat_id, question_id, person_id, text, options, answer, state = 'closed', opened_at, closes_at"

func scanPractice(row interface{ Scan(...any) error }, p *QuizPractice) error {
	var options string
	var opened, closes int64
	if err := row.Scan(&p.ID, &p.CommunityID, &p.ChatID, &p.QuestionID, &p.PersonID, &p.Text, &options, &p.Answer, &p.Closed, &opened, &closes); err != nil {
		return err
	}
	p.OpenedAt, p.ClosesAt = FromMillis(opened), FromMillis(closes)
	return json.Unmarshal([]byte(options), &p.Options)
}

// StartPractice asks a practice question; ErrDuplicate says that one is open in
// the chat.
func (tx *Tx) StartPractice(ctx context.Context, p QuizPractice) (QuizPractice, error) {
	options, err := json.Marshal(p.Options)
	if err != nil {
		return p, fmt.Errorf("quiz: %w", err)
	}
	p.OpenedAt = tx.Now
	err = tx.q.row(ctx, `INSERT INTO quiz_practices (community_id, chat_id, question_id, person_id, text, options, answer, opened_at, closes_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		p.CommunityID, p.ChatID, p.QuestionID, p.PersonID, p.Text, string(options), p.Answer, millis(p.OpenedAt), millis(p.ClosesAt)).Scan(&p.ID)
	return p, classify(err)
}

// QuizPractice finds a practice question by its row, or ErrNotFound.
func (r *Reader) QuizPractice(ctx context.Context, id int64) (QuizPractice, error) {
	var p QuizPractice
	err := scanPractice(r.q.row(ctx, "SELECT "+practiceColumns+" FROM quiz_practices WHERE id = ?", id), &p)
	return p, classify(err)
}

// OpenPractices lists the practice questions that are open; community 0 is all.
func (r *Reader) OpenPractices(ctx context.Context, community int64) ([]QuizPractice, error) {
	return list(ctx, r, func(rows *sql.Rows, p *QuizPractice) error { return scanPractice(rows, p) },
		"SELECT "+practiceColumns+" FROM quiz_practices WHERE state = 'open' AND (?1 = 0 OR community_id = ?1) ORDER BY id", community)
}

// ClosePractice ends a practice question; ErrDuplicate when it has ended.
func (tx *Tx) ClosePractice(ctx context.Context, id int64) error {
	return tx.moved(tx.q.exec(ctx, "UPDATE quiz_practices SET state = 'closed' WHERE id = ? AND state = 'open'", id))
}

// AnswerPractice stores a member's answer and returns what stands: the first one
// he gave. fresh says that it is this one.
func (tx *Tx) AnswerPractice(ctx context.Context, id, memberID int64, choice int, at time.Time) (stands int, fresh bool, err error) {
	res, err := tx.q.exec(ctx, "INSERT INTO quiz_practice_answers (practice_id, member_id, choice, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", id, memberID, choice, millis(at))
	if err != nil {
		return 0, false, classify(err)
	}
	n, err := res.RowsAffected()
	if err != nil || n > 0 {
		return choice, n > 0, classify(err)
	}
	err = tx.q.row(ctx, "SELECT choice FROM quiz_practice_answers WHERE practice_id = ? AND member_id = ?", id, memberID).Scan(&stands)
	return stands, false, classify(err)
}

// PracticeResult counts the answers to a practice question and the right ones.
func (r *Reader) PracticeResult(ctx context.Context, id int64) (answers, right int, err error) {
	err = r.q.row(ctx, "SELECT count(*), COALESCE(sum(a.choice = p.answer), 0) FROM quiz_practice_answers a JOIN quiz_practices p ON p.id = a.practice_id WHERE p.id = ?", id).Scan(&answers, &right)
	return answers, right, classify(err)
}

// QuizPlayed lists the bank's questions that are part of a round that runs.
func (r *Reader) QuizPlayed(ctx context.Context, community int64) ([]int64, error) {
	return list(ctx, r, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		"SELECT DISTINCT i.question_id FROM quiz_rounds r JOIN quiz_items i ON i.round_id = r.id WHERE r.community_id = ? AND r.state = 'running'", community)
}

// PersonPractice is what a person chose in a practice question, for /mydata export.
type PersonPractice struct {
	Practice int64     `json:"practice"`
	Question string    `json:"question"`
	Choice   int       `json:"choice"`
	At       time.Time `json:"at"`
}

func (r *Reader) personPractice(ctx context.Context, personID int64) ([]PersonPractice, error) {
	return list(ctx, r, func(rows *sql.Rows, a *PersonPractice) error {
		var at int64
		err := rows.Scan(&a.Practice, &a.Question, &a.Choice, &at)
		a.At = FromMillis(at)
		return err
	}, `SELECT p.id, p.text, x.choice, x.at FROM quiz_practice_answers x JOIN quiz_practices p ON p.id = x.practice_id JOIN members m ON m.id = x.member_id
		WHERE m.person_id = ? ORDER BY p.id`, personID)
}
