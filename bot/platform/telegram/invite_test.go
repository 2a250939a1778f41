package telegram

import (
	"errors"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestALinkTellsWhoBroughtAPerson(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		place := chatOfTest(group)
		r.s.AddChat(group)
		r.s.SetMember(group, tgtest.Member{User: r.s.Bot(), Status: "administrator"})
		if _, err := r.Invite(r.t.Context(), chat.Inviting{Chat: place, State: "K7Q2"}); fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("without the right: %v", err)
		}
		r.s.MakeAdmin(group)
		made, err := r.Invite(r.t.Context(), chat.Inviting{Chat: place, State: "K7Q2", Name: "阿宁"})
		if err != nil || made.Link == "" || made.ID != made.Link {
			r.t.Fatalf("%+v %v", made, err)
		}
		k := newSink()
		stop := r.start(k.deliver)
		synctest.Wait() // Telegram tells of members only once it was asked to
		r.s.MemberChanged(group, aning, tgtest.Member{User: bob, Status: "member"}, made.Link)
		var got chat.Membership
		for _, ev := range k.wait(r.t, 1) {
			if ev.Kind == chat.Join {
				got, _ = ev.Detail.(chat.Membership)
			}
		}
		if got.Link != made.Link || got.Source != "K7Q2" {
			r.t.Errorf("the join tells %+v", got)
		}
		if err := r.Revoke(r.t.Context(), place, made.ID); err != nil || !r.s.Links()[0].Revoked {
			r.t.Errorf("revoke: %v", err)
		}
		for _, bad := range []chat.Inviting{
			{Chat: chatOfTest(aning.Direct()), State: "K7Q2"},
			{Chat: place},
			{Chat: place, State: "a state that is much too long for a link's name"},
		} {
			if _, err := r.Invite(r.t.Context(), bad); fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%+v: %v", bad, err)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestWhoAsksIsLetIn(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		place := chatOfTest(group)
		r.s.MakeAdmin(group)
		made, err := r.Invite(r.t.Context(), chat.Inviting{Chat: place, State: "K7Q2"})
		if err != nil {
			r.t.Fatal(err)
		}
		changed, err := r.Invite(r.t.Context(), chat.Inviting{Chat: place, State: "K7Q2", ID: made.ID, Ask: true})
		if err != nil || changed != made || len(r.s.Links()) != 1 || !r.s.Links()[0].Asks {
			r.t.Fatalf("%+v %v %+v", changed, err, r.s.Links())
		}
		k := newSink()
		stop := r.start(k.deliver)
		synctest.Wait()
		r.s.AskToJoin(group, bob, made.Link)
		r.s.AskToJoin(group, bob, "")
		var got []chat.Membership
		for _, ev := range k.wait(r.t, 2) {
			if m, ok := ev.Detail.(chat.Membership); ok && ev.Kind == chat.JoinRequest {
				got = append(got, m)
			}
		}
		if len(got) != 2 || got[0].Source != "K7Q2" || got[0].Link != made.Link || got[1].Source != "" || got[0].User.Ref != chatRef(bob.ID) {
			r.t.Errorf("the requests tell %+v", got)
		}
		for range 2 { // who is in already is in
			if err := r.Admit(r.t.Context(), place, chatRef(bob.ID), true); err != nil {
				r.t.Errorf("admit: %v", err)
			}
		}
		for _, admit := range []bool{true, false} {
			if err := r.Admit(r.t.Context(), place, chatRef(aning.ID), admit); !errors.Is(err, chat.ErrNoRequest) || fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("nobody asks: %v", err)
			}
		}
		r.s.AskToJoin(group, aning, made.Link)
		if err := r.Admit(r.t.Context(), place, chatRef(aning.ID), false); err != nil {
			r.t.Errorf("refuse: %v", err)
		}
		r.s.SetMember(group, tgtest.Member{User: r.s.Bot(), Status: "administrator"})
		r.s.AskToJoin(group, aning, made.Link)
		if err := r.Admit(r.t.Context(), place, chatRef(aning.ID), true); err == nil || errors.Is(err, chat.ErrNoRequest) || fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("without the right: %v", err)
		}
		if err := r.Admit(r.t.Context(), chatOfTest(aning.Direct()), chatRef(aning.ID), true); fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("in a private chat: %v", err)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
