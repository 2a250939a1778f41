package telegram

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestUpdatesAreConfirmedOnlyAfterTheCommit(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.Say(group, aning, "/checkin")
		committing, commit := make(chan struct{}), make(chan struct{})
		stop := r.start(func(context.Context, []chat.Event) error {
			close(committing)
			<-commit
			return nil
		})
		<-committing
		synctest.Wait()
		if r.s.Pending() != 1 {
			r.t.Error("confirmed before deliver returned")
		}
		close(commit)
		if err := r.s.WaitConfirmed(r.t.Context()); err != nil {
			r.t.Error(err)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestACrashBetweenReceivingAndCommittingLosesNothing(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		for i := range 150 {
			r.s.Say(group, aning, "message "+strconv.Itoa(i))
		}
		// The first life ends in its second page, before anything of it is kept.
		first := newSink()
		died := make(chan struct{})
		var once bool
		stop := r.start(func(ctx context.Context, e []chat.Event) error {
			if len(first.all()) == 0 {
				return first.deliver(ctx, e)
			}
			if !once {
				once = true
				close(died)
			}
			<-ctx.Done()
			return ctx.Err()
		})
		<-died
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		second := newSink()
		again := connect(r.t, r.s, func(o *Options) { o.Transport = r.s.Transport() })
		stop = again.start(second.deliver)
		if err := r.s.WaitConfirmed(r.t.Context()); err != nil {
			r.t.Error(err)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		seen := map[string]int{}
		for _, e := range append(first.all(), second.all()...) {
			seen[e.Text]++
		}
		for i := range 150 {
			if text := "message " + strconv.Itoa(i); seen[text] == 0 {
				r.t.Errorf("%s is lost", text)
			}
		}
	})
}

func TestAFailedCommitIsTriedAgainAndNeverSkipped(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		polls := 0
		k.fail = func(call int) error {
			polls = r.s.Calls("getUpdates")
			if call <= 4 {
				return errNotNow
			}
			return nil
		}
		r.s.Say(group, aning, "/checkin")
		begin := time.Now()
		stop := r.start(k.deliver)
		if e := k.wait(r.t, 1); e[0].Text != "/checkin" {
			r.t.Errorf("%+v", e)
		}
		// 0.5 + 1 + 2 + 4 s with a tenth of jitter each.
		if d := time.Since(begin); d != 8250*time.Millisecond {
			r.t.Errorf("waited %s in all", d)
		}
		if polls != 1 {
			r.t.Errorf("%d polls while the commit failed", polls)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if r.logs.Count("level=WARN") != 1 {
			r.t.Errorf("a failure that goes on is said once:\n%s", r.logs)
		}
	})
}

