package storage

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func exportAll(tb testing.TB, db *DB, dir string) []string {
	tb.Helper()
	east := time.FixedZone("east", 8*3600)
	var paths []string
	view(tb, db, func(ctx context.Context, r *Reader) (err error) {
		paths, err = r.Export(ctx, dir, ExportOptions{Zone: func(c int64) *time.Location {
			if c == 0 {
				return nil
			}
			return east
		}})
		return err
	})
	return paths
}

// table reads a file back as rows by column name.
func table(tb testing.TB, path string) []map[string]string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	body, marked := strings.CutPrefix(string(text), "\uFEFF")
	if !marked || !strings.HasSuffix(body, "\r\n") {
		tb.Errorf("%s: mark %v, end %q", path, marked, body[max(0, len(body)-5):])
	}
	all, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	var out []map[string]string
	for _, row := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}

func TestExportWritesWhatIsThere(t *testing.T) {
	t.Parallel()
	db, w := busy(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.AddRule(ctx, Rule{CommunityID: w.community.ID, Family: "checkin", Data: `{"base":5}`, From: noon}); err != nil {
			return err
		}
		if _, err := tx.Audit(ctx, Audited{CommunityID: w.community.ID, ChatID: w.chat.ID, PersonID: 1, Action: "checkin.set", After: `{"base":5}`}); err != nil {
			return err
		}
		if err := tx.SetSetting(ctx, "webhook_secret:main", "very-secret"); err != nil {
			return err
		}
		_, err := tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: "test", Content: `{"text":"said in private"}`, Reply: "reply-token", Kind: "checkin.done"})
		return err
	})
	dir := filepath.Join(t.TempDir(), "a", "b")
	paths := exportAll(t, db, dir)
	names := []string{"announcements.csv", "audit.csv", "cards.csv", "checkins.csv", "counted_days.csv", "deliveries.csv", "draw_entries.csv", "draws.csv", "faqs.csv", "feedback.csv", "invite_joins.csv", "invites.csv", "ledger.csv", "members.csv", "occurrences.csv", "poll_votes.csv", "polls.csv", "question_answers.csv", "questions.csv", "queues.csv", "quiz_practice.csv", "quiz_questions.csv", "quiz_results.csv", "rules.csv", "schedules.csv", "signup_entries.csv", "signups.csv"}
	if got := files(t, dir); !slices.Equal(got, names) || len(paths) != len(names) {
		t.Fatalf("%v, %v", got, paths)
	}
	for name, want := range map[string]int{"members": 5, "ledger": 23, "cards": 1, "checkins": 22, "deliveries": 2, "rules": 1, "audit": 1} {
		if rows := table(t, filepath.Join(dir, name+".csv")); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", name, len(rows), want)
		}
	}
	m := table(t, filepath.Join(dir, "members.csv"))[0]
	for name, want := range map[string]string{
		"community_id": "1", "community": "town", "member_id": "1", "name": "member 0", "accounts": "test:u1-0", "balance": "20", "pending": "7", "cards": "2",
		"streak": "5", "last_day": "2026-11-05", "hidden": "0", "erased": "0", "created_at": "2026-11-22T20:00:00+08:00",
	} {
		if m[name] != want {
			t.Errorf("members: %s is %q, want %q", name, m[name], want)
		}
	}
	undo := table(t, filepath.Join(dir, "ledger.csv"))[21]
	if undo["amount"] != "-30" || undo["reverses"] != "21" || undo["kind"] != "undo" || undo["unit"] != "points" {
		t.Errorf("%v", undo)
	}
	letter := table(t, filepath.Join(dir, "deliveries.csv"))[1]
	if letter["state"] != "queued" || letter["settled_at"] != "" || letter["lane"] != "answer" || letter["chat"] != "square" {
		t.Errorf("%v", letter)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"very-secret", "reply-token", "said in private"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s tells %q", p, secret)
			}
		}
	}
}

