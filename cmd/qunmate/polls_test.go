package main_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot"
	tg "qunmate/bot/platform/telegram/tgtest"
	main "qunmate/cmd/qunmate"
)

// way is how people vote: place 0 takes a vote back.
type way struct {
	surface surface
	flags   string
	vote    func(t *testing.T, s surface, who string, place int)
}

func letter(place int) string { return string(rune('A' + place - 1)) }

var pollOptions = []string{"14:00", "16:00", "都不行"}

// byText is the same everywhere.
func byText(t *testing.T, s surface, who string, place int) {
	t.Helper()
	word := "撤回"
	if place > 0 {
		word = letter(place)
	}
	s.say(t, who, "/vote 1 "+word, false)
}

// byButton presses what stands under the poll.
func byButton(t *testing.T, s surface, who string, place int) {
	t.Helper()
	if place == 0 {
		byText(t, s, who, place)
		return
	}
	if _, ok := s.press(t, who, pollOptions[place-1]); !ok {
		t.Fatal("no buttons")
	}
}

// byPoll answers Telegram's own poll.
func byPoll(t *testing.T, s surface, who string, place int) {
	t.Helper()
	v, _ := s.(*viaTelegram)
	var polls []tg.Poll
	until(t, "the poll", func() bool { polls = v.s.Polls(group(1).ID); return len(polls) > 0 })
	var options []int
	if place > 0 {
		options = []int{place - 1}
	}
	v.s.Vote(tgPeople[who], polls[0].ID, options...)
}

// byCard submits the card of the poll.
func byCard(t *testing.T, s surface, who string, place int) {
	t.Helper()
	if place == 0 {
		byText(t, s, who, place)
		return
	}
	v, _ := s.(*viaWeCom)
	task := ""
	until(t, "the card", func() bool {
		for _, m := range v.s.Sent() {
			if m.Card != nil && m.Card.Checkbox != nil && m.Card.Checkbox.QuestionKey == "/vote 1" {
				task = m.Card.TaskID
			}
		}
		return task != ""
	})
	v.s.Vote(wecomGroup, who, task, letter(place))
}

// The same votes, given in every way there is, with a restart in the middle,
// leave the same result: what counts is what is stored.
func TestTheSameVotesGiveTheSameResultInEveryWay(t *testing.T) {
	t.Parallel()
	ways := map[string]way{
		"telegram's own poll": {&viaTelegram{}, "", byPoll},
		"telegram's buttons":  {&viaTelegram{}, " --hide", byButton},
		"telegram by text":    {&viaTelegram{}, " --hide", byText},
		"wecom's card":        {&viaWeCom{}, "", byCard},
		"wecom by text":       {&viaWeCom{}, "", byText},
		"sandbox's buttons":   {&viaSandbox{}, "", byButton},
		"sandbox by text":     {&viaSandbox{}, "", byText},
	}
	var mu sync.Mutex
	results := map[string]string{}
	t.Run("by", func(t *testing.T) {
		for name, w := range ways {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := ballot(t, w)
				mu.Lock()
				defer mu.Unlock()
				results[name] = got
			})
		}
	})
	want := "14:00 2: Bo Boss | 16:00 1: Ann | 都不行 0:"
	for name, got := range results {
		if got != want {
			t.Errorf("by %s: %s, want %s", name, got, want)
		}
	}
}

func ballot(t *testing.T, w way) string {
	t.Helper()
	s, dir := w.surface, t.TempDir()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	clock := bot.NewClock(time.Until(time.Date(2027, 3, 1, 8, 2, 0, 0, zone)))
	file, log := filepath.Join(dir, "config.yaml"), &output{}
	write(t, file, fmt.Sprintf("database: %q\nhttp: {listen: \"127.0.0.1:0\", public_url: \"https://bot.example.test\"}\n%s", filepath.Join(dir, "qunmate.db"), s.config(clock.Now)))
	program, err := main.RunInside(file, clock, log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := program.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		s.end(t)
	}()
	s.open(t, program.Address())
	for _, who := range []string{ann, bo} {
		s.arrive(t, who)
		s.say(t, who, "签到", false)
	}
	s.say(t, boss, "/poll 周六聚会几点? | "+strings.Join(pollOptions, " | ")+" --end 20:00"+w.flags, false)
	if _, ok := s.press(t, boss, "发布"); !ok {
		t.Fatal("no preview")
	}
	until(t, "the poll to be shown", func() bool {
		return count(t, dir, "SELECT count(*) FROM outbox WHERE kind = 'poll.card' AND state = 'sent'") > 0
	})
	chose := func(who string, place int) {
		t.Helper()
		w.vote(t, s, who, place)
		until(t, fmt.Sprintf("the vote of %s for %d", who, place), func() bool {
			const mine = "FROM poll_choices c JOIN accounts a ON a.person_id = c.person_id WHERE a.external_id = ?"
			if place == 0 {
				return count(t, dir, "SELECT count(*) "+mine, s.id(who)) == 0
			}
			return count(t, dir, "SELECT count(*) "+mine+" AND c.place = ?", s.id(who), place) == 1
		})
	}
	chose(ann, 1)
	chose(ann, 1)
	chose(bo, 1)
	if err := program.Stop(); err != nil {
		t.Fatal(err)
	}
	if program, err = main.RunInside(file, clock, log); err != nil {
		t.Fatal(err)
	}
	s.open(t, program.Address())
	chose(ann, 2)
	chose(boss, 2)
	chose(boss, 0)
	chose(boss, 1)
	if _, err := clock.Shift(clock.Now().Add(12 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	const told = "SELECT count(*) FROM outbox WHERE kind = 'poll.result' AND state = 'sent'"
	until(t, "the result", func() bool {
		if count(t, dir, told) > 0 {
			return true
		}
		_, err := clock.Shift(clock.Now().Add(30 * time.Second)) // slept through: there is a pause before the count
		return err != nil
	})
	until(t, "the picture", func() bool {
		return count(t, dir, "SELECT count(*) FROM outbox WHERE kind = 'poll.chart' AND state = 'sent'") == 1
	})
	byText(t, s, ann, 1)
	if n := count(t, dir, told); n != 1 {
		t.Errorf("the result was told %d times", n)
	}
	if n := log.count("level=ERROR"); n > 0 {
		t.Errorf("errors in the log:\n%s", log)
	}
	wantCall(t, dir, 0, "投票计票 checked=1 failed=0", "verify")
	return pollResult(t, dir, s)
}

func pollResult(t *testing.T, dir string, s surface) string {
	t.Helper()
	var out []string
	for i, o := range pollOptions {
		line := fmt.Sprintf("%s %d:", o, count(t, dir, "SELECT votes FROM poll_options WHERE poll_id = 1 AND place = ?", i+1))
		var names []string
		for _, who := range []string{ann, bo, boss} {
			if count(t, dir, "SELECT count(*) FROM poll_choices c JOIN accounts a ON a.person_id = c.person_id WHERE a.external_id = ? AND c.place = ?", s.id(who), i+1) > 0 {
				names = append(names, who)
			}
		}
		slices.Sort(names)
		out = append(out, strings.TrimSpace(line+" "+strings.Join(names, " ")))
	}
	return strings.Join(out, " | ")
}
