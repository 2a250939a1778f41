package storage

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// qaExports are the files of Export about questions and quizzes.
var qaExports = []exported{
	{
		// Every question; answered_by is whose answer was accepted.
		name: "questions", community: "x.community_id",
		from: `questions x JOIN communities c ON c.id = x.community_id JOIN accounts a ON a.id = x.account_id
			LEFT JOIN question_answers n ON n.question_id = x.id AND n.place = x.accepted LEFT JOIN accounts b ON b.id = n.account_id ORDER BY x.id`,
		columns: slices.Concat(communityExport, []exportColumn{
			{name: "number", value: "x.number"},
			{name: "person_id", value: "a.person_id"},
			{name: "name", value: "a.name"},
			{name: "text", value: "x.text"},
			{name: "state", value: "x.state"},
			{name: "answers", value: "(SELECT count(*) FROM question_answers y WHERE y.question_id = x.id AND y.text <> '')"},
			{name: "accepted", value: "x.accepted"},
			{name: "answered_by", value: "coalesce(b.name, '')"},
			{name: "points", value: "x.points"},
			{name: "created_at", value: "x.created_at", instant: true},
			{name: "solved_at", value: "x.solved_at", instant: true},
		}),
	},
	{
		// Every answer, with how many persons agree.
		name: "question_answers", community: "x.community_id",
		from: "question_answers n JOIN questions x ON x.id = n.question_id JOIN communities c ON c.id = x.community_id JOIN accounts a ON a.id = n.account_id ORDER BY n.question_id, n.place",
		columns: slices.Concat(communityExport, []exportColumn{
			{name: "number", value: "x.number"},
			{name: "place", value: "n.place"},
			{name: "person_id", value: "a.person_id"},
			{name: "name", value: "a.name"},
			{name: "text", value: "n.text"},
			{name: "agrees", value: "(SELECT count(DISTINCT b.person_id) FROM question_agrees g JOIN accounts b ON b.id = g.account_id WHERE g.question_id = n.question_id AND g.place = n.place)"},
			{name: "accepted", value: "x.accepted = n.place"},
			{name: "at", value: "n.at", instant: true},
		}),
	},
	{
		// The questions of quizzes, options as JSON; answer is the index of the right one.
		name: "quiz_questions", community: "x.community_id",
		from: "quiz_questions x JOIN communities c ON c.id = x.community_id ORDER BY x.id",
		columns: slices.Concat(communityExport, []exportColumn{
			{name: "number", value: "x.number"},
			{name: "text", value: "x.text"},
			{name: "options", value: "x.options"},
			{name: "answer", value: "x.answer"},
			{name: "tag", value: "x.tag"},
			{name: "created_at", value: "x.created_at", instant: true},
			{name: "deleted_at", value: "x.deleted_at", instant: true},
		}),
	},
	{
		// What each member did in each round that is over; only closed questions count.
		name: "quiz_results", community: "m.community_id",
		from: `(SELECT y.round_id, y.member_id, count(*) AS answered, sum(y.choice = i.answer) AS hits, sum(CASE y.choice WHEN i.answer THEN max(0, y.at - i.opened_at) ELSE 0 END) AS took
				FROM quiz_answers y JOIN quiz_items i ON i.round_id = y.round_id AND i.position = y.position AND i.state = 'closed' GROUP BY 1, 2) x
			JOIN quiz_rounds r ON r.id = x.round_id AND r.state <> 'running'` + memberJoin + "ORDER BY x.round_id, x.member_id",
		columns: slices.Concat([]exportColumn{{name: "round", value: "r.number"}, {name: "state", value: "r.state"}, {name: "tag", value: "r.tag"}}, memberExport, []exportColumn{
			{name: "questions", value: "(SELECT count(*) FROM quiz_items i WHERE i.round_id = r.id AND i.state = 'closed')"},
			{name: "answered", value: "x.answered"},
			{name: "right", value: "x.hits"},
			{name: "right_ms", value: "x.took"},
			{name: "points", value: "coalesce((SELECT l.amount FROM ledger l WHERE l.member_id = m.id AND l.unit = 'points' AND l.cause = 'quiz:' || r.id), 0)"},
			{name: "started_at", value: "r.started_at", instant: true},
			{name: "ended_at", value: "r.ended_at", instant: true},
		}),
	},
	{
		// Every answer to a practice question.
		name: "quiz_practice", community: "m.community_id",
		from: "quiz_practice_answers x JOIN quiz_practices t ON t.id = x.practice_id AND t.state = 'closed'" + memberJoin + "ORDER BY x.practice_id, x.member_id",
		columns: slices.Concat([]exportColumn{{name: "practice", value: "t.id"}, {name: "question", value: "t.text"}}, memberExport, []exportColumn{
			{name: "choice", value: "x.choice"},
			{name: "right", value: "x.choice = t.answer"},
			{name: "at", value: "x.at", instant: true},
		}),
	},
	{
		// Automatic answers; words and links are JSON.
		name: "faqs", community: "x.community_id",
		from: "faqs x JOIN communities c ON c.id = x.community_id ORDER BY x.id",
		columns: slices.Concat(communityExport, []exportColumn{
			{name: "number", value: "x.number"},
			{name: "mode", value: "x.mode"},
			{name: "words", value: "x.words"},
			{name: "answer", value: "x.answer"},
			{name: "links", value: "x.links"},
			{name: "hits", value: "x.hits"},
			{name: "created_at", value: "x.created_at", instant: true},
			{name: "deleted_at", value: "x.deleted_at", instant: true},
		}),
	},
}

var communityExport = []exportColumn{{name: "community_id", value: "x.community_id"}, {name: "community", value: "c.name"}}

// QuestionRow is an answer beside its question, or a question without one.
type QuestionRow struct {
	Number   int
	State    string
	Asker    string
	Text     string
	At       time.Time // UTC
	Answerer string    // "" = nobody has answered
	Answer   string
	Agrees   int
	Accepted bool
	Points   int
}

// QuestionTable lists the questions of a community with their answers.
func (r *Reader) QuestionTable(ctx context.Context, community int64) ([]QuestionRow, error) {
	return list(ctx, r, func(rows *sql.Rows, q *QuestionRow) error {
		var at int64
		err := rows.Scan(&q.Number, &q.State, &q.Asker, &q.Text, &at, &q.Answerer, &q.Answer, &q.Agrees, &q.Accepted, &q.Points)
		q.At = FromMillis(at)
		return err
	}, `SELECT x.number, x.state, a.name, x.text, x.created_at, coalesce(b.name, ''), coalesce(n.text, ''),
			(SELECT count(DISTINCT p.person_id) FROM question_agrees g JOIN accounts p ON p.id = g.account_id WHERE g.question_id = n.question_id AND g.place = n.place),
			coalesce(n.place = x.accepted, 0), CASE WHEN n.place = x.accepted THEN x.points ELSE 0 END
		FROM questions x JOIN accounts a ON a.id = x.account_id
		LEFT JOIN question_answers n ON n.question_id = x.id AND n.text <> '' LEFT JOIN accounts b ON b.id = n.account_id
		WHERE x.community_id = ? AND x.text <> '' ORDER BY x.number, n.place`, community)
}
