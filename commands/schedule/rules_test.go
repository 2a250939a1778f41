package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qunmate/scheduler/when"
	"qunmate/storage"
)

func standing(weights ...int) storage.QueueStanding {
	s := storage.QueueStanding{Round: 1}
	for i, w := range weights {
		s.Items = append(s.Items, storage.QueueItem{ID: int64(i + 1), Number: i + 1, Weight: w})
	}
	return s
}

// run takes n texts, by number.
func run(s storage.QueueStanding, n int, once bool) string {
	var out []string
	for range n {
		i, fresh := nextItem(s, once)
		if i < 0 {
			out = append(out, "-")
			break
		}
		if fresh {
			out = append(out, "|")
		}
		out = append(out, strconv.Itoa(s.Items[i].Number))
		take(&s, i, fresh)
	}
	return strings.Join(out, " ")
}

func TestAQueueIsGoneThroughInOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		weights []int
		n       int
		once    bool
		want    string
	}{
		{[]int{1, 1, 1, 1}, 8, false, "1 2 3 4 | 1 2 3 4"},
		{[]int{1, 2, 1}, 8, false, "1 2 3 2 | 1 2 3 2"},
		{[]int{3, 1, 1}, 5, false, "1 2 1 3 1"},
		{[]int{1}, 3, false, "1 | 1 | 1"},
		{[]int{2, 1}, 4, true, "1 2 1 -"},
		{nil, 2, false, "-"},
	} {
		if got := run(standing(c.weights...), c.n, c.once); got != c.want {
			t.Errorf("%v: %s, want %s", c.weights, got, c.want)
		}
	}
}

// In every round each text comes as often as it weighs, whatever is added, taken
// out and weighed anew in between, and not twice in a row where another is left.
func TestNoTextComesMoreOftenInARoundThanItWeighs(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var weights []int
		for range 1 + dice.IntN(9) {
			weights = append(weights, 1+dice.IntN(4))
		}
		s := standing(weights...)
		taken := map[string]int{}
		for range 60 {
			if dice.IntN(7) == 0 {
				s.Items = append(s.Items, storage.QueueItem{ID: int64(len(s.Items) + 1), Number: len(s.Items) + 1, Weight: 1 + dice.IntN(9)})
			}
			was := slices.Clone(s.Items)
			i, fresh := nextItem(s, false)
			item := s.Items[i]
			others := slices.ContainsFunc(was, func(o storage.QueueItem) bool { return o.ID != s.Last && (fresh || o.Taken < o.Weight) })
			if item.ID == s.Last && others {
				t.Fatalf("%d comes twice in a row in %+v", item.Number, was)
			}
			if fresh && slices.ContainsFunc(was, func(o storage.QueueItem) bool { return o.Taken < o.Weight }) {
				t.Fatalf("a new round, though one is left in %+v", was)
			}
			take(&s, i, fresh)
			key := fmt.Sprint(s.Round, " ", item.ID)
			if taken[key]++; taken[key] > item.Weight {
				t.Fatalf("%d comes %d times in round %d", item.Number, taken[key], s.Round)
			}
		}
	}
}

func isWeight(w string) bool { return w == "weight" || w == "权重" }

func TestTextsOfAQueueAreTakenApart(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][]text{
		"早睡早起":                      {{"早睡早起", 1}},
		"一\n\n 二 权重 3\r\n三":         {{"一", 1}, {"二", 3}, {"三", 1}},
		"一\r二 权重 3\r三":              {{"一", 1}, {"二", 3}, {"三", 1}},
		"a\rb\r---\rc":              {{"a\nb", 1}, {"c", 1}},
		"两行\n的\n---\n一行 weight 2":   {{"两行\n的", 1}, {"一行", 2}},
		"---\na\n---\n---\nb\n ---": {{"a", 1}, {"b", 1}},
		"权重 3":                      {{"权重 3", 1}},
	} {
		got, bad := readTexts(typed, isWeight)
		if bad != "" || !slices.Equal(got, want) {
			t.Errorf("%q: %+v %s, want %+v", typed, got, bad, want)
		}
	}
	for typed, want := range map[string]string{
		"": "schedule.queue_usage", "---\n \n---": "schedule.queue_usage", "a 权重 10": "schedule.bad_weight", "a weight x": "schedule.bad_weight",
		strings.Repeat("x", mostBody+1): "schedule.too_long", strings.Repeat("x\n", mostAtOnce+1): "schedule.queue_full",
	} {
		if _, bad := readTexts(typed, isWeight); bad != want {
			t.Errorf("%.20q: %q, want %q", typed, bad, want)
		}
	}
}

