package storage

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"syscall"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// errReadOnlyFS is what a read-only file system answers.
var errReadOnlyFS error = syscall.EROFS

// dialector is gorm's SQLite dialect over the modernc driver. The upstream
// Translate knows mattn's error type only.
type dialector struct{ sqlite.Dialector }

// Translate implements gorm.ErrorTranslator.
func (d dialector) Translate(err error) error { return classify(err) }

// SQLite result codes, https://www.sqlite.org/rescode.html.
const (
	codeReadOnly   = 8
	codeIOErr      = 10
	codeCorrupt    = 11
	codeFull       = 13
	codeCantOpen   = 14
	codeNotADB     = 26
	codeBusy       = 5
	codeUnique     = 2067
	codePrimaryKey = 1555
)

// classify gives a driver error one of our names; the cause stays wrapped.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, gorm.ErrRecordNotFound) {
		return ErrNotFound
	}
	if errors.Is(err, os.ErrPermission) || errors.Is(err, errReadOnlyFS) {
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	e, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	if !ok {
		return err
	}
	switch {
	case e.Code() == codeUnique || e.Code() == codePrimaryKey:
		return fmt.Errorf("%w: %w", ErrDuplicate, err)
	case e.Code()&0xff == codeFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case e.Code()&0xff == codeReadOnly, e.Code()&0xff == codeCantOpen:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case e.Code()&0xff == codeCorrupt, e.Code()&0xff == codeNotADB:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case e.Code()&0xff == codeBusy:
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}

// breaksTx reports an error after which SQLite may have rolled back the whole
// transaction by itself.
func breaksTx(err error) bool {
	e, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	if !ok {
		return errors.Is(err, ErrTxLost)
	}
	switch e.Code() & 0xff {
	case codeFull, codeIOErr, codeCorrupt, codeBusy, codeReadOnly, 7: // 7: out of memory
		return true
	}
	return false
}
