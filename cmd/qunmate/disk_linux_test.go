package main_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	tg "qunmate/bot/platform/telegram/tgtest"
)

// smallDisk is a folder on a disk of its own, of 4 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m,mode=0755"); err != nil {
		t.Skipf("NOT TESTED: a disk of our own cannot be mounted here (%v); run the tests as root to see a full disk", err)
	}
	t.Cleanup(func() {
		// The last process has ended, but the kernel may need a moment.
		until(t, "unmount", func() bool { return !errors.Is(syscall.Unmount(dir, 0), syscall.EBUSY) })
	})
	return dir
}

// fill writes until nothing fits any more and returns what frees the space.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "ballast")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 16; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFullDiskStopsTheAnswersAndNothingIsLost(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	s := telegram(t, tg.Options{})
	boss := person(0)
	configure(t, dir, s, fmt.Sprintf("sandbox: {enabled: true}\nadmins: [\"telegram:%d\"]\n", boss.ID))
	p := launch(t, dir, nil)
	base := p.address()
	s.Say(boss.Direct(), boss, "/start")
	s.Say(group(1), person(1), "/checkin")
	if _, err := s.WaitSent(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	until(t, "everything is settled", func() bool {
		return count(t, dir, "SELECT count(*) FROM outbox WHERE connection = 'main' AND state = 'queued' AND verb = 'send'") == 0
	})

	free := fill(t, dir)
	sent := s.Total()
	for i := 2; i < 6; i++ {
		s.Say(group(1), person(i), "/checkin")
	}
	until(t, "the alarm", func() bool { return len(about(s, boss.ID, "The disk is full")) > 0 })
	until(t, "/healthz to complain", func() bool { code, _ := get(t, base+"/healthz"); return code == http.StatusServiceUnavailable })
	if code := say(t, base, "while-it-is-full", "product", "ann", "/checkin"); code != http.StatusServiceUnavailable {
		t.Errorf("the sandbox takes a check-in: %d", code)
	}
	if n := s.Total(); n != sent+1 {
		t.Errorf("%d messages were sent while the disk was full, want the alarm alone", n-sent)
	}
	if n := count(t, dir, allCheckins); n != 1 {
		t.Errorf("%d check-ins while the disk is full, want the one from before", n)
	}
	if s.Pending() < 4 {
		t.Errorf("check-ins were confirmed that are not on disk: %d are left", s.Pending())
	}

	free()
	until(t, "the end of the alarm", func() bool { return len(about(s, boss.ID, "back at work")) > 0 })
	if err := s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "the answers", func() bool { return len(s.SentTo(group(1).ID)) >= 5 })
	if code := say(t, base, "while-it-is-full", "product", "ann", "/checkin"); code != http.StatusOK {
		t.Errorf("the sandbox does not take the check-in again: %d", code)
	}
	if n := len(about(s, boss.ID, "The disk is full")); n != 1 {
		t.Errorf("the admin was told %d times", n)
	}
	p.stop()
	wantCheckins(t, dir, 6)
	if n := p.log.count("the database cannot be written"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
}

// about are the bot's messages in a chat that contain a text.
func about(s *tg.Server, chat int64, text string) []tg.Sent {
	var out []tg.Sent
	for _, m := range s.SentTo(chat) {
		if strings.Contains(m.Text, text) {
			out = append(out, m)
		}
	}
	return out
}

func TestAStartOnAFullDiskIsOneClearLine(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	configure(t, dir, nil, "")
	free := fill(t, dir)
	o := wantCall(t, dir, 1, "The disk is full")
	if n := strings.Count(o.out+o.errs, "\n"); n != 1 {
		t.Errorf("%d lines: %s", n, o)
	}
	free()
	p := launch(t, dir, nil)
	p.address()
	p.stop()
	wantClean(t, dir)
}

func TestAReadOnlyFolderIsOneClearLine(t *testing.T) {
	t.Parallel()
	var dir string
	if os.Getuid() == 0 {
		// Root may write everywhere, except to a disk that takes nothing.
		dir = smallDisk(t)
	} else {
		dir = t.TempDir()
	}
	configure(t, dir, nil, "")
	p := launch(t, dir, nil)
	p.address()
	p.stop()
	lock(t, dir)
	wantUntouched(t, dir, "cannot be written", nil)
	if err := os.Mkdir(filepath.Join(dir, "new"), 0o700); err == nil {
		t.Error("the folder was not read-only")
	}
}

// lock makes a folder read-only until the end of the test.
func lock(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() == 0 {
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) // so that it can be removed
}
