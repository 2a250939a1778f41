package draw

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func noon(t *testing.T) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 11, 22, 12, 0, 0, 0, zone)
}

// order is an Order in one line.
func order(o Order, bad []Mistake) string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, p := range o.Prizes {
		say("%s×%d@%s", p.Name, p.Count, p.Yuan())
	}
	if !o.Until.IsZero() {
		say("until %s", o.Until.Format("01-02 15:04"))
	}
	if o.Full > 0 {
		say("full %d", o.Full)
	}
	if o.Instant > 0 {
		say("instant %d", o.Instant)
	}
	if o.If != nil {
		say("if %s", conds(*o.If))
	}
	if o.Bonus != nil {
		for _, b := range *o.Bonus {
			say("bonus %s*%d", conds([]Condition{b.Condition}), b.Weight)
		}
	}
	if o.Cost != nil {
		say("cost %d", *o.Cost)
	}
	if o.Beacon != "" {
		say("beacon %s %s", o.Beacon, o.Number)
	}
	if o.Claim > 0 {
		say("claim %dm", o.Claim)
	}
	for _, f := range []struct{ name, text string }{{"forfeit", o.Forfeit}, {"host", o.Host}, {"delivery", o.Delivery}, {"terms", o.Terms}} {
		if f.text != "" {
			say("%s %s", f.name, f.text)
		}
	}
	for _, p := range o.Prices {
		say("price %s %s", p.Name, p.Yuan())
	}
	for _, m := range bad {
		say("BAD %s(%s)", m.Code, m.Text)
	}
	return strings.Join(out, " | ")
}

func conds(list []Condition) string {
	var out []string
	for _, c := range list {
		switch {
		case c.Kind == kindFormer:
			out = append(out, fmt.Sprintf("not %d", c.Draw))
		case c.Days > 0:
			out = append(out, fmt.Sprintf("%s/%d>=%d", c.Kind, c.Days, c.Need))
		default:
			out = append(out, fmt.Sprintf("%s>=%d", c.Kind, c.Need))
		}
	}
	return strings.Join(out, "&")
}

