package storage

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const testRule = `{"reward":50,"newcomer":20}`

// brought is a town in which the first member brought the second, who stayed
// and left later, and the third, who is pending; nobody knows of the fourth.
func brought(t *testing.T) (*DB, town, Invite) {
	t.Helper()
	db := newDB(t)
	w := newTown(t, db, 5)
	var first Invite
	write(t, db, func(ctx context.Context, tx *Tx) error {
		p := w.members
		post := func(m Member, unit Unit, amount int64, cause string) error {
			_, err := tx.Post(ctx, Entry{MemberID: m.ID, Unit: unit, Amount: amount, Kind: "invite", Cause: cause, Day: "2026-11-04", Week: "2026-11-02"})
			return err
		}
		for i, m := range p[1:4] {
			way := []string{"link", "link", "unknown"}[i]
			if err := tx.AddInviteJoin(ctx, w.community.ID, w.chat.ID, InviteJoin{PersonID: m.PersonID, At: noon, Way: way}); err != nil {
				return err
			}
			if way == "unknown" {
				break
			}
			one, err := tx.AddInvite(ctx, Invite{CommunityID: w.community.ID, ChatID: w.chat.ID, InviterID: p[0].PersonID, InvitedID: m.PersonID, Way: way, State: InvitePending, Rule: testRule, Day: "2026-11-04", JoinedAt: noon})
			if err != nil {
				return err
			}
			if i == 0 {
				first = one
			} else if err := post(p[0], Pending, 50, "invite:2:pending"); err != nil {
				return err
			} else if err := post(m, Pending, 20, "invite:2:newcomer:pending"); err != nil {
				return err
			}
		}
		first.State = InviteVested
		if err := tx.MoveInvite(ctx, first, InvitePending); err != nil {
			return err
		}
		if err := post(p[0], Points, 50, "invite:1:vested"); err != nil {
			return err
		}
		if err := post(p[1], Points, 20, "invite:1:newcomer:vested"); err != nil {
			return err
		}
		return tx.InviteLeft(ctx, w.community.ID, w.chat.ID, p[1].PersonID, noon.AddDate(0, 0, 9).Add(time.Hour))
	})
	return db, w, first
}

// What an invite asks of a newcomer: what he says, and the days on which he
// checked in himself since he came.
func TestActionsOfANewcomerAreCountedSinceHeCame(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 2)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for _, c := range []Checkin{
			{Day: "2026-11-20", At: noon.Add(-48 * time.Hour), Place: 1},
			{Day: "2026-11-21", At: noon, Repaired: true},
			{Day: "2026-11-22", At: noon, Place: 1},
		} {
			c.Streak = 1
			if _, err := tx.AddCheckin(ctx, w.members[0], c); err != nil {
				return err
			}
		}
		for i, want := range []int{1, 0} {
			if n, err := tx.ActionsSince(ctx, w.community.ID, w.members[i].PersonID, noon); err != nil || n != want {
				t.Errorf("member %d: %d actions, want %d (%v)", i, n, want, err)
			}
		}
		return nil
	})
}

func TestInvitesAreHeldAgainstTheLedger(t *testing.T) {
	t.Parallel()
	db, w, first := brought(t)
	wantClean(t, db)
	wrong := func(args string) {
		t.Helper()
		_, all := lines(t, db, VerifyOptions{})
		if !slices.ContainsFunc(all, func(l Check) bool { return l.What == CheckInvite && carries(l, args) }) {
			t.Errorf("not found: %s in %s", args, show(all))
		}
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		first.State, first.Reason = InviteReversed, "left"
		return tx.MoveInvite(ctx, first, InviteVested)
	})
	wrong("invite:1 points:70 pending:0")
	write(t, db, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Post(ctx, Entry{MemberID: w.members[0].ID, Unit: Points, Amount: -50, Kind: "invite_back", Cause: "invite:1:back", Day: "2026-11-04", Week: "2026-11-02"})
		return err
	})
	wantClean(t, db) // the newcomer keeps his 20
	write(t, db, func(ctx context.Context, tx *Tx) error {
		id, err := tx.Post(ctx, Entry{MemberID: w.members[0].ID, Unit: Points, Amount: 100, Kind: "milestone", Cause: "milestone:5:1", Day: "2026-11-04", Week: "2026-11-02"})
		if err != nil {
			return err
		}
		return tx.SetInviteMilestone(ctx, InviteMilestone{
			CommunityID: w.community.ID, PersonID: w.members[0].PersonID, Threshold: 5, Bonus: 100, Round: 1, State: MilestoneGiven, MemberID: w.members[0].ID, EntryID: id, At: noon,
		})
	})
	wrong("threshold:5 problem:given for too few")
}

func TestWhoIsToBeLetInHasADeadline(t *testing.T) {
	t.Parallel()
	db, w, _ := brought(t)
	var q InviteRequest
	write(t, db, func(ctx context.Context, tx *Tx) error {
		way, err := tx.AddInviteWay(ctx, InviteWay{CommunityID: w.community.ID, PersonID: w.members[0].PersonID, Code: "K7Q2"})
		if err != nil {
			return err
		}
		a, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: "newcomer", Name: "Newcomer"})
		if err != nil {
			return err
		}
		q, err = tx.AddInviteRequest(ctx, InviteRequest{CommunityID: w.community.ID, ChatID: w.chat.ID, AccountID: a.ID, WayID: way.ID, State: RequestAdmitting, AskedAt: noon})
		if err != nil {
			return err
		}
		_, err = tx.AddInviteRequest(ctx, q)
		wantErr(t, err, ErrDuplicate)
		return nil
	})
	if _, all := lines(t, db, VerifyOptions{}); !slices.ContainsFunc(all, func(l Check) bool { return l.What == CheckInvite && carries(l, "request:1") }) {
		t.Errorf("somebody who waits for ever is not found: %s", show(all))
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		_, err := tx.SetTimer(ctx, DueRow{Key: "invite.admit:1:0", Task: "invite.admit", ChatID: w.chat.ID, DueAt: noon})
		return err
	})
	wantClean(t, db)
}

func TestInvitesAreExportedWithSourcesAndRetention(t *testing.T) {
	t.Parallel()
	db, w, _ := brought(t)
	dir := t.TempDir()
	exportAll(t, db, dir)
	rows := table(t, filepath.Join(dir, "invites.csv"))
	if len(rows) != 2 || rows[0]["kept_days"] != "9" || rows[0]["state"] != "vested" || rows[0]["reward"] != "50" || rows[1]["kept_days"] != "" || rows[1]["left_at"] != "" {
		t.Errorf("invites: %v", rows)
	}
	joins := table(t, filepath.Join(dir, "invite_joins.csv"))
	if len(joins) != 3 || joins[0]["inviter"] == "" || joins[0]["kept_days"] != "9" || joins[2]["way"] != "unknown" || joins[2]["inviter"] != "" {
		t.Errorf("joins: %v", joins)
	}
	view(t, db, func(ctx context.Context, r *Reader) error {
		for community, want := range map[int64]int{w.community.ID: 4, w.community.ID + 1: 1} {
			data, err := r.ExportCommunity(ctx, ExportJoins, community, time.UTC)
			if n := bytes.Count(data, []byte("\r\n")); err != nil || n != want {
				t.Errorf("community %d has %d lines, %v", community, n, err)
			}
		}
		_, err := r.ExportCommunity(ctx, "nothing", 1, nil)
		if err == nil {
			t.Error("a table that is none")
		}
		return nil
	})
}
