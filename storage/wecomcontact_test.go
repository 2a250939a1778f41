package storage

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestCustomerGroupsAreKept(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	ctx := t.Context()
	s := WeComContact{DB: db, Agent: "1000002", Connection: "staff/groups"}
	other := WeComContact{DB: db, Agent: "1000003", Connection: "other/groups"}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g := ContactGroup{Chat: "wrA", Name: "读书会", Owner: "zhangsan", Version: "v1", ReadAt: noon}
	ann := ContactMember{User: "wmA", State: "K7Q2", Invitor: "lisi", JoinedAt: noon.Add(-time.Hour), Stays: 1}
	staff := ContactMember{User: "zhangsan", Staff: true, JoinedAt: noon.Add(-2 * time.Hour), Stays: 1}

	// Changes: each key once, also after it is worked in.
	change := ContactChange{Key: "wrA/add_member/v2", Chat: "wrA", Kind: "add_member", Users: []string{"wmA"}, Version: "v2", At: noon}
	gone := ContactChange{Key: "wrB/dismiss", Chat: "wrB", Kind: "dismiss", Removed: true, At: noon.Add(-time.Minute)}
	for i, want := range []bool{true, false} {
		fresh, err := s.Note(ctx, change)
		if ok(err); fresh != want {
			t.Errorf("noted %d: %v", i, fresh)
		}
	}
	_, err := s.Note(ctx, gone)
	ok(err)
	all, err := s.Changes(ctx, "")
	if ok(err); len(all) != 2 || all[0].Key != gone.Key || !all[0].Removed || all[0].Users == nil {
		t.Errorf("oldest first: %+v", all)
	}
	one, err := s.Changes(ctx, "wrA")
	ok(err)
	change.ID = one[0].ID
	if len(one) != 1 || !reflect.DeepEqual(one[0], change) {
		t.Errorf("%+v, want %+v", one, change)
	}
	if n, err := other.Changes(ctx, ""); err != nil || len(n) != 0 {
		t.Errorf("another app sees %+v, %v", n, err)
	}

	// A list with its events and what it settles: together.
	ok(s.Apply(ctx, g, []ContactMember{ann, staff}, [][]byte{[]byte(`{"n":1}`), []byte(`{"n":2}`)}, []int64{change.ID}))
	if s.Apply(ctx, ContactGroup{Chat: "wrA", Name: "half"}, nil, [][]byte{[]byte("no JSON")}, nil) == nil {
		t.Error("what is no JSON was taken")
	}
	gotGroup, members, err := s.Baseline(ctx, "wrA")
	if ok(err); gotGroup != g || !reflect.DeepEqual(members, []ContactMember{ann, staff}) {
		t.Errorf("%+v %+v", gotGroup, members)
	}
	ann.LeftAt, ann.Stays = noon, 2
	g.Gone, g.Name = true, "读书会2"
	ok(s.Apply(ctx, g, []ContactMember{ann}, nil, nil))
	gotGroup, members, err = s.Baseline(ctx, "wrA")
	if ok(err); gotGroup != g || !reflect.DeepEqual(members, []ContactMember{ann, staff}) {
		t.Errorf("%+v %+v", gotGroup, members)
	}
	if fresh, err := s.Note(ctx, change); err != nil || fresh {
		t.Errorf("a change that is worked in is noted again: %v", err)
	}
	if left, err := s.Changes(ctx, "wrA"); err != nil || len(left) != 0 {
		t.Errorf("%+v %v", left, err)
	}
	if groups, err := s.Groups(ctx); err != nil || len(groups) != 1 {
		t.Errorf("%+v %v", groups, err)
	}
	if none, people, err := other.Baseline(ctx, "wrA"); err != nil || none.Chat != "" || len(people) != 0 {
		t.Errorf("another app: %+v %+v %v", none, people, err)
	}
	queue, err := s.Queue(ctx, 1)
	if ok(err); len(queue) != 1 || string(queue[0].Event) != `{"n":1}` {
		t.Errorf("%+v", queue)
	}
	ok(s.Unqueue(ctx, []int64{queue[0].ID}))
	if queue, err = s.Queue(ctx, 10); err != nil || len(queue) != 1 || string(queue[0].Event) != `{"n":2}` {
		t.Errorf("%+v %v", queue, err)
	}
}

