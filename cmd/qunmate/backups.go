package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"qunmate/bot"
	"qunmate/commands/draw"
	"qunmate/storage"
)

// backupGrace: a backup that was due while the program was down is made up for
// within half a day; later the next one is near.
const backupGrace = 12 * time.Hour

// dailyBackup copies the running database and drops the oldest copies.
func (h *house) dailyBackup(ctx context.Context, _ time.Time) error {
	dir := h.cfg.Backups.Folder
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	target := filepath.Join(dir, storage.BackupName(h.clock.Now()))
	if err := h.db.Backup(ctx, target); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	h.log.Info("backup written", "file", target)
	return storage.PruneBackups(dir, h.cfg.Backups.Keep)
}

// openReader opens the configured database beside a running bot.
func openReader(ctx context.Context, p *program, f *flags) (*storage.DB, int) {
	cfg := p.load(f)
	if cfg == nil {
		return nil, exitFault
	}
	db, err := storage.Open(ctx, cfg.Database, storage.Options{ReadOnly: true, Now: time.Now})
	if err != nil {
		return nil, p.dbFault(cfg.Database, err)
	}
	return db, exitOK
}

func runBackup(ctx context.Context, p *program, f *flags) int {
	db, code := openReader(ctx, p, f)
	if db == nil {
		return code
	}
	defer func() { _ = db.Close() }()
	target := f.args[0]
	if err := db.Backup(ctx, target); err != nil {
		return p.dbFault(target, err)
	}
	p.say("cli.backup_done", map[string]any{"File": target})
	return exitOK
}

// runRestore puts a backup in the place of the database, or only checks it.
func runRestore(ctx context.Context, p *program, f *flags) int {
	cfg := p.load(f)
	if cfg == nil {
		return exitFault
	}
	backup := f.args[0]
	if _, err := os.Stat(backup); errors.Is(err, fs.ErrNotExist) {
		p.fail("cli.backup_missing", map[string]any{"File": backup})
		return exitFault
	}
	if f.check {
		return p.checkBackup(ctx, backup)
	}
	release, err := lock(cfg.Database)
	if err != nil {
		return p.dbFault(cfg.Database, err)
	}
	defer func() { _ = release() }()
	if err := storage.Restore(ctx, backup, cfg.Database); err != nil {
		return p.backupFault(backup, cfg.Database, err)
	}
	p.say("cli.restored", map[string]any{"File": backup, "Database": cfg.Database})
	return exitOK
}

// backupFault says why a backup cannot be restored, and of which of the two
// files that is true.
func (p *program) backupFault(backup, database string, err error) int {
	switch {
	case errors.Is(err, storage.ErrCorrupt):
		p.fail("cli.backup_corrupt", map[string]any{"File": backup, "Error": err.Error()})
		return exitFault
	case errors.Is(err, storage.ErrNewer), errors.Is(err, storage.ErrChanged):
		return p.dbFault(backup, err)
	case errors.Is(err, storage.ErrExists):
		// What is in the way may be a log that was left behind alone.
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			if _, err := os.Lstat(database + suffix); err == nil {
				database += suffix
				break
			}
		}
	}
	return p.dbFault(database, err)
}

func (p *program) checkBackup(ctx context.Context, file string) int {
	bad := 0
	report, err := storage.CheckBackup(ctx, file, func(ctx context.Context, r *storage.Reader) (storage.VerifyOptions, error) {
		return storage.VerifyOptions{Prev: bot.PrevDay(ctx, r)}, nil
	}, func(c storage.Check) { bad += p.check(c) })
	if err != nil {
		return p.backupFault(file, file, err)
	}
	_ = report
	if bad > 0 {
		p.fail("cli.verify_bad", map[string]any{"Count": bad})
		return exitFault
	}
	p.say("cli.backup_good", map[string]any{"File": file})
	return exitOK
}

// runVerify re-computes everything the database says of itself.
func runVerify(ctx context.Context, p *program, f *flags) int {
	db, code := openReader(ctx, p, f)
	if db == nil {
		return code
	}
	defer func() { _ = db.Close() }()
	bad := 0
	err := db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		say := func(c storage.Check) { bad += p.check(c) }
		if err := r.Verify(ctx, storage.VerifyOptions{Prev: bot.PrevDay(ctx, r), Now: time.Now()}, say); err != nil || bad > 0 {
			return err
		}
		return draw.Verify(ctx, r, say)
	})
	if err != nil {
		return p.dbFault(db.Path(), err)
	}
	if bad > 0 {
		p.fail("cli.verify_bad", map[string]any{"Count": bad})
		return exitFault
	}
	p.say("cli.verify_good", nil)
	return exitOK
}

// check prints one line of verify and returns 1 if it is bad.
func (p *program) check(c storage.Check) int {
	data := map[string]any{"What": c.What, "OK": c.OK, "Warning": c.Warning, "Args": c.Args}
	switch {
	case c.OK:
		p.say("cli.verify_line", data)
		return 0
	case c.Warning:
		p.fail("cli.verify_line", data)
		return 0
	}
	p.fail("cli.verify_line", data)
	return 1
}

// runExport writes CSV files of everything.
func runExport(ctx context.Context, p *program, f *flags) int {
	db, code := openReader(ctx, p, f)
	if db == nil {
		return code
	}
	defer func() { _ = db.Close() }()
	var files []string
	err := db.View(ctx, func(ctx context.Context, r *storage.Reader) error {
		var err error
		files, err = r.Export(ctx, f.args[0], storage.ExportOptions{Zone: bot.ZoneOf(ctx, r)})
		return err
	})
	if err != nil {
		return p.dbFault(f.args[0], err)
	}
	for _, file := range files {
		p.say("cli.exported", map[string]any{"File": file})
	}
	return exitOK
}
