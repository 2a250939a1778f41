package main_test

// The tests of this package run the program itself: a binary built once, real
// loopback HTTP, real SQLite files, real signals. Only Telegram is a fake one,
// tgtest's.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Nothing here takes so long, unless it hangs.
const patience = 90 * time.Second

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "qunmate-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaryDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir) // a leftover in the temporary folder fails no test
	os.Exit(code)
}

var binaryDir string

// built makes the binary when the first test asks for it: without cgo, as
// people get it.
var built = sync.OnceValues(func() (string, error) {
	file := filepath.Join(binaryDir, "qunmate")
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	build := exec.Command("go", "build", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

func binary(t testing.TB) string {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// command is a call of the binary in a folder, with an environment of its own.
func command(t testing.TB, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"LANG=en_US.UTF-8", "PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir()}, env...)
	return cmd
}

// outcome is what a call that ended by itself left behind.
type outcome struct {
	code      int
	out, errs string
}

func (o outcome) String() string {
	return fmt.Sprintf("exit code %d\n--- output\n%s--- errors\n%s", o.code, o.out, o.errs)
}

// call runs the binary to its end.
func call(t testing.TB, dir string, args ...string) outcome {
	t.Helper()
	p := launch(t, dir, nil, args...)
	p.waitEnd()
	return outcome{p.cmd.ProcessState.ExitCode(), p.out.String(), p.log.String()}
}

// wantCall runs the binary and checks how it ends and what it says, on either
// channel.
func wantCall(t testing.TB, dir string, code int, says string, args ...string) outcome {
	t.Helper()
	o := call(t, dir, args...)
	if o.code != code || !strings.Contains(o.out+o.errs, says) {
		t.Errorf("qunmate %s: want exit code %d and %q, got %s", strings.Join(args, " "), code, says, o)
	}
	return o
}

// output gathers what a process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// count is how many lines contain a text.
func (o *output) count(text string) int {
	n := 0
	for line := range strings.Lines(o.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// running is the program as a process of its own.
type running struct {
	t        testing.TB
	cmd      *exec.Cmd
	out, log *output
	done     chan struct{} // closed when it has ended
}

// launch starts the program; it ends with the test at the latest.
func launch(t testing.TB, dir string, env []string, args ...string) *running {
	t.Helper()
	p := &running{t: t, cmd: command(t, dir, env, args...), out: &output{}, log: &output{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // ProcessState says how it ended
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // ended long ago in most tests
		<-p.done
		if t.Failed() {
			t.Logf("qunmate %s\n%s%s", strings.Join(args, " "), tail(p.out), tail(p.log))
		}
	})
	return p
}

// tail is enough of an output to see what went wrong at its end.
func tail(o *output) string {
	const most = 6000
	s := o.String()
	if len(s) > most {
		s = "… " + s[len(s)-most:]
	}
	return s
}

func (p *running) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *running) waitEnd() {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatalf("the program does not end:\n%s%s", tail(p.out), tail(p.log))
	}
}

// says waits until the program has written a text, on either channel.
func (p *running) says(text string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("the program says %q", text), func() bool {
		if strings.Contains(p.out.String()+p.log.String(), text) {
			return true
		}
		if p.ended() {
			p.t.Fatalf("the program ended without saying %q: exit code %d\n%s%s", text, p.cmd.ProcessState.ExitCode(), tail(p.out), tail(p.log))
		}
		return false
	})
}

var addressForm = regexp.MustCompile(`Sandbox: (http://\S+)/`)

// address is where the sandbox said it is, without a slash at the end.
func (p *running) address() string {
	p.t.Helper()
	p.says("Sandbox: http://")
	return addressForm.FindStringSubmatch(p.out.String())[1]
}

// stop asks the program to end and expects that it does so properly: it says
// itself when it took too long.
func (p *running) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	p.waitEnd()
	if code := p.cmd.ProcessState.ExitCode(); code != 0 || p.log.count("the stop took too long") > 0 {
		p.t.Errorf("exit code %d after SIGTERM:\n%s", code, tail(p.log))
	}
}

// kill is kill -9.
func (p *running) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
	<-p.done
}

// until waits for a condition. The deadline is for what hangs, not for what is
// slow.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

// soon is a context for waiting: its deadline is for what hangs.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
