package main_test

import (
	"strings"
	"testing"
	"time"

	"qunmate/bot"
	wx "qunmate/bot/platform/wechatmp/wechattest"
)

// account is the program with an official account whose followers are a
// community.
type account struct {
	*inside
	s *wx.Server
}

func newAccount(t *testing.T, o wx.Options) account {
	t.Helper()
	clock := bot.NewClock(0)
	o.Now = clock.Now
	s := wx.New(t, o)
	in := begin(t, clock, "admins: [\"wechat:"+s.AppID()+":oBoss\"]\n"+accountConfig(s, "Members"))
	s.ConnectURL(in.Address() + "/wechat/oa")
	a := account{in, s}
	a.asks("oBoss", "/community create Members", "is made")
	return a
}

// asks lets somebody say something, and gives the answer.
func (a account) asks(who, text, want string) string {
	a.t.Helper()
	got := a.s.Say(soon(a.t), who, text)
	if got.Err != nil || !strings.Contains(got.Text, want) {
		a.t.Errorf("%s says %q and reads %q %v, want %q", who, text, got.Text, got.Err, want)
	}
	return got.Text
}

// codeIn is the scene of the QR code in an answer.
func (a account) codeIn(text string) string {
	a.t.Helper()
	_, rest, _ := strings.Cut(text, `<a href="`)
	image, _, _ := strings.Cut(rest, `"`)
	c, ok := a.s.CodeAt(strings.ReplaceAll(image, "&amp;", "&"))
	if !ok || c.Expires != 0 {
		a.t.Fatalf("no code that lasts in %q (%+v)", text, c)
	}
	return c.Scene
}

// poster asks for a poster with the code of a scene and sees it come. It reports
// how often the network was asked for a code.
func (a account) poster(who, scene string) int {
	a.t.Helper()
	made, pictures := a.s.Calls(wx.PathQRCreate), a.pictures(who)
	if got := a.codeIn(a.asks(who, "/invite poster", "Who follows by scanning it in WeChat counts for you")); got != scene {
		a.t.Errorf("the poster leads to %q, not to %q", got, scene)
	}
	until(a.t, "the poster comes", func() bool { return a.pictures(who) == pictures+1 })
	return a.s.Calls(wx.PathQRCreate) - made
}

// pictures counts those that somebody was shown.
func (a account) pictures(who string) (n int) {
	for _, shown := range a.s.Shown(who) {
		if shown.Picture != nil {
			n++
		}
	}
	return n
}

// TestFollowersBringFollowers: a follower's own QR code names him to whoever
// follows by it, a named source counts apart, and who goes too early takes what
// he brought along.
func TestFollowersBringFollowers(t *testing.T) {
	t.Parallel()
	a := newAccount(t, wx.Options{EncodingAESKey: wx.DefaultAESKey})
	a.s.Follow(soon(t), "oAnn", "")
	mine := a.codeIn(a.asks("oAnn", "/invite", "Who follows by it counts for you"))
	made := a.s.Calls(wx.PathQRCreate)
	if again := a.codeIn(a.asks("oAnn", "/invite", "a friend follows for 7 days and checks in 3 times → you +50, friend +20; unfollows within 30 days")); again != mine || a.s.Calls(wx.PathQRCreate) != made {
		t.Errorf("another code: %s after %s", again, mine)
	}
	if n := a.poster("oAnn", mine); n != 0 {
		t.Errorf("%d more codes for a poster", n)
	}
	// One that was made before what it says was kept is asked for again, once.
	a.shift(time.Hour)
	alter(t, a.dir, "UPDATE invite_links SET qr_text = ''")
	if first, second := a.poster("oAnn", mine), a.poster("oAnn", mine); first != 1 || second != 0 {
		t.Errorf("asked %d times, then %d times for what an old code says", first, second)
	}
	poster := a.codeIn(a.asks("oBoss", "/invites source add Poster A", "Poster A"))
	if poster == mine {
		t.Fatal("one code for two")
	}

	a.s.Follow(soon(t), "oBob", mine)
	until(t, "she reads of him", func() bool { return strings.Contains(hasRead(a.s, "oAnn"), "joined ✔") })
	a.s.Follow(soon(t), "oCarl", poster)
	a.s.Follow(soon(t), "oDora", "")
	// Who follows already, or comes back, is no newcomer.
	a.s.Scan(soon(t), "oCarl", mine)
	// The platform tells seconds, and the same event of the same second is one
	// that it repeats.
	a.shift(time.Second)
	a.s.Unfollow(soon(t), "oDora")
	a.shift(time.Second)
	a.s.Follow(soon(t), "oDora", mine)
	a.asks("oAnn", "/invites", "pending 1")
	a.asks("oBoss", "/invites stats", "4 new followers in 7 days: QR code 1 · code 0 · told 0 · Poster A 1 · unknown 2 (50%) · 1 came back")
	a.asks("oBoss", "/rules", "unfollows within 30 days")

	// Three check-ins and a week later he has stayed.
	for range 3 {
		a.asks("oBob", "/checkin", "+")
		a.shift(24 * time.Hour)
	}
	a.asks("oAnn", "/checkin", "+")
	a.shift(5 * 24 * time.Hour)
	until(t, "it is hers", func() bool {
		return count(t, a.dir, "SELECT count(*) FROM invites WHERE state = 'vested'") == 1
	})
	a.asks("oAnn", "/me", "balance 55")
	a.shift(24 * time.Hour)
	a.s.Unfollow(soon(t), "oBob")
	until(t, "it is taken back", func() bool {
		return count(t, a.dir, "SELECT count(*) FROM invites WHERE state = 'reversed'") == 1
	})
	until(t, "she is told", func() bool { return strings.Contains(hasRead(a.s, "oAnn"), "unfollowed on day 10") })
	a.asks("oAnn", "/me", "balance 5")
	// Her code is worth nothing once she has gone herself.
	a.s.Unfollow(soon(t), "oAnn")
	a.s.Follow(soon(t), "oEve", mine)
	until(t, "nobody gets anything", func() bool {
		return count(t, a.dir, "SELECT count(*) FROM invites WHERE state = 'rejected' AND reason = 'inviter_left'") == 1
	})
	a.end(4)
	complain(t, a.s.Problems())
}

// TestAnAccountWithoutTheRightGivesACodeToSpeak: one that is not verified may
// make no QR codes.
func TestAnAccountWithoutTheRightGivesACodeToSpeak(t *testing.T) {
	t.Parallel()
	a := newAccount(t, wx.Options{EncodingAESKey: wx.DefaultAESKey, Unverified: true})
	text := a.asks("oAnn", "/invite", "Friends send after following: /code ")
	_, code, _ := strings.Cut(text, "/code ")
	code, _, _ = strings.Cut(code, "\n")
	a.s.Follow(soon(t), "oBob", "")
	a.asks("oBob", "/code "+strings.TrimSuffix(code, "."), "✔ Noted for")
	a.asks("oAnn", "/invites", "pending 1")
	if got := hasRead(a.s, "oBoss"); strings.Contains(got, "right") {
		t.Errorf("the operator is told of a right that nobody can give: %q", got)
	}
	a.end(0)
	complain(t, a.s.Problems())
}
