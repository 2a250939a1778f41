package faq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qunmate/bot"
	"qunmate/commands/faq/match"
	"qunmate/storage"
)

// added is what a preview keeps and an audit row tells: the numbers of what
// was added, as rows.
type added struct {
	Draft draft   `json:"draft"`
	IDs   []int64 `json:"ids,omitempty"`
}

// addView is what the preview of a rule shows.
type addView struct {
	Number int
	Draft  draft
	Lines  []string
	Effect effect
	Audit  int64
}

// mode reads the word in front of a rule that says how it is compared.
func mode(req *bot.Request, args bot.Args) (match.Mode, bot.Args) {
	switch m := match.Mode(req.Names().Word(args.Lower(0))); m {
	case match.Fuzzy, match.Contains, match.Exact, match.Regex:
		return m, args.From(1)
	}
	return match.Fuzzy, args
}

// refuse says what is wrong with a rule that was typed.
func refuse(err error) error {
	var m *mistakeError
	if errors.As(err, &m) {
		return bot.Refuse("faq.bad_"+m.What, struct {
			Word                              string
			Answer, Label, Links, Words, Long int
		}{m.Word, maxAnswer, maxLabel, maxLinks, match.MaxWords, match.MaxWord})
	}
	return err
}

func add(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	how, args := mode(req, req.Args)
	d, err := parseDraft(how, args.String())
	if err != nil {
		return bot.Reply{}, refuse(err)
	}
	if d.Picture, err = keep(ctx, req); err != nil {
		return bot.Reply{}, err
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(faqs) >= maxRules {
		return bot.Reply{}, bot.Refuse("faq.too_many", struct{ Max int }{maxRules})
	}
	if twin, ok := covered(d, faqs); ok && twin.Answer == d.Answer && d.Picture == "" {
		return bot.Reply{}, bot.Refuse("faq.same", struct{ Number int }{twin.Number})
	}
	view := addView{Draft: d, Lines: strings.Split(d.Answer, "\n")}
	if view.Effect, err = tryOn(ctx, req, d); err != nil {
		return bot.Reply{}, err
	}
	title, err := req.Text("faq.add_title", d)
	if err != nil {
		return bot.Reply{}, err
	}
	reply, err := req.Preview(ctx, actionAdd, title, added{Draft: d}, "faq.add_preview", view)
	if err != nil {
		return bot.Reply{}, err
	}
	confirm, cancel := reply.Choices[0], reply.Choices[1]
	if twin, ok := covered(d, faqs); ok {
		confirm.Label = "faq.button_apart"
		merge := bot.Choice{Label: "faq.button_merge", Data: twin, Command: fmt.Sprintf("/faq set %d +%s", twin.Number, strings.Join(d.Words, ","))}
		reply.Template = "faq.covered"
		reply.Data = struct {
			addView
			Twin storage.FAQ
		}{view, twin}
		reply.Choices = []bot.Choice{merge, confirm, cancel}
		return reply, nil
	}
	if view.Effect.Doubtful > 0 && d.Mode != match.Exact && d.Mode != match.Regex && d.Picture == "" { // a press brings no picture
		confirm.Label = "faq.button_anyway"
		exact := bot.Choice{Label: "faq.button_exact", Command: "/faq add exact " + args.String()}
		reply.Choices = []bot.Choice{exact, confirm, cancel}
	}
	return reply, nil
}

// covered finds a rule that answers what a new one is to answer.
func covered(d draft, faqs []storage.FAQ) (storage.FAQ, bool) {
	if d.Mode == match.Regex {
		return storage.FAQ{}, false
	}
	set := ready.of(faqs)
	for _, w := range d.Words {
		for _, h := range set.Find(w, true) {
			if h.Score < match.Sure {
				continue
			}
			for _, f := range faqs {
				if f.ID == h.Rule {
					return f, true
				}
			}
		}
	}
	// The other way round: the new words stand in those of an old rule.
	mine := match.NewSet([]match.Rule{d.rule(1)})
	for _, f := range faqs {
		for _, w := range f.Words {
			if f.Mode == string(match.Regex) || strings.Contains(w, " ") {
				continue
			}
			if h := mine.Find(w, true); len(h) > 0 && h[0].Score >= match.Sure {
				return f, true
			}
		}
	}
	return storage.FAQ{}, false
}

func confirmAdd(ctx context.Context, req *bot.Request, data json.RawMessage) (bot.Reply, error) {
	var a added
	if err := json.Unmarshal(data, &a); err != nil {
		return bot.Reply{}, fmt.Errorf("preview of %s: %w", actionAdd, err)
	}
	f, err := insert(ctx, req, a.Draft)
	if err != nil {
		return bot.Reply{}, err
	}
	a.IDs = []int64{f.ID}
	view := addView{Number: f.Number, Draft: a.Draft}
	view.Audit, err = req.Audit(ctx, actionAdd, struct{}{}, a, "", true)
	return bot.Reply{Template: "faq.added", Data: view}, err
}

func insert(ctx context.Context, req *bot.Request, d draft) (storage.FAQ, error) {
	return req.Tx.AddFAQ(ctx, storage.FAQ{
		CommunityID: req.Community, Mode: string(d.Mode), Words: d.Words, Answer: d.Answer, Links: d.Links, Picture: d.Picture, Cooldown: defaultCooldown,
	})
}

// undoAdd takes the rules of an addition or an import out of force.
func undoAdd(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	var a added
	if err := json.Unmarshal([]byte(row.After), &a); err != nil {
		return bot.Reply{}, fmt.Errorf("audit %d: %w", row.ID, err)
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	n := 0
	for _, f := range faqs {
		for _, id := range a.IDs {
			if f.ID != id {
				continue
			}
			n++
			f.DeletedAt = req.Tx.Now
			if err := req.Tx.UpdateFAQ(ctx, f); err != nil {
				return bot.Reply{}, err
			}
		}
	}
	return bot.Reply{Template: "faq.add_undone", Data: struct{ Count int }{n}}, nil
}

// pick finds the rule that a command names by its number.
func pick(ctx context.Context, req *bot.Request) (storage.FAQ, error) {
	word := strings.TrimPrefix(req.Args.Word(0), "#")
	n, err := strconv.Atoi(word)
	if err != nil {
		return storage.FAQ{}, bot.Refuse("common.bad_number", struct{ Word, Example string }{word, "/" + req.Command + " 3"})
	}
	f, err := req.Tx.FAQ(ctx, req.Community, n)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !f.DeletedAt.IsZero() {
		return f, bot.Refuse("faq.no_such", struct{ Number int }{n})
	}
	return f, err
}
