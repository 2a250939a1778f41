package bot

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// disks are the writers of the open databases, by their paths: what stands for
// a full disk is a limit of pages that only the connection itself can set.
var disks sync.Map

// watchDisks asks the driver for every connection it opens. The engine must not
// know the driver, so its hook is reached by name.
func watchDisks() {
	pool, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = pool.Close() }()
	register := reflect.ValueOf(pool.Driver()).MethodByName("RegisterConnectionHook")
	hook := reflect.MakeFunc(register.Type().In(0), func(args []reflect.Value) []reflect.Value {
		dsn := args[1].String()
		if path, options, _ := strings.Cut(strings.TrimPrefix(dsn, "file:"), "?"); strings.Contains(options, "_txlock") {
			disks.Store(path, args[0].Interface())
		}
		return []reflect.Value{reflect.Zero(reflect.TypeFor[error]())}
	})
	register.Call([]reflect.Value{hook})
}

// room sets how many more pages the database may grow by; a negative number is
// any. The writer does it, in its turn.
func (w *world) room(pages int64) {
	w.t.Helper()
	conn, ok := disks.Load(w.path)
	if !ok {
		w.t.Fatalf("no writer of %s", w.path)
	}
	q, _ := conn.(driver.QueryerContext)
	w.write(func(context.Context, *storage.Tx) error {
		most := int64(1) << 30
		if pages >= 0 {
			most = pragma(w.t, q, "PRAGMA page_count") + pages
		}
		pragma(w.t, q, fmt.Sprintf("PRAGMA max_page_count = %d", most))
		return nil
	})
}

func pragma(t *testing.T, q driver.QueryerContext, text string) int64 {
	t.Helper()
	rows, err := q.QueryContext(context.Background(), text, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		t.Fatal(err)
	}
	n, _ := value[0].(int64)
	return n
}

// fill is a command that needs much room.
var fill = Command{Name: "plan", Place: Anywhere, Run: func(ctx context.Context, req *Request) (Reply, error) {
	if err := count(ctx, req.Tx, "fill"); err != nil {
		return Reply{}, err
	}
	err := req.Tx.SetSetting(ctx, fmt.Sprint("big", req.Event.ID.ID), strings.Repeat("x", 100_000))
	return Reply{Template: "common.test_echo", Data: "filled"}, err
}}

func TestAFullDiskStopsTheAnswersTellsTheOperatorsAndLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(fill, echo), operators("运营", "从未来过"))
		w.say(private("运营"), "运营", "hello")
		w.say(club, "阿宁", "hello")
		w.news()
		w.room(1)
		ev := w.message(club, "阿宁", "/plan")
		deliver := func() error {
			err := w.net.Deliver(context.Background(), ev)
			synctest.Wait()
			return err
		}
		// Not acknowledged, however often it comes; told once.
		for range 5 {
			if err := deliver(); !errors.Is(err, storage.ErrFull) {
				t.Fatalf("deliver = %v, want a full disk", err)
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		w.heard("磁盘满了")
		equal(t, "where it was said", w.net.texts(private("运营")), []string{"这个我不会。可以：签到 / 我的 / 排行 / 帮助", "⚠ 磁盘满了，数据写不进去。我先不回答任何命令，腾出空间后会自己恢复，不会丢数据。"})
		equal(t, "writable", w.engine.Writable(), false)
		equal(t, "effects", w.counted("fill"), 0)
		equal(t, "rows in the inbox", len(w.waiting()), 0)
		// An hour later they are reminded.
		for range 180 {
			time.Sleep(20 * time.Second)
			if err := deliver(); !errors.Is(err, storage.ErrFull) {
				t.Fatalf("deliver = %v", err)
			}
		}
		w.heard("磁盘满了")
		// Room is made: everything goes on, they are told.
		w.room(-1)
		if err := deliver(); err != nil {
			t.Fatalf("deliver = %v", err)
		}
		equal(t, "writable", w.engine.Writable(), true)
		w.pass(alarmCalm)
		got := strings.Join(w.news(), "|")
		if !strings.Contains(got, "filled") || !strings.Contains(got, "磁盘恢复") || strings.Count(got, "|") != 1 {
			t.Errorf("said %q", got)
		}
		equal(t, "effects", w.counted("fill"), 1)
		w.pass(24 * time.Hour)
		w.heard()
	})
}

// A nearly full disk takes small commits and refuses large ones: that is one
// alarm, not one for every turn.
func TestAnAlarmIsNotTakenBackByASmallCommit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(fill), operators("运营"))
		w.say(private("运营"), "运营", "hello")
		w.say(club, "阿宁", "hello")
		w.news()
		w.room(3)
		for range 20 {
			if err := w.net.Deliver(context.Background(), w.message(club, "阿宁", "/plan")); !errors.Is(err, storage.ErrFull) {
				t.Fatalf("deliver = %v", err)
			}
			if err := w.engine.do(context.Background(), func(ctx context.Context, tx *storage.Tx) error { return nil }); err != nil {
				t.Fatalf("a small commit: %v", err)
			}
			w.pass(5 * time.Second)
		}
		w.heard("磁盘满了")
		w.pass(time.Minute)
		w.heard("磁盘恢复")
	})
}

// What was sent while it could not be noted down is noted later: a restart must
// not say it again.
func TestWhatWasSentWhileTheDiskWasFullIsNotSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo, fill))
		w.say(club, "阿宁", "hello")
		hold := make(chan struct{})
		w.net.onSend(func(context.Context, chat.Letter) error { <-hold; return nil })
		w.net.setLongID(strings.Repeat("x", 50_000)) // to note it down takes room
		w.say(club, "阿宁", "/echo a")
		once := w.post(group2(w), "once", func(l *storage.Letter) { l.Once = true })
		w.room(1)
		close(hold)
		w.pass(10 * time.Second)
		if !strings.Contains(w.log.String(), "cannot be stored") {
			t.Error("the log is silent")
		}
		equal(t, "states while the disk is full", []string{w.letter(1).State, w.letter(once).State}, []string{storage.LetterQueued, storage.LetterSending})
		w.room(-1)
		w.pass(10 * time.Second)
		equal(t, "states", []string{w.letter(1).State, w.letter(once).State}, []string{storage.LetterSent, storage.LetterSent})
		w.restart()
		w.pass(time.Hour)
		equal(t, "club", w.net.texts(club), []string{"zh-CN: a"})
	})
}

// group2 is a second group that the bot knows.
func group2(w *world) chat.Chat {
	w.t.Helper()
	other := group("羽毛球")
	w.say(other, "阿宁", "hello")
	return other
}
