package storage

import (
	"context"
	"database/sql"
	"time"
)

// What a queue does after a round.
const (
	QueueLoop = "loop" // it begins again
	QueueOnce = "once" // it is empty
)

// States of a queue and of its items.
const (
	QueueActive  = "active"
	QueueDeleted = "deleted"
)

// QueueOfPosts is a queue of texts that schedules post one after the other.
type QueueOfPosts struct {
	ID          int64
	CommunityID int64
	Name        string
	Mode        string
	State       string
	ToldAt      time.Time // UTC: when the administrators were told that it is empty
	Items       int       // active ones
}

// QueueItem is a text of a queue.
type QueueItem struct {
	ID      int64
	QueueID int64
	Number  int // what people call it
	Body    string
	Weight  int // how often it comes in a round
	State   string
	Taken   int // how often it came in this round; only from QueueStanding
}

// QueueStanding is how far a chat is with a queue.
type QueueStanding struct {
	Round int
	Last  int64       // the item that came last, 0 = none
	Items []QueueItem // active ones, in their order, with what was taken in this round
}

const queueColumns = `id, community_id, name, mode, state, told_at, (SELECT count(*) FROM queue_items i WHERE i.queue_id = q.id AND i.state = 'active')`

func scanQueue(row interface{ Scan(...any) error }, q *QueueOfPosts) error {
	var told int64
	err := row.Scan(&q.ID, &q.CommunityID, &q.Name, &q.Mode, &q.State, &told, &q.Items)
	q.ToldAt = FromMillis(told)
	return err
}

// QueuesOf lists the queues of a community by name, and those that post in one
// of its chats.
func (r *Reader) QueuesOf(ctx context.Context, community int64) ([]QueueOfPosts, error) {
	return list(ctx, r, func(rows *sql.Rows, q *QueueOfPosts) error { return scanQueue(rows, q) }, "SELECT "+queueColumns+` FROM queues q
		WHERE q.state = 'active' AND (q.community_id = ?1 OR EXISTS (SELECT 1 FROM schedules s JOIN schedule_chats c ON c.schedule_id = s.id JOIN chats h ON h.id = c.chat_id
			WHERE s.queue_id = q.id AND s.state IN ('active', 'paused') AND h.community_id = ?1)) ORDER BY q.name, q.id`, community)
}

// QueueByID reads one, or ErrNotFound.
func (r *Reader) QueueByID(ctx context.Context, id int64) (QueueOfPosts, error) {
	var q QueueOfPosts
	err := scanQueue(r.q.row(ctx, "SELECT "+queueColumns+" FROM queues q WHERE q.id = ?", id), &q)
	return q, classify(err)
}

