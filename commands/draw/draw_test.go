package draw_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
	"qunmate/commands/draw"
	"qunmate/commands/draw/fair"
	"qunmate/storage"
)

// counter is chance that is the same in every run.
func counter() func([]byte) {
	var n uint64
	return func(b []byte) {
		for i := 0; i < len(b); i += sha256.Size {
			n++
			var x [8]byte
			binary.BigEndian.PutUint64(x[:], n)
			sum := sha256.Sum256(x[:])
			copy(b[i:], sum[:])
		}
	}
}

// beacon is the drand network of these tests.
func beacon() *fair.Network { return fair.NewNetwork([]byte("transcripts")) }

func options(kind string) draw.Options {
	net := beacon()
	return draw.Options{Random: counter(), Beacon: kind, Chain: net.Chain, PublicKey: net.Key, VerifyURL: func(string) string { return "https://bot.example.org/verify" }}
}

// families are draws with the ledger they spend from. "! beacon" brings the
// rounds that are awaited, as the program's own loop does.
func families(o draw.Options) commandtest.Families {
	f := commandtest.Ledger()
	return commandtest.Families{
		Commands:  slices.Concat(f.Commands, draw.Commands(o)),
		Actions:   slices.Concat(f.Actions, draw.Actions(o)),
		Listeners: slices.Concat(f.Listeners, draw.Listeners(o)),
		Troubles: map[string]func(context.Context, *storage.Reader, string) ([]chat.Event, error){
			"beacon": rounds,
		},
	}
}

func rounds(ctx context.Context, r *storage.Reader, _ string) ([]chat.Event, error) {
	awaited, err := r.AwaitedRounds(ctx, 10)
	if err != nil {
		return nil, err
	}
	var out []chat.Event
	for _, d := range awaited {
		sig, err := beacon().Sign(d.Round)
		if err != nil {
			return nil, err
		}
		c, err := r.Chat(ctx, d.ChatID)
		if err != nil {
			return nil, err
		}
		payload, err := json.Marshal(draw.Round{Draw: d.ID, Round: d.Round, Signature: sig})
		if err != nil {
			return nil, err
		}
		at := fair.RoundTime(d.Round)
		out = append(out, chat.Event{
			ID:   chat.Ref{Domain: "beacon", ID: fmt.Sprintf("%d:%d", d.ID, d.Round)},
			Chat: chat.Chat{Ref: chat.Ref{Domain: c.Domain, ID: c.ExternalID}, Type: chat.ChatType(c.Kind), Title: c.Title},
			Kind: chat.Timer, At: at, Detail: chat.Due{Key: "beacon", Task: draw.TaskRound, Payload: payload, At: at},
		})
	}
	return out, nil
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{fair.Drand, fair.Number, fair.None} {
		commandtest.RunEach(t, "testdata/"+kind+"/*.chat", func() commandtest.Families { return families(options(kind)) })
	}
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, draw.Commands(options(fair.Drand))...)
}
