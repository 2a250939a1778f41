package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"qunmate/bot"
	"qunmate/bot/config"
	"qunmate/scheduler"
	"qunmate/storage"
	"qunmate/templates"
)

// runBot runs every configured connection until a signal.
func runBot(ctx context.Context, p *program, f *flags) int {
	cfg := p.load(f)
	if cfg == nil {
		return exitFault
	}
	texts := p.loadTexts(f, cfg)
	if texts == nil {
		return exitFault
	}
	release, err := lock(cfg.Database)
	if err != nil {
		return p.dbFault(cfg.Database, err)
	}
	defer func() { _ = release() }()
	log := newLog(p.errs, cfg)
	clock := bot.NewClock(0)
	db, err := storage.Open(ctx, cfg.Database, storage.Options{Now: clock.Now, Log: log})
	if err != nil && ctx.Err() == nil {
		return p.dbFault(cfg.Database, err)
	}
	if err != nil {
		return exitOK // stopped before it began
	}
	defer func() {
		if err := db.Close(); err != nil {
			log.Error("close", "err", err)
		}
	}()
	h, err := assemble(ctx, p, cfg, texts, db, clock, log)
	if err == nil {
		err = h.run(ctx)
	}
	if err != nil && !stopped(ctx, err) {
		p.fail("cli.fault", map[string]any{"Error": err.Error()})
		return exitFault
	}
	return exitOK
}

// lock takes the database for this process. Its folder is made if it is not
// there, like that of the backups.
func lock(database string) (func() error, error) {
	if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
		return nil, fmt.Errorf("folder of the database: %w", err)
	}
	return storage.Lock(database)
}

// stopped reports an error that only says that we were asked to stop: a signal
// in the middle of the start is no fault.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, context.Canceled)
}

// house is the assembled program.
type house struct {
	program      *program
	cfg          *config.Config
	db           *storage.DB
	clock        *bot.Clock
	log          *slog.Logger
	texts        *templates.Set
	engine       *bot.Engine
	scheduler    *scheduler.Scheduler
	doors        *doors
	homes        map[string]string // connection → the community of its 1:1 chats
	implicit     bool              // no configuration file: nobody chose the port
	inviteSecret string            // of the codes by which people bring others
}

// assemble wires the parts together. Nothing runs yet.
func assemble(ctx context.Context, p *program, cfg *config.Config, texts *templates.Set, db *storage.DB, clock *bot.Clock, log *slog.Logger) (*house, error) {
	h := &house{program: p, cfg: cfg, texts: texts, db: db, clock: clock, log: log, implicit: p.implicit}
	if err := h.restoreClock(ctx); err != nil {
		return nil, err
	}
	h.doors = newDoors(h)
	platforms, err := h.platforms(ctx)
	if err != nil {
		return nil, err
	}
	if h.inviteSecret, err = h.secretFor(ctx, "invite codes"); err != nil {
		return nil, err
	}
	key, err := h.secretFor(ctx, bellSecret)
	if err != nil {
		return nil, err
	}
	h.doors.bell = bell{[]byte(key)}
	h.engine, err = bot.New(h.engineOptions(platforms))
	if err != nil {
		return nil, err
	}
	h.scheduler, err = h.newScheduler()
	return h, err
}

// run serves until ctx ends or a part cannot go on. It is bounded by
// shutdownLimit after the end of ctx, whatever hangs.
func (h *house) run(ctx context.Context) error {
	if err := h.doors.listen(ctx); err != nil {
		return err
	}
	if err := h.announce(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	h.watchdog(ctx)
	return h.work(ctx, stop)
}

// work runs the parts until one of them cannot go on or ctx ends.
func (h *house) work(ctx context.Context, stop context.CancelCauseFunc) error {
	var all sync.WaitGroup
	all.Go(func() {
		if err := h.engine.Run(ctx); err != nil {
			stop(err)
		}
		stop(nil)
	})
	all.Go(func() { h.newRounds().run(ctx) })
	all.Go(func() { h.giveBack(ctx) })
	all.Go(func() {
		if err := h.scheduler.Run(ctx); err != nil {
			stop(fmt.Errorf("scheduler: %w", err))
		}
	})
	all.Go(func() {
		if err := h.doors.serve(ctx); err != nil {
			stop(err)
		}
	})
	all.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	h.log.Info("stopped")
	return nil
}

// giveBack returns to the system what only the start needed: reading the texts
// takes twice the memory that they keep.
func (h *house) giveBack(ctx context.Context) {
	select {
	case <-h.engine.Ready():
		debug.FreeOSMemory()
	case <-ctx.Done():
	}
}

// watchdog ends the process when a stop takes too long: everything answered is
// committed by then, and what is not will be delivered again.
func (h *house) watchdog(ctx context.Context) {
	context.AfterFunc(ctx, func() {
		h.log.Info("stopping: no new events are taken")
		time.AfterFunc(shutdownLimit-500*time.Millisecond, func() {
			h.log.Error("the stop took too long")
			os.Exit(exitFault) //nolint:revive // the way out when everything else hangs
		})
	})
}
