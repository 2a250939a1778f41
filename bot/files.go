package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// Files that come with a message are read when a command asks for one: outside
// of any transaction, into memory only. What is in them may be worth money; it
// is written nowhere until the command keeps it.
const (
	// filesKept bounds the files in memory; one that is pushed out is read again.
	filesKept = 8
	fileLife  = 2 * time.Minute
)

// ErrNoFile says that a file could not be read, or is too large.
var ErrNoFile = errors.New("the file could not be read")

// fileJob is a file to read.
type fileJob struct {
	ref   chat.Ref
	via   string
	limit int
}

type readFile struct {
	ref  chat.Ref
	data []byte
	err  error
	at   time.Time
}

// files are those that were read for commands which wait.
type files struct {
	mu     sync.Mutex
	read   []readFile
	wanted chan fileJob
}

func newFiles() files { return files{wanted: make(chan fileJob, 64)} }

// ReadFile gives the bytes of the file that came with the event, nil if there
// is none. While it is read the command is put aside and runs again. The error
// is ErrNoFile when it cannot be had.
func (req *Request) ReadFile(limit int) ([]byte, error) {
	f := req.Event.File
	if f == nil {
		return nil, nil
	}
	if _, can := req.engine.platforms[req.via].(chat.Fetcher); !can || f.Size > int64(limit) {
		return nil, ErrNoFile
	}
	got, ok := req.engine.files.find(f.Ref, req.engine.Clock.Now())
	switch {
	case ok && (got.err != nil || len(got.data) > limit):
		return nil, ErrNoFile
	case ok:
		return got.data, nil
	}
	if err := req.Wait(); err == nil {
		return nil, ErrNoFile
	}
	return nil, &parkError{file: &fileJob{f.Ref, req.via, limit}}
}

func (f *files) find(ref chat.Ref, now time.Time) (readFile, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.read {
		if r.ref == ref && now.Sub(r.at) < fileLife {
			return r, true
		}
	}
	return readFile{}, false
}

func (f *files) put(r readFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read = append(f.read, r)
	if len(f.read) > filesKept {
		f.read = append([]readFile(nil), f.read[len(f.read)-filesKept:]...)
	}
}

// askFile queues a file; when too many wait already the parked event is decided
// without it, after parkLimit.
func (e *Engine) askFile(j fileJob) {
	select {
	case e.files.wanted <- j:
	default:
	}
}

// readFiles reads what commands wait for, one after the other, and wakes them.
func (e *Engine) readFiles(ctx context.Context) {
	for {
		var j fileJob
		select {
		case <-ctx.Done():
			return
		case j = <-e.files.wanted:
		}
		fetcher, ok := e.platforms[j.via].(chat.Fetcher)
		if !ok {
			continue
		}
		asking, cancel := context.WithTimeout(ctx, wayTimeout)
		data, err := fetcher.Fetch(asking, j.ref, j.limit)
		cancel()
		if err != nil && ctx.Err() == nil {
			e.Log.Warn("a file could not be read", "platform", j.via, "err", err)
		}
		e.files.put(readFile{j.ref, data, err, e.Clock.Now()})
		err = e.do(ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.WakeParked(ctx) })
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrStopped) {
			e.Log.Error("a file", "err", err)
		}
	}
}
