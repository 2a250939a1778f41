package invite_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
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

// The state of a QR code says by whose way somebody came, in the community that
// it was made for and in no other one.
func TestAStateBringsPeopleIntoItsOwnCommunity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := families()
		f.Troubles = map[string]func(context.Context, *storage.Reader, string) ([]chat.Event, error){
			"scan": func(ctx context.Context, r *storage.Reader, rest string) ([]chat.Event, error) {
				who, place, _ := strings.Cut(rest, " ")
				id, err := strconv.ParseInt(place, 10, 64)
				if err != nil {
					return nil, err
				}
				c, err := r.Chat(ctx, id)
				user := chat.User{Ref: chat.Ref{Domain: c.Domain, ID: who}, Name: who}
				return []chat.Event{{
					ID: chat.Ref{Domain: c.Domain, ID: "scan " + rest}, Chat: chat.Chat{Ref: chat.Ref{Domain: c.Domain, ID: c.ExternalID}, Type: chat.Group},
					Kind: chat.Join, Sender: user, At: time.Now(), Detail: chat.Membership{User: user, Source: "ZFTK"},
				}}, err
			},
		}
		s := commandtest.Open(t, f, commandtest.Scene{})
		s.Line("阿宁: 大家好\n阿宁@读书会: 大家好\n阿宁: /invite\n! scan 小王 1\n! scan 小李 2\n! scan 小王 2")
		s.View(func(ctx context.Context, r *storage.Reader) error {
			if i, err := r.Invite(ctx, 1); err != nil || i.InvitedName != "小王" || i.ChatID != 1 || i.State != storage.InvitePending {
				t.Errorf("%+v %v", i, err)
			}
			if i, err := r.Invite(ctx, 2); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("a second one: %+v %v", i, err)
			}
			return nil
		})
		s.Close()
	})
}

// A link says by whom somebody came, and goes on to do so when the group gets
// another id: who is on probation stays on it, who leaves is taken back.
func TestInvitesFollowAGroupThatGetsAnotherID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := families()
		event := func(kind chat.Kind) func(context.Context, *storage.Reader, string) ([]chat.Event, error) {
			return func(ctx context.Context, r *storage.Reader, who string) ([]chat.Event, error) {
				c, err := r.Chat(ctx, 1)
				l, err2 := r.InviteLink(ctx, 1, 1)
				user := chat.User{Ref: chat.Ref{Domain: c.Domain, ID: who}, Name: who}
				ev := chat.Event{
					ID: chat.Ref{Domain: c.Domain, ID: string(kind) + who}, Chat: chat.Chat{Ref: chat.Ref{Domain: c.Domain, ID: c.ExternalID}, Type: chat.Group},
					Kind: kind, Sender: user, At: time.Now(), Detail: chat.Membership{User: user, Link: l.ExternalID},
				}
				if kind == chat.ChatChanged {
					ev.Detail = chat.ChatChange{Standing: chat.Migrated, To: chat.Ref{Domain: c.Domain, ID: "group:super"}}
				}
				return []chat.Event{ev}, errors.Join(err, err2)
			}
		}
		f.Troubles = map[string]func(context.Context, *storage.Reader, string) ([]chat.Event, error){
			"comes": event(chat.Join), "goes": event(chat.Leave), "moves": event(chat.ChatChanged),
		}
		s := commandtest.Open(t, f, commandtest.Scene{})
		s.Line("阿宁: 大家好\n管理员: /invites set 天数 1 发言 0\n管理员 [确认]\n阿宁: /invite\n! comes 小王\n! moves\n! comes 小李\n@ 25h\n! goes 小王")
		s.View(func(ctx context.Context, r *storage.Reader) error {
			if c, err := r.Chat(ctx, 1); err != nil || c.ExternalID != "group:super" {
				t.Errorf("%+v %v", c, err)
			}
			for id, want := range map[int64]string{1: "小王 reversed left", 2: "小李 vested "} {
				i, err := r.Invite(ctx, id)
				if got := i.InvitedName + " " + i.State + " " + i.Reason; err != nil || got != want || i.ChatID != 1 {
					t.Errorf("%s in chat %d, want %s (%v)", got, i.ChatID, want, err)
				}
			}
			return nil
		})
		s.Close()
	})
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
