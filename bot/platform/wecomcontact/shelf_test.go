package wecomcontact

import (
	"context"
	"slices"
	"sync"
)

// cupboard is a Store in memory. What is on it survives a restart of the rig.
type cupboard struct {
	mu       sync.Mutex
	groups   map[string]Group
	members  map[string]map[string]Member
	changes  []Change
	done     map[int64]bool
	queue    []Queued
	last     int64
	waiting  []Task
	ways     []Way
	template [2]string
	fail     error
}

func newShelf() *cupboard {
	return &cupboard{groups: map[string]Group{}, members: map[string]map[string]Member{}, done: map[int64]bool{}}
}

func (s *cupboard) open() (func(), error) {
	s.mu.Lock()
	return s.mu.Unlock, s.fail
}

func (s *cupboard) Groups(context.Context) ([]Group, error) {
	done, err := s.open()
	defer done()
	var out []Group
	for _, g := range s.groups {
		out = append(out, g)
	}
	return out, err
}

func (s *cupboard) Baseline(_ context.Context, id string) (Group, []Member, error) {
	done, err := s.open()
	defer done()
	var out []Member
	for _, m := range s.members[id] {
		out = append(out, m)
	}
	return s.groups[id], out, err
}

func (s *cupboard) Apply(_ context.Context, g Group, members []Member, events [][]byte, ids []int64) error {
	done, err := s.open()
	defer done()
	if err != nil {
		return err
	}
	if g.Chat != "" {
		s.groups[g.Chat] = g
		if s.members[g.Chat] == nil {
			s.members[g.Chat] = map[string]Member{}
		}
	}
	for _, m := range members {
		s.members[g.Chat][m.User] = m
	}
	for _, ev := range events {
		s.last++
		s.queue = append(s.queue, Queued{ID: s.last, Event: ev})
	}
	for _, id := range ids {
		s.done[id] = true
	}
	return nil
}

func (s *cupboard) Note(_ context.Context, c Change) (bool, error) {
	done, err := s.open()
	defer done()
	if err != nil || slices.ContainsFunc(s.changes, func(o Change) bool { return o.Key == c.Key }) {
		return false, err
	}
	s.last++
	c.ID = s.last
	s.changes = append(s.changes, c)
	return true, nil
}

func (s *cupboard) Changes(_ context.Context, id string) ([]Change, error) {
	done, err := s.open()
	defer done()
	var out []Change
	for _, c := range s.changes {
		if !s.done[c.ID] && (id == "" || c.Chat == id) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return a.At.Compare(b.At) })
	return out, err
}

func (s *cupboard) Queue(_ context.Context, limit int) ([]Queued, error) {
	done, err := s.open()
	defer done()
	return slices.Clone(s.queue[:min(limit, len(s.queue))]), err
}

func (s *cupboard) Unqueue(_ context.Context, ids []int64) error {
	done, err := s.open()
	defer done()
	if err == nil {
		s.queue = slices.DeleteFunc(s.queue, func(q Queued) bool { return slices.Contains(ids, q.ID) })
	}
	return err
}

func (s *cupboard) Waiting(context.Context) ([]Task, error) {
	done, err := s.open()
	defer done()
	return slices.Clone(s.waiting), err
}

func (s *cupboard) Way(_ context.Context, id, state string) (Way, bool, error) {
	done, err := s.open()
	defer done()
	for _, w := range s.ways {
		if w.Chat == id && w.State == state {
			return w, true, err
		}
	}
	return Way{}, false, err
}

func (s *cupboard) KeepWay(_ context.Context, w Way) error {
	done, err := s.open()
	defer done()
	if err == nil {
		s.ways = append(s.ways, w)
	}
	return err
}

func (s *cupboard) DropWay(_ context.Context, id string) error {
	done, err := s.open()
	defer done()
	s.ways = slices.DeleteFunc(s.ways, func(w Way) bool { return w.ID == id })
	return err
}

func (s *cupboard) Template(context.Context) (string, string, error) {
	done, err := s.open()
	defer done()
	return s.template[0], s.template[1], err
}

func (s *cupboard) KeepTemplate(_ context.Context, id, text string) error {
	done, err := s.open()
	defer done()
	s.template = [2]string{id, text}
	return err
}

func (s *cupboard) setFail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}
