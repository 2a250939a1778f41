package main_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot"
	main "qunmate/cmd/qunmate"
)

// The people of the scenario; boss is the operator.
const (
	ann  = "Ann"
	bo   = "Bo"
	boss = "Boss"
)

// move is one line of the scenario.
type move struct {
	who string
	say string
	// addressed: by name, also where the bot hears everything.
	addressed bool
	// press is a button. Where there are none the choices are numbered lines, and
	// its number is typed.
	press  string
	number string
	pass   time.Duration // time that goes by before
	want   []string      // what the answer must show
	never  []string
}

// scenario is the same on every surface. What one cannot do stands with the
// surface: viaAccount has no group, so it founds its community first, and no
// buttons, so numbers are typed; Telegram and the sandbox tell nothing before
// the first word.
func scenario() []move {
	return []move{
		{who: ann, say: "帮助", want: []string{"签到", "我的", "排行"}, addressed: true},
		{who: ann, say: "签到", want: []string{"+5", "连签 1 天", "余额 5"}},
		{who: ann, say: "签到", want: []string{"已签", "08:0", "余额 5"}},
		{who: ann, say: "/CheckIn", want: []string{"已签", "余额 5"}},
		{who: bo, say: "签到", want: []string{"+5", "余额 5"}},
		{who: ann, say: "我的", want: []string{"余额 5", "连签 1 天", "补签卡 1 张"}},
		{who: ann, say: "为什么", want: []string{"#1", "+5 签到", "规则 v1"}},
		{who: ann, say: "排行", want: []string{"1. ", "5 分"}},
		// Wrong input: one line with a correct example, and nothing changes.
		{who: ann, say: "签道", addressed: true, want: []string{"是想「签到」吗"}},
		{who: ann, say: "/checkin 前天", want: []string{"/makeup 昨天"}},
		{who: ann, say: "/makeup 2026-02-30", want: []string{"没有 2026-02-30 这一天"}},
		{who: ann, say: "/why 999", want: []string{"#999 不是你的流水"}},
		{who: bo, say: "/checkin set base 50", want: []string{"签到规则由本群管理员改"}, never: []string{"将改"}},
		// A day is missed and mended.
		{who: ann, say: "签到", pass: 48 * time.Hour, want: []string{"+5", "连签从 1 天重新开始", "余额 10", "补签"}},
		{who: ann, say: "/makeup 昨天", want: []string{"连签恢复到 3 天", "补签卡剩 0 张"}},
		{who: ann, say: "补签", want: []string{"已经补过了"}},
		// The operator changes the rule, by text.
		{who: boss, say: "/checkin set base 10", want: []string{"将改：基础 10"}},
		{who: boss, say: "确认", want: []string{"规则 v2", "撤回：/undo"}},
		// And once more, by the button; then he thinks better of it.
		{who: boss, say: "/checkin set base 20", want: []string{"将改：基础 20"}},
		{who: boss, press: "确认", number: "1", want: []string{"规则 v3", "/undo"}},
		{who: boss, say: "/undo {audit}", want: []string{"已撤回", "基础 10"}},
		{who: boss, say: "/undo {audit}", want: []string{"已经撤回过了"}},
		{who: boss, say: "/checkin set base 30", want: []string{"将改：基础 30"}},
		{who: boss, press: "取消", number: "2", want: []string{"已取消"}},
		// The next day the rule is in force.
		{who: ann, say: "签到", pass: 24 * time.Hour, want: []string{"+13", "连签 4 天", "余额 23"}},
		{who: bo, say: "签到", want: []string{"+10", "余额 15"}},
		{who: bo, say: "我的", want: []string{"余额 15"}},
		{who: ann, say: "为什么", want: []string{"+13 签到：基础 10 + 连签 3", "规则 v4", "补签卡 −1"}},
	}
}

func TestTheSameScenarioOnEverySurface(t *testing.T) {
	t.Parallel()
	surfaces := map[string]surface{
		"telegram": &viaTelegram{}, "wecom websocket": &viaWeCom{}, "wecom callback": &viaWeCom{callback: true},
		"official account": &viaAccount{}, "sandbox": &viaSandbox{}, "self-built app": &viaApp{},
	}
	var mu sync.Mutex
	ledgers := map[string][]string{}
	t.Run("on", func(t *testing.T) {
		for name, s := range surfaces {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				rows := play(t, s)
				mu.Lock()
				defer mu.Unlock()
				ledgers[name] = rows
			})
		}
	})
	if t.Failed() {
		return
	}
	want := ledgers["sandbox"]
	if len(want) != 8 {
		t.Errorf("the ledger has %d entries: %q", len(want), want)
	}
	for name, rows := range ledgers {
		if !slices.Equal(rows, want) {
			t.Errorf("the ledger of %s:\n%s\nthat of the sandbox:\n%s", name, strings.Join(rows, "\n"), strings.Join(want, "\n"))
		}
	}
}

