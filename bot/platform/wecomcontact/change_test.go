package wecomcontact

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot/platform/wecomcontact/contacttest"
)

// callback is the example of path 92130 with the fields of newer copies.
func callback(change string) string {
	return "<xml><ToUserName><![CDATA[" + contacttest.CorpID + "]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1403610513</CreateTime>" +
		"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_chat]]></Event><ChatId><![CDATA[wrOgQhDgAAMYQiS5ol9G7gK9JVQUAAAA]]></ChatId>" + change + "</xml>"
}

func TestBothShapesOfACallbackAreRead(t *testing.T) {
	t.Parallel()
	const update = "<ChangeType><![CDATA[update]]></ChangeType>"
	for name, c := range map[string]struct {
		xml     string
		kind    string
		users   []string
		version string
		removed bool
	}{
		"items": {
			xml: update + "<UpdateDetail>add_member</UpdateDetail><JoinScene>3</JoinScene><MemChangeCnt>2</MemChangeCnt><MemChangeList><Item>wmA</Item><Item><![CDATA[wmB]]></Item></MemChangeList>" +
				"<LastMemVer>v1</LastMemVer><CurMemVer>v2</CurMemVer>",
			kind: kindAdd, users: []string{"wmA", "wmB"}, version: "v2",
		},
		"commas": {
			xml:  update + "<UpdateDetail><![CDATA[del_member]]></UpdateDetail><QuitScene>1</QuitScene><MemChangeList><![CDATA[wmA,wmB]]></MemChangeList><CurMemVer><![CDATA[v2]]></CurMemVer>",
			kind: kindDel, users: []string{"wmA", "wmB"}, version: "v2", removed: true,
		},
		"an old client":   {xml: update + "<UpdateDetail>del_member</UpdateDetail><QuitScene>0</QuitScene><MemChangeCnt>1</MemChangeCnt>", kind: kindDel},
		"owner":           {xml: update + "<UpdateDetail>change_owner</UpdateDetail>", kind: kindOwner},
		"a new detail":    {xml: update + "<UpdateDetail>change_mood</UpdateDetail>", kind: kindUnknown},
		"no detail":       {xml: update, kind: kindUnknown},
		"create":          {xml: "<ChangeType>create</ChangeType>", kind: kindCreate},
		"dismiss":         {xml: "<ChangeType>dismiss</ChangeType>", kind: kindDismiss},
		"names of nobody": {xml: update + "<UpdateDetail>add_member</UpdateDetail><MemChangeList><Item>a/b</Item><Item></Item><Item>wmA</Item><Item>wmA</Item></MemChangeList>", kind: kindAdd, users: []string{"wmA"}},
	} {
		got, err := parseChange(contacttest.CorpID, []byte(callback(c.xml)))
		if err != nil || got.Kind != c.kind || !slices.Equal(got.Users, c.users) || got.Version != c.version || got.Removed != c.removed || !got.At.Equal(time.Unix(1403610513, 0)) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, bad := range map[string]string{
		"no xml": "{}", "nothing": "", "another event": strings.Replace(callback("<ChangeType>create</ChangeType>"), "change_external_chat", "change_contact", 1),
		"no chat": strings.Replace(callback("<ChangeType>create</ChangeType>"), "wrOgQhDgAAMYQiS5ol9G7gK9JVQUAAAA", "", 1), "a path": strings.Replace(callback("<ChangeType>create</ChangeType>"), "wrOg", "../", 1),
		"no change": callback(""), "another change": callback("<ChangeType>explode</ChangeType>"), "no time": strings.Replace(callback("<ChangeType>create</ChangeType>"), "1403610513", "-5", 1),
		"year 10000": strings.Replace(callback("<ChangeType>create</ChangeType>"), "1403610513", "253402300800", 1),
	} {
		if got, err := parseChange(contacttest.CorpID, []byte(bad)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Another corporation's callback is refused, whoever opened it; what is no
// change of a customer group is left to others; nothing is noted of either.
func TestForeignCallbacksAreRefused(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		ctx := context.Background()
		good := callback("<ChangeType>create</ChangeType>")
		mine, err := r.HandleEvent(ctx, []byte(strings.ReplaceAll(good, contacttest.CorpID, "ww0000000000000000")))
		if !mine || !errors.Is(err, ErrRefused) {
			t.Errorf("%v, %v", mine, err)
		}
		for _, other := range []string{"", "<xml>", strings.Replace(good, "change_external_chat", "enter_agent", 1)} {
			if mine, err := r.HandleEvent(ctx, []byte(other)); mine || err != nil {
				t.Errorf("%q: %v, %v", other, mine, err)
			}
		}
		if len(r.shelf.changes) != 0 {
			t.Errorf("noted: %+v", r.shelf.changes)
		}
		for range 3 {
			if mine, err := r.HandleEvent(ctx, []byte(good)); !mine || err != nil {
				t.Errorf("%v, %v", mine, err)
			}
		}
		if len(r.shelf.changes) != 1 {
			t.Errorf("noted: %+v", r.shelf.changes)
		}
	})
}

// A hundred repetitions of one callback are one reading of the list.
func TestRepeatedCallbacksCostNothing(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		before := r.s.Calls(contacttest.PathGet)
		for range 100 {
			r.s.Again(t.Context())
		}
		r.s.Join(t.Context(), g, ann, "", contacttest.Arrival{})
		for range 100 {
			r.s.Again(t.Context())
		}
		r.pass(time.Hour)
		if n := r.s.Calls(contacttest.PathGet) - before; n != 1 {
			t.Errorf("%d readings", n)
		}
	})
}

// FuzzChange: whatever comes in, what is taken has ids without slashes and one
// key.
func FuzzChange(f *testing.F) {
	for _, x := range []string{
		callback("<ChangeType>create</ChangeType>"),
		callback("<ChangeType>update</ChangeType><UpdateDetail>add_member</UpdateDetail><MemChangeList><Item>wmA</Item></MemChangeList><CurMemVer>v2</CurMemVer>"),
		callback("<ChangeType>update</ChangeType><UpdateDetail>del_member</UpdateDetail><QuitScene>1</QuitScene><MemChangeList><![CDATA[a,b , c\n]]></MemChangeList>"),
		"<xml/>", "<xml><ToUserName>&xxe;</ToUserName></xml>", `<?xml version="1.0" encoding="gbk"?><xml></xml>`,
	} {
		f.Add([]byte(x))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := parseChange(contacttest.CorpID, body)
		if err != nil {
			if !errors.Is(err, errChange) && !errors.Is(err, errForeign) {
				t.Errorf("an error with details: %v", err)
			}
			return
		}
		again, err := parseChange(contacttest.CorpID, body)
		if err != nil || again.Key != c.Key || c.Key == "" || c.At.Year() > 9999 {
			t.Errorf("%+v, then %+v, %v", c, again, err)
		}
		for _, id := range append([]string{c.Chat}, c.Users...) {
			if strings.ContainsAny(id, "/|<> \n") || id == "" {
				t.Errorf("an id %q", id)
			}
		}
		if !bytes.Contains(body, []byte(contacttest.CorpID)) {
			// The corporation may be written with references.
			if xml.Unmarshal(body, &struct{}{}) != nil {
				t.Error("taken without being XML")
			}
		}
	})
}
