package invite_test

import (
	"strings"
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

// Who follows an account did not join a group, and is counted apart.
func TestFollowersAreCountedApart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	all := []storage.InviteJoin{
		{At: now, Way: "link"},
		{At: now, Way: "unknown"},
		{At: now, Way: "link", Source: "A"},
		{At: now.AddDate(0, 0, -8), Way: "link"},
		{At: now, Way: "link", Alone: true},
		{At: now, Way: "link", Source: "A", Alone: true},
		{At: now, Way: "link", Source: "A", Alone: true},
	}
	back := []storage.InviteJoin{{At: now, Way: "link", Back: true}, {At: now, Way: "unknown", Back: true, Alone: true}, {At: now, Way: "code", Alone: true}}
	week := now.AddDate(0, 0, -7)
	for name, c := range map[string]struct {
		joins  []storage.InviteJoin
		follow bool
		want   string
	}{
		"both":                 {all, true, "false 3 1 1 33 [{A 1}] 0; true 3 1 0 0 [{A 2}] 0"},
		"groups only":          {all[:4], true, "false 3 1 1 33 [{A 1}] 0"},
		"followers only":       {all[4:], false, "true 3 1 0 0 [{A 2}] 0"},
		"nobody to a group":    {all[3:4], false, "false 0 0 0 0 [] 0"},
		"nobody to an account": {nil, true, "true 0 0 0 0 [] 0"},
		"back":                 {back, false, "false 0 0 0 0 [] 1; true 1 0 0 0 [] 1"},
	} {
		if got := strings.Join(invite.CameBy(c.joins, week, c.follow), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestMilestonesAreReachedAndLost(t *testing.T) {
	t.Parallel()
	rule := invite.Rule{Milestones: []invite.Milestone{{5, 100}, {10, 200}}}
	given := func(n int) storage.InviteMilestone {
		return storage.InviteMilestone{Threshold: n, State: storage.MilestoneGiven}
	}
	back := storage.InviteMilestone{Threshold: 5, State: storage.MilestoneBack}
	for _, tt := range []struct {
		name           string
		vested         int
		have           []storage.InviteMilestone
		reached, taken string
	}{
		{"too few", 4, nil, "", ""},
		{"the first", 5, nil, "5", ""},
		{"given already", 6, []storage.InviteMilestone{given(5)}, "", ""},
		{"two at once", 10, nil, "5 10", ""},
		{"the second", 10, []storage.InviteMilestone{given(5)}, "10", ""},
		{"one left again", 9, []storage.InviteMilestone{given(5), given(10)}, "", "10"},
		{"all gone", 0, []storage.InviteMilestone{given(5), given(10)}, "", "5 10"},
		{"taken back before", 4, []storage.InviteMilestone{back}, "", ""},
		{"reached once more", 5, []storage.InviteMilestone{back}, "5", ""},
		{"one that no rule names any more", 7, []storage.InviteMilestone{given(5), given(8)}, "", "8"},
	} {
		reached, taken := rule.Moved(tt.vested, tt.have)
		if reached != tt.reached || taken != tt.taken {
			t.Errorf("%s: reached %q, taken back %q, want %q and %q", tt.name, reached, taken, tt.reached, tt.taken)
		}
	}
}

func TestMilestonesAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"5:100": "5:100", "10:200,5:100": "5:100 10:200", "5=100、10=100": "5:100 10:100", "5:+50": "5:50",
		"": "", "5": "", "5:": "", ":5": "", "0:5": "", "5:0": "", "5:100,5:200": "", "5:200,10:100": "", "5:10001": "", "1001:5": "",
		"1:1,2:2,3:3,4:4,5:5": "1:1 2:2 3:3 4:4 5:5", "1:1,2:2,3:3,4:4,5:5,6:6": "", "5:99999999999999999999": "",
	} {
		if got := invite.ReadMilestones(text); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func FuzzReadMilestones(f *testing.F) {
	for _, seed := range []string{"5:100,10:200", "5=1", "::", "1:1,1:1", "、"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := invite.ReadMilestones(text); got != "" && invite.ReadMilestones(strings.ReplaceAll(got, " ", ",")) != got {
			t.Errorf("%q is read as %q, and that as something else", text, got)
		}
	})
}
