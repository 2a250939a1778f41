package draw_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"testing/synctest"

	"qunmate/commands/commandtest"
	"qunmate/commands/draw"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// Whoever has the database and changes a draw afterwards is found out by
// `qunmate verify`, which computes it again.
func TestVerifyComputesEveryDrawAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ damage, finding string }{
		"nothing":          {"SELECT 1", ""},
		"another winner":   {"UPDATE draw_wins SET ticket = 6 - ticket WHERE place = 1", fair.CheckWinners},
		"an entry removed": {"UPDATE draw_entries SET state = 'left' WHERE ticket = 5", fair.CheckList},
		"a heavier ticket": {"UPDATE draw_entries SET weight = 9 WHERE ticket = 2", fair.CheckList},
		"another secret":   {"UPDATE draws SET secret = lower(hex(randomblob(32)))", fair.CheckCommitment},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := commandtest.Open(t, families(options(fair.None)), commandtest.Scene{})
				s.Line("管理员: /draw 书×2@30元 截止 今晚8点 领奖 48小时 弃奖 顺延 主办 小店，微信 abc\n管理员: /confirm\n! crowd 5 /join 1\n@ 11-22 20:00")
				file := s.Path()
				s.Close()
				alter(t, file, c.damage)
				db, err := storage.Open(t.Context(), file, storage.Options{ReadOnly: true})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = db.Close() }()
				found, sound := false, false
				err = db.View(t.Context(), func(ctx context.Context, r *storage.Reader) error {
					return draw.Verify(ctx, r, func(l storage.Check) {
						found = found || !l.OK && l.Args["draw"] == "1" && l.Args["finding"] == c.finding
						sound = sound || l.OK && l.Args["checked"] == "1"
					})
				})
				if err != nil || found == (c.finding == "") || sound == found {
					t.Errorf("found: %v, sound: %v (%v)", found, sound, err)
				}
			})
		})
	}
}

func alter(t *testing.T, file, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
