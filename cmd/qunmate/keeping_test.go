package main_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	tg "qunmate/bot/platform/telegram/tgtest"
)

func itoa(n int) string { return strconv.Itoa(n) }

// grown is a folder with a database in which some members have checked in, and
// no bot that uses it.
func grown(t *testing.T, members int) (dir string, s *tg.Server) {
	t.Helper()
	s = telegram(t, tg.Options{})
	dir = t.TempDir()
	configure(t, dir, s, "")
	p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
	for i := range members {
		s.Say(group(0), person(i), "/checkin")
	}
	if _, err := s.WaitSent(soon(t), members); err != nil {
		t.Fatal(err)
	}
	p.stop()
	return dir, s
}

func TestVerifySaysWhichBalanceIsWrong(t *testing.T) {
	t.Parallel()
	dir, _ := grown(t, 3)
	wantCheckins(t, dir, 3)
	alter(t, dir, "DROP TRIGGER ledger_no_update", "UPDATE ledger SET amount = amount + 1000 WHERE id = (SELECT max(id) FROM ledger WHERE kind = 'checkin')")
	o := wantCall(t, dir, 1, "not add up", "verify")
	var wrong []string
	for line := range strings.Lines(o.errs) {
		if strings.HasPrefix(line, "✘") && strings.Contains(line, "computed=1005") && strings.Contains(line, "stored=5") {
			wrong = append(wrong, line)
		}
	}
	if len(wrong) == 0 || !strings.Contains(wrong[0], "balance") || !strings.Contains(wrong[0], "member=") {
		t.Errorf("no line names the balance: %s", o)
	}
	// A backup of it is no good one.
	wantCall(t, dir, 0, "Backup written", "backup", "wrong.db")
	wantCall(t, dir, 1, "", "restore", "-check", "wrong.db")
}

func TestABackupBesideARunningBotIsWholeAndRestoreOverwritesNothing(t *testing.T) {
	t.Parallel()
	s := telegram(t, tg.Options{})
	dir := t.TempDir()
	configure(t, dir, s, "")
	p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
	const members = 60
	for i := range members {
		s.Say(group(i%3), person(i), "/checkin")
		if i == members/2 {
			if _, err := s.WaitSent(soon(t), 1); err != nil {
				t.Fatal(err)
			}
			wantCall(t, dir, 0, "Backup written: early.db", "backup", "early.db")
		}
	}
	if _, err := s.WaitSent(soon(t), members); err != nil {
		t.Fatal(err)
	}
	wantCall(t, dir, 0, "Backup written: late.db", "backup", "late.db")
	wantCall(t, dir, 1, "is not overwritten", "backup", "late.db")
	for _, file := range []string{"early.db", "late.db"} {
		wantCall(t, dir, 0, "The backup is good", "restore", "-check", file)
	}
	wantCall(t, dir, 1, "Another qunmate uses the database", "restore", "late.db")
	p.stop()
	wantCall(t, dir, 1, "is not overwritten", "restore", "late.db")

	other := t.TempDir()
	configure(t, other, s, "")
	wantCall(t, other, 0, "Restored qunmate.db", "restore", filepath.Join(dir, "late.db"))
	wantCheckins(t, other, members)
	// The bot goes on from there: nothing is counted twice.
	p = launch(t, other, []string{"QUNMATE_UNLIMITED=1"})
	for i := range members {
		s.Say(group(i%3), person(i), "/checkin")
	}
	if _, err := s.WaitSent(soon(t), 2*members); err != nil {
		t.Fatal(err)
	}
	p.stop()
	wantCheckins(t, other, members)

	write(t, filepath.Join(dir, "letter.txt"), "this is no database")
	letter := filepath.Join(dir, "letter.txt")
	for _, args := range [][]string{{"restore", letter}, {"restore", "-check", letter}} {
		if o := wantCall(t, t.TempDir(), 1, letter+" is damaged or no backup", args...); strings.Contains(o.errs, "qunmate.db") {
			t.Errorf("the database is blamed: %s", o.errs)
		}
	}
	left := t.TempDir()
	write(t, filepath.Join(left, "qunmate.db-wal"), "of another database")
	wantCall(t, left, 1, "qunmate.db-wal exists", "restore", filepath.Join(dir, "late.db"))
	empty := t.TempDir()
	wantCall(t, empty, 1, "There is no backup", "restore", filepath.Join(dir, "nothing.db"))
	if left, _ := os.ReadDir(empty); len(left) > 0 {
		t.Errorf("something was written: %v", left)
	}
}

func TestASecondProcessIsRefusedButMayRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	configure(t, dir, nil, "")
	p := launch(t, dir, nil)
	p.address()
	o := wantCall(t, dir, 1, "Another qunmate uses the database")
	if n := strings.Count(o.out+o.errs, "\n"); n != 1 || !strings.Contains(o.errs, itoa(p.cmd.Process.Pid)) {
		t.Errorf("not one line that names the process %d: %s", p.cmd.Process.Pid, o)
	}
	wantClean(t, dir)
	wantCall(t, dir, 0, "Backup written", "backup", "copy.db")
	wantCall(t, dir, 0, "", "export", "out")
	if _, err := os.Stat(filepath.Join(dir, "out")); err != nil {
		t.Error(err)
	}
	// The first one does not mind.
	if code := say(t, p.address(), "still-alive", "product", "ann", "/checkin"); code != 200 {
		t.Errorf("say: %d", code)
	}
	p.stop()
	wantCheckins(t, dir, 1)
	// What is left behind of the lock means nothing.
	p = launch(t, dir, nil)
	p.address()
	p.kill()
	p = launch(t, dir, nil)
	p.address()
	p.stop()
}
