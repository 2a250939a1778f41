package storage

import (
	"context"
	"database/sql"
	"time"
)

// States of a question.
const (
	QuestionOpen   = "open"
	QuestionSolved = "solved" // an answer was accepted
	QuestionClosed = "closed" // its asker is erased
)

// Question is what a member asks the others.
type Question struct {
	ID          int64
	CommunityID int64
	Number      int // what people call it, per community; never used again
	ChatID      int64
	AccountID   int64
	PersonID    int64
	Name        string // of the account
	Text        string
	State       string
	Accepted    int // place of the accepted answer, 0 = none
	Points      int // that it brought
	Answers     int
	CreatedAt   time.Time // UTC
	Accepts     int       // how often an answer was accepted
	Pin         int       // PinNever, PinOn, PinOff
}

// Whether the message of a question stands at the top of its chat.
const (
	PinNever = iota
	PinOn
	PinOff // it did
)

const questionSelect = `SELECT x.id, x.community_id, x.number, x.chat_id, x.account_id, a.person_id, a.name, x.text, x.state, x.accepted, x.points,
	(SELECT count(*) FROM question_answers n WHERE n.question_id = x.id AND n.text <> '') AS answers, x.created_at, x.accepts, x.pin
	FROM questions x JOIN accounts a ON a.id = x.account_id `

func scanAsked(rows *sql.Rows, q *Question) error {
	var created int64
	err := rows.Scan(&q.ID, &q.CommunityID, &q.Number, &q.ChatID, &q.AccountID, &q.PersonID, &q.Name, &q.Text, &q.State, &q.Accepted, &q.Points, &q.Answers, &created, &q.Accepts, &q.Pin)
	q.CreatedAt = FromMillis(created)
	return err
}

// AddQuestion asks a question with the next number of its community.
func (tx *Tx) AddQuestion(ctx context.Context, q Question) (Question, error) {
	q.State, q.CreatedAt = QuestionOpen, tx.Now
	err := tx.q.row(ctx, `INSERT INTO questions (community_id, number, chat_id, account_id, text, created_at)
		VALUES (?1, (SELECT COALESCE(max(number), 0) + 1 FROM questions WHERE community_id = ?1), ?2, ?3, ?4, ?5) RETURNING id, number`,
		q.CommunityID, q.ChatID, q.AccountID, q.Text, millis(tx.Now)).Scan(&q.ID, &q.Number)
	return q, classify(err)
}

// Question finds a question by its number, or ErrNotFound.
func (r *Reader) Question(ctx context.Context, community int64, number int) (Question, error) {
	return oneQuestion(list(ctx, r, scanAsked, questionSelect+"WHERE x.community_id = ? AND x.number = ?", community, number))
}

// FormerQuestion finds the newest question that had a number in another
// community, and came with its chat since an instant, or ErrNotFound.
func (r *Reader) FormerQuestion(ctx context.Context, community int64, number int, since time.Time) (Question, error) {
	return oneQuestion(list(ctx, r, scanAsked, questionSelect+"WHERE x.community_id = ? AND x.former = ? AND x.former > 0 AND x.moved_at > ? ORDER BY x.moved_at DESC, x.id DESC LIMIT 1", community, number, millis(since)))
}

// QuestionByID finds a question by its row, or ErrNotFound.
func (r *Reader) QuestionByID(ctx context.Context, id int64) (Question, error) {
	return oneQuestion(list(ctx, r, scanAsked, questionSelect+"WHERE x.id = ?", id))
}

func oneQuestion(all []Question, err error) (Question, error) {
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Question{}, err
	}
	return all[0], nil
}

// OpenQuestions lists the questions without an accepted answer, those without
// any answer first, then the longest waiting.
func (r *Reader) OpenQuestions(ctx context.Context, community int64, limit int) ([]Question, error) {
	return list(ctx, r, scanAsked, questionSelect+"WHERE x.community_id = ? AND x.state = 'open' ORDER BY answers > 0, x.created_at, x.id LIMIT ?", community, limit)
}

// QuestionsOf lists what a person asked in a community since an instant,
// newest first.
func (r *Reader) QuestionsOf(ctx context.Context, community, personID int64, since time.Time) ([]Question, error) {
	return list(ctx, r, scanAsked, questionSelect+"WHERE a.person_id = ? AND x.community_id = ? AND x.created_at > ? ORDER BY x.created_at DESC, x.id DESC",
		personID, community, millis(since))
}

// SolveQuestion accepts an answer; ErrDuplicate when the question is not open
// any more.
func (tx *Tx) SolveQuestion(ctx context.Context, id int64, place, points int) error {
	return tx.moved(tx.q.exec(ctx, "UPDATE questions SET state = 'solved', accepted = ?, points = ?, solved_at = ?, accepts = accepts + 1 WHERE id = ? AND state = 'open'", place, points, millis(tx.Now), id))
}

// ReopenQuestion takes an acceptance back, the one with a number; ErrDuplicate
// when it does not stand any more.
func (tx *Tx) ReopenQuestion(ctx context.Context, id int64, accepts int) error {
	return tx.moved(tx.q.exec(ctx, "UPDATE questions SET state = 'open', accepted = 0, points = 0, solved_at = 0 WHERE id = ? AND state = 'solved' AND accepts = ?", id, accepts))
}

// PinQuestion notes whether the message of a question is at the top of its chat.
func (tx *Tx) PinQuestion(ctx context.Context, id int64, pin int) error {
	return tx.moved(tx.q.exec(ctx, "UPDATE questions SET pin = ? WHERE id = ?", pin, id))
}

