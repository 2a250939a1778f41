package storage

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// csvWriter writes RFC 4180: fields quoted where needed, lines end with CRLF.
// (encoding/csv changes line breaks inside fields when asked for CRLF.)
type csvWriter struct{ w *bufio.Writer }

// A spreadsheet that is told nothing takes a file without this mark for its
// local code page, and Chinese names for noise.
const byteOrderMark = "\uFEFF"

func (c *csvWriter) line(cells []string) error {
	for i, s := range cells {
		if i > 0 {
			_ = c.w.WriteByte(',')
		}
		s = safeCell(s)
		if strings.ContainsAny(s, ",\"\r\n") || strings.TrimSpace(s) != s {
			s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		_, _ = c.w.WriteString(s)
	}
	_, err := c.w.WriteString("\r\n") // a bufio.Writer keeps its first error
	return err
}

// safeCell keeps a spreadsheet from running what a member typed: a cell that
// begins like a formula gets an apostrophe in front. Plain numbers stay
// numbers, -5 too.
func safeCell(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "")
	if s == "" || isNumber(s) {
		return s
	}
	// The last four are the full-width forms, which some programs take as well.
	if r := []rune(s)[0]; strings.ContainsRune("=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20", r) {
		return "'" + s
	}
	return s
}

// isNumber accepts -5 and 3.14, and nothing with an operator inside.
func isNumber(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!point || digits(fraction))
}

// replaceFile writes a file beside its place and then puts it there whole: a
// reader, or a crash, never meets half a file.
func replaceFile(dir, name string, write func(io.Writer) error) (path string, err error) {
	path = filepath.Join(dir, name)
	f, err := os.CreateTemp(dir, "."+name+".*.tmp")
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 64<<10)
	if err := write(w); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if err := w.Flush(); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if err := f.Sync(); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return path, nil
}

// CSV writes rows as a file that spreadsheets open: UTF-8 with a byte order
// mark, and no cell that would run as a formula.
func CSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	out := &csvWriter{bufio.NewWriter(&b)}
	_, _ = out.w.WriteString(byteOrderMark)
	for _, r := range rows {
		if err := out.line(r); err != nil {
			return nil, fmt.Errorf("csv: %w", err)
		}
	}
	if err := out.w.Flush(); err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	return b.Bytes(), nil
}
