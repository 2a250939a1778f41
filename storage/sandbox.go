package storage

import (
	"context"
	"fmt"
)

// Sandbox is the small store of the sandbox's page: its conversation and who
// is in which group. Each call is a transaction of its own.
type Sandbox struct{ DB *DB }

// Put stores a value under a key.
func (s Sandbox) Put(ctx context.Context, key string, value []byte) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.q.exec(ctx, "INSERT INTO sandbox (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value)
		return classify(err)
	})
}

// Delete removes a key; one that is not there is no error.
func (s Sandbox) Delete(ctx context.Context, key string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.q.exec(ctx, "DELETE FROM sandbox WHERE key = ?", key)
		return classify(err)
	})
}

// All reads everything.
func (s Sandbox) All(ctx context.Context) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		rows, err := r.q.query(ctx, "SELECT key, value FROM sandbox")
		if err != nil {
			return classify(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var k string
			var v []byte
			if err := rows.Scan(&k, &v); err != nil {
				return classify(err)
			}
			out[k] = v
		}
		return classify(rows.Err())
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox store: %w", err)
	}
	return out, nil
}
