package storage

import (
	"context"
	"fmt"
)

// Report is what CheckBackup found.
type Report struct {
	Schema string  // the last migration in the file, e.g. "0004_checkin.sql"
	Older  bool    // a start of the bot will bring it up to date; its sums were not re-computed
	Wrong  int     // how many lines are not as they should be
	Failed []Check // the first of them
}

// CheckBackup tests a backup without changing it: whether the file is whole,
// of a version this program knows, and, as Verify does, whether its sums agree
// with its entries. The options are asked of the caller once the backup can be
// read (nil: the zero VerifyOptions); emit gets every line (nil: nobody does).
// The error is ErrNoFile, ErrCorrupt when anything is wrong, ErrNewer,
// ErrChanged or ErrForeign.
func CheckBackup(ctx context.Context, file string, options func(context.Context, *Reader) (VerifyOptions, error), emit func(Check)) (Report, error) {
	p := Report{}
	if err := p.check(ctx, file, options, emit); err != nil {
		return p, fmt.Errorf("check %s: %w", file, classify(err))
	}
	return p, nil
}

func (p *Report) check(ctx context.Context, file string, options func(context.Context, *Reader) (VerifyOptions, error), emit func(Check)) error {
	db, err := openStill(ctx, file)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	watch := func(c Check) {
		p.note(c)
		if emit != nil {
			emit(c)
		}
	}
	if err := db.structure(ctx, p, watch); err != nil {
		return err
	}
	if p.Older || p.Wrong > 0 { // other tables, or damaged ones: their sums say nothing
		return p.fault()
	}
	err = db.View(ctx, func(ctx context.Context, r *Reader) error {
		o := VerifyOptions{}
		if options != nil {
			if o, err = options(ctx, r); err != nil {
				return err
			}
		}
		return newVerifier(r, o, watch).content(ctx)
	})
	if err != nil {
		return err
	}
	return p.fault()
}

// structure checks what must hold in any database of ours, of any version.
func (db *DB) structure(ctx context.Context, p *Report, emit func(Check)) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	last, next, err := db.pending(ctx, all)
	if err != nil {
		return err
	}
	p.Schema, p.Older = last, len(next) > 0
	emit(Check{What: CheckSchema, OK: true, Args: named([]any{"version", last, "pending", len(next)})})
	return db.View(ctx, func(ctx context.Context, r *Reader) error {
		return newVerifier(r, VerifyOptions{}, emit).structure(ctx)
	})
}

func (p *Report) note(c Check) {
	if c.OK {
		return
	}
	p.Wrong++
	if len(p.Failed) < maxMessages {
		p.Failed = append(p.Failed, c)
	}
}

func (p *Report) fault() error {
	if p.Wrong == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s %v", ErrCorrupt, p.Failed[0].What, p.Failed[0].Args)
}
