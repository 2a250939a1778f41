package invite_test

import (
	"testing"
	"time"

	"qunmate/commands/invite"
	"qunmate/storage"
)

func TestAJoinIsJudged(t *testing.T) {
	t.Parallel()
	rule := invite.DefaultRule()
	for _, tt := range []struct {
		name          string
		f             invite.Facts
		state, reason string
	}{
		{"a newcomer", invite.Facts{InviterHere: true}, storage.InvitePending, ""},
		{"oneself", invite.Facts{InviterHere: true, Self: true}, storage.InviteRejected, "self"},
		{"somebody who was here before", invite.Facts{InviterHere: true, Old: true}, storage.InviteRejected, "rejoin"},
		{"the inviter has left", invite.Facts{}, storage.InviteRejected, "inviter_left"},
		{"the last of the day", invite.Facts{InviterHere: true, Today: 9}, storage.InvitePending, ""},
		{"one too many", invite.Facts{InviterHere: true, Today: 10}, storage.InviteRejected, "cap"},
		{"many at once", invite.Facts{InviterHere: true, Burst: 8}, storage.InviteHeld, ""},
		{"not that many", invite.Facts{InviterHere: true, Burst: 7}, storage.InvitePending, ""},
	} {
		if state, reason := rule.Judge(tt.f); state != tt.state || reason != tt.reason {
			t.Errorf("%s: %s %q, want %s %q", tt.name, state, reason, tt.state, tt.reason)
		}
	}
}

func TestAPendingInviteRipens(t *testing.T) {
	t.Parallel()
	rule := invite.Rule{Reward: 50, Days: 7, Actions: 3, Keep: 30, Cap: 10}
	joined := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, tt := range []struct {
		name              string
		after             time.Duration
		here, inviterHere bool
		actions           int
		state, reason     string
		again             time.Duration // after joining, 0 = never
	}{
		{"in time, active", 7 * day, true, true, 3, storage.InviteVested, "", 0},
		{"too early", 7*day - time.Second, true, true, 9, storage.InvitePending, "", 7 * day},
		{"too quiet, looked at again", 7 * day, true, true, 2, storage.InvitePending, "", 8 * day},
		{"active later", 20 * day, true, true, 3, storage.InviteVested, "", 0},
		{"never active", 37 * day, true, true, 0, storage.InviteRejected, "quiet", 0},
		{"gone", 7 * day, false, true, 9, storage.InviteReversed, "left", 0},
		{"the inviter has gone", 7 * day, true, false, 9, storage.InviteRejected, "inviter_left", 0},
	} {
		state, reason, again := rule.Ripe(joined, joined.Add(tt.after), tt.here, tt.inviterHere, tt.actions)
		want := time.Time{}
		if tt.again != 0 {
			want = joined.Add(tt.again)
		}
		if state != tt.state || reason != tt.reason || !again.Equal(want) {
			t.Errorf("%s: %s %q %v, want %s %q %v", tt.name, state, reason, again, tt.state, tt.reason, want)
		}
	}
}

func TestHowManyStayed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	at := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	all := []storage.InviteJoin{
		{At: at(10)}, {At: at(10), LeftAt: at(9)}, {At: at(10), LeftAt: at(1)}, {At: at(3)}, {At: at(0)},
	}
	for days, want := range map[int]int{1: 100, 7: 67, 30: -1} {
		if got := invite.Kept(all, now, time.Duration(days)*24*time.Hour); got != want {
			t.Errorf("%d days: %d%%, want %d%%", days, got, want)
		}
	}
}
