package faq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/commands/faq/match"
	"qunmate/scheduler/when"
	"qunmate/storage"
)

// editView is what a preview of a change shows.
type editView struct {
	Number   int
	Draft    draft
	Lines    []string
	Cooldown time.Duration
	Minutes  int
	Effect   effect
	Audit    int64
}

func viewOf(f storage.FAQ) editView {
	return editView{Number: f.Number, Draft: draftOf(f), Lines: strings.Split(f.Answer, "\n"), Cooldown: f.Cooldown, Minutes: int(f.Cooldown / time.Minute)}
}

// edit changes one thing of a rule: "3 +word", "3 -word", "3 exact", "3
// cooldown 10m", "3 = answer", "3 picture" with one.
func edit(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	f, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	want, err := changed(ctx, req, f)
	if err != nil {
		return bot.Reply{}, refuse(err)
	}
	if same(f, want) {
		return bot.Reply{}, bot.Refuse("faq.set_same", nil)
	}
	view := viewOf(want)
	if view.Effect, err = tryOn(ctx, req, view.Draft); err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("faq.edit_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionEdit, title, edited{f.ID, draftOf(want), want.Cooldown}, "faq.edit_preview", view)
}

// edited is what a preview and the audit keep of a rule.
type edited struct {
	ID       int64         `json:"id"`
	Draft    draft         `json:"draft"`
	Cooldown time.Duration `json:"cooldown"`
}

func same(a, b storage.FAQ) bool {
	return a.Mode == b.Mode && slices.Equal(a.Words, b.Words) && a.Answer == b.Answer && slices.Equal(a.Links, b.Links) && a.Picture == b.Picture && a.Cooldown == b.Cooldown
}

func changed(ctx context.Context, req *bot.Request, f storage.FAQ) (storage.FAQ, error) {
	if req.Event.Picture != nil {
		var err error
		if f.Picture, err = keep(ctx, req); err != nil {
			return f, err
		}
	}
	rest := strings.TrimSpace(req.Args.Rest(1))
	sign, size := "", 0
	for _, s := range []string{"+", "\uff0b", "-", "\uff0d", "\u2212", "=", "\uff1d"} {
		if strings.HasPrefix(rest, s) {
			sign, size = s, len(s)
		}
	}
	word := req.Names().Word(req.Args.Lower(1))
	switch {
	case sign == "=" || sign == "\uff1d":
		f.Answer, f.Links = splitLinks(strings.TrimSpace(rest[size:]))
	case sign == "+" || sign == "\uff0b":
		f.Words = splitWords(strings.Join(append(slices.Clone(f.Words), rest[size:]), ","))
	case sign != "":
		gone := splitWords(rest[size:])
		f.Words = slices.DeleteFunc(slices.Clone(f.Words), func(w string) bool {
			return slices.ContainsFunc(gone, func(g string) bool { return match.NewText(g).String() == match.NewText(w).String() })
		})
	case word == "cooldown":
		d, err := when.Length(req.Args.Rest(2))
		if req.Args.Word(2) == "0" {
			d, err = 0, nil
		}
		if err != nil || d < 0 || d > maxCooldown {
			return f, bot.Refuse("faq.bad_cooldown", nil)
		}
		f.Cooldown = d
	case word == "picture":
		off := req.Names().Word(req.Args.Lower(2)) == "off"
		if off == (req.Event.Picture != nil) {
			return f, bot.Refuse("faq.picture_usage", struct{ Number int }{f.Number})
		}
		if off {
			f.Picture = ""
		}
	case slices.Contains([]string{"fuzzy", "contains", "exact", "regex"}, word):
		f.Mode = word
	default:
		return f, bot.Refuse("faq.set_usage", struct{ Number int }{f.Number})
	}
	return f, draftOf(f).check()
}

func confirmEdit(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	return change(ctx, req, actionEdit, data, func(f *storage.FAQ, want edited) {
		f.Mode, f.Words, f.Answer, f.Links, f.Picture, f.Cooldown = string(want.Draft.Mode), want.Draft.Words, want.Draft.Answer, want.Draft.Links, want.Draft.Picture, want.Cooldown
	}, "faq.edited")
}

func del(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	f, err := pick(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	view := struct {
		editView
		Hits int64
	}{viewOf(f), f.Hits}
	title, err := req.Text("faq.delete_title", view)
	if err != nil {
		return bot.Reply{}, err
	}
	return req.Preview(ctx, actionDelete, title, edited{f.ID, draftOf(f), f.Cooldown}, "faq.delete_preview", view)
}

func confirmDelete(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	return change(ctx, req, actionDelete, data, func(f *storage.FAQ, _ edited) { f.DeletedAt = req.Tx.Now }, "faq.deleted")
}

// change does what was confirmed to a rule that is still there.
func change(ctx context.Context, req *bot.Request, action string, data json.RawMessage, do func(*storage.FAQ, edited), template string) (bot.Reply, error) {
	var want edited
	if err := json.Unmarshal(data, &want); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", action, err)
	}
	f, err := byID(ctx, req, want.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	before := edited{f.ID, draftOf(f), f.Cooldown}
	do(&f, want)
	if err := req.Tx.UpdateFAQ(ctx, f); err != nil {
		return bot.Reply{}, err
	}
	view := viewOf(f)
	view.Audit, err = req.Audit(ctx, action, before, edited{f.ID, draftOf(f), f.Cooldown}, "", true)
	return bot.Reply{Template: template, Data: view}, err
}

func byID(ctx context.Context, req *bot.Request, id int64) (storage.FAQ, error) {
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return storage.FAQ{}, err
	}
	for _, f := range faqs {
		if f.ID == id {
			return f, nil
		}
	}
	return storage.FAQ{}, bot.Refuse("faq.gone", nil)
}

// undoEdit brings a rule back as it was before a change or a deletion.
func undoEdit(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var was edited
	if err := json.Unmarshal([]byte(row.Before), &was); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	f, err := req.Tx.FAQByID(ctx, was.ID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && f.CommunityID != req.Community {
		return bot.Reply{}, bot.Refuse("faq.gone", nil)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	f.Mode, f.Words, f.Answer, f.Links = string(was.Draft.Mode), was.Draft.Words, was.Draft.Answer, was.Draft.Links
	f.Picture, f.Cooldown, f.DeletedAt = was.Draft.Picture, was.Cooldown, time.Time{}
	if err := req.Tx.UpdateFAQ(ctx, f); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "faq.edit_undone", Data: viewOf(f)}, nil
}
