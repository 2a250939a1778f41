package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wantUntouched expects one clear line from every call that needs the
// database, and a file that is what it was.
func wantUntouched(t *testing.T, dir, says string, calls ...[]string) {
	t.Helper()
	file := filepath.Join(dir, "qunmate.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range calls {
		o := wantCall(t, dir, 1, says, args...)
		if n := strings.Count(o.out+o.errs, "\n"); n != 1 {
			t.Errorf("%d lines: %s", n, o)
		}
		after, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("qunmate %s changed the file (%v)", strings.Join(args, " "), err)
		}
	}
}

// reading are the calls that only read; nil is the bot itself.
var reading = [][]string{{"verify"}, {"backup", "copy.db"}, {"export", "out"}}

func TestADatabaseOfANewerProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir, _ := grown(t, 1)
	alter(t, dir, "INSERT INTO schema_migrations VALUES ('9999_future.sql', 'x', 0)")
	wantUntouched(t, dir, "was written by a newer qunmate", append(reading, nil)...)
	alter(t, dir, "DELETE FROM schema_migrations WHERE name = '9999_future.sql'", "UPDATE schema_migrations SET sum = 'x' WHERE name LIKE '0001%'")
	wantUntouched(t, dir, "differs from this program", append(reading, nil)...)
}

func TestADamagedFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir, _ := grown(t, 1)
	file := filepath.Join(dir, "qunmate.db")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string][]byte{
		"no database": bytes.Repeat([]byte("These are notes of somebody else. "), 500),
		"cut off":     whole[:len(whole)/2],
		"no schema":   append(append(bytes.Clone(whole[:100]), bytes.Repeat([]byte{0xa5}, 4096)...), whole[4196:]...),
	} {
		t.Run(name, func(t *testing.T) {
			write(t, file, string(broken))
			wantUntouched(t, dir, "is damaged or no database", append(reading[:2:2], nil)...)
		})
	}
	// Damage in the middle is found by verify, which reads everything.
	at := len(whole) / 2 &^ 4095
	write(t, file, string(whole[:at])+strings.Repeat("\xa5", 4096)+string(whole[at+4096:]))
	if o := call(t, dir, "verify"); o.code != 1 {
		t.Errorf("verify of a file with a page of noise: %s", o)
	}
	write(t, file, string(whole))
	wantCheckins(t, dir, 1)
}

func TestAForeignDatabaseIsNotTakenOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	configure(t, dir, nil, "")
	write(t, filepath.Join(dir, "qunmate.db"), "")
	alter(t, dir, "CREATE TABLE recipes (name TEXT)", "INSERT INTO recipes VALUES ('soup')")
	wantUntouched(t, dir, "qunmate.db", append(reading, nil)...)
}

func TestWithoutADatabaseThereIsNothingToRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range reading {
		wantCall(t, dir, 1, "There is no database", args...)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("something was written: %v", left)
	}
}