func TestAPoisonUpdateStopsNobody(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		const secret = "a private sentence"
		r.s.Say(group, aning, "before")
		poison := r.s.Raw(`{"my_chat_member":{"chat":{"id":-1,"type":"supergroup","title":"` + secret + `"},"from":{"id":1},"date":1,
			"old_chat_member":{"status":"left","user":{"id":1}},"new_chat_member":{"status":"from_the_future","user":{"id":1}}}}`)
		quoting := r.s.Say(group, aning, "/checkin", func(m map[string]any) {
			m["reply_to_message"] = map[string]any{
				"message_id": 1, "date": 1, "chat": map[string]any{"id": group.ID, "type": "supergroup"},
				"from":       map[string]any{"id": bob.ID, "is_bot": false, "first_name": secret},
				"paid_media": map[string]any{"star_count": 5, "paid_media": []any{map[string]any{"type": "live_photo"}}},
			}
		})
		r.s.Say(group, aning, "after")
		// As the last of its page it must be confirmed as well.
		worse := r.s.Raw(`{"message":["` + secret + `"]}`)
		k := newSink()
		stop := r.start(k.deliver)
		soon, cancel := context.WithTimeout(r.t.Context(), time.Minute)
		defer cancel()
		if err := r.s.WaitConfirmed(soon); err != nil {
			r.t.Error(err)
		}
		var texts []string
		for _, e := range k.all() {
			texts = append(texts, e.Text)
		}
		if got := strings.Join(texts, " | "); got != "before | /checkin | after" {
			r.t.Errorf("delivered %s", got)
		}
		for _, id := range []int64{poison, worse, quoting.UpdateID} {
			if r.logs.Count("update_id="+strconv.FormatInt(id, 10)) != 1 {
				r.t.Errorf("update %d is not logged once:\n%s", id, r.logs)
			}
		}
		if strings.Contains(r.logs.String(), secret) {
			r.t.Errorf("a person's words are in the log:\n%s", r.logs)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAnEnvelopeThatCannotBeReadIsWaitedOut(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: 200, Proxy: true, Times: 2})
		r.s.Say(group, aning, "hello")
		k := newSink()
		begin := time.Now()
		stop := r.start(k.deliver)
		k.wait(r.t, 1)
		if d := time.Since(begin); d != 1650*time.Millisecond {
			r.t.Errorf("came after %s", d)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestOverARealSocketToo(t *testing.T) {
	t.Parallel()
	s := tgtest.New(t, tgtest.Options{})
	r := connect(t, s, nil)
	const n = 1000
	for i := range n {
		s.Say(group, aning, fmt.Sprintf("/checkin %d", i))
	}
	k := newSink()
	stop := r.start(k.deliver)
	events := k.wait(t, n)
	for i, e := range events {
		if e.Text != fmt.Sprintf("/checkin %d", i) {
			t.Fatalf("event %d is %q", i, e.Text)
		}
	}
	if err := s.WaitConfirmed(t.Context()); err != nil {
		t.Error(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestAnUpdateDeliveredTwiceHasTheSameIDInBothModes(t *testing.T) {
	t.Parallel()
	raw := fmt.Sprintf(`{"update_id":77,"message":{"message_id":1,"date":1,"chat":{"id":%d,"type":"supergroup"},"from":{"id":5,"first_name":"A"},"text":"x"}}`, group.ID)
	var ids []chat.Ref
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.Raw(raw)
		r.s.Raw(raw)
		k := newSink()
		stop := r.start(k.deliver)
		for _, e := range k.wait(r.t, 2) {
			ids = append(ids, e.ID)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
	bubble(t, tgtest.Options{}, webhookMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		waitFor(r.t, time.Second)
		if code := r.call(http.MethodPost, testSecret, raw); code != http.StatusOK {
			r.t.Errorf("status %d", code)
		}
		ids = append(ids, k.wait(r.t, 1)[0].ID)
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
	want := chat.Ref{Domain: "telegram", ID: "7000000001:77"}
	for _, id := range ids {
		if id != want {
			t.Errorf("event id %s, want %s", id, want)
		}
	}
}

func TestAnAlbumIsOneMessage(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		part := func(caption string) func(map[string]any) {
			return func(m map[string]any) {
				m["media_group_id"] = "1357"
				m["photo"] = []any{map[string]any{"file_id": "A", "file_unique_id": "B", "width": 1, "height": 1}}
				if caption != "" {
					m["caption"] = caption
				}
			}
		}
		for _, caption := range []string{"", "/checkin", "", "and this one", ""} {
			r.s.Say(group, aning, "", part(caption))
		}
		r.s.Say(group, bob, "the end")
		k := newSink()
		stop := r.start(k.deliver)
		if e := k.wait(r.t, 2); len(e) != 2 || e[0].Text != "/checkin" || e[1].Text != "the end" {
			r.t.Errorf("%+v", e)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// Update ids restart at random after a quiet week (Bot API, section Update).
func TestSmallerIDsAfterAQuietTimeAreNotTakenForOldOnes(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		r.s.Say(group, aning, "before")
		k.wait(r.t, 1)
		waitFor(r.t, 8*24*time.Hour)
		// It is there before it is asked for: whoever asks from the old id on confirms it unseen.
		r.s.Fail(tgtest.Fault{Method: "getUpdates", Status: 502, Times: -1})
		waitFor(r.t, time.Minute)
		r.s.Raw(fmt.Sprintf(`{"update_id":7,"message":{"message_id":9,"date":1,"chat":{"id":%d,"type":"supergroup"},"from":{"id":5,"first_name":"A"},"text":"after"}}`, group.ID))
		r.s.Heal()
		waitFor(r.t, time.Minute)
		if e := k.all(); len(e) != 2 || e[1].Text != "after" {
			r.t.Errorf("%+v", e)
		}
		if err := r.s.WaitConfirmed(r.t.Context()); err != nil {
			r.t.Error(err)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestNothingGoesOnAfterRunHasEnded(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		r.s.Say(group, aning, "hello")
		k.wait(r.t, 1)
		query := r.s.Press(group, aning, 1, "/why")
		k.wait(r.t, 2)
		synctest.Wait()
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		waitFor(r.t, time.Minute)
		if p := r.s.PressOf(query); p.Answered != 0 {
			r.t.Error("a press was answered after the end")
		}
		// A second life answers what the first left open.
		again := r.start(k.deliver)
		waitFor(r.t, time.Minute)
		if p := r.s.PressOf(query); p.Answered != 1 {
			r.t.Errorf("%+v", p)
		}
		if err := again(); err != nil {
			r.t.Error(err)
		}
	})
}
