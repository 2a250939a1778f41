package wechatmp

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"qunmate/bot/chat"

	"github.com/silenceper/wechat/v2/officialaccount/menu"
)

// MenuGroup is one of the at most three buttons of the account's menu. With
// several commands it opens a list of at most five; with one it is that
// command. Commands are named without slash; those that SetMenu is not given
// are left out.
type MenuGroup struct {
	Title    string
	Commands []string
}

// The limits of a menu (Creating_Custom-Defined_Menu).
const (
	maxGroups   = 3
	maxEntries  = 5
	maxTitle    = 16 // bytes
	maxEntry    = 60 // bytes
	maxMenuKey  = 128
	menuTries   = 5
	commandSign = "/"
)

// button is a menu entry in the form that both directions have in common.
type button struct {
	Name string
	Key  string
	Sub  []button
}

// SetMenu keeps the account's menu in step: its buttons are clicks whose keys
// are commands. It is written only when the account shows another one, and
// only over a menu of our kind: one with links or answers of the owner's own is
// left as it is, and Check says so.
//
// An account has one menu for everybody, so only the fallback language counts,
// and commands for administrators are left out.
func (a *Account) SetMenu(ctx context.Context, language string, entries []chat.Menu) error {
	want := layOut(a.opts.Menu, entries)
	if language != "" || len(want) == 0 {
		return nil
	}
	err := a.quietly(ctx, "menu", func(ctx context.Context) error {
		have, ours, err := a.readMenu(ctx)
		if err != nil {
			return err
		}
		if !ours {
			a.log.Info("wechatmp: the account has a menu of its owner's own, which is left as it is")
			return nil
		}
		if reflect.DeepEqual(have, want) {
			return nil
		}
		return a.api.setMenu(ctx, libraryForm(want))
	})
	if err != nil {
		return fmt.Errorf("wechatmp %s: menu: %w", a.opts.Name, err)
	}
	return nil
}

// readMenu gives the menu that the account shows. It is ours if every entry is
// a click on a command, or if there is none.
func (a *Account) readMenu(ctx context.Context) (have []button, ours bool, err error) {
	got, err := a.api.menu(ctx)
	if err != nil {
		return nil, false, err
	}
	have, ours = ourForm(got.SelfMenuInfo.Button)
	return have, ours, nil
}

func ourForm(list []menu.SelfMenuButton) (out []button, ours bool) {
	ours = true
	for _, b := range list {
		one := button{Name: b.Name}
		if len(b.SubButton.List) > 0 {
			sub, good := ourForm(b.SubButton.List)
			one.Sub, ours = sub, ours && good
		} else {
			one.Key = b.Key
			ours = ours && strings.EqualFold(b.Type, "click") && strings.HasPrefix(b.Key, commandSign)
		}
		out = append(out, one)
	}
	return out, ours
}

func libraryForm(list []button) []*menu.Button {
	out := make([]*menu.Button, len(list))
	for i, b := range list {
		if len(b.Sub) > 0 {
			out[i] = menu.NewSubButton(b.Name, libraryForm(b.Sub))
		} else {
			out[i] = menu.NewClickButton(b.Name, b.Key)
		}
	}
	return out
}

// layOut makes the menu. Without groups the entries are laid out in their
// order: side by side if they are few, else in lists named after their first.
func layOut(groups []MenuGroup, entries []chat.Menu) []button {
	about := map[string]string{}
	var order []string
	for _, e := range entries {
		if e.Admin || e.Command == "" || len(e.Command) >= maxMenuKey || short(e.Description, maxEntry) == "" {
			continue
		}
		about[e.Command] = e.Description
		order = append(order, e.Command)
	}
	if len(groups) == 0 {
		groups = byOrder(order, about)
	}
	var out []button
	for _, g := range groups {
		if len(out) == maxGroups {
			break
		}
		if b, ok := groupButton(g, about); ok {
			out = append(out, b)
		}
	}
	return out
}

func groupButton(g MenuGroup, about map[string]string) (button, bool) {
	b := button{Name: short(g.Title, maxTitle)}
	for _, c := range g.Commands {
		if text, ok := about[c]; ok && len(b.Sub) < maxEntries {
			b.Sub = append(b.Sub, button{Name: short(text, maxEntry), Key: commandSign + c})
		}
	}
	if len(b.Sub) == 1 {
		b.Key, b.Sub = b.Sub[0].Key, nil
	}
	return b, b.Name != "" && (b.Key != "" || len(b.Sub) > 0)
}

func byOrder(order []string, about map[string]string) []MenuGroup {
	size := maxEntries
	if len(order) <= maxGroups {
		size = 1
	}
	var out []MenuGroup
	for len(order) > 0 {
		n := min(size, len(order))
		out = append(out, MenuGroup{Title: about[order[0]], Commands: order[:n]})
		order = order[n:]
	}
	return out
}

// short makes a button of a sentence: what stands before its first mark, cut
// between letters to what a button holds.
func short(text string, limit int) string {
	if i := strings.IndexAny(text, ",;:.(\uff0c\uff1b\uff1a\u3001\u3002\uff08"); i > 0 {
		text = text[:i]
	}
	text = strings.TrimSpace(legible(text))
	for len(text) > limit {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return strings.TrimSpace(text)
}

// quietly tries a background call a few times.
func (a *Account) quietly(ctx context.Context, what string, call func(context.Context) error) error {
	trouble := a.newTrouble(what)
	for {
		err := a.sendError(call(ctx))
		if err == nil {
			trouble.over()
			return nil
		}
		if trouble.tries+1 >= menuTries || err.Fault == chat.Rejected || err.Fault == chat.Gone || badCredentials(err) {
			return err
		}
		if err.Fault == chat.Throttled {
			trouble.min = max(trouble.min, err.After)
		}
		if !trouble.wait(ctx, err) {
			return err
		}
	}
}
