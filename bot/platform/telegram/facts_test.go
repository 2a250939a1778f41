package telegram

import (
	"slices"
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestFactsTellWhoAdministersAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	own := tgtest.User{ID: 7000000001, First: "Qunmate", Bot: true}
	partly := tgtest.FullRights()
	partly["can_delete_messages"], partly["can_pin_messages"] = false, false
	for name, c := range map[string]struct {
		options tgtest.Options
		self    tgtest.Member
		muted   bool
		want    string
	}{
		"full":        {self: tgtest.Member{User: own, Status: "administrator", Rights: tgtest.FullRights()}, want: ""},
		"partly":      {self: tgtest.Member{User: own, Status: "administrator", Rights: partly}, want: "delete pin"},
		"plain":       {self: tgtest.Member{User: own, Status: "member"}, want: "admin delete invite pin hear_all_talk"},
		"privacy off": {self: tgtest.Member{User: own, Status: "member"}, options: tgtest.Options{PrivacyOff: true}, want: "admin delete invite pin"},
		"muted":       {self: tgtest.Member{User: own, Status: "restricted"}, want: "admin delete invite pin send hear_all_talk"},
		"all muted":   {self: tgtest.Member{User: own, Status: "member"}, muted: true, want: "admin delete invite pin hear_all_talk send"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, c.options, nil, func(r *rig) {
				if _, err := r.getMe(r.t.Context()); err != nil {
					r.t.Fatal(err)
				}
				r.s.SetMember(group, tgtest.Member{User: aning, Status: "creator"})
				r.s.SetMember(group, tgtest.Member{User: bob, Status: "administrator"})
				r.s.SetMember(group, tgtest.Member{User: tgtest.User{ID: 9, First: "Carol"}, Status: "member"})
				r.s.SetMember(group, tgtest.Member{User: tgtest.User{ID: 77, First: "Helper", Bot: true}, Status: "administrator"})
				r.s.SetMember(group, c.self)
				if c.muted {
					r.s.Mute(group)
				}
				f, err := r.Facts(r.t.Context(), chatOfTest(group))
				if err != nil {
					r.t.Fatal(err)
				}
				if got := strings.Join(f.Missing, " "); got != c.want {
					r.t.Errorf("missing %q, want %q", got, c.want)
				}
				var names []string
				for _, a := range f.Admins {
					names = append(names, a.Name)
				}
				if slices.Sort(names); strings.Join(names, ", ") != "Aning, Bob <b>Q</b> & Co" || f.Owner != chatRef(aning.ID) {
					r.t.Errorf("admins %v, owner %s", names, f.Owner)
				}
				if f.Title != group.Title || f.Members != 5 {
					r.t.Errorf("title %q, %d members", f.Title, f.Members)
				}
				admin := c.self.Status == "administrator"
				caps := r.Caps(chatOfTest(group))
				if caps.Joins != admin || caps.Hears != (admin || c.options.PrivacyOff) {
					r.t.Errorf("caps %+v", caps)
				}
			})
		})
	}
}

func TestFactsOfAChatThatIsNoMore(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		old := tgtest.Chat{ID: -5, Type: "group", Title: "Old"}
		r.s.AddChat(old)
		r.s.Migrate(old, group)
		if _, err := r.Facts(r.t.Context(), chatOfTest(old)); fault(r.t, err).Fault != chat.Moved || fault(r.t, err).To != chatRef(group.ID) {
			r.t.Error(err)
		}
		r.s.Kick(group)
		if _, err := r.Facts(r.t.Context(), chatOfTest(group)); fault(r.t, err).Fault != chat.Gone {
			r.t.Error(err)
		}
		if _, err := r.Facts(r.t.Context(), chat.Chat{Ref: chat.Ref{Domain: "wecom", ID: "1"}}); fault(r.t, err).Fault != chat.Rejected {
			r.t.Error(err)
		}
		if f, err := r.Facts(r.t.Context(), chatOfTest(aning.Direct())); err != nil || len(f.Admins) != 0 || len(f.Missing) != 0 {
			r.t.Errorf("%+v %v", f, err)
		}
	})
}

func TestCapsFollowWhatIsTold(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		admin := tgtest.Member{User: r.s.Bot(), Status: "administrator", Rights: tgtest.FullRights()}
		caps := func(c tgtest.Chat) chat.Caps { return r.Caps(chatOfTest(c)) }

		if c := caps(group); c.Hears || c.Joins || c.PerMinute != 20 || c.PerSecond != 30 || c.MaxText != 4096 || !c.AdminList || !c.Choices || !c.Edit || !c.Delete || !c.Push || !c.Files {
			r.t.Errorf("before anything is known: %+v", c)
		}
		if c := caps(aning.Direct()); !c.Hears || c.Joins || c.PerMinute != 60 || c.AdminList {
			r.t.Errorf("private: %+v", c)
		}
		if c := r.Caps(chat.Chat{Ref: chat.Ref{Domain: "wecom", ID: "1"}}); c != (chat.Caps{}) {
			r.t.Errorf("elsewhere: %+v", c)
		}
		r.s.MemberChanged(group, aning, admin, "")
		k.wait(r.t, 1)
		if c := caps(group); !c.Hears || !c.Joins {
			r.t.Errorf("as administrator: %+v", c)
		}
		// The standing follows the group to its new id.
		super := tgtest.Chat{ID: -1007, Title: "Super"}
		r.s.Migrate(group, super)
		k.wait(r.t, 3)
		if c := caps(super); !c.Joins {
			r.t.Errorf("after the migration: %+v", c)
		}
		for i, status := range []string{"member", "administrator", "kicked"} {
			now := admin
			if now.Status = status; status != "administrator" {
				now.Rights = nil
			}
			r.s.MemberChanged(super, aning, now, "")
			k.wait(r.t, 4+i)
			if c, want := caps(super), status == "administrator"; c.Hears != want || c.Joins != want {
				r.t.Errorf("%s: %+v", status, c)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// A Bot API server of somebody's own may lack a call: administrators are known
// all the same, and nobody hears that the token were wrong.
func TestFactsOfAServerWithoutGetChat(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		if _, err := r.getMe(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
		r.s.SetMember(group, tgtest.Member{User: aning, Status: "creator"})
		r.s.Fail(tgtest.Fault{Method: "getChat", Status: 404})
		f, err := r.Facts(r.t.Context(), chatOfTest(group))
		if err != nil || len(f.Admins) != 1 || f.Title != chatOfTest(group).Title {
			r.t.Errorf("%+v %v", f, err)
		}
		if r.tokenSaid.Load() {
			r.t.Error("the token is called wrong")
		}
	})
}
