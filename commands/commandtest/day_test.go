package commandtest_test

import (
	"bufio"
	"cmp"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat/chattest"
	"qunmate/commands/commandtest"
)

// said is one thing that somebody does in the day.
type said struct {
	at    time.Time
	who   string
	text  string
	press string // instead of text
	talk  bool   // he does not speak to the bot
}

// plan is the day: what 300 people say in one group, from the labelled messages
// that automatic answers are measured with, and the commands they use.
type plan struct {
	dice   *rand.Rand
	from   time.Time
	people []string
	all    []said
	asks   int
}

func (p *plan) add(at time.Duration, who, text string) {
	p.all = append(p.all, said{at: p.from.Add(at), who: who, text: text})
}

// within is a random instant of a part of the day.
func (p *plan) within(from, to time.Duration) time.Duration {
	return from + time.Duration(p.dice.Int64N(int64(to-from)))
}

func (p *plan) somebody() string { return p.people[p.dice.IntN(len(p.people))] }

func newPlan(t *testing.T, from time.Time, people int) *plan {
	t.Helper()
	p := &plan{dice: rand.New(rand.NewPCG(300, 1)), from: from}
	for i := range people {
		p.people = append(p.people, fmt.Sprintf("成员%03d", i+1))
	}
	p.talk(t)
	p.commands()
	p.questions()
	p.poll()
	p.quiz()
	slices.SortStableFunc(p.all, func(a, b said) int { return a.at.Compare(b.at) })
	return p
}

// talk is what people say to each other, more of it at noon and in the evening.
func (p *plan) talk(t *testing.T) {
	t.Helper()
	var texts []string
	for _, l := range lines(t, "../faq/match/testdata/messages.txt") {
		_, text, _ := strings.Cut(l, "\t")
		texts = append(texts, text)
	}
	busy := [][2]time.Duration{{0, 16 * time.Hour}, {4 * time.Hour, 6 * time.Hour}, {11 * time.Hour, 14 * time.Hour}}
	for i := range 8 * len(p.people) {
		part := busy[i%len(busy)]
		p.all = append(p.all, said{at: p.from.Add(p.within(part[0], part[1])), who: p.somebody(), text: texts[i%len(texts)], talk: true})
	}
}

// commands are those that answer the one who asks.
func (p *plan) commands() {
	for i, who := range p.people {
		if i%6 != 0 { // five of six check in, most of them in the morning
			at := p.within(0, 3*time.Hour)
			p.add(at, who, "签到")
			if i%10 == 1 {
				p.add(at+p.within(time.Minute, time.Hour), who, "/checkin")
			}
		}
		if i%3 == 0 {
			p.add(p.within(time.Hour, 15*time.Hour), who, []string{"/me", "/rank", "/why", "帮助", "/rules", "/makeup 昨天"}[i/3%6])
		}
		if i%12 == 0 { // what goes wrong is nobody else's business
			p.add(p.within(time.Hour, 15*time.Hour), who, []string{"/checkin 前天", "/makeup 2026-02-30", "/answer 999 x", "/vote 9 A", "/checkin set base 50", "/ask"}[i/12%6])
		}
	}
}

// questions are asked, answered by some and accepted.
func (p *plan) questions() {
	for range max(4, len(p.people)/20) {
		p.asks++
		asker, at := p.somebody(), time.Duration(p.asks)*40*time.Minute
		p.add(at, asker, fmt.Sprintf("/ask 第 %d 个问题：新手怎么选跑鞋？", p.asks))
		for i := range 1 + p.dice.IntN(3) {
			who := p.people[(p.asks*7+i*11)%len(p.people)]
			p.add(at+time.Duration(i+1)*3*time.Minute, who, fmt.Sprintf("/answer %d 先量脚，第 %d 种办法", p.asks, i))
		}
		if p.asks%3 != 0 {
			p.add(at+20*time.Minute, asker, fmt.Sprintf("/accept %d 1", p.asks))
		}
	}
}

func (p *plan) poll() {
	p.add(2*time.Hour, "管理员", "/poll 周六聚会几点？ | 14:00 | 16:00 | 都不行 --end 20:00")
	p.all = append(p.all, said{at: p.from.Add(2*time.Hour + time.Minute), who: "管理员", press: "发布"})
	for i := range len(p.people) / 2 {
		at, label := p.from.Add(p.within(2*time.Hour+2*time.Minute, 11*time.Hour)), []string{"14:00", "16:00", "都不行"}[i%3]
		p.all = append(p.all, said{at: at, who: p.people[2*i], press: label})
		if i%7 == 0 { // twice, and changed
			p.all = append(p.all, said{at: at.Add(time.Second), who: p.people[2*i], press: label}, said{at: at.Add(time.Minute), who: p.people[2*i], press: "16:00"})
		}
	}
}

