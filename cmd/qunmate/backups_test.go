package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/bot/config"
	"qunmate/storage"
	"qunmate/storage/storagetest"
)

// With a folder there is a good copy a day, and no more of them than are kept.
func TestADailyBackupIsWrittenAndTheOldestGo(t *testing.T) {
	t.Parallel()
	blank, err := storagetest.Blank()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path, folder := filepath.Join(dir, "qunmate.db"), filepath.Join(dir, "backups")
	if err := os.WriteFile(path, blank, 0o600); err != nil {
		t.Fatal(err)
	}
	clock := bot.NewClock(0)
	db, err := storage.Open(t.Context(), path, storage.Options{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	cfg := config.Sandbox()
	h := &house{cfg: cfg, db: db, clock: clock, log: slog.New(slog.DiscardHandler)}
	if s, err := h.newScheduler(); err != nil || len(s.Jobs) != 0 {
		t.Fatalf("without a folder there are %d jobs, %v", len(s.Jobs), err)
	}
	cfg.Backups.Folder, cfg.Backups.Keep = folder, 2
	s, err := h.newScheduler()
	if err != nil || len(s.Jobs) != 1 {
		t.Fatalf("%d jobs, %v", len(s.Jobs), err)
	}
	var names []string
	for range 4 {
		due := s.Jobs[0].Schedule.Next(clock.Now())
		if at := due.In(cfg.Location()).Format("15:04"); at != "04:15" {
			t.Errorf("a backup at %s", at)
		}
		if _, err := clock.Shift(due); err != nil {
			t.Fatal(err)
		}
		names = append(names, storage.BackupName(clock.Now()))
		if err := s.Jobs[0].Run(t.Context(), due); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for i, e := range entries {
		if day := len("qunmate-20060102"); e.Name()[:day] != names[i+2][:day] {
			t.Errorf("%s is kept, not that of %s", e.Name(), names[i+2])
		}
		if r, err := storage.CheckBackup(t.Context(), filepath.Join(folder, e.Name()), nil, nil); err != nil || r.Wrong > 0 {
			t.Errorf("%s: %+v, %v", e.Name(), r, err)
		}
	}
	if gap := s.Jobs[0].Grace; gap < time.Hour || gap > 23*time.Hour {
		t.Errorf("a backup is made up for within %s", gap)
	}
}