var auditNumber = regexp.MustCompile(`/undo (\d+)`)

// play runs the scenario and returns the ledger it leaves.
func play(t *testing.T, s surface) []string {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	clock := bot.NewClock(time.Until(time.Date(2027, 3, 1, 8, 2, 0, 0, zone)))
	dir := t.TempDir()
	return playIn(t, s, dir, clock)
}

func playIn(t *testing.T, s surface, dir string, clock *bot.Clock) []string {
	t.Helper()
	file := filepath.Join(dir, "config.yaml")
	write(t, file, fmt.Sprintf("database: %q\nhttp: {listen: \"127.0.0.1:0\", public_url: \"https://bot.example.test\"}\n%s", filepath.Join(dir, "qunmate.db"), s.config(clock.Now)))
	log := &output{}
	program, err := main.RunInside(file, clock, log)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		if err := program.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		s.end(t)
	}
	defer stop()
	s.open(t, program.Address())
	for _, who := range []string{ann, bo} {
		if got := s.arrive(t, who); got != "" && !strings.Contains(got, "群伴") {
			t.Errorf("%s arrives: %q", who, got)
		}
	}
	audit := ""
	for i, m := range scenario() {
		if m.pass > 0 {
			if _, err := clock.Shift(clock.Now().Add(m.pass)); err != nil {
				t.Fatal(err)
			}
		}
		got := act(t, s, m, audit)
		for _, want := range m.want {
			if !strings.Contains(got, want) {
				t.Errorf("step %d, %s %s%s: %q lacks %q", i+1, m.who, m.say, m.press, got, want)
			}
		}
		for _, never := range m.never {
			if strings.Contains(got, never) {
				t.Errorf("step %d, %s %s: %q shows %q", i+1, m.who, m.say, got, never)
			}
		}
		if n := auditNumber.FindStringSubmatch(got); n != nil {
			audit = n[1]
		}
	}
	truth := s.say(t, ann, "能力", true)
	for _, want := range s.truth() {
		if !strings.Contains(truth, want) {
			t.Errorf("what can be done here: %q lacks %q", truth, want)
		}
	}
	stop()
	if n := count(t, dir, "SELECT count(*) FROM outbox WHERE verb = 'send' AND state NOT IN ('sent', 'folded')"); n > 0 {
		t.Errorf("%d letters were not sent", n)
	}
	if n := log.count("level=ERROR"); n > 0 {
		t.Errorf("errors in the log:\n%s", log)
	}
	wantCall(t, dir, 0, "全部重算一致。", "verify")
	return ledger(t, dir, s)
}

func act(t *testing.T, s surface, m move, audit string) string {
	t.Helper()
	if m.press == "" {
		return s.say(t, m.who, strings.ReplaceAll(m.say, "{audit}", audit), m.addressed)
	}
	if got, ok := s.press(t, m.who, m.press); ok {
		return got
	}
	return s.say(t, m.who, m.number, false)
}

// ledger is what is booked, by names that all surfaces share.
func ledger(t *testing.T, dir string, s surface) []string {
	t.Helper()
	names := map[string]string{s.id(ann): ann, s.id(bo): bo, s.id(boss): boss}
	db := database(t, dir, "ro")
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT a.external_id, l.unit, l.amount, l.kind, l.cause, l.rule, l.day, l.detail
		FROM ledger l JOIN members m ON m.id = l.member_id JOIN accounts a ON a.person_id = m.person_id ORDER BY l.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		out = append(out, row(t, rows, names))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func row(t *testing.T, rows *sql.Rows, names map[string]string) string {
	t.Helper()
	var who, unit, kind, cause, day, detail string
	var amount, rule int64
	if err := rows.Scan(&who, &unit, &amount, &kind, &cause, &rule, &day, &detail); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %+d %s %s %s v%d %s %s", names[who], amount, unit, kind, cause, rule, day, detail)
}
