package main_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	qy "qunmate/bot/platform/wecomapp/qyapitest"
	ct "qunmate/bot/platform/wecomcontact/contacttest"
)

// corporation is WeCom with an app that sees customer groups: one server for
// the app and one for the groups, behind one address.
type corporation struct {
	app    *qy.Server
	groups *ct.Server
	url    string
}

func newCorporation(t *testing.T) *corporation {
	t.Helper()
	c := &corporation{
		app:    qy.NewServer(qy.Options{CorpID: ct.CorpID, Agent: ct.AgentID, Secret: ct.Secret}),
		groups: ct.NewServer(ct.Options{AnyToken: true, Strangers: []string{"lisi"}}),
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/cgi-bin/externalcontact/") {
			c.groups.ServeHTTP(w, r)
			return
		}
		c.app.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	c.url = front.URL
	c.app.Member("boss", "Boss", "")
	c.groups.Connect(func(ctx context.Context, xml []byte) error {
		if a := c.app.Post(ctx, "sys", c.app.Seal(string(xml))); a.Status != http.StatusOK {
			return fmt.Errorf("HTTP %d: %w", a.Status, a.Err)
		}
		return nil
	})
	t.Cleanup(func() { complain(t, append(c.app.Problems(), c.groups.Problems()...)) })
	return c
}

func (c *corporation) config(port int, publicURL string) string {
	return fmt.Sprintf("http: {listen: \"127.0.0.1:%d\", public_url: %q}\nadmins: [\"wecom:boss\"]\nwecom:\n  corp_id: %s\n  base_url: %q\n"+
		"  apps: [{name: staff, agent_id: %d, secret: %q, token: %q, encoding_aes_key: %q, contacts: true}]\n",
		port, publicURL, ct.CorpID, c.url, ct.AgentID, ct.Secret, c.app.Token(), c.app.AESKey())
}

// TestCustomerGroupsFromTheirListsToTheTap: a group is found, whoever was there
// is credited to nobody, who comes by a code carries its state, a broadcast
// waits over kill -9 and is sent once its owner has tapped it.
func TestCustomerGroupsFromTheirListsToTheTap(t *testing.T) {
	t.Parallel()
	c, dir, port := newCorporation(t), t.TempDir(), freePort(t)
	c.app.ConnectURL(fmt.Sprintf("http://127.0.0.1:%d/wecom/staff", port))
	group := c.groups.AddGroup("读书会", "zhangsan")
	c.groups.Come(group, "wmAnn", "Ann", ct.Arrival{})
	front := newOutside(t, port)
	configure(t, dir, nil, c.config(port, front.url))
	p := launch(t, dir, nil)
	until(t, "the first list", func() bool { return c.groups.Calls(ct.PathGet) > 0 })
	there := func() int { return count(t, dir, "SELECT count(*) FROM presence WHERE present = 1") }
	until(t, "who was there", func() bool { return there() == 2 })

	// Callbacks come in at the app's door, sealed; a foreign one and a repeated
	// one change nothing.
	c.groups.Join(soon(t), group, "wmBob", "Bob", ct.Arrival{State: "K7Q2"})
	until(t, "Bob", func() bool { return there() == 3 })
	if n := count(t, dir, "SELECT count(*) FROM contact_members WHERE user = 'wmBob' AND state = 'K7Q2'"); n != 1 {
		t.Errorf("%d times with his state", n)
	}
	push := c.app.Seal(string(c.groups.Newest()))
	for i, want := range []int{http.StatusOK, http.StatusOK} {
		if a := c.app.Post(soon(t), "sys", push); a.Status != want {
			t.Errorf("repetition %d: %d", i, a.Status)
		}
	}
	foreign := strings.ReplaceAll(string(c.groups.Newest()), ct.CorpID, "ww0000000000000000")
	if a := c.app.Post(soon(t), "sys", c.app.Seal(foreign)); a.Status != http.StatusForbidden {
		t.Errorf("a foreign callback: %d", a.Status)
	}
	if a := c.app.Post(soon(t), "sys", c.app.SealFor(string(c.groups.Newest()), "ww0000000000000000")); a.Status != http.StatusForbidden {
		t.Errorf("a foreign envelope: %d", a.Status)
	}
	bad := c.app.Seal(string(c.groups.Newest()))
	bad.Query.Set("msg_signature", strings.Repeat("0", 40))
	if a := c.app.Post(soon(t), "sys", bad); a.Status != http.StatusForbidden {
		t.Errorf("a bad signature: %d", a.Status)
	}

	// A broadcast: previewed, confirmed by the operator, waiting for the owner.
	if a := c.app.Say(soon(t), "boss", "/announce 读书会 Live tomorrow"); a.Err != nil {
		t.Fatal(a.Err)
	}
	until(t, "the preview", func() bool { return count(t, dir, "SELECT count(*) FROM previews WHERE state = 'open'") == 1 })
	if a := c.app.Say(soon(t), "boss", "/confirm"); a.Err != nil {
		t.Fatal(a.Err)
	}
	state := func(s string) bool {
		return count(t, dir, "SELECT count(*) FROM outbox WHERE lane = 2 AND state = ?", s) == 1
	}
	until(t, "the broadcast waits", func() bool { return state("waiting") })
	p.kill()
	if n := c.groups.Tap("zhangsan"); n != 1 {
		t.Errorf("%d groups got it", n)
	}
	p = launch(t, dir, nil)
	until(t, "the broadcast is sent", func() bool { return state("sent") })
	if got := c.groups.Shown(group); len(got) != 1 || got[0] != "Live tomorrow" {
		t.Errorf("the group reads %q", got)
	}
	c.groups.Leave(soon(t), group, "wmBob", false)
	until(t, "Bob has gone", func() bool { return there() == 2 })
	p.stop()
	wantClean(t, dir)
	out := front.check(t, dir, 0, "Customer group “读书会”: 2 people, owner zhangsan", "✔ staff: From the outside "+front.url+"/wecom/staff leads here")
	if !strings.Contains(out.out, "Never in a customer group: read what is said") {
		t.Errorf("what can never be done is not said: %s", out)
	}
	if strings.Contains(p.log.String()+out.out+out.errs, "must-never-be-logged") {
		t.Error("a secret is said")
	}
}

