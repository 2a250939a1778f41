package schedule_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/commands/commandtest"
)

// A planned post whose timer is lost, as one that failed for good would be, is
// found at the next look: it is named as missed, and the next one comes.
func TestALostTimerLosesNoPost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, family(), commandtest.Scene{Start: "2026-11-22 08:02"})
		defer s.Close()
		s.Say("管理员", "/schedule add 早安 每天 09:00 早上好")
		s.Press("管理员", "启用")
		s.Trouble("stop")
		db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(s.Path()))
		if err != nil {
			t.Fatal(err)
		}
		gone, err := db.Exec("DELETE FROM timers WHERE task = 'schedule.due'")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := gone.RowsAffected(); err != nil || n != 1 {
			t.Fatalf("%d timers, %v", n, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s.Trouble("start")
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		s.Settle()
		if said := s.Say("管理员", "/schedule log 1"); len(said) != 1 || !strings.Contains(said[0].Content.Text, "近 1 次：没发") {
			t.Errorf("the log says %+v", said)
		}
		time.Sleep(22 * time.Hour)
		synctest.Wait()
		s.Settle()
		if said := s.Say("管理员", "/schedule log 1"); len(said) != 1 || !strings.Contains(said[0].Content.Text, "近 2 次：没发") || !strings.Contains(said[0].Content.Text, "✔") {
			t.Errorf("the next day the log says %+v", said)
		}
	})
}
