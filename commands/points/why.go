package points

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/storage"
)

const whyLines = 5

// line is one entry as /why shows it.
type line struct {
	ID     int64
	Amount int64
	Kind   string
	Rule   int
	At     bot.Moment
	Detail map[string]any // the figures, by the kind's own names
	Was    int64          // the entry it takes back
	Card   int64          // make-up cards that came with it
	IsCard bool           // Amount counts cards, not points
	By     string         // who made it, by the name he has now; "" = nobody else
}

// why lists a member's own entries, newest first, each with its cause.
func why(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	word := req.Args.Word(0)
	var before int64
	switch {
	case word == "":
	case req.Names().Word(strings.ToLower(word)) == "before":
		n, err := number(req.Args.Word(1))
		if err != nil {
			return bot.Reply{}, err
		}
		before = n
	default:
		return whyOne(ctx, req, word)
	}
	entries, more, err := page(ctx, req, before)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		Lines   []line
		Balance int64
		Older   bool
	}{Balance: req.Member.Balance, Older: before > 0}
	for _, e := range entries {
		l, err := explain(ctx, req, e)
		if err != nil {
			return bot.Reply{}, err
		}
		view.Lines = append(view.Lines, l)
	}
	r := bot.Reply{Template: "points.why", Data: view}
	if more {
		r.Choices = []bot.Choice{{Label: "points.button_older", Command: fmt.Sprintf("/why before %d", entries[len(entries)-1].ID)}}
	}
	return r, nil
}

// page reads the newest entries below an id: points, and the make-up cards
// that no check-in's line tells of already.
func page(ctx context.Context, req *bot.Request, before int64) (entries []storage.Entry, more bool, err error) {
	if entries, err = req.Tx.Entries(ctx, req.Member.ID, storage.Points, before, whyLines+1); err != nil {
		return nil, false, err
	}
	cards, err := req.Tx.Entries(ctx, req.Member.ID, storage.Card, before, whyLines+1)
	if err != nil {
		return nil, false, err
	}
	for _, c := range cards {
		_, err := req.Tx.EntryByCause(ctx, c.MemberID, storage.Points, c.Cause)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			entries = append(entries, c)
		case err != nil:
			return nil, false, err
		}
	}
	slices.SortFunc(entries, func(a, b storage.Entry) int { return cmp.Compare(b.ID, a.ID) })
	return entries[:min(len(entries), whyLines)], len(entries) > whyLines, nil
}

func number(word string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
	if err != nil || n <= 0 {
		return 0, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/why 12"})
	}
	return n, nil
}

// whyOne explains one entry, to its owner only.
func whyOne(ctx context.Context, req *bot.Request, word string) (bot.Reply, error) {
	id, err := number(word)
	if err != nil {
		return bot.Reply{}, err
	}
	e, err := req.Tx.Entry(ctx, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return bot.Reply{}, err
	}
	mine := err == nil && e.MemberID == req.Member.ID
	if err == nil && !mine {
		// Perhaps of the time before a bind, when he was two.
		if mine, err = req.Tx.Owns(ctx, req.Account.PersonID, e.MemberID); err != nil {
			return bot.Reply{}, err
		}
	}
	if !mine {
		return bot.Reply{}, bot.Refuse("points.not_yours", struct{ ID int64 }{id})
	}
	l, err := explain(ctx, req, e)
	return bot.Reply{Template: "points.why_one", Data: l}, err
}

func explain(ctx context.Context, req *bot.Request, e storage.Entry) (line, error) {
	l := line{ID: e.ID, Amount: e.Amount, Kind: e.Kind, Rule: e.Rule, At: req.Moment(e.At), Was: e.Reverses, Detail: map[string]any{}}
	if err := json.Unmarshal([]byte(e.Detail), &l.Detail); err != nil {
		return l, fmt.Errorf("ledger entry %d: %w", e.ID, err)
	}
	if e.ActorID != 0 {
		p, err := req.Tx.Person(ctx, e.ActorID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return l, err
		}
		l.By = p.Name
	}
	if l.IsCard = e.Unit == storage.Card; l.IsCard {
		return l, nil
	}
	card, err := req.Tx.EntryByCause(ctx, e.MemberID, storage.Card, e.Cause)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return l, err
	}
	l.Card = card.Amount
	return l, nil
}