// quiz is a round of five questions in the evening.
func (p *plan) quiz() {
	start := 12*time.Hour + 30*time.Minute
	p.add(start, "管理员", "/quiz start 5题 每题15秒")
	for n := range 5 {
		opens := start + 20*time.Second + time.Duration(n)*19*time.Second
		for i := range len(p.people) / 10 {
			p.add(opens+p.within(time.Second, 14*time.Second), p.people[i*9], "/答题 "+string(rune('A'+p.dice.IntN(2))))
		}
	}
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if s.Text() != "" {
			out = append(out, s.Text())
		}
	}
	return out
}

// replay leads the day and looks at what the group sees of it.
type replay struct {
	t     *testing.T
	stage *commandtest.Stage
	sent  []time.Time // every message of the bot in the group, edits too
	edits int
	// public counts the new messages for everybody, private those for one.
	public, private int
}

func (r *replay) saw(shown []chattest.Shown) (public int) {
	for _, m := range shown {
		if !strings.HasPrefix(m.Chat.ID, "group:") || m.Deleted {
			continue
		}
		r.sent = append(r.sent, r.stage.Now())
		switch {
		case m.Edited:
			r.edits++
		case m.To.Ref.IsZero():
			public++
		default:
			r.private++
		}
	}
	r.public += public
	return public
}

// A day of 300 people in one group, through the real engine and commands, within
// the limit of a Telegram group. What the bot says for all to see is what
// activities may post and one answer per question; everything else is for the one
// it is for; and no minute holds more messages than the platform allows.
func TestADayOfThreeHundredPeople(t *testing.T) {
	t.Parallel()
	people := 300
	if underRace || testing.Short() {
		people = 30
	}
	synctest.Test(t, func(t *testing.T) {
		caps := chattest.Full()
		caps.PerMinute = 20 // Telegram's, in one group
		stage := commandtest.Open(t, everything(), commandtest.Scene{Start: "2026-11-23 07:00", Caps: &caps})
		r := &replay{t: t, stage: stage}
		r.prepare()
		p := newPlan(t, stage.Now().Add(time.Hour).Truncate(time.Hour), people)
		doubled := 0
		for _, s := range p.all {
			r.until(s.at)
			var n int
			if s.press != "" {
				shown, ok := stage.Press(s.who, s.press)
				if !ok {
					t.Fatalf("%s: %s finds no button %q", s.at.Format(time.TimeOnly), s.who, s.press)
				}
				n = r.saw(shown)
			} else {
				n = r.saw(stage.Say(s.who, s.text))
			}
			if n > 1 {
				doubled++
				t.Errorf("%s %s: %q has %d public answers", s.at.Format(time.TimeOnly), s.who, s.text, n)
			}
		}
		r.until(p.from.Add(26 * time.Hour))
		r.minutes(caps.PerMinute)
		stage.Close()
		talk := 0
		for _, s := range p.all {
			if s.talk {
				talk++
			}
		}
		kinds := r.budget(stage.Path(), p)
		t.Logf("%d people: %d messages among themselves, %d to the bot; the bot: %d for all, %d edits, %d for one person", people, talk, len(p.all)-talk, r.public, r.edits, r.private)
		for _, k := range slices.Sorted(maps.Keys(kinds)) {
			t.Logf("  for all: %4d %s", kinds[k], k)
		}
		if per := float64(r.public) / float64(len(p.all)); per > 0.1 && people == 300 { // fewer people ask the same less often
			t.Errorf("a public message for every %.1f that are said", 1/per)
		}
	})
}

// until lets time pass, minute by minute: what is due in between happens then.
func (r *replay) until(at time.Time) {
	for next := r.stage.Now().Truncate(time.Minute).Add(time.Minute); next.Before(at); next = next.Add(time.Minute) {
		r.saw(r.stage.MoveTo(next))
	}
	r.saw(r.stage.MoveTo(at))
}

// prepare sets the group up: automatic answers, a bank of questions, the digest.
func (r *replay) prepare() {
	r.stage.Say("管理员", "/checkin set digest on")
	r.stage.Whisper("管理员", "你好")
	for _, rule := range lines(r.t, "../faq/match/testdata/rules.txt") {
		_, rest, _ := strings.Cut(rule, " = ")
		words, answer, _ := strings.Cut(rest, " | ")
		r.stage.Whisper("管理员", "/faq add "+strings.ReplaceAll(words, ", ", ",")+" = "+answer)
		r.stage.Settle()
		r.stage.MoveTo(r.stage.Now().Add(5 * time.Second))
		r.stage.Whisper("管理员", "/confirm")
		r.stage.MoveTo(r.stage.Now().Add(5 * time.Second))
	}
	var bank strings.Builder
	for i := range 5 {
		fmt.Fprintf(&bank, "\n第 %d 题先做什么？ | 核实* | 点开", i)
	}
	r.stage.Whisper("管理员", "/quiz import"+bank.String())
	r.stage.MoveTo(r.stage.Now().Add(5 * time.Second))
	r.stage.Whisper("管理员", "/confirm")
	r.stage.MoveTo(r.stage.Now().Add(time.Minute))
}

