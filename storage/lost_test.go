package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A cancelled statement was seen to roll back the whole batch and let the rest
// commit one by one.
func TestACancelledContextDoesNotLoseTheBatch(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := set(ctx, tx, "a"); err != nil {
			return err
		}
		err := tx.Savepoint(ctx, func(ctx context.Context) error {
			cancel()
			if err := set(ctx, tx, "b"); err != nil {
				return err
			}
			_, err := tx.AddCommunity(ctx, "gorm too", "UTC", 0)
			return err
		})
		if err != nil {
			return err
		}
		return set(ctx, tx, "c")
	})
	if err != nil {
		t.Error(err)
	}
	if got := settings(t, db); got != "a b c" {
		t.Errorf("kept: %q", got)
	}
	wantErr(t, db.Write(ctx, func(context.Context, *Tx) error { t.Error("it ran"); return nil }), context.Canceled)
}

// fill writes until the database is full.
func fill(ctx context.Context, tx *Tx) error {
	for i := range 10_000 {
		if err := tx.SetSetting(ctx, fmt.Sprintf("filler %d", i), strings.Repeat("x", 4000)); err != nil {
			return err
		}
	}
	return errors.New("it is not full")
}

func TestAFullDatabaseLosesTheBatchWholeAndGoesOn(t *testing.T) {
	t.Parallel()
	for name, swallow := range map[string]bool{"the error goes up": false, "the error is swallowed": true} {
		db, w := lived(t)
		write(t, db, func(ctx context.Context, tx *Tx) error { return set(ctx, tx, "a") })
		pages := number(t, db.readPool, "PRAGMA page_count")
		if _, err := db.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+40)); err != nil {
			t.Fatal(err)
		}
		entries := number(t, db.readPool, "SELECT count(*) FROM ledger")
		err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			if err := checkIn(ctx, tx, w, 0, "2026-11-05", 5); err != nil {
				return err
			}
			err := tx.Savepoint(ctx, func(ctx context.Context) error { return fill(ctx, tx) })
			wantErr(t, err, ErrTxLost)
			wantErr(t, err, ErrFull)
			if swallow {
				return nil // a caller that does not look
			}
			return err
		})
		wantErr(t, err, ErrTxLost)
		if n := number(t, db.readPool, "SELECT count(*) FROM ledger"); n != entries {
			t.Errorf("%s: %d entries, before %d", name, n, entries)
		}
		if n := number(t, db.readPool, "SELECT count(*) FROM settings WHERE name LIKE 'filler%'"); n != 0 {
			t.Errorf("%s: %d rows of the failed event are there", name, n)
		}
		wantClean(t, db)
		if _, err := db.conn.ExecContext(t.Context(), "PRAGMA max_page_count = 1073741823"); err != nil {
			t.Fatal(err)
		}
		write(t, db, func(ctx context.Context, tx *Tx) error { return checkIn(ctx, tx, w, 1, "2026-11-05", 5) })
		wantClean(t, db)
	}
}

// After these errors SQLite may have rolled back more than a savepoint, or will:
// they must not be taken for a bad command.
func TestWhatBreaksATransaction(t *testing.T) {
	t.Parallel()
	for code, breaks := range map[coded]bool{
		codeFull: true, codeIOErr: true, codeIOErr | 3<<8: true, codeCorrupt: true, codeBusy: true, codeReadOnly: true, 7: true,
		1: false, codeUnique: false, codePrimaryKey: false, 19: false,
	} {
		if got := breaksTx(fmt.Errorf("statement: %w", code)); got != breaks {
			t.Errorf("code %d: %v", code, got)
		}
	}
}

type coded int

func (c coded) Error() string { return fmt.Sprintf("code %d", int(c)) }
func (c coded) Code() int     { return int(c) }

// A rollback behind the store's back, as SQLite does it after some errors of
// the disk.
func TestALostTransactionIsNoticed(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	lose := func(ctx context.Context, tx *Tx) error {
		_, err := tx.q.exec(ctx, "ROLLBACK")
		return err
	}
	for name, fn := range map[string]func(context.Context, *Tx) error{
		"with an error":    func(ctx context.Context, tx *Tx) error { return errors.Join(lose(ctx, tx), errRule) },
		"without an error": lose,
	} {
		err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			if err := set(ctx, tx, "a"); err != nil {
				return err
			}
			err := tx.Savepoint(ctx, func(ctx context.Context) error { return fn(ctx, tx) })
			wantErr(t, err, ErrTxLost)
			return err
		})
		wantErr(t, err, ErrTxLost)
		if got := settings(t, db); got != "" {
			t.Errorf("%s: kept %q", name, got)
		}
	}
	// Whoever does not look commits nothing, and is told.
	err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if err := set(ctx, tx, "a"); err != nil {
			return err
		}
		_ = tx.Savepoint(ctx, func(ctx context.Context) error { return lose(ctx, tx) })
		if err := set(ctx, tx, "b"); err == nil {
			t.Error("a statement ran outside the transaction")
		}
		if _, err := tx.AddCommunity(ctx, "b", "UTC", 0); err == nil {
			t.Error("a statement of gorm ran outside the transaction")
		}
		if _, err := tx.Button(ctx, "b"); err == nil {
			t.Error("a statement with an answer ran outside the transaction")
		}
		return nil
	})
	wantErr(t, err, ErrTxLost)
	if got := settings(t, db); got != "" {
		t.Errorf("kept %q", got)
	}
	if n := number(t, db.readPool, "SELECT (SELECT count(*) FROM communities) + (SELECT count(*) FROM buttons)"); n != 0 {
		t.Errorf("%d rows were kept", n)
	}
	write(t, db, func(ctx context.Context, tx *Tx) error { return set(ctx, tx, "c") })
}
