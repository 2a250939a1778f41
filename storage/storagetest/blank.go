package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"qunmate/storage"
)

// Blank is a database file after all migrations and before the first event.
// Hundreds of tests begin with one, and would otherwise spend most of their
// time on the same migrations. It was made in 2020, before any story.
//
//nolint:gochecknoglobals // a value that is computed when first asked for
var Blank = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "qunmate-blank-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "q.db")
	past := func() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
	db, err := storage.Open(context.Background(), path, storage.Options{Now: past})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the log beside the file is not empty: %w", err)
	}
	return os.ReadFile(path)
})