// Whatever is typed: texts that fit, or the name of an answer.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"a\nb 权重 2", "x\n---\ny\nz weight 9", "---", "\xff\n权重", "a 权重 -1", "a\rb\r---\rc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		texts, bad := readTexts(typed, isWeight)
		if (bad == "") != (len(texts) > 0) {
			t.Errorf("%q: %d texts and %q", typed, len(texts), bad)
		}
		for _, x := range texts {
			if strings.TrimSpace(x.Body) == "" || strings.Contains(x.Body, "\r") || !utf8.ValidString(x.Body) || x.Weight < 1 || x.Weight > mostWeight || utf8.RuneCountInString(x.Body) > mostBody {
				t.Errorf("%q: %+v", typed, x)
			}
		}
	})
}

func TestQuietHoursEnd(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	night, noon := hush{From: 22 * 60, Until: 8 * 60}, hush{From: 12 * 60, Until: 14 * 60}
	for _, c := range []struct {
		h        hush
		at, want string
	}{
		{night, "11-22 21:59", ""},
		{night, "11-22 22:00", "11-23 08:00"},
		{night, "11-23 00:00", "11-23 08:00"},
		{night, "11-23 07:59", "11-23 08:00"},
		{night, "11-23 08:00", ""},
		{noon, "11-23 12:30", "11-23 14:00"},
		{noon, "11-23 14:00", ""},
		{hush{}, "11-23 03:00", ""},
		{hush{From: 20 * 60, Until: 0}, "11-23 23:59", "11-24 00:00"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+c.at, zone)
		if err != nil {
			t.Fatal(err)
		}
		end, in := c.h.end(at)
		got := ""
		if in {
			got = end.Format("01-02 15:04")
		}
		if got != c.want {
			t.Errorf("%+v at %s: %q, want %q", c.h, c.at, got, c.want)
		}
	}
}

// Quiet hours end on their own clock also in the nights when clocks change, and
// every instant inside them has an end that lies after it and outside.
func TestQuietHoursEndInTheNightsWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/New_York", "Australia/Lord_Howe", "Europe/Berlin"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []hush{{From: 22 * 60, Until: 8 * 60}, {From: 60, Until: 150}, {From: 23 * 60, Until: 130}} {
			for at := time.Date(2026, 1, 1, 0, 0, 0, 0, zone); at.Year() == 2026; at = at.Add(37 * time.Minute) {
				end, in := h.end(at)
				if !in {
					continue
				}
				if !end.After(at) || end.Sub(at) > 12*time.Hour {
					t.Fatalf("%s: %+v at %s ends at %s", name, h, at, end)
				}
				if _, still := h.end(end); still && end.Minute() == h.Until%60 && end.Hour() == h.Until/60 {
					t.Fatalf("%s: %+v: %s is the end and inside", name, h, end)
				}
			}
		}
	}
}

func TestLongPostsAreShownShort(t *testing.T) {
	t.Parallel()
	short := []postView{{Lines: []string{"a"}}, {Lines: []string{strings.Repeat("b", 600)}}}
	shorten(short)
	if short[1].Cut != 0 {
		t.Error("what fits is cut")
	}
	long := []postView{{Lines: []string{"a"}}, {Lines: []string{strings.Repeat("一", 300), strings.Repeat("二", 3000)}}}
	shorten(long)
	if long[0].Cut != 0 || long[1].Cut != 3300 || length(long[1].Lines) > oneShown+1 || !strings.HasSuffix(long[1].Lines[1], "…") {
		t.Errorf("%d of %d: %v", length(long[1].Lines), long[1].Cut, long[1].Lines)
	}
}

func TestConditionsOfRulesAreCompared(t *testing.T) {
	t.Parallel()
	a, _, err := when.RuleHead("每天 7:30")
	if err != nil {
		t.Fatal(err)
	}
	b := a
	if b.Conditions("跳过 周末"); sameRule(a, b) || !sameRule(a, a) {
		t.Error("rules with other conditions are the same")
	}
}