const accepted = ` FROM questions x INDEXED BY questions_solved
	JOIN accounts a ON a.id = x.account_id
	JOIN question_answers n ON n.question_id = x.id AND n.place = x.accepted
	JOIN accounts b ON b.id = n.account_id
	WHERE x.community_id = ? AND x.state = 'solved' AND x.points > 0 AND x.solved_at >= ? `

// AcceptedBetween counts the acceptances that brought points between two
// persons, in both directions, since an instant.
func (r *Reader) AcceptedBetween(ctx context.Context, community int64, since time.Time, one, other int64) (int, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*)"+accepted+"AND (a.person_id = ? AND b.person_id = ? OR a.person_id = ? AND b.person_id = ?)",
		community, millis(since), one, other, other, one).Scan(&n)
	return n, classify(err)
}

// AcceptedFor sums what accepted answers brought to a person since an instant.
func (r *Reader) AcceptedFor(ctx context.Context, community int64, since time.Time, personID int64) (int, error) {
	var n int
	err := r.q.row(ctx, "SELECT COALESCE(sum(x.points), 0)"+accepted+"AND b.person_id = ?", community, millis(since), personID).Scan(&n)
	return n, classify(err)
}

// QuestionAnswer is all that one person answered.
type QuestionAnswer struct {
	QuestionID int64
	Place      int // in the order of coming, from 1
	AccountID  int64
	PersonID   int64
	Name       string
	Text       string
	Agrees     int // persons who agree
}

// QuestionAnswers lists the answers of a question in the order of coming.
func (r *Reader) QuestionAnswers(ctx context.Context, id int64) ([]QuestionAnswer, error) {
	return list(ctx, r, func(rows *sql.Rows, a *QuestionAnswer) error {
		return rows.Scan(&a.QuestionID, &a.Place, &a.AccountID, &a.PersonID, &a.Name, &a.Text, &a.Agrees)
	}, `SELECT x.question_id, x.place, x.account_id, a.person_id, a.name, x.text,
			(SELECT count(DISTINCT b.person_id) FROM question_agrees g JOIN accounts b ON b.id = g.account_id WHERE g.question_id = x.question_id AND g.place = x.place)
		FROM question_answers x JOIN accounts a ON a.id = x.account_id WHERE x.question_id = ? AND x.text <> '' ORDER BY x.place`, id)
}

// AddAnswer adds the first answer of an account and returns its place.
func (tx *Tx) AddAnswer(ctx context.Context, id, accountID int64, text string) (int, error) {
	var place int
	err := tx.q.row(ctx, `INSERT INTO question_answers (question_id, place, account_id, text, at)
		VALUES (?1, (SELECT COALESCE(max(place), 0) + 1 FROM question_answers WHERE question_id = ?1), ?2, ?3, ?4) RETURNING place`,
		id, accountID, text, millis(tx.Now)).Scan(&place)
	return place, classify(err)
}

// SetAnswer replaces the text of an answer.
func (tx *Tx) SetAnswer(ctx context.Context, id int64, place int, text string) error {
	return tx.moved(tx.q.exec(ctx, "UPDATE question_answers SET text = ? WHERE question_id = ? AND place = ?", text, id, place))
}

// AgreeAnswer notes that a person agrees and reports whether that is new.
func (tx *Tx) AgreeAnswer(ctx context.Context, id int64, place int, a Account) (bool, error) {
	res, err := tx.q.exec(ctx, `INSERT INTO question_agrees (question_id, place, account_id, at) SELECT ?1, ?2, ?3, ?4
		WHERE NOT EXISTS (SELECT 1 FROM question_agrees g JOIN accounts b ON b.id = g.account_id WHERE g.question_id = ?1 AND g.place = ?2 AND b.person_id = ?5)`,
		id, place, a.ID, millis(tx.Now), a.PersonID)
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}

// PersonQuestion is a question that a person asked, or answered, for /mydata
// export.
type PersonQuestion struct {
	CommunityID int64     `json:"community_id"`
	Number      int       `json:"number"`
	At          time.Time `json:"at"`
	Asked       string    `json:"asked,omitempty"`    // what he asked
	Answered    string    `json:"answered,omitempty"` // what he answered
	Accepted    bool      `json:"accepted,omitempty"` // his answer
	Agreed      bool      `json:"agreed,omitempty"`   // with an answer of another
}

func (r *Reader) personQuestions(ctx context.Context, personID int64) ([]PersonQuestion, error) {
	return list(ctx, r, func(rows *sql.Rows, q *PersonQuestion) error {
		var at int64
		err := rows.Scan(&q.CommunityID, &q.Number, &at, &q.Asked, &q.Answered, &q.Accepted, &q.Agreed)
		q.At = FromMillis(at)
		return err
	}, `SELECT x.community_id, x.number, x.created_at, x.text, '', 0, 0 FROM questions x JOIN accounts a ON a.id = x.account_id WHERE a.person_id = ?1
		UNION ALL SELECT x.community_id, x.number, n.at, '', n.text, x.accepted = n.place, 0
			FROM question_answers n JOIN questions x ON x.id = n.question_id JOIN accounts a ON a.id = n.account_id WHERE a.person_id = ?1
		UNION ALL SELECT x.community_id, x.number, g.at, '', '', 0, 1
			FROM question_agrees g JOIN questions x ON x.id = g.question_id JOIN accounts a ON a.id = g.account_id WHERE a.person_id = ?1
		ORDER BY 1, 3, 2`, personID)
}
