package telegram

import (
	"context"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

// BenchmarkPollAndAnswer is the adapter's own share of a check-in: a page is
// fetched over loopback and decoded, and every message answered, one after
// the other, with nothing in between.
func BenchmarkPollAndAnswer(b *testing.B) {
	s := tgtest.New(b, tgtest.Options{Lean: true})
	s.AddChat(group)
	tg, err := New(Options{Name: "main", Token: s.Token(), BaseURL: s.URL()})
	if err != nil {
		b.Fatal(err)
	}
	made := 0
	s.Feed(func(id int64) []byte {
		if made == b.N {
			return nil
		}
		made++
		return tgtest.MessageJSON(id, int64(made), 1764000000, group, aning, "/checkin")
	})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	got := 0
	b.ReportAllocs()
	b.ResetTimer()
	err = tg.Run(ctx, func(ctx context.Context, events []chat.Event) error {
		for _, e := range events {
			_, err := tg.Send(ctx, chat.Letter{Chat: e.Chat, Reply: e.Reply, Content: chat.Content{Text: "<b>+10</b> streak 3, balance 120"}})
			if err != nil {
				b.Error(err)
			}
		}
		if got += len(events); got == b.N {
			cancel()
		}
		return nil
	})
	if err != nil || got != b.N {
		b.Fatal(got, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}

func BenchmarkDecode(b *testing.B) {
	raw := tgtest.MessageJSON(1, 1, 1764000000, group, aning, "/checkin@qunmate_bot")
	d := testDecoder()
	b.ReportAllocs()
	for b.Loop() {
		u, err := decodeUpdate(raw)
		if err != nil || len(d.update(u).events) != 1 {
			b.Fatal(err)
		}
	}
}
