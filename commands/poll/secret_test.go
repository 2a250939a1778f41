package poll_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/commands/commandtest"
	"qunmate/storage"
	"qunmate/storage/storagetest"
)

// No row of any table holds both who voted in an anonymous poll and what he
// chose, whatever way the vote came: neither the votes nor what was answered.
func TestNoRowTiesAPersonToASecretChoice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stage := commandtest.Open(t, family(), commandtest.Scene{})
		stage.Line("阿宁: 早\n小满: 早\n老周: 早")
		stage.Line("管理员: /poll 选哪队？ | 红队 | 蓝队 --anon --end 20:00\n管理员 [发布]")
		stage.Line("阿宁 [红队]\n小满: /vote 1 B\n老周@private: /vote 1 蓝队\n阿宁 [蓝队]\n@ 2m")
		stage.Close()
		look(t, stage.Path())
	})
}

func look(t *testing.T, file string) {
	t.Helper()
	voters := 0
	for table, rows := range storagetest.Rows(t, file) {
		for _, row := range rows {
			person := false
			for _, name := range []string{"阿宁", "小满", "老周"} {
				person = person || strings.Contains(row, name)
			}
			// Rows that point to a person or account by number.
			for _, id := range []string{"account_id=", "person_id="} {
				person = person || strings.Contains(row, id) && !strings.Contains(row, id+"0 ")
			}
			if table == "poll_votes" {
				voters++
			}
			if !person || table == "previews" || table == "audit" || strings.Contains(row, "poll.preview") {
				continue // the author's own, who wrote the options
			}
			for _, choice := range []string{"红队", "蓝队", "/vote 1 A", "/vote 1 B", "place=1 ", "place=2 "} {
				if strings.Contains(row, choice) {
					t.Errorf("%s: %s", table, row)
				}
			}
		}
	}
	if voters != 3 {
		t.Errorf("%d voters", voters)
	}
}

// While the program fails, an anonymous vote is not put aside either: at no
// moment do the bytes of the database, those that wait in its log included, hold
// who voted beside what he chose.
func TestAFailedSecretVoteLeavesNoTrace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool // an event that is tried again reads it when it likes
		f := family()
		for i, c := range f.Commands {
			if c.Name != "vote" {
				continue
			}
			run := c.Run
			f.Commands[i].Run = func(ctx context.Context, req *bot.Request) (bot.Reply, error) {
				r, err := run(ctx, req)
				if broken.Load() && err == nil {
					return r, errors.New("broken on purpose")
				}
				return r, err
			}
		}
		stage := commandtest.Open(t, f, commandtest.Scene{})
		stage.Line("阿宁: 早\n小满: 早\n老周: 早")
		stage.Line("管理员: /poll 选哪队？ | 红队 | 蓝队 --anon --end 20:00\n管理员 [发布]")
		stage.Line("管理员: /poll 几点？ | 八点 | 九点 --end 20:00\n管理员 [发布]")
		broken.Store(true)
		// Typed in a way that stands nowhere else in the file.
		for _, said := range []string{"阿宁: /vote 1  ａ", "阿宁: /投   #1 a", "小满@private: /vote 1   红队", "老周 [红队]"} {
			shown := stage.Line(said)
			if len(shown) != 1 || !strings.Contains(chat.Plain(shown[0].Content.Text), "请再发一次") {
				t.Errorf("%s: %+v", said, shown)
			}
			traces(t, stage.Path(), "ａ", "#1 a", "1   红队")
		}
		// A named vote waits for its next try, as everything does.
		if shown := stage.Line("小满: /vote 2   八点"); len(shown) != 0 {
			t.Errorf("a named vote was answered: %+v", shown)
		}
		broken.Store(false)
		stage.Line("@ 1m")
		stage.Line("阿宁: /vote 1  ａ\n小满@private: /vote 1   红队\n老周 [红队]")
		traces(t, stage.Path(), "ａ", "#1 a", "1   红队")
		stage.View(func(ctx context.Context, r *storage.Reader) error {
			for id, want := range map[int64]int{1: 3, 2: 1} {
				p, err := r.Poll(ctx, id)
				if err != nil || p.Options[0].Votes != want {
					t.Errorf("poll %d: %d votes, want %d (%v)", id, p.Options[0].Votes, want, err)
				}
			}
			return nil
		})
		stage.Close()
	})
}

// Where everybody reads the answers, those to many votes at once become one
// message, which names who chose what: of a hidden poll there is none.
func TestVotesOfAHiddenPollAreNotReadOut(t *testing.T) {
	t.Parallel()
	for flag, folds := range map[string]bool{"": true, "--hide": false} {
		synctest.Test(t, func(t *testing.T) {
			caps := chattest.Full()
			caps.Whispers, caps.PerMinute = false, 4
			stage := commandtest.Open(t, family(), commandtest.Scene{Caps: &caps})
			stage.Line("管理员: /poll 选哪队？ | 红队 | 蓝队 " + flag + "\n管理员 [发布]\n@ 5m")
			folded := false
			for _, m := range slices.Concat(stage.Trouble("crowd 9 /vote 1 A"), stage.Line("@ 5m")) {
				text := chat.Plain(m.Content.Text)
				folded = folded || strings.Count(text, "成员") > 1 && strings.Contains(text, "红队")
			}
			if folded != folds {
				t.Errorf("%q: one message for several votes: %v, want %v", flag, folded, folds)
			}
			stage.Close()
		})
	}
}

// traces looks for words in the bytes of the database and of its log, and for a
// press that names who pressed.
func traces(t *testing.T, file string, words ...string) {
	t.Helper()
	for _, name := range []string{file, file + "-wal"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if bytes.Contains(data, []byte(w)) {
				t.Errorf("%s holds %q", filepath.Base(name), w)
			}
		}
		for _, press := range regexp.MustCompile(`"sender":\{[^}]*\}[^}]*"text":"/vote 1[^"]*"`).FindAll(data, -1) {
			t.Errorf("%s holds %s", filepath.Base(name), press)
		}
	}
}
