package shelf_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/shelf"
)

var errNo = errors.New("no")

func TestAPictureIsHandedOverOnceUntilItExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := shelf.New(nil, time.Now)
		a, b := &chat.Picture{Data: []byte("a")}, &chat.Picture{Data: []byte("b")}
		var calls atomic.Int32
		up := func(context.Context) (string, time.Time, error) {
			time.Sleep(time.Second)
			n := calls.Add(1)
			return strconv.Itoa(int(n)), time.Now().Add(3 * 24 * time.Hour), nil
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if h, err := s.Handle(t.Context(), a, up); h != "1" || err != nil {
					t.Error(h, err)
				}
			})
		}
		all.Wait()
		if h, err := s.Handle(t.Context(), b, up); h != "2" || err != nil || s.Known(t.Context(), a) != "1" {
			t.Error(h, err)
		}
		time.Sleep(3*24*time.Hour - 9*time.Minute) // the platform would still take it, for a moment
		if h, err := s.Handle(t.Context(), a, up); h != "3" || err != nil {
			t.Error(h, err)
		}
		s.Forget(t.Context(), a)
		if s.Known(t.Context(), a) != "" {
			t.Error("not forgotten")
		}
		s.Keep(t.Context(), a, "x")
		time.Sleep(1000 * 24 * time.Hour)
		if s.Known(t.Context(), a) != "x" {
			t.Error("without an end it is for ever")
		}
	})
}

func TestAFailedUploadIsTriedAgainWhereThatHelps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		calls int
		took  time.Duration
	}{
		"refused":        {&chat.SendError{Fault: chat.Rejected, Err: errNo}, 1, 0},
		"unreachable":    {&chat.SendError{Fault: chat.Retry, Err: errNo}, 3, 2 * time.Second},
		"unknown":        {errNo, 3, 2 * time.Second},
		"soon":           {&chat.SendError{Fault: chat.Throttled, After: 4 * time.Second, Err: errNo}, 3, 8 * time.Second},
		"in a long time": {&chat.SendError{Fault: chat.Throttled, After: time.Minute, Err: errNo}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, calls, began := shelf.New(nil, time.Now), 0, time.Now()
				_, err := s.Handle(t.Context(), &chat.Picture{Data: []byte("a")}, func(context.Context) (string, time.Time, error) {
					calls++
					return "", time.Time{}, c.err
				})
				if _, ok := errors.AsType[*chat.SendError](err); !ok || calls != c.calls || time.Since(began) != c.took {
					t.Errorf("%v after %d calls and %s", err, calls, time.Since(began))
				}
			})
		})
	}
}
