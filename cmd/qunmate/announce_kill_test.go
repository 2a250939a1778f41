package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
)

const (
	announceRounds = 14
	announceGroups = 20
)

// Killed at any moment between the confirmation and the end of the report, and
// started again: nobody gets an announcement twice from us, and the report says
// of every group what Telegram knows.
func TestAnAnnouncementSurvivesKillsAndReachesNobodyTwice(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a quarter of a minute")
	}
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("QUNMATE_KILL_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("seed: QUNMATE_KILL_SEED=%d", seed)
	dice := rand.New(rand.NewPCG(seed, 2))
	s := telegram(t, tg.Options{})
	dir := t.TempDir()
	configure(t, dir, s, "admins: [\"telegram:900\"]\n")
	start := func() *running { return launch(t, dir, []string{"QUNMATE_UNLIMITED=1"}) }
	for i := range announceGroups {
		s.AddChat(group(i))
		s.MakeAdmin(group(i))
		s.Say(group(i), owner, "hello")
	}
	p := start()
	for round := range announceRounds {
		text := fmt.Sprintf("News of round %d", round)
		s.Say(owner.Direct(), owner, "/announce all "+text)
		until(t, "the preview", func() bool { return button(s, "Send", text) != "" })
		s.Press(owner.Direct(), owner, 1, button(s, "Send", text))
		for range 1 + dice.IntN(3) {
			// Up to the first sends, among them, or after the last.
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			_, _ = s.WaitSent(ctx, s.Total()+dice.IntN(announceGroups+4))
			cancel()
			timer := time.NewTimer(time.Duration(dice.IntN(20)) * time.Millisecond)
			<-timer.C
			p.kill()
			p = start()
		}
	}
	if err := s.WaitConfirmed(soon(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "the outbox to be empty", func() bool {
		return count(t, dir, "SELECT count(*) FROM announcements WHERE state = 'sent'") == announceRounds &&
			count(t, dir, "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')") == 0
	})
	p.says("connected") // the ones before may have done it all, and a signal needs somebody to hear it
	p.stop()
	wantClean(t, dir)
	got := map[string]map[int64]int{}
	for _, m := range s.Sent() {
		if m.Chat < 0 && strings.HasPrefix(m.Text, "News of round") {
			if got[m.Text] == nil {
				got[m.Text] = map[int64]int{}
			}
			got[m.Text][m.Chat]++
		}
	}
	states := map[string]int{}
	db := database(t, dir, "ro")
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT json_extract(a.content, '$.text'), CAST(h.external_id AS INTEGER), coalesce(o.state, l.state) FROM announcements a
		JOIN announcement_letters l ON l.announcement_id = a.id JOIN chats h ON h.id = l.chat_id LEFT JOIN outbox o ON o.id = l.letter_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		var text, state string
		var chat int64
		if err := rows.Scan(&text, &chat, &state); err != nil {
			t.Fatal(err)
		}
		n++
		states[state]++
		has := got[text][chat]
		if state == "sent" && has != 1 || state == "uncertain" && has > 1 || state != "sent" && state != "uncertain" {
			t.Errorf("%s in %d: the report says %s, Telegram has %d copies", text, chat, state, has)
		}
	}
	if err := rows.Err(); err != nil || n != announceRounds*announceGroups {
		t.Errorf("%d letters, want %d: %v", n, announceRounds*announceGroups, err)
	}
	t.Logf("%d letters: %v", n, states)
}

// button is what stands behind a label under the newest message to the operator
// that says something.
func button(s *tg.Server, label, says string) string {
	for _, m := range slices.Backward(s.SentTo(owner.ID)) {
		if !strings.Contains(m.Text, says) {
			continue
		}
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.Text == label {
					return b.Data
				}
			}
		}
	}
	return ""
}
