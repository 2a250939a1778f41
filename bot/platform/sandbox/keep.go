package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Keys of the store. A message has a key of its own, so that a new one costs
// one small write whatever was said before.
const (
	keyWorld   = "world"
	keyNext    = "next"
	keyLog     = "log/"  // log/<chat>/<number>
	keyFile    = "file/" // file/<number>
	numberStep = 1000    // numbers reserved by one write
)

// keeper writes to the store, or nowhere.
type keeper struct{ store Store }

func (k keeper) put(ctx context.Context, key string, value any) error {
	if k.store == nil {
		return nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("sandbox: keep %s: %w", key, err)
	}
	return k.putRaw(ctx, key, data)
}

func (k keeper) putRaw(ctx context.Context, key string, data []byte) error {
	if k.store == nil {
		return nil
	}
	if err := k.store.Put(ctx, key, data); err != nil {
		return fmt.Errorf("sandbox: keep %s: %w", key, err)
	}
	return nil
}

func (k keeper) putEntry(ctx context.Context, e *entry) error {
	// The file first: a message must never name a file that is not there.
	if e.File != nil {
		if err := k.putRaw(ctx, e.fileKey(), e.data); err != nil {
			return err
		}
	}
	return k.put(ctx, e.key(), e)
}

func (k keeper) deleteEntry(ctx context.Context, e *entry) error {
	if k.store == nil {
		return nil
	}
	err := k.store.Delete(ctx, e.key())
	if err == nil && e.File != nil {
		err = k.store.Delete(ctx, e.fileKey())
	}
	if err != nil {
		return fmt.Errorf("sandbox: forget %s: %w", e.key(), err)
	}
	return nil
}

func (e *entry) key() string     { return fmt.Sprintf("%s%s/%012d", keyLog, e.Chat, e.N) }
func (e *entry) fileKey() string { return fmt.Sprintf("%s%012d", keyFile, e.N) }

// load restores the conversation. A broken value is skipped and logged: a
// rehearsal is not worth refusing to start.
func (s *Sandbox) load(ctx context.Context) error {
	if s.keep.store == nil {
		return nil
	}
	all, err := s.keep.store.All(ctx)
	if err != nil {
		return fmt.Errorf("sandbox: read the kept conversation: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var w world
	if s.decode(ctx, all, keyWorld, &w) {
		s.world.restore(w)
	}
	s.decode(ctx, all, keyNext, &s.next)
	s.next = max(s.next, 1)
	s.ceiling = s.next
	files := map[string]bool{}
	var old []*entry
	for _, key := range sortedKeys(all) {
		if !strings.HasPrefix(key, keyLog) {
			continue
		}
		var e entry
		if !s.decode(ctx, all, key, &e) {
			continue
		}
		log := s.logs[e.Chat]
		if log == nil || e.key() != key {
			s.log.WarnContext(ctx, "sandbox: kept message skipped", "key", key)
			continue
		}
		if e.File != nil {
			e.data = all[e.fileKey()]
			files[e.fileKey()] = true
		}
		s.next = max(s.next, e.N+1)
		old = append(old, log.put(&e)...)
	}
	for _, e := range old {
		s.forget(ctx, e)
	}
	for key := range all {
		if strings.HasPrefix(key, keyFile) && !files[key] {
			if err := s.keep.store.Delete(ctx, key); err != nil {
				s.log.WarnContext(ctx, "sandbox: orphaned file stays", "key", key, "error", err)
			}
		}
	}
	return nil
}

func (s *Sandbox) decode(ctx context.Context, all map[string][]byte, key string, into any) bool {
	data, ok := all[key]
	if !ok {
		return false
	}
	if err := json.Unmarshal(data, into); err != nil {
		s.log.WarnContext(ctx, "sandbox: kept value skipped", "key", key, "error", err)
		return false
	}
	return true
}

func (s *Sandbox) keepWorld(ctx context.Context) {
	// Serialised, so that the last writer writes the last state.
	s.editing.Lock()
	defer s.editing.Unlock()
	s.mu.Lock()
	data, err := json.Marshal(s.world)
	s.mu.Unlock()
	if err == nil {
		err = s.keep.putRaw(ctx, keyWorld, data)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "sandbox: memberships not kept", "error", err)
	}
}

func (s *Sandbox) forget(ctx context.Context, e *entry) {
	if err := s.keep.deleteEntry(ctx, e); err != nil {
		s.log.WarnContext(ctx, "sandbox: old message stays in the store", "error", err)
	}
}

// number hands out the next message number. Numbers are reserved in the store
// in blocks, ahead of use: one that was ever told to the engine is never used
// again, even when the message is gone and the program was killed.
func (s *Sandbox) number(ctx context.Context) (int64, error) {
	for {
		s.mu.Lock()
		if s.keep.store == nil || s.next < s.ceiling {
			n := s.next
			s.next++
			s.mu.Unlock()
			return n, nil
		}
		s.mu.Unlock()
		if err := s.reserve(ctx); err != nil {
			return 0, err
		}
	}
}

func (s *Sandbox) reserve(ctx context.Context) error {
	s.booking.Lock()
	defer s.booking.Unlock()
	s.mu.Lock()
	free, ceiling := s.next < s.ceiling, s.next+numberStep
	s.mu.Unlock()
	if free {
		return nil // somebody else was faster
	}
	if err := s.keep.put(ctx, keyNext, ceiling); err != nil {
		return err
	}
	s.mu.Lock()
	s.ceiling = ceiling
	s.mu.Unlock()
	return nil
}
