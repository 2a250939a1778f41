package storage

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestOneProcessHoldsTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "qunmate.db")
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(path)
	wantErr(t, err, ErrLocked)
	if want := fmt.Sprintf("process %d", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v does not name %s", err, want)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}

func TestALinkToTheDatabaseIsTheSameDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "qunmate.db"), filepath.Join(dir, "link.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = release() }()
	_, err = Lock(link)
	wantErr(t, err, ErrLocked)
}

func TestLockInAFolderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, err := Lock(filepath.Join(t.TempDir(), "no", "qunmate.db")); err == nil {
		t.Error("no error")
	}
}

// TestTheLockOfAKilledProcessIsFree runs this test binary a second time.
func TestTheLockOfAKilledProcessIsFree(t *testing.T) {
	if path := os.Getenv("QUNMATE_TEST_LOCK"); path != "" {
		if _, err := Lock(path); err != nil {
			_, _ = fmt.Fprintln(os.Stdout, "child:", err)
			return
		}
		_, _ = fmt.Fprintln(os.Stdout, "locked")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until killed
		return
	}
	path := filepath.Join(t.TempDir(), "qunmate.db")
	child := exec.Command(os.Args[0], "-test.run=^TestTheLockOfAKilledProcessIsFree$")
	child.Env = append(os.Environ(), "QUNMATE_TEST_LOCK="+path)
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "locked\n" {
		t.Fatalf("%q, %v", line, err)
	}
	_, err = Lock(path)
	wantErr(t, err, ErrLocked)
	if want := fmt.Sprintf("process %d", child.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v does not name %s", err, want)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // "signal: killed"
	release, err := Lock(path)
	if err != nil {
		t.Fatal("after the kill:", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
