package passive

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
)

func TestTheMemoryForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory[int](time.Minute)
		for i := range MaxMemory {
			if !m.Put(strconv.Itoa(i), i) {
				t.Fatal(i)
			}
		}
		if m.Put("one more", 1) || !m.Put("7", 8) {
			t.Error("full is full, but what is known may change")
		}
		time.Sleep(time.Minute - 1)
		if v, ok := m.Get("7"); !ok || v != 8 {
			t.Error("forgotten too early")
		}
		time.Sleep(time.Nanosecond)
		if _, ok := m.Get("7"); ok || len(m.kept) != 0 || len(m.order) != 0 {
			t.Error("kept too long")
		}
	})
}

func TestARepetitionTakesThePlaceOfARequestAndGetsItsAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := NewAnswers(time.Minute)
		deadline := time.Now().Add(5 * time.Second)
		q, first, _ := a.Sit("m1", "ann")
		broken := make(chan bool)
		go func() {
			h, waitedOut := first.Wait(t.Context(), deadline, nil)
			q.Stand(first, waitedOut)
			broken <- h == nil && !waitedOut
		}()
		synctest.Wait()
		again, second, _ := a.Sit("m1", "ann")
		if !<-broken || again != q {
			t.Error("the first request still waits")
		}
		go func() {
			h, _ := second.Wait(t.Context(), deadline, nil)
			q.Answer(h.Text)
			q.Stand(second, true)
			h.Done(true)
		}()
		if a.Offer(t.Context(), "m1", "bob", "hello") || a.Offer(t.Context(), "m2", "ann", "hello") {
			t.Error("somebody else's letter was taken")
		}
		if !a.Offer(t.Context(), "m1", "ann", "hello") {
			t.Error("the letter was not taken")
		}
		if _, seat, said := a.Sit("m1", "ann"); seat != nil || said != "hello" {
			t.Errorf("a late repetition reads %q", said)
		}
		if a.Offer(t.Context(), "m1", "ann", "more") {
			t.Error("nobody waits any more")
		}
	})
}

func TestALetterThatComesTooLateGoesAnotherWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := NewAnswers(time.Minute)
		q, seat, _ := a.Sit("m1", "ann")
		if h, waitedOut := seat.Wait(t.Context(), time.Now().Add(5*time.Second), nil); h != nil || !waitedOut {
			t.Errorf("%v %v", h, waitedOut)
		}
		q.Stand(seat, true)
		if a.Offer(t.Context(), "m1", "ann", "late") {
			t.Error("a letter was written into a request that is over")
		}
		over := make(chan struct{})
		close(over)
		_, other, _ := a.Sit("m2", "ann")
		if _, waitedOut := other.Wait(t.Context(), time.Now().Add(time.Hour), over); !waitedOut {
			t.Error("the end of the connection ends the waiting")
		}
	})
}

func TestEventsGoThroughWhileTheConnectionRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, throughHook)
}

func throughHook(t *testing.T) {
	var h Hook
	if _, err := h.Take(t.Context(), nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("before: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	began := time.Now()
	if _, err := h.Take(gone, nil); !errors.Is(err, ErrNotRunning) || time.Since(began) > 0 {
		t.Errorf("who has gone waits %v: %v", time.Since(began), err)
	}
	early := make(chan error, 1)
	go func() {
		_, err := h.Take(t.Context(), nil)
		early <- err
	}()
	synctest.Wait() // it waits for Run
	ctx, cancel := context.WithCancel(t.Context())
	h.Open(ctx, func(ctx context.Context, _ []chat.Event) error { return ctx.Err() })
	if err := <-early; err != nil {
		t.Errorf("a moment before: %v", err)
	}
	if _, err := h.Take(t.Context(), nil); err != nil {
		t.Errorf("open: %v", err)
	}
	cancel()
	h.Close()
	began = time.Now()
	if _, err := h.Take(t.Context(), nil); !errors.Is(err, ErrNotRunning) || time.Since(began) > 0 {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}
