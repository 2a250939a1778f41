package invite_test

import (
	"context"
	"testing"
	"testing/synctest"

	"qunmate/commands/commandtest"
	"qunmate/commands/invite"
	"qunmate/storage"
)

// families are invites with the ledger they fill.
func families() commandtest.Families {
	f := commandtest.Ledger()
	f.Commands = append(f.Commands, invite.Commands(invite.Options{Secret: []byte("the same in every run")})...)
	f.Actions = append(f.Actions, invite.Actions()...)
	f.Listeners = append(f.Listeners, invite.Listeners()...)
	return f
}

func TestEveryCommandCanBeTyped(t *testing.T) {
	t.Parallel()
	commandtest.Names(t, invite.Commands(invite.Options{})...)
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	commandtest.Run(t, "testdata/*.chat", families())
}

// Who leaves takes his links with him: the network is told to close them, once,
// and those of the others stay.
func TestTheLinkOfWhoLeavesIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := commandtest.Open(t, families(), commandtest.Scene{})
		s.Line("阿宁: 大家好\n小满: 大家好\n阿宁: /invite\n小满: /invite\n! leave 阿宁\n@ 1m")
		if closed := s.Revoked(); len(closed) != 1 {
			t.Errorf("closed: %v", closed)
		}
		s.View(func(ctx context.Context, r *storage.Reader) error {
			for id, want := range map[int64]string{1: storage.LinkClosed, 2: storage.LinkOpen} {
				if l, err := r.InviteLink(ctx, id, 1); err != nil || l.State != want {
					t.Errorf("way %d: %+v %v, want %s", id, l, err, want)
				}
			}
			return nil
		})
		s.Close()
	})
}
