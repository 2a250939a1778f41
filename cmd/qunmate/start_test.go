package main_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"

	tg "qunmate/bot/platform/telegram/tgtest"
)

func TestTheSandboxStartsInAnEmptyFolderAndKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := launch(t, dir, nil)
	base := p.address()
	p.says("/admin claim ")
	until(t, "the program is ready", func() bool { code, _ := get(t, base+"/readyz"); return code == 200 })
	if code, body := get(t, base+"/healthz"); code != 200 || strings.TrimSpace(body) != "ok" {
		t.Errorf("/healthz: %d %s", code, body)
	}
	if code, body := get(t, base+"/"); code != 200 || !strings.Contains(body, "<html") {
		t.Errorf("the page: %d %.200s", code, body)
	}

	if code := say(t, base, "first-check-in", "product", "ann", "签到"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	// The two greetings and the answer.
	until(t, "an answer", func() bool { return len(bubbles(t, base, "ann")) == 3 })
	seen := bubbles(t, base, "ann")
	if !strings.Contains(strings.Join(seen, "\n"), "+5") {
		t.Errorf("the answers: %q", seen)
	}
	_, metrics := get(t, base+"/metrics")
	for _, want := range []string{"qunmate_database_writable 1", "qunmate_events_total ", "qunmate_outbox_queued ", "qunmate_build_info{"} {
		if !strings.Contains(metrics, "\n"+want) {
			t.Errorf("/metrics lacks %q:\n%s", want, metrics)
		}
	}
	p.stop()

	p = launch(t, dir, nil)
	base = p.address()
	if after := bubbles(t, base, "ann"); strings.Join(after, "\n") != strings.Join(seen, "\n") {
		t.Errorf("before the restart %q, after it %q", seen, after)
	}
	if code := say(t, base, "second-check-in", "product", "ann", "/checkin"); code != 200 {
		t.Fatalf("say: %d", code)
	}
	until(t, "an answer", func() bool { return len(bubbles(t, base, "ann")) > len(seen) })
	if strings.Contains(p.out.String(), "/admin claim") {
		t.Error("the claim code is printed a second time")
	}
	p.stop()
	wantCheckins(t, dir, 1)
}

func TestATakenPortIsPassedOverWhenNobodyChoseIt(t *testing.T) {
	t.Parallel()
	for {
		// Either the usual port is taken by now, or it was before, and may be given
		// back in between.
		l, err := net.Listen("tcp", "127.0.0.1:8080")
		p := launch(t, t.TempDir(), nil)
		base := p.address()
		p.stop()
		if err == nil {
			_ = l.Close()
		}
		if !strings.HasSuffix(base, ":8080") {
			return
		}
		if err == nil {
			t.Fatalf("the address is %s", base)
		}
	}
}

func TestATakenPortThatWasChosenIsOneClearLine(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dir := t.TempDir()
	configure(t, dir, nil, "http: {listen: \""+l.Addr().String()+"\"}\n")
	o := wantCall(t, dir, 1, "Cannot listen on "+l.Addr().String())
	if n := strings.Count(strings.TrimSpace(o.errs), "\n"); n > 0 {
		t.Errorf("more than one line:\n%s", o.errs)
	}
}

func TestATermSignalEndsTheProgramWhateverHangs(t *testing.T) {
	t.Parallel()
	s := telegram(t, tg.Options{})
	held := make(chan struct{})
	t.Cleanup(func() { close(held) })
	s.Fail(tg.Fault{Method: "sendMessage", Times: -1, Hold: held})
	dir := t.TempDir()
	configure(t, dir, s, "sandbox: {enabled: true}\n")
	p := launch(t, dir, nil)
	base := p.address()

	stream, err := http.Get(base + "/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Body.Close() }()
	if _, err := bufio.NewReader(stream.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	s.Say(group(1), person(1), "/checkin")
	if err := s.WaitCalls(soon(t), "sendMessage", 1); err != nil {
		t.Fatal(err)
	}
	p.stop()
	wantCheckins(t, dir, 1)
}

func TestASignalInTheMiddleOfTheStartIsNoFault(t *testing.T) {
	t.Parallel()
	for _, sign := range []string{"qunmate.db.lock", "qunmate.db", "qunmate.db-wal", "qunmate.db-shm"} {
		dir := t.TempDir()
		p := launch(t, dir, nil)
		until(t, sign, func() bool { return exists(dir, sign) })
		p.stop()
		p = launch(t, dir, nil)
		p.address()
		p.stop()
	}
}