func TestExportReplacesItsOwnFilesOnly(t *testing.T) {
	t.Parallel()
	db, _ := busy(t)
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "precious.txt")
	if err := os.WriteFile(outside, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "members.csv")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	exportAll(t, db, dir)
	exportAll(t, db, dir)
	for _, path := range []string{outside, filepath.Join(dir, "notes.txt")} {
		if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	if got := files(t, dir); len(got) != 28 {
		t.Errorf("in the folder: %v", got)
	}
}

func TestAnExportThatFailsLeavesNoHalfFile(t *testing.T) {
	t.Parallel()
	db, _ := busy(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "ledger.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := db.View(t.Context(), func(ctx context.Context, r *Reader) error {
		_, err := r.Export(ctx, dir, ExportOptions{})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "ledger.csv") {
		t.Error(err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"ledger.csv", "members.csv"}) {
		t.Errorf("in the folder: %v", got)
	}
}

func TestCellsThatASpreadsheetWouldRun(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx", "\uff1d1": "'\uff1d1",
		"-5": "-5", "5": "5", "-3.14": "-3.14", "": "", "-": "'-", "-5-": "'-5-", "-.5": "'-.5", "--5": "'--5", "a=b": "a=b", "1e5": "1e5",
		"-1e5": "'-1e5", "\x00=1": "'=1", "a\xff": "a\uFFFD", "'=1": "'=1", "\u963f\u5b81": "\u963f\u5b81",
	} {
		if got := safeCell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAwkwardNamesSurviveTheExport(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 4)
	awkward := []string{`=HYPERLINK("http://x","y")`, "a,b;\"c\"", "two\r\nlines", " spaces "}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i, n := range awkward {
			if _, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: w.accounts[i].ExternalID, Name: n}); err != nil {
				return err
			}
		}
		return nil
	})
	dir := t.TempDir()
	exportAll(t, db, dir)
	for i, m := range table(t, filepath.Join(dir, "members.csv")) {
		want := strings.ReplaceAll(awkward[i], "\r\n", "\n") // as encoding/csv reads it
		if i == 0 {
			want = "'" + want
		}
		if m["name"] != want {
			t.Errorf("%q, want %q", m["name"], want)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "members.csv"))
	if err != nil || !strings.Contains(string(text), `"two`+"\r\n"+`lines"`) {
		t.Errorf("%q, %v", text, err)
	}
}

func TestPersonDataTellsEverythingOfOnePerson(t *testing.T) {
	t.Parallel()
	db, w := busy(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.SetPersonLanguage(ctx, w.accounts[0].PersonID, "en"); err != nil {
			return err
		}
		if err := tx.CountMessage(ctx, w.chat.ID, w.accounts[0].ID, noon); err != nil {
			return err
		}
		return tx.SetRole(ctx, w.chat.ID, w.accounts[0].ID, RoleHost, FromCommand)
	})
	view(t, db, func(ctx context.Context, r *Reader) error {
		d, err := r.PersonData(ctx, w.accounts[0].PersonID)
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(d, "", " ")
		if err != nil {
			return err
		}
		if len(d.Accounts) != 1 || len(d.Memberships) != 1 || len(d.Memberships[0].Ledger) != 8 || len(d.Memberships[0].Checkins) != 5 || len(d.Presence) != 1 {
			t.Errorf("%s", text)
		}
		if p := d.Presence[0]; p.Messages != 1 || !p.Present || p.LeftAt != nil || !slices.Equal(p.Roles, []string{RoleHost}) {
			t.Errorf("%+v", p)
		}
		if d.Settings.Language != "en" || d.Memberships[0].Balance != 20 || d.Memberships[0].Cards != 2 || d.Memberships[0].Community != "town" {
			t.Errorf("%s", text)
		}
		if strings.Contains(string(text), "member 1") || strings.Contains(string(text), "null") {
			t.Errorf("somebody else, or nothing at all, is in %s", text)
		}
		_, err = r.PersonData(ctx, 4711)
		wantErr(t, err, ErrNotFound)
		return nil
	})
}
