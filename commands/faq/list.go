package faq

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/commands/faq/match"
	"qunmate/storage"
)

const (
	listed     = 10 // rules in a list
	ranked     = 5  // rules in a test
	missedShow = 5
	missedDays = 7
	missedMost = 2000 // open questions that are grouped
)

// listView is a list of rules, those asked most often first.
type listView struct {
	Rules []storage.FAQ
	More  int
	Admin bool
}

func list(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("faq.usage", nil)
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	slices.SortStableFunc(faqs, func(a, b storage.FAQ) int { return cmp.Compare(b.Hits, a.Hits) })
	view := listView{Rules: faqs[:min(len(faqs), listed)], More: max(0, len(faqs)-listed)}
	if view.Admin, err = req.Is(ctx, bot.ChatAdmin); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Template: "faq.list", Data: view}, nil
}

// tested is a rule with how well it fits a text.
type tested struct {
	Number  int
	Word    string
	Percent int
	Sure    bool
}

// try shows how a text would be answered: the rules that come near, with their
// scores.
func try(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	text := req.Args.String()
	if text == "" {
		return bot.Reply{}, bot.Refuse("faq.test_usage", nil)
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	var out []tested
	for _, h := range ready.of(faqs).Find(text, false) {
		for _, f := range faqs {
			if f.ID == h.Rule && len(out) < ranked {
				out = append(out, tested{f.Number, h.Word, int(h.Score*100 + 0.5), h.Score >= match.Sure})
			}
		}
	}
	return bot.Reply{Template: "faq.tested", Data: struct {
		Text    string
		Rules   []tested
		Percent int
	}{text, out, int(match.Sure * 100)}}, nil
}

// missed groups the questions of a week that no rule answered, and that still
// none would.
func missed(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	lines, err := req.Tx.TalkLines(ctx, req.Community, req.Tx.Now.Add(-missedDays*24*time.Hour), true, missedMost)
	if err != nil {
		return bot.Reply{}, err
	}
	faqs, err := req.Tx.FAQs(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	set := ready.of(faqs)
	lines = slices.DeleteFunc(lines, func(l storage.TalkLine) bool {
		hits := set.Find(l.Text, false)
		return len(hits) > 0 && hits[0].Score >= match.Sure
	})
	all := group(lines)
	slices.SortStableFunc(all, func(a, b question) int { return cmp.Compare(b.Times, a.Times) })
	all = slices.DeleteFunc(all, func(q question) bool { return q.Times < 2 })
	top := all[:min(len(all), missedShow)]
	reply := bot.Reply{Template: "faq.missed", Data: struct {
		Days int
		Top  []question
	}{missedDays, top}}
	for i, q := range top[:min(len(top), 3)] {
		reply.Choices = append(reply.Choices, bot.Choice{Label: "faq.button_add", Data: struct{ N int }{i + 1}, Command: "/faq add " + wordsOf(q.Text)})
	}
	return reply, nil
}

// wordsOf makes the words of a rule of a question.
func wordsOf(text string) string {
	w := strings.Join(splitWords(strings.ReplaceAll(strings.ReplaceAll(text, "\n", " "), "=", " ")), " ")
	for utf8.RuneCountInString(w) > match.MaxWord {
		_, size := utf8.DecodeLastRuneInString(w)
		w = w[:len(w)-size]
	}
	return strings.TrimSpace(w)
}
