package bot

import (
	"context"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

const (
	countDays    = 30            // how far back figures are asked for
	countEvery   = 6 * time.Hour // how often
	countAgain   = 15 * time.Second
	countLonger  = 10 * time.Minute // the longest pause while there are none
	countTimeout = time.Minute
)

// keepCounts asks a platform that counts by itself for its figures, now and
// again: commands read them from the database. Right after the first start it
// may not know of any group yet.
func (e *Engine) keepCounts(ctx context.Context, route string, c chat.Counter) {
	pause := countAgain
	for {
		n, err := e.count(ctx, route, c)
		next := countEvery
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			e.Log.Warn("the figures of groups could not be asked for", "connection", route, "err", err)
		case n == 0:
			next, pause = pause, min(2*pause, countLonger)
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (e *Engine) count(ctx context.Context, route string, c chat.Counter) (int, error) {
	asking, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	told, err := c.Counts(asking, countDays)
	if err != nil || len(told) == 0 {
		return 0, err
	}
	days := make([]storage.CountedDay, 0, len(told))
	for _, d := range told {
		days = append(days, storage.CountedDay(d))
	}
	return len(days), e.do(ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.SetCountedDays(ctx, route, days) })
}