// AddQueue makes a queue.
func (tx *Tx) AddQueue(ctx context.Context, community int64, name string) (QueueOfPosts, error) {
	res, err := tx.q.exec(ctx, "INSERT INTO queues (community_id, name, created_at) VALUES (?, ?, ?)", community, name, millis(tx.Now))
	if err != nil {
		return QueueOfPosts{}, classify(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return QueueOfPosts{}, classify(err)
	}
	return tx.QueueByID(ctx, id)
}

// SetQueue changes what a queue does after a round, and its state.
func (tx *Tx) SetQueue(ctx context.Context, q QueueOfPosts) error {
	_, err := tx.q.exec(ctx, "UPDATE queues SET mode = ?, state = ?, told_at = ? WHERE id = ?", q.Mode, q.State, millis(q.ToldAt), q.ID)
	return classify(err)
}

const itemColumns = "id, queue_id, number, body, weight, state"

func scanItem(rows *sql.Rows, i *QueueItem) error {
	return rows.Scan(&i.ID, &i.QueueID, &i.Number, &i.Body, &i.Weight, &i.State)
}

// AddQueueItem puts a text at the end of a queue.
func (tx *Tx) AddQueueItem(ctx context.Context, queue int64, body string, weight int, by int64) (QueueItem, error) {
	res, err := tx.q.exec(ctx, `INSERT INTO queue_items (queue_id, number, body, weight, created_by, created_at)
		SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM queue_items WHERE queue_id = ?1`, queue, body, weight, by, millis(tx.Now))
	if err != nil {
		return QueueItem{}, classify(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return QueueItem{}, classify(err)
	}
	return tx.QueueItem(ctx, id)
}

// QueueItem reads one, or ErrNotFound.
func (r *Reader) QueueItem(ctx context.Context, id int64) (QueueItem, error) {
	return r.queueItem(ctx, "id = ?", id)
}

// QueueItemNumbered reads one by its number in a queue, or ErrNotFound.
func (r *Reader) QueueItemNumbered(ctx context.Context, queue int64, number int) (QueueItem, error) {
	return r.queueItem(ctx, "queue_id = ? AND number = ?", queue, number)
}

func (r *Reader) queueItem(ctx context.Context, where string, args ...any) (QueueItem, error) {
	found, err := list(ctx, r, scanItem, "SELECT "+itemColumns+" FROM queue_items WHERE "+where, args...)
	if err != nil {
		return QueueItem{}, err
	}
	if len(found) == 0 {
		return QueueItem{}, ErrNotFound
	}
	return found[0], nil
}

// QueueItems lists what is in a queue, in its order.
func (r *Reader) QueueItems(ctx context.Context, queue int64) ([]QueueItem, error) {
	return list(ctx, r, scanItem, "SELECT "+itemColumns+" FROM queue_items WHERE queue_id = ? AND state = 'active' ORDER BY number", queue)
}

// SetQueueItem changes the weight of a text, or takes it out and puts it back.
func (tx *Tx) SetQueueItem(ctx context.Context, i QueueItem) error {
	_, err := tx.q.exec(ctx, "UPDATE queue_items SET weight = ?, state = ? WHERE id = ?", i.Weight, i.State, i.ID)
	return classify(err)
}

// QueueStanding tells how far a chat is with a queue.
func (r *Reader) QueueStanding(ctx context.Context, queue, chatID int64) (QueueStanding, error) {
	var s QueueStanding
	if err := r.q.row(ctx, "SELECT coalesce(max(round), 1) FROM queue_picks WHERE queue_id = ? AND chat_id = ?", queue, chatID).Scan(&s.Round); err != nil {
		return s, classify(err)
	}
	last, err := list(ctx, r, func(rows *sql.Rows, id *int64) error { return rows.Scan(id) },
		"SELECT item_id FROM queue_picks WHERE queue_id = ? AND chat_id = ? ORDER BY at DESC, occurrence_id DESC LIMIT 1", queue, chatID)
	if err != nil {
		return s, err
	}
	if len(last) > 0 {
		s.Last = last[0]
	}
	s.Items, err = list(ctx, r, func(rows *sql.Rows, i *QueueItem) error {
		return rows.Scan(&i.ID, &i.QueueID, &i.Number, &i.Body, &i.Weight, &i.State, &i.Taken)
	}, "SELECT "+itemColumns+`, (SELECT count(*) FROM queue_picks k WHERE k.queue_id = ?1 AND k.chat_id = ?2 AND k.round = ?3 AND k.item_id = queue_items.id)
		FROM queue_items WHERE queue_id = ?1 AND state = 'active' ORDER BY number`, queue, chatID, s.Round)
	return s, err
}

// PickOf is the item that an occurrence has, or ErrNotFound.
func (r *Reader) PickOf(ctx context.Context, occurrence int64) (QueueItem, error) {
	return r.queueItem(ctx, "id = (SELECT item_id FROM queue_picks WHERE occurrence_id = ?)", occurrence)
}

// Pick gives an occurrence its item, for ever.
func (tx *Tx) Pick(ctx context.Context, o Occurrence, i QueueItem, round int) error {
	_, err := tx.q.exec(ctx, `INSERT INTO queue_picks (occurrence_id, queue_id, chat_id, item_id, round, nth, at)
		SELECT ?1, ?2, ?3, ?4, ?5, count(*) + 1, ?6 FROM queue_picks WHERE queue_id = ?2 AND chat_id = ?3 AND round = ?5 AND item_id = ?4`,
		o.ID, i.QueueID, o.ChatID, i.ID, round, millis(tx.Now))
	return classify(err)
}

// QuietHours is when a chat wants to be left alone, in minutes after midnight.
// The zero value is never.
type QuietHours struct {
	ChatID      int64
	From, Until int
	Rule        string // QuietMove or QuietSkip
}

// Quiet is when a chat wants to be left alone.
func (r *Reader) Quiet(ctx context.Context, chatID int64) (QuietHours, error) {
	found, err := list(ctx, r, func(rows *sql.Rows, q *QuietHours) error { return rows.Scan(&q.ChatID, &q.From, &q.Until, &q.Rule) },
		"SELECT chat_id, from_minute, until_minute, rule FROM chat_quiet WHERE chat_id = ?", chatID)
	if err != nil || len(found) == 0 {
		return QuietHours{ChatID: chatID}, err
	}
	return found[0], nil
}

// SetQuiet changes that; without hours it is never.
func (tx *Tx) SetQuiet(ctx context.Context, q QuietHours) error {
	if q.From == q.Until {
		_, err := tx.q.exec(ctx, "DELETE FROM chat_quiet WHERE chat_id = ?", q.ChatID)
		return classify(err)
	}
	_, err := tx.q.exec(ctx, `INSERT INTO chat_quiet (chat_id, from_minute, until_minute, rule, set_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (chat_id) DO UPDATE SET from_minute = excluded.from_minute, until_minute = excluded.until_minute, rule = excluded.rule, set_at = excluded.set_at`,
		q.ChatID, q.From, q.Until, q.Rule, millis(tx.Now))
	return classify(err)
}
