package main_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	tg "qunmate/bot/platform/telegram/tgtest"
	_ "qunmate/storage" // for its driver: tests look into the file, and damage it
)

// telegram starts a fake Bot API server that expects a well-behaved bot.
func telegram(t *testing.T, o tg.Options) *tg.Server {
	t.Helper()
	s := tg.New(t, o)
	t.Cleanup(func() {
		for _, p := range s.Problems() {
			t.Errorf("the bot did what no bot should: %s", p)
		}
	})
	return s
}

// configure writes config.yaml: English texts, UTC, any free port, one
// connection to the fake Telegram. more is appended, and may repeat no key.
func configure(t testing.TB, dir string, s *tg.Server, more string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("language: en\ntimezone: UTC\nday_starts_at: \"00:00\"\n")
	if !strings.Contains("\n"+more, "\nhttp:") {
		b.WriteString("http: {listen: \"127.0.0.1:0\"}\n")
	}
	if s != nil {
		fmt.Fprintf(&b, "telegram:\n  - {name: main, token: %q, base_url: %q}\n", s.Token(), s.URL())
	}
	b.WriteString(more)
	write(t, filepath.Join(dir, "config.yaml"), b.String())
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// person is the i-th member, by a name that is no part of another's.
func person(i int) tg.User {
	return tg.User{ID: int64(100_000 + i), First: fmt.Sprintf("Member%04d", i), Language: "en"}
}

// group is the i-th supergroup.
func group(i int) tg.Chat {
	return tg.Chat{ID: -1_001_000_000_000 - int64(i), Title: fmt.Sprintf("Group %d", i)}
}

// count asks the database of a folder for one number.
func count(t testing.TB, dir, query string, args ...any) int {
	t.Helper()
	db := database(t, dir, "ro")
	defer func() { _ = db.Close() }()
	var n int
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// alter changes the database behind the program's back.
func alter(t testing.TB, dir string, statements ...string) {
	t.Helper()
	db := database(t, dir, "rw")
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func database(t testing.TB, dir, mode string) *sql.DB {
	t.Helper()
	file := filepath.ToSlash(filepath.Join(dir, "qunmate.db"))
	db, err := sql.Open("sqlite", "file:"+file+"?mode="+mode+"&_pragma=busy_timeout(20000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const (
	allCheckins = "SELECT count(*) FROM checkins"
	allEntries  = "SELECT count(*) FROM ledger WHERE kind = 'checkin'"
)

// wantCheckins expects n check-ins, each with its one entry, and a database
// that agrees with itself.
func wantCheckins(t testing.TB, dir string, n int) {
	t.Helper()
	if got := count(t, dir, allCheckins); got != n {
		t.Errorf("%d check-ins, want %d", got, n)
	}
	if got := count(t, dir, allEntries); got != n {
		t.Errorf("%d ledger entries, want %d", got, n)
	}
	wantClean(t, dir)
}

func wantClean(t testing.TB, dir string) {
	t.Helper()
	wantCall(t, dir, 0, "Everything re-computes to the same.", "verify")
}

// get fetches a page.
func get(t testing.TB, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, resp)
}

func answer(t testing.TB, resp *http.Response) (int, string) {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// say lets a persona of the sandbox write, and returns the status: 200 means
// that it is committed.
func say(t testing.TB, base, id, chat, as, text string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"id": id, "chat": chat, "as": as, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(base+"/api/say", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	code, _ := answer(t, resp)
	return code
}

// bubbles are the bot's messages in the sandbox as one persona sees them.
func bubbles(t testing.TB, base, as string) []string {
	t.Helper()
	_, body := get(t, base+"/api/state?as="+as)
	var state struct {
		Messages []struct {
			From  string
			Spans []struct{ Text string }
		}
	}
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	var out []string
	for _, m := range state.Messages {
		var text strings.Builder
		for _, s := range m.Spans {
			text.WriteString(s.Text)
		}
		if m.From == "bot" {
			out = append(out, text.String())
		}
	}
	return out
}

// listenOn takes an address.
func listenOn(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// handedOut are the ports of freePort.
var handedOut sync.Map

// freePort is a port that was free a moment ago and is nobody's since: below those
// that systems give to connections and to listeners without a wish, and given
// out once.
func freePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 11000 + rand.IntN(20000) // browsers refuse 10080
		if _, taken := handedOut.LoadOrStore(port, true); taken {
			continue
		}
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}
