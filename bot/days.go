package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"qunmate/bot/chatday"
	"qunmate/storage"
)

// dayCache keeps each community's calendar: it is needed for every event and
// changes about never.
type dayCache struct {
	mu  sync.Mutex
	all map[int64]chatday.Calendar
}

func (c *dayCache) of(ctx context.Context, r *storage.Reader, community int64, e *Engine) (chatday.Calendar, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cal, ok := c.all[community]; ok {
		return cal, nil
	}
	versions := []storage.Clock{{Timezone: e.Timezone, DayStartsAt: e.DayStart}}
	if community != 0 {
		stored, err := r.Clocks(ctx, community)
		if err != nil {
			return chatday.Calendar{}, err
		}
		if len(stored) > 0 {
			versions = stored
		}
	}
	cal, err := calendar(versions)
	if err != nil {
		return cal, err
	}
	if c.all == nil {
		c.all = map[int64]chatday.Calendar{}
	}
	c.all[community] = cal
	return cal, nil
}

func (c *dayCache) drop(community int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, community)
}

func (c *dayCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.all)
}

func calendar(clocks []storage.Clock) (chatday.Calendar, error) {
	out := make([]chatday.Version, 0, len(clocks))
	for _, c := range clocks {
		zone, err := time.LoadLocation(c.Timezone)
		if err != nil {
			return chatday.Calendar{}, fmt.Errorf("community clock: %w", err)
		}
		out = append(out, chatday.Version{From: c.From, Zone: zone, Start: c.DayStartsAt})
	}
	return chatday.New(out...), nil
}

// CalendarOf reads a community's calendar, for commands that work on others
// than their own and for `qunmate verify`.
func CalendarOf(ctx context.Context, r *storage.Reader, community int64) (chatday.Calendar, error) {
	clocks, err := r.Clocks(ctx, community)
	if err != nil {
		return chatday.Calendar{}, err
	}
	if len(clocks) == 0 {
		return chatday.Calendar{}, fmt.Errorf("community %d has no clock: %w", community, storage.ErrNotFound)
	}
	return calendar(clocks)
}

// ChangeClock gives the community another zone or start of the day, from the
// next boundary of its day on. It returns that boundary.
func (req *Request) ChangeClock(ctx context.Context, zone string, dayStart int) (time.Time, error) {
	// What was planned and is replaced must not decide where the day ends.
	if err := req.Tx.DropClocksAfter(ctx, req.Community, req.Tx.Now); err != nil {
		return time.Time{}, err
	}
	inForce, err := CalendarOf(ctx, &req.Tx.Reader, req.Community)
	if err != nil {
		return time.Time{}, err
	}
	from := inForce.Next(req.Tx.Now)
	if err := req.Tx.AddClock(ctx, req.Community, storage.Clock{From: from, Timezone: zone, DayStartsAt: dayStart}); err != nil {
		return from, err
	}
	community := req.Community
	req.Tx.AfterCommit(func() { req.engine.days.drop(community) })
	return from, nil
}

const (
	// lateLimit: an event told later than this is judged by its arrival.
	lateLimit = 48 * time.Hour
	// jumpLimit: when the machine's clock is found behind what was committed by
	// less than this, it went backwards; by more, the former time was wrong.
	jumpLimit = 48 * time.Hour
	jumpNoise = time.Minute
)

// judge decides by which instant an event is judged: its own, as a rule.
func (e *Engine) judge(at, now time.Time) time.Time {
	if at.IsZero() || now.Sub(at) > lateLimit || at.Sub(now) > lateLimit {
		at = now
	}
	// After a jump backwards the days already begun must not begin again.
	if high := e.full.highWater(now); high.Sub(now) > jumpNoise && high.Sub(now) < jumpLimit && at.Before(high) && now.Sub(at) < jumpNoise {
		return high
	}
	return at
}

// loadHighWater finds the latest instant this database has seen.
func (e *Engine) loadHighWater(ctx context.Context) error {
	return e.DB.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		last, err := r.LastSeen(ctx)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		stored, err := r.Setting(ctx, storage.SettingHighWater)
		if err != nil {
			return err
		}
		if ms, err := strconv.ParseInt(stored, 10, 64); err == nil && storage.FromMillis(ms).After(last) {
			last = storage.FromMillis(ms)
		}
		if now := e.Clock.Now(); last.Sub(now) > jumpNoise {
			e.Log.Warn("the machine's clock is behind what was committed; days that have begun do not begin again", "clock", now, "committed", last)
		}
		e.full.highWater(last)
		return nil
	})
}

func ignoreNotFound(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// PrevDay gives `verify` the chat day before a day of a community.
func PrevDay(ctx context.Context, r *storage.Reader) func(community int64, day string) string {
	known := map[int64]chatday.Calendar{}
	return func(community int64, day string) string {
		cal, ok := known[community]
		if !ok {
			var err error
			if cal, err = CalendarOf(ctx, r, community); err != nil {
				cal = chatday.New(chatday.Version{Zone: time.UTC})
			}
			known[community] = cal
		}
		return cal.Prev(day)
	}
}

// ZoneOf gives `export` the zone of a community.
func ZoneOf(ctx context.Context, r *storage.Reader) func(community int64) *time.Location {
	known := map[int64]*time.Location{}
	return func(community int64) *time.Location {
		zone, ok := known[community]
		if !ok {
			zone = time.UTC
			if cal, err := CalendarOf(ctx, r, community); err == nil {
				zone = cal.Zone(time.Unix(1<<40, 0))
			}
			known[community] = zone
		}
		return zone
	}
}