// TestFiguresOfCustomerGroups: what WeCom counts by itself is in /invites stats
// of the community that the groups are in, and in the export.
func TestFiguresOfCustomerGroups(t *testing.T) {
	t.Parallel()
	c, dir, port := newCorporation(t), t.TempDir(), freePort(t)
	c.app.ConnectURL(fmt.Sprintf("http://127.0.0.1:%d/wecom/staff", port))
	group := c.groups.AddGroup("读书会", "zhangsan")
	configure(t, dir, nil, strings.Replace(c.config(port, ""), "contacts: true", "contacts: true, community: Members", 1))
	p := launch(t, dir, nil)
	until(t, "the first list", func() bool { return c.groups.Calls(ct.PathGet) > 0 })
	until(t, "the group", func() bool { return count(t, dir, "SELECT count(*) FROM chats WHERE kind = 'group'") == 1 })
	says := func(text, want string) {
		t.Helper()
		a := c.app.Say(soon(t), "boss", text)
		if a.Err != nil {
			t.Fatal(a.Err)
		}
		until(t, want, func() bool {
			for _, s := range c.app.Shown("boss") {
				if strings.Contains(s.Text, want) {
					return true
				}
			}
			return false
		})
	}
	says("/community create Members", "The community “Members” is made")
	c.groups.Join(soon(t), group, "wmBob", "Bob", ct.Arrival{})
	until(t, "the group is in it", func() bool {
		return count(t, dir, "SELECT count(*) FROM chats h JOIN communities c ON c.id = h.community_id WHERE h.kind = 'group' AND c.name = 'Members'") == 1
	})
	// Nobody can ask there, so the truth about them is told where one can.
	says("/capabilities", "In the customer group “读书会” I can only: see who joins and leaves")
	says("/capabilities", "Never: read what is said, answer, check-ins, polls, draws, buttons")
	p.stop() // at a start with groups the figures are asked for at once
	p = launch(t, dir, nil)
	until(t, "the figures", func() bool { return count(t, dir, "SELECT count(*) FROM counted_days") == 30 })
	says("/invites stats", "2 groups, 10 people, 4 talked that day; ")
	p.stop()
	wantClean(t, dir)
	wantCall(t, dir, 0, "✔ staff/groups: Customer groups join the community “Members” (#", "check", "-online")
	wantCall(t, dir, 0, "counted_days.csv", "export", "out")
}