func TestOneLineMakesADraw(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"保温杯×2、咖啡券×5 截止 明天20:00 条件 入群≥3天 且 近7天发言≥3 消耗 10分":                         "保温杯×2@0 | 咖啡券×5@0 | until 11-23 20:00 | if joined>=3&messages/7>=3 | cost 10",
		"mug×2, coffee×5 until tomorrow 20:00 if joined>=3d and msgs7d>=3 cost 10": "mug×2@0 | coffee×5@0 | until 11-23 20:00 | if joined>=3&messages/7>=3 | cost 10",
		"保温杯×2@89元、咖啡券x5@19.9 截止明天20:00 满200人":                                     "保温杯×2@89 | 咖啡券×5@19.90 | until 11-23 20:00 | full 200",
		"手机×1 截止 今晚":                         "手机×1@0 | until 11-22 23:59",
		"phone×1 tonight":                    "phone×1@0 | until 11-22 23:59",
		"现金×1 60000元 截止 今晚8点":                "现金×1@60000 | until 11-22 20:00 | BAD dear(现金)",
		"现金×1@50000元 截止 今晚8点":                "现金×1@50000 | until 11-22 20:00",
		"现金×1@50000.01元 截止 今晚8点":             "现金×1@50000.01 | until 11-22 20:00 | BAD dear(现金)",
		"现金×1@99999999999999999999元 截止 今晚8点": "现金×1@92233720368547758.07 | until 11-22 20:00 | BAD dear(现金)",
		"保温杯×0 截止 昨天":                        "保温杯×0@0 | BAD count(保温杯) | BAD past(昨天)",
		"Xbox×1@2499元、iPhone 15x2 截止 2h":     "Xbox×1@2499 | iPhone 15×2@0 | until 11-22 14:00",
		"Xbox 截止 2h":                         "Xbox×1@0 | until 11-22 14:00",
		"满天星花束×3 截止 周五 10:00 满 50 人 加权 连签≥7天 ×2、邀请≥1 ×3":                                                      "满天星花束×3@0 | until 11-27 10:00 | full 50 | bonus streak>=7*2 | bonus invites>=1*3",
		"红包×10@1元 即开 100 人 截止 明天20:00":                                                                        "红包×10@1 | until 11-23 20:00 | instant 100",
		"书×1 截止 明天20:00 条件 未中过 #11、积分≥100、签到连续≥5":                                                             "书×1@0 | until 11-23 20:00 | if not 11&points>=100&streak>=5",
		"book x1 until tomorrow 20:00 if never won 11 and points > 99 and streak at least 5 and invites >= 1": "book×1@0 | until 11-23 20:00 | if not 11&points>=100&streak>=5&invites>=1",
		"书×1 截止 明天20:00 条件 等级≥3":                                                                              "书×1@0 | until 11-23 20:00 | if level>=3 | BAD level()",
		"书×1 截止 明天20:00 条件 帅":                                                                                 "书×1@0 | until 11-23 20:00 | if  | BAD if(帅)",
		"书×1 截止 明天20:00 条件 无 消耗 0分":                                                                           "书×1@0 | until 11-23 20:00 | if  | cost 0 | BAD cost(0分)",
		"书×1、书×2 截止 明天20:00":                                                                                  "书×1@0 | 书×2@0 | until 11-23 20:00 | BAD twice(书)",
		"书×1 截止 8点":                                                                                           "书×1@0 | BAD unclear(8点)",
		"书×1 截止 25:00":                                                                                        "书×1@0 | BAD until(25:00)",
		"书×1 截止 明天20:00 领奖 48h 弃奖 顺延 主办 阿宁，微信 abc":                                                            "书×1@0 | until 11-23 20:00 | claim 2880m | forfeit next | host 阿宁，微信 abc",
		"书×1@-3元 截止 明天20:00":                                                                                  "书@-3元×0@0 | BAD",
		"书×1 截止 明天20:00 随机源 数字 上证指数收盘 11-23":                                                                  "书×1@0 | until 11-23 20:00 | beacon number 上证指数收盘 11-23",
		"": "BAD prizes()",
	} {
		got := order(parseDraw(text, noon(t)))
		if want == "书@-3元×0@0 | BAD" {
			if !strings.Contains(got, "BAD price") {
				t.Errorf("%s\n got %s", text, got)
			}
			continue
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestFactsAreRecognised(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"领奖 48h; 弃奖 顺延; 主办 阿宁,微信 xxx":                "claim 2880m | forfeit next | host 阿宁,微信 xxx",
		"48小时内 /claim；过期顺延；主办：阿宁，微信 xxx":             "claim 2880m | forfeit next | host 阿宁，微信 xxx",
		"claim 3 days; forfeit void; host Ann, @ann": "claim 4320m | forfeit void | host Ann, @ann",
		"领奖：7天；弃奖：作废；主办方：群主":                         "claim 10080m | forfeit void | host 群主",
		"价格 保温杯 89元、咖啡券 20":                          "price 保温杯 89 | price 咖啡券 20",
		"价格 保温杯 50000.01元":                           "BAD dear(保温杯)",
		"交付 顺丰到付；领奖条件 本人":                            "delivery 顺丰到付 | terms 本人",
		"截止 后天20:00；条件 不用":                           "until 11-24 20:00 | if ",
		"领奖 5分钟":                                     "BAD claim()",
		"领奖 随时":                                      "BAD claim(随时)",
		"弃奖 看心情":                                     "BAD forfeit(看心情)",
		"随便":                                         "BAD unknown(随便)",
		"主办":                                         "BAD host()",
	} {
		if got := order(parseSet(text, noon(t))); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestConditionsAreJudged(t *testing.T) {
	t.Parallel()
	now := noon(t)
	s := Standing{Joined: now.Add(-71 * time.Hour), Now: now, Messages: map[int]int64{7: 2, 30: 9}, Streak: 5, Invites: 1, Points: 100, Won: map[int64]bool{11: true}}
	for text, missing := range map[string]int64{
		"入群≥2天": 0, "入群≥3天": 1, "近7天发言≥3": 1, "发言≥2": 0, "近30天发言≥9条": 0, "连签≥5": 0, "连签>5": 1, "邀请≥2人": 1, "积分≥100": 0, "积分≥250": 150,
	} {
		list, bad := conditions(text)
		if bad != "" || len(list) != 1 {
			t.Fatalf("%s: %q %v", text, bad, list)
		}
		if j := judge(list[0], s); j.Missing != missing || j.OK != (missing == 0) {
			t.Errorf("%s: %+v", text, j)
		}
	}
	list, _ := conditions("非中奖者 11 且 入群≥3天 且 未中过12")
	judged, ok := judgeAll(list, s)
	if ok || judged[0].OK || judged[1].OK || !judged[2].OK || judged[2].Draw != 12 {
		t.Errorf("%+v", judged)
	}
	if j := judge(Condition{Kind: kindJoined, Need: 1}, Standing{Now: now}); j.OK || j.Have != 0 {
		t.Errorf("who is in no group: %+v", j)
	}
	bonus, bad := bonuses("连签≥5 ×2、积分≥1000 x5、邀请≥1 * 3")
	if bad != "" || weigh(bonus, s) != 3 || weigh(bonus, Standing{}) != 1 || weigh(nil, s) != 1 {
		t.Errorf("%q %+v", bad, bonus)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"保温杯×2、咖啡券×5@20元 截止 明天20:00 条件 入群≥3天 且 近7天发言≥3 消耗 10分", "mug×2, coffee×5 until tomorrow 20:00 if joined>=3d and msgs7d>=3 cost 10",
		"领奖 48h; 弃奖 顺延; 主办 阿宁,微信 xxx", "红包×10@1元 即开 100 人 截止 2h 加权 连签≥7 ×2", "×@元", "a×999999999999@9999999999999999999999", "条件", "满", "x × x",
	} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if o, bad := parseDraw(text, now); len(bad) == 0 {
			for _, p := range o.Prizes {
				if p.Name == "" || p.Count < 1 || p.Count > mostCount || p.Fen < 0 || p.Fen > mostFen {
					t.Errorf("%q: %+v", text, p)
				}
			}
			if !o.Until.IsZero() && !o.Until.After(now) {
				t.Errorf("%q ends at %s", text, o.Until)
			}
		}
		parseSet(text, now)
	})
}
