package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot"
	"qunmate/bot/chat/chattest"
	"qunmate/commands/commandtest"
	"qunmate/commands/settings"
	"qunmate/storage"
)

// What a person may take along is what is kept, and after the erasure none of
// it names him; the sums stay.
func TestAnErasedPersonLeavesNumbersOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, families(), commandtest.Scene{})
		defer s.Close()
		s.Say("张三丰", "签到")
		s.Say("张三丰", "大家好")
		s.Whisper("张三丰", "/lang en")
		s.Whisper("张三丰", "/lang zh")
		var file struct {
			Name        string
			Accounts    []struct{ Domain string }
			Memberships []struct {
				Balance int64
				Ledger  []struct{ Amount int64 }
			}
		}
		shown := s.Whisper("张三丰", "/mydata export")
		if len(shown) != 1 || shown[0].Content.File == nil {
			t.Fatalf("no file: %+v", shown)
		}
		if err := json.Unmarshal(shown[0].Content.File.Data, &file); err != nil {
			t.Fatal(err)
		}
		if file.Name != "张三丰" || len(file.Accounts) != 1 || len(file.Memberships) != 1 || file.Memberships[0].Balance != 5 || len(file.Memberships[0].Ledger) != 2 {
			t.Errorf("the file says %+v", file)
		}
		var before storage.Account
		s.View(func(ctx context.Context, r *storage.Reader) error {
			var err error
			before, err = r.AccountByRef(ctx, chattest.Domain, "张三丰")
			return err
		})
		s.Whisper("张三丰", "/mydata delete")
		if shown, ok := s.Press("张三丰", "确认"); ok || len(shown) > 0 {
			t.Errorf("a private preview is to be seen in the group: %+v", shown)
		}
		if shown := s.Whisper("张三丰", "/confirm"); len(shown) != 1 || !strings.Contains(shown[0].Content.Text, "已注销-") {
			t.Errorf("the answer: %+v", shown)
		}
		s.View(func(ctx context.Context, r *storage.Reader) error { return forgotten(ctx, t, r, before) })
		s.Say("张三丰", "签到")
		s.View(func(ctx context.Context, r *storage.Reader) error {
			a, err := r.AccountByRef(ctx, chattest.Domain, "张三丰")
			if err == nil && (a.PersonID == before.PersonID || a.ID == before.ID) {
				t.Error("who comes back is the old person")
			}
			return err
		})
	})
}

func forgotten(ctx context.Context, t *testing.T, r *storage.Reader, before storage.Account) error {
	t.Helper()
	if _, err := r.AccountByRef(ctx, chattest.Domain, "张三丰"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the account is still there: %v", err)
	}
	data, err := r.PersonData(ctx, before.PersonID)
	if err != nil {
		return err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if strings.Contains(string(text), "张三丰") || !strings.Contains(string(text), "已注销-") || data.Memberships[0].Balance != 5 {
		t.Errorf("what is kept: %s", text)
	}
	c, err := r.ChatByRef(ctx, chattest.Domain, "张三丰")
	if err != nil {
		return err
	}
	if c.Title != "erased" {
		t.Errorf("the private chat is called %q", c.Title)
	}
	letters, err := r.OpenLetters(ctx, c.Connection, storage.LaneAnswer, 0, 10)
	if len(letters) > 0 {
		t.Errorf("letters that nobody takes: %+v", letters)
	}
	return err
}

// The place of the erased letters in the outbox must not swallow later answers.
func TestAfterAnErasureEverybodyIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, families(), commandtest.Scene{})
		defer s.Close()
		for range 5 {
			s.Whisper("小满", "/mydata")
		}
		s.Whisper("小满", "/mydata delete")
		if shown := s.Whisper("小满", "/confirm"); len(shown) != 1 {
			t.Errorf("the erasure is not answered: %+v", shown)
		}
		if shown := s.Whisper("小满", "/mydata"); len(shown) != 1 {
			t.Errorf("what comes after is not answered: %+v", shown)
		}
		if shown := s.Say("阿宁", "/mydata"); len(shown) != 1 {
			t.Errorf("others are not answered: %+v", shown)
		}
	})
}

// A transaction must not hang when chance repeats itself.
func TestAConstantSourceOfChanceIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Random = func(b []byte) { clear(b) }
		f := families()
		f.Commands = append(settings.Commands(o), bot.Command{Name: "me", Run: me})
		s := commandtest.Open(t, f, commandtest.Scene{})
		defer s.Close()
		s.Say("管理员", "/community create A")
		s.Say("管理员", "/community create B")
		if shown := append(s.Say("管理员", "/me"), s.Line("@ 3s")...); len(shown) == 0 {
			t.Error("the engine does not answer any more")
		}
	})
}