func TestJoinWaysAndTheWelcomeAreKept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := WeComContact{DB: newDB(t), Agent: "1000002"}
	w := ContactWay{ID: "c1", Chat: "wrA", State: "K7Q2", Name: "阿宁", QR: "https://example.org/1"}
	if _, found, err := s.Way(ctx, "wrA", "K7Q2"); found || err != nil {
		t.Error(err)
	}
	err := s.KeepWay(ctx, w)
	if got, found, err2 := s.Way(ctx, "wrA", "K7Q2"); !found || got != w || err != nil || err2 != nil {
		t.Errorf("%+v %v %v", got, err, err2)
	}
	next := w
	next.ID = "c2"
	err = s.KeepWay(ctx, next)
	if got, _, err2 := s.Way(ctx, "wrA", "K7Q2"); got != next || err != nil || err2 != nil {
		t.Errorf("%+v %v %v", got, err, err2)
	}
	err = s.DropWay(ctx, "c2")
	if _, found, err2 := s.Way(ctx, "wrA", "K7Q2"); found || err != nil || err2 != nil {
		t.Error(err, err2)
	}
	for _, want := range [][2]string{{"", ""}, {"t1", "欢迎"}, {"", ""}} {
		err := s.KeepTemplate(ctx, want[0], want[1])
		id, text, err2 := s.Template(ctx)
		if id != want[0] || text != want[1] || err != nil || err2 != nil {
			t.Errorf("%q %q %v %v", id, text, err, err2)
		}
	}
}

// Who asks for his data is told by which code he came; who is erased and has
// left is forgotten; lists grow for ever in no case.
func TestPeopleOfCustomerGroupsCanBeForgotten(t *testing.T) {
	t.Parallel()
	now := noon
	db := openAt(t, t.TempDir()+"/q.db", Options{Now: func() time.Time { return now }})
	ctx := t.Context()
	s := WeComContact{DB: db, Agent: "1"}
	g := ContactGroup{Chat: "wrA", ReadAt: noon}
	stay := ContactMember{User: "wmA", State: "K7Q2", JoinedAt: noon, LeftAt: noon, Stays: 1}
	if err := s.Apply(ctx, g, []ContactMember{stay, {User: "wmB", JoinedAt: noon, LeftAt: noon, Stays: 1}, {User: "wmC", JoinedAt: noon, Stays: 1}}, nil, nil); err != nil {
		t.Fatal(err)
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		c, err := tx.AddChat(ctx, Chat{Domain: "wecom", ExternalID: "wrA", Kind: "group"})
		a, err2 := tx.Touch(ctx, Seen{Domain: "wecom", ExternalID: "wmA", Name: "阿宁"})
		_, err3 := tx.Enter(ctx, c.ID, a.ID, noon)
		data, err4 := tx.PersonData(ctx, a.PersonID)
		if len(data.Presence) != 1 || data.Presence[0].Source != "K7Q2" {
			t.Errorf("%+v", data.Presence)
		}
		return errors.Join(err, err2, err3, err4, tx.ErasePerson(ctx, a.PersonID, "x"))
	})
	count := func() int64 { return number(t, db.readPool, "SELECT count(*) FROM contact_members") }
	if n := count(); n != 2 {
		t.Errorf("%d are kept after the erasure", n)
	}
	now = noon.Add(91 * 24 * time.Hour)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.Prune(ctx) })
	if n := count(); n != 1 {
		t.Errorf("%d are kept in the end", n)
	}
}
