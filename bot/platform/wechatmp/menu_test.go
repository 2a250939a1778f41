package wechatmp

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wechatmp/wechattest"
)

var entries = []chat.Menu{
	{Command: "admin", Description: "\u7ba1\u7406\u5458\u540d\u5355", Admin: true},
	{Command: "checkin", Description: "\u6bcf\u65e5\u7b7e\u5230"},
	{Command: "help", Description: "What can I do"},
	{Command: "me", Description: "\u6211\u7684\u79ef\u5206\u3001\u8fde\u7b7e\u548c\u540d\u6b21"},
	{Command: "rank", Description: "\u6392\u884c\u699c"},
	{Command: "why", Description: strings.Repeat("\u79ef", 40)},
}

func grouped(o *Options) {
	o.Menu = []MenuGroup{
		{Title: "\u7b7e\u5230", Commands: []string{"checkin"}},
		{Title: "\u6211\u7684\u4e1c\u897f\u592a\u591a\u4e86", Commands: []string{"me", "why", "admin", "unknown"}},
		{Title: "Nothing", Commands: []string{"unknown"}},
		{Title: "More", Commands: []string{"help", "rank"}},
	}
}

var groupedMenu = []wechattest.Button{
	{Type: "click", Name: "\u7b7e\u5230", Key: "/checkin"},
	{Name: "\u6211\u7684\u4e1c\u897f\u592a", Sub: []wechattest.Button{
		{Type: "click", Name: "\u6211\u7684\u79ef\u5206", Key: "/me"},
		{Type: "click", Name: strings.Repeat("\u79ef", 20), Key: "/why"},
	}},
	{Name: "More", Sub: []wechattest.Button{{Type: "click", Name: "What can I do", Key: "/help"}, {Type: "click", Name: "\u6392\u884c\u699c", Key: "/rank"}}},
}

func TestTheMenuIsWrittenOnlyWhenItDiffers(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, grouped, func(r *rig) {
		writes := func() int { return r.s.Calls(wechattest.PathMenuCreate) }
		set := func(language string, menu []chat.Menu) {
			if err := r.SetMenu(r.t.Context(), language, menu); err != nil {
				r.t.Error(err)
			}
		}
		// One menu for everybody: only the fallback language counts.
		set("zh", entries)
		set("en", entries)
		set("", nil)
		if r.s.Calls(wechattest.PathSelfMenu) != 0 {
			r.t.Error("asked for nothing")
		}
		for range 3 {
			set("", entries)
		}
		if got := r.s.Menu(); writes() != 1 || !reflect.DeepEqual(got, groupedMenu) {
			r.t.Errorf("%d writes, %+v", writes(), got)
		}
		changed := append([]chat.Menu{{Command: "rules", Description: "Rules"}}, entries[:5]...)
		set("", changed)
		if got := r.s.Menu(); writes() != 2 || len(got) != 3 || got[1].Key != "/me" {
			r.t.Errorf("%d writes, %+v", writes(), got)
		}
	})
}

func TestAMenuOfTheOwnersOwnIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	for _, own := range [][]wechattest.Button{
		{{Type: "view", Name: "Shop", URL: "https://shop.example"}},
		{{Type: "click", Name: "Songs", Key: "V1001_TODAY_MUSIC"}},
		{{Type: "click", Name: "Check in", Key: "/checkin"}, {Name: "More", Sub: []wechattest.Button{{Type: "view", Name: "Shop", URL: "https://shop.example"}}}},
	} {
		bubble(t, wechattest.Options{}, grouped, func(r *rig) {
			r.s.SetMenu(own...)
			if err := r.SetMenu(r.t.Context(), "", entries); err != nil {
				r.t.Error(err)
			}
			if got := r.s.Menu(); !reflect.DeepEqual(got, own) || r.logs.Count("left as it is") != 1 {
				r.t.Errorf("%+v\n%s", got, r.logs)
			}
		})
	}
}

func TestWithoutGroupsTheCommandsAreLaidOutInTheirOrder(t *testing.T) {
	t.Parallel()
	many := make([]chat.Menu, 20)
	for i := range many {
		many[i] = chat.Menu{Command: string(rune('a' + i)), Description: "command " + string(rune('a'+i))}
	}
	for n, want := range map[int]string{
		0:  "",
		1:  "command a=/a",
		3:  "command a=/a command b=/b command c=/c",
		4:  "command a(4)",
		7:  "command a(5) command f(2)",
		11: "command a(5) command f(5) command k=/k",
		20: "command a(5) command f(5) command k(5)",
	} {
		var got []string
		for _, b := range layOut(nil, many[:n]) {
			if len(b.Sub) > 0 {
				got = append(got, b.Name+"("+string(rune('0'+len(b.Sub)))+")")
			} else {
				got = append(got, b.Name+"="+b.Key)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestTheMenuWaitsOutTrouble(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, grouped, func(r *rig) {
		r.s.Fail(wechattest.Fault{Path: wechattest.PathSelfMenu, Status: 502})
		r.s.Fail(wechattest.Fault{Path: wechattest.PathMenuCreate, Code: 45011})
		begin := time.Now()
		if err := r.SetMenu(r.t.Context(), "", entries); err != nil || time.Since(begin) < time.Minute {
			r.t.Errorf("%v after %s", err, time.Since(begin))
		}
		if len(r.s.Menu()) != 3 {
			r.t.Errorf("%+v", r.s.Menu())
		}
		// But not for ever, and not what no waiting mends.
		r.s.Fail(wechattest.Fault{Path: wechattest.PathSelfMenu, Status: 502, Times: -1})
		if err := r.SetMenu(r.t.Context(), "", entries); err == nil || r.s.Calls(wechattest.PathSelfMenu) != 3+menuTries {
			r.t.Errorf("%v after %d calls", err, r.s.Calls(wechattest.PathSelfMenu))
		}
		r.s.Heal()
		r.s.Fail(wechattest.Fault{Path: wechattest.PathSelfMenu, Code: 48001, Msg: "api unauthorized"})
		begin = time.Now()
		if err := r.SetMenu(r.t.Context(), "", entries); err == nil || time.Since(begin) != 0 {
			r.t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}
