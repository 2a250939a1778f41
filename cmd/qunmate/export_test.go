package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/storage"
	"qunmate/storage/storagetest"
)

// Inside runs the assembled program inside a test, by a clock that the test
// moves: what the binary does between its start and its stop.
type Inside struct {
	house *house
	db    *storage.DB
	end   context.CancelCauseFunc
	done  chan error
	out   bytes.Buffer
}

// RunInside starts the program by a configuration file. log gets its log.
func RunInside(file string, clock *bot.Clock, log io.Writer) (*Inside, error) {
	cfg, err := config.Load(file, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	w, err := loadWords()
	if err != nil {
		return nil, err
	}
	in := &Inside{done: make(chan error, 1)}
	ctx, stop := context.WithCancelCause(context.Background())
	in.end = stop
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := begun(cfg.Database); err != nil {
		return nil, err
	}
	if in.db, err = storage.Open(ctx, cfg.Database, storage.Options{Now: clock.Now, Log: logger}); err != nil {
		return nil, err
	}
	// A scenario is quicker than people are: the pauses between their messages
	// would be the platforms' limits.
	env := func(name string) (string, bool) { return "1", name == "QUNMATE_UNLIMITED" }
	p := &program{out: &in.out, errs: &in.out, env: env, words: w, lang: cfg.Language}
	if in.house, err = assemble(ctx, p, cfg, w.set, in.db, clock, logger); err == nil {
		err = in.house.doors.listen(ctx)
	}
	if err != nil {
		_ = in.db.Close()
		return nil, err
	}
	go func() { in.done <- in.house.work(ctx, stop) }()
	<-in.house.engine.Ready()
	return in, nil
}

// begun puts a migrated database where none is yet: the binary's own first start
// has tests enough.
func begun(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	data, err := storagetest.Blank()
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// Address is where the program listens.
func (in *Inside) Address() string { return "http://" + in.house.doors.address }

// Stop ends the program.
func (in *Inside) Stop() error {
	in.end(nil)
	err := <-in.done
	if closing := in.db.Close(); err == nil {
		err = closing
	}
	return err
}

// Alarm is what a connection does when somebody has to mend something.
func (in *Inside) Alarm(f chat.Finding) { in.house.maker().alarm("helper", f) }
