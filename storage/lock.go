package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// Lock takes the database at path for this process alone and returns what
// gives it back. It does not wait: when another process has it, the error is
// ErrLocked and names that process if it is known.
//
// The lock stands on a file beside the database, so that it can be held before
// there is a database, and that programs that only read are not shut out. The
// kernel drops it with the process, however that ends: a lock file that is
// left behind means nothing.
func Lock(path string) (release func() error, err error) {
	file := lockFile(path)
	lock := flock.New(file)
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", file, classify(err))
	}
	if !got {
		return nil, fmt.Errorf("%w%s: %s", ErrLocked, holder(file), file)
	}
	// Only a help for whoever finds it locked: where it cannot be written (full
	// disk, or Windows, which keeps others from a locked file) the lock holds all
	// the same.
	_ = os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
	return func() error {
		// The file stays. Removing it could take it away under a process that
		// has just opened it, and two would hold "the" lock.
		if err := errors.Join(os.Truncate(file, 0), lock.Unlock()); err != nil {
			return fmt.Errorf("unlock %s: %w", file, err)
		}
		return nil
	}, nil
}

// lockFile is the same for every name that leads to one file: a database
// opened through a symbolic link is the same database.
func lockFile(path string) string {
	if full, err := filepath.EvalSymlinks(path); err == nil {
		path = full
	} else if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return path + ".lock"
}

// holder says who wrote the lock file, "" if nobody knows.
func holder(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
