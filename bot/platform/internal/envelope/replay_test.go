package envelope

import (
	"strconv"
	"testing"
	"time"
)

func TestAUsedRequestIsRememberedAsLongAsItIsFresh(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{0, time.Minute, rememberFor - 1, rememberFor, 2*rememberFor - 1} {
		var r replays
		now := start
		r.add("old", now.Add(-time.Hour))
		if !r.add("a", now) {
			t.Fatal("a new key was refused")
		}
		now = now.Add(age)
		for i := range 3 {
			r.add(strconv.Itoa(i), now) // others come in between
		}
		if age < rememberFor && (r.add("a", now) || !r.has("a", now)) {
			t.Errorf("forgotten after %s", age)
		}
		if r.has("old", now) {
			t.Error("an hour is too long")
		}
	}
}

// A request that comes just before a new generation begins is remembered as long
// as every other.
func TestALateRequestOfAGenerationIsRememberedToo(t *testing.T) {
	t.Parallel()
	var r replays
	r.add("first", start)
	late := start.Add(rememberFor - time.Second)
	r.add("a", late)
	for _, age := range []time.Duration{2 * time.Second, rememberFor / 2, rememberFor - 1} {
		if now := late.Add(age); r.add("a", now) || !r.has("a", now) {
			t.Errorf("forgotten after %s", age)
		}
	}
}

func TestOldRequestsAreForgotten(t *testing.T) {
	t.Parallel()
	var r replays
	now := start
	for range 100 {
		now = now.Add(rememberFor / 4)
		if !r.add("a"+now.String(), now) {
			t.Fatal("refused")
		}
		if n := len(r.now) + len(r.before); n > 8 {
			t.Fatalf("%d are remembered", n)
		}
	}
	// A clock that jumps back forgets nothing.
	last := "a" + now.String()
	if r.add(last, now.Add(-24*time.Hour)) {
		t.Error("forgotten when the clock went back")
	}
	// After a long quiet nothing is left.
	if r.has(last, now.Add(24*time.Hour)) {
		t.Error("remembered for a day")
	}
}

func TestAFullMemoryRefuses(t *testing.T) {
	t.Parallel()
	var r replays
	for i := range maxReplays {
		if !r.add(strconv.Itoa(i), start) {
			t.Fatalf("refused at %d", i)
		}
	}
	if r.add("one more", start) {
		t.Error("took one more")
	}
	r.remove("7")
	if !r.add("one more", start) {
		t.Error("refused although there is room")
	}
	if !r.add("later", start.Add(2*rememberFor)) {
		t.Error("refused although all is old")
	}
}