// minutes holds every minute of the day against the limit of the group.
func (r *replay) minutes(most int) {
	r.t.Helper()
	worst := 0
	for i, j := 0, 0; j < len(r.sent); j++ {
		for r.sent[j].Sub(r.sent[i]) >= time.Minute {
			i++
		}
		worst = max(worst, j-i+1)
	}
	r.t.Logf("the busiest minute: %d messages of %d", worst, most)
	if worst > most {
		r.t.Errorf("a minute holds %d messages, the limit is %d", worst, most)
	}
}

// letter is a message that stands in the group, with the instants at which it
// was sent and edited.
type letter struct {
	kind, slot string
	texts      []string
	at         []time.Time
}

// budget holds what was sent for all to see against experience.md 8.0, and
// returns how many messages there were of each kind.
func (r *replay) budget(path string, p *plan) map[string]int {
	t := r.t
	t.Helper()
	all := publicLetters(t, path)
	kinds, slots := map[string]int{}, map[string]int{}
	said := map[string]time.Time{} // an automatic answer, when last
	var digest []time.Time
	for _, l := range all {
		kinds[l.kind]++
		slots[l.slot]++
		switch l.kind {
		case "faq.answer":
			if last := said[l.texts[0]]; !last.IsZero() && l.at[0].Sub(last) < 30*time.Minute {
				t.Errorf("answered again after %s: %s", l.at[0].Sub(last), l.texts[0])
			}
			said[l.texts[0]] = l.at[0]
		case "checkin.digest":
			digest = append(digest, l.at...)
		}
	}
	for slot, n := range slots {
		if slot != "" && n > 1 {
			t.Errorf("%s: %d messages instead of one that is edited", slot, n)
		}
	}
	want := map[string]int{
		"qa.card": p.asks, "poll.card": 1, "poll.result": 1, "poll.chart": 1, "quiz.lobby": 1, "quiz.question": 5, "quiz.result": 1,
		"checkin.digest": 1, "faq.answer": -1, "quiz.picked": -1,
	}
	for kind, n := range kinds {
		most, may := want[kind]
		if !may || most >= 0 && n > most {
			t.Errorf("%d public messages of %s, at most %d may be", n, kind, most)
		}
	}
	for kind, n := range want {
		if n > 0 && kinds[kind] != n {
			t.Errorf("%d public messages of %s, want %d", kinds[kind], kind, n)
		}
	}
	if kinds["faq.answer"] == 0 {
		t.Error("no question was answered by itself")
	}
	slices.SortFunc(digest, func(a, b time.Time) int { return a.Compare(b) })
	for i := 1; i < len(digest); i++ {
		if d := digest[i].Sub(digest[i-1]); d < time.Minute {
			t.Errorf("the digest is edited after %s", d)
		}
	}
	return kinds
}

// publicLetters reads the outbox: what everybody in the group can see.
func publicLetters(t *testing.T, path string) []letter {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var dead int
	if err := db.QueryRow("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'folded') AND kind NOT LIKE 'quiz.%'").Scan(&dead); err != nil || dead > 0 {
		t.Errorf("%d letters were not sent (%v)", dead, err)
	}
	rows, err := db.Query(`SELECT o.external_id, o.kind, o.slot, json_extract(o.content, '$.text'), CASE WHEN o.kind IN ('faq.answer', 'checkin.digest') THEN o.created_at ELSE o.settled_at END FROM outbox o JOIN chats h ON h.id = o.chat_id
		WHERE h.kind = 'group' AND o.verb = 'send' AND o.state = 'sent'
		AND (COALESCE(json_extract(o.content, '$.private'), 0) = 0 OR EXISTS (SELECT 1 FROM outbox f WHERE f.into_id = o.id)) ORDER BY o.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	by := map[string]*letter{}
	for rows.Next() {
		var id, kind, slot, text string
		var at int64
		if err := rows.Scan(&id, &kind, &slot, &text, &at); err != nil {
			t.Fatal(err)
		}
		l := by[id]
		if l == nil {
			l = &letter{kind: kind, slot: slot}
			by[id] = l
		}
		l.texts, l.at = append(l.texts, text), append(l.at, time.UnixMilli(at))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var out []letter
	for _, l := range by {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b letter) int { return cmp.Or(a.at[0].Compare(b.at[0]), cmp.Compare(a.kind, b.kind)) })
	return out
}
