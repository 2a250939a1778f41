package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"qunmate/bot/chat"
	"qunmate/bot/picture"
)

// The sizes the page is looked at in.
var (
	browserDesktop = browserLook{width: 1280, height: 860}
	browserPhone   = browserLook{width: 390, height: 844, dots: 2, phone: true}
	browserDark    = browserLook{width: 1280, height: 860, dark: true}
	browserPaper   = browserLook{width: 1200, height: 760, dots: 2} // for the manual
)

// TestTheSandboxInABrowser walks through the sandbox as a person would: the
// real program, started in an empty folder, and a real browser. Pictures go to
// the folder QUNMATE_SCREENSHOTS.
func TestTheSandboxInABrowser(t *testing.T) {
	browser := startBrowser(t)
	type walk struct {
		name   string
		config string // config.yaml, if any
		look   browserLook
		walk   func(*browserTab)
	}
	walks := []walk{
		{"streaks", "", browserDesktop, walkStreaks},
		{"admin", "http: {listen: 127.0.0.1:0}\n", browserDesktop, walkAdmin},
		{"groups", "http: {listen: 127.0.0.1:0}\n", browserDesktop, walkGroups},
		{"operator", "http: {listen: 127.0.0.1:0}\n", browserDesktop, walkOperator},
		{"english", "language: en\nhttp: {listen: 127.0.0.1:0}\n", browserDesktop, walkEnglish},
		{"phone", "http: {listen: 127.0.0.1:0}\n", browserPhone, walkPhone},
		{"calendar", "http: {listen: 127.0.0.1:0}\n", browserDesktop, walkCalendar("zh-CN")},
		{"calendar-phone-en", "language: en\nhttp: {listen: 127.0.0.1:0}\n", browserPhone, walkCalendar("en")},
		{"draw", "http: {listen: 127.0.0.1:0}\n", browserDesktop, walkDraw("zh-CN")},
		{"draw-en", "language: en\nhttp: {listen: 127.0.0.1:0}\n", browserDesktop, walkDraw("en")},
		{"keyboard", "http: {listen: 127.0.0.1:0}\n", browserDark, walkKeyboard},
		// The program comes back where the page looks for it.
		{"trouble", fmt.Sprintf("http: {listen: 127.0.0.1:%d}\n", freePort(t)), browserDesktop, walkTrouble},
	}
	if os.Getenv("QUNMATE_SCREENSHOTS") != "" { // they show more than they test
		walks = append(walks,
			walk{"calendar-en", "language: en\nhttp: {listen: 127.0.0.1:0}\n", browserDark, walkCalendar("en")},
			walk{"calendar-phone", "http: {listen: 127.0.0.1:0}\n", browserPhone, walkCalendar("zh-CN")},
			walk{"manual-en", "language: en\nhttp: {listen: 127.0.0.1:0}\n", browserPaper, walkManual("en")},
			walk{"manual-zh", "http: {listen: 127.0.0.1:0}\n", browserPaper, walkManual("zh-CN")},
			walk{"tour-en", "language: en\nhttp: {listen: 127.0.0.1:0}\n", browserPaper, walkTour("en")},
			walk{"tour-zh", "http: {listen: 127.0.0.1:0}\n", browserPaper, walkTour("zh-CN")},
		)
	}
	for _, walk := range walks {
		t.Run(walk.name, func(t *testing.T) {
			p, address := browserHouse(t, walk.config)
			tab := openTab(t, browser, address, walk.look)
			tab.program = p
			walk.walk(tab)
			tab.leave()
			browserEnd(t, tab.program, tab.warned)
		})
	}
}

// walkStreaks: checking in, doing it again, days that follow each other, a
// missed day and its repair, the rank, and where the points came from.
func walkStreaks(b *browserTab) {
	b.want("title", b.text("#chat-title"), "产品群")
	b.want("speaking as", b.text(`[aria-pressed="true"] .persona-name`), "阿宁")
	b.shot("start")
	b.later("next-morning")
	b.want("the next morning", b.now()[len("2006-01-02T"):], "08:00")

	m := b.say("签到", "✅ 签到成功 +5", "连签 1 天", "今日第 1 位", "余额 5")
	b.want("only Ann sees it", m.Private, true)
	b.want("and that is said", m.Only, "仅你可见")
	b.has("buttons", m.Choices, "为什么", "排行")
	m = b.answer(func() { b.click(testID("quick-1")) }, "今天 08:00 已签过（+5）", "余额 5", "明早 04:00 起")
	b.want("only Ann sees it", m.Private, true)
	// Ordinary talk with the word in it is no command.
	b.silence("今天你签到了吗")

	// What is private is private: another person sees the question only.
	b.speakAs("man")
	for _, m := range b.messages() {
		b.want("a private answer that Xiaoman sees", m.Private, false)
	}
	b.want("how many messages Xiaoman sees", len(b.messages()), 4) // the greeting, and three of Ann's
	b.say("/checkin", "+5", "今日第 2 位")

	b.speakAs("ann")
	b.later("day")
	b.say("签到", "✅ 签到成功 +6（基础 5 + 连签 1）", "连签 2 天", "余额 11")
	b.shot("two-days")

	b.later("day")
	b.later("day")
	b.say("签到", "✅ +5", "连签从 1 天重新开始（昨天漏签）", "余额 16", "/makeup 昨天（你有 1 张补签卡）")
	b.say("/makeup 昨天", "已补", "4 天", "剩 0 张", "不加分")
	b.shot("repaired")
	b.say("我的", "阿宁", "余额 16", "积分第 1 名", "连签 4 天", "今天已签", "补签卡 0 张")

	m = b.press("排行", "🏆 积分排行", "1. 阿宁 16 分", "2. 小满 5 分")
	b.want("only Ann sees it", m.Private, true)
	m = b.say("为什么", "+5 签到：基础 5（规则 v1）", "+6 签到：基础 5 + 连签 1（规则 v1）", "补签卡 +1", "补签卡 −1")
	entries := regexp.MustCompile(`#\d+ \+\d+ `).FindAllString(m.Text, -1)
	b.want("entries with points of Ann", len(entries), 3)
	b.shot("why")

	b.later("next-week")
	b.say("/签到", "+5", "连签从 1 天重新开始")
}

// walkAdmin: who may change the rules, what is shown before, and taking back.
func walkAdmin(b *browserTab) {
	b.later("next-morning")
	for _, who := range []string{"man", "ann"} {
		b.speakAs(who)
		b.say("签到", "余额 5")
	}
	b.later("day") // a preview replays days that are over
	b.say("签到", "连签 2 天")
	b.say("/checkin set base 50", "签到规则由本群管理员改", "你可以用：/rules /me /rank")
	b.silence("/checkin set base 50") // told once an hour

	b.speakAs("admin")
	b.say("/checkin set base -5", "基础分要在 0–1000 之间", "例：/checkin set base 5")
	m := b.say("/checkin set base 10 streak 2 cap 10", "将改：基础 10，连签每天 +2（最多 +10），04:00 换日",
		"按过去 7 天试算：共多发 10 分（+100%）", "明早 04:00 生效")
	b.want("only the admin sees it", m.Private, true)
	b.has("buttons", m.Choices, "确认", "取消")
	b.shot("preview")
	m = b.press("确认", "已记为规则 v2", "明早 04:00 生效")
	b.wait("the preview is marked as changed", browserMessages+`.some((m) => m.edited && m.text.includes("将改"))`)
	undo := regexp.MustCompile(`/undo \d+`).FindString(m.Text)
	b.say("规则", "签到规则 v1", "明早 04:00 起（v2）：一次 +10")
	b.shot("rule")
	b.say(undo, "已撤回，那次改动不会生效", "基础 5")
	b.say(undo, "已经撤回过了")

	b.say("/checkin set base 20", "将改：基础 20")
	b.press("取消", "已取消，什么都没改")
	b.say("/points @阿宁 +20 分享会讲师", "给 阿宁 +20「分享会讲师」", "余额 11→31")
	b.press("确认", "已给 阿宁 +20", "余额 31")
	b.shot("points")

	// What the page offers an administrator is filled in, not sent.
	before := len(b.messages())
	b.click(testID("quick-poll"))
	b.wait("an example in the field", `document.getElementById("input").value.startsWith("/poll ")`)
	b.want("messages", len(b.messages()), before)
	b.set("#input", "")

	b.speakAs("ann")
	for _, m := range b.messages() {
		b.want("what Ann sees of the admin's business", strings.Contains(m.Text, "将改") || strings.Contains(m.Text, "审计"), false)
	}
	b.say("为什么", "+20", "分享会讲师")
	b.later("day")
	b.say("签到", "+7（基础 5 + 连签 2）") // the change was taken back
}

// walkGroups: two groups with books of their own, and people and the bot who
// come and go.
func walkGroups(b *browserTab) {
	b.later("next-morning")
	b.say("签到", "连签 1 天")
	b.later("day")
	b.say("签到", "连签 2 天", "余额 11")
	b.openChat("books")
	b.want("title", b.text("#chat-title"), "读书会")
	b.want("messages in the second group", len(b.messages()), 1) // the greeting
	b.say("签到", "连签 1 天", "余额 5")

	b.openChat("private")
	b.say("签到", "你在 2 个群里")
	b.shot("private")
	b.openChat("books")

	b.speakAs("qiang")
	b.wait("Qiang is outside", `!document.querySelector('[data-testid="outside"]').hidden && document.getElementById("input").disabled`)
	b.want("why Qiang cannot speak", b.text(testID("outside")+" span"), "阿强不在这个群里，说不了话")
	b.click(testID("member"))
	b.wait("Qiang came in", `[...document.querySelectorAll('[data-notice="joined"]')].some((n) => n.innerText === "阿强加入了群聊")`)
	b.say("签到", "今日第 2 位", "余额 5")
	b.shot("joined")
	b.click(testID("member"))
	b.wait("Qiang left", `[...document.querySelectorAll('[data-notice="left"]')].some((n) => n.innerText === "阿强退出了群聊") && document.getElementById("input").disabled`)

	b.speakAs("admin")
	b.click(testID("bot"))
	b.wait("the bot is gone", `document.querySelector('[data-notice="bot_removed"]') !== null && !document.querySelector('[data-testid="outside"]').hidden`)
	b.silence("签到")
	b.shot("bot-gone")
	// It comes back with a greeting, and what was said meanwhile did not count.
	b.answer(func() { b.click(testID("bot")) }, "大家好")
	b.say("签到", "今日第 3 位", "余额 5")
}

// walkOperator: the person who started the program becomes its operator, and a
// member takes his data with him.
func walkOperator(b *browserTab) {
	b.later("next-morning")
	b.say("签到", "余额 5")
	b.openChat("private")
	b.say("/admin claim AAAA-AAAA", "认领码不对")
	b.say(regexp.MustCompile(`/admin claim \S+`).FindString(b.program.out.String()), "认领成功，你是运营者了")
	b.shot("claimed")
	m := b.say("/mydata export", "/mydata delete")
	b.want("files", len(m.Files), 1)
	b.want("the file's name", strings.Contains(m.Files[0], "qunmate-") && strings.Contains(m.Files[0], ".json"), true)
	var status int
	b.run("download the file", chromedp.Evaluate(`fetch(document.querySelector('[data-testid="file"]').href).then((r) => r.json().then(() => r.status))`, &status,
		func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
	b.want("status of the download", status, 200)
	b.shot("mydata")
	b.say("/lang en", "English")
	b.say("/me", "You are in 2 groups")
	b.press("产品群", "balance 5")

	b.openChat("product")
	b.say("/timezone Asia/Tokyo 05:00", "Asia/Tokyo", "05:00")
	b.shot("timezone")
	b.press("取消", "什么都没改")

	// A picture goes with what is typed next; the other group sees it, too.
	drawn, err := picture.Bars(chat.Chart{Title: "#1 周六聚会几点？", Bars: []chat.Bar{{Label: "14:00", Value: 2, Share: "67%"}, {Label: "16:00", Value: 1, Share: "33%"}}})
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(b.t.TempDir(), "chart.png")
	if err := os.WriteFile(file, drawn.Data, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.run("attach a picture", chromedp.SetUploadFiles("#picture", []string{file}, chromedp.ByQuery))
	b.wait("the picture is attached", `!document.querySelector('[data-testid="attached"]').hidden`)
	b.shot("attached")
	b.say("/announce all 看结果", "带图")
	b.wait("nothing is attached any more", `document.querySelector('[data-testid="attached"]').hidden`)
	b.press("发送", "看结果") // the report stands above what was posted
	b.wait("the report", browserMessages+`.some((m) => m.text.includes("公告 #1：已送达 2/2"))`)
	b.openChat("books")
	b.wait("the picture in the other group", `[...document.querySelectorAll('[data-from="bot"] img')].some((i) => i.complete && i.naturalWidth === 800)`)
	b.shot("picture")
}

// walkEnglish: the same in English.
func walkEnglish(b *browserTab) {
	b.click(testID("lang-en"))
	b.want("title", b.text("#chat-title"), "Product group")
	b.later("next-morning")
	b.say("/checkin", "✅ +5 (5 base)", "1 day in a row, #1 today, balance 5")
	b.answer(func() { b.click(testID("quick-1")) }, "Already checked in today 08:00 (+5)", "Next: from tomorrow 04:00")
	b.later("day")
	b.say("/CheckIn", "✅ +6 (5 base + 1 streak)", "2 days in a row")
	b.later("day")
	b.later("day")
	b.say("/checkin", "The streak starts again at 1 day", "/makeup yesterday (you have 1 card)")
	b.say("/makeup yesterday", "4 days in a row again, 0 cards left")
	b.say("/rank", "🏆 Points", "1. Ann 16")
	b.say("/why", "+6 check-in: 5 base + 1 streak (rule v1)")
	b.speakAs("admin")
	b.say("/checkin set base 10", "New rule: base 10, streak +1 a day (up to +5)", "Replayed on the last 7 days", "points (+")
	m := b.press("Confirm", "Noted as rule v2", "in force from tomorrow 04:00")
	b.shot("rule")
	b.say(regexp.MustCompile(`/undo \d+`).FindString(m.Text), "Undone, that change will not take effect")
	b.speakAs("ann")
	b.shot("conversation")
}

// walkPhone: everything within a thumb's reach at the width of a phone.
func walkPhone(b *browserTab) {
	b.fits()
	b.shot("start")
	later := func(step string) {
		b.click(testID("open-panel"))
		b.later(step)
		b.click("#sheet-panel [data-close]")
		b.wait("the sheet is closed", `!document.querySelector(".side.open")`)
	}
	later("next-morning")
	b.answer(func() { b.click(testID("quick-1")) }, "✅ 签到成功 +5", "余额 5")
	later("day")
	b.answer(func() { b.click(testID("quick-1")) }, "✅ 签到成功 +6", "连签 2 天")
	b.press("排行", "1. 阿宁 11 分")
	b.shot("checked-in")

	b.click(testID("open-panel"))
	b.wait("the sheet lies over the page", `document.querySelector("#sheet-panel.open")?.getAttribute("role") === "dialog"`)
	b.shot("panel")
	b.click(testID("persona-man"))
	b.wait("the sheet is closed", `!document.querySelector(".side.open")`)
	for _, m := range b.messages() {
		b.want("a private answer that Xiaoman sees", m.Private, false)
	}
	b.say("签到", "今日第 2 位")

	b.click(testID("open-chats"))
	b.wait("the chats are there", `document.querySelector("#sheet-chats.open") !== null`)
	b.shot("chats")
	b.openChat("books")
	b.wait("the sheet is closed", `!document.querySelector(".side.open")`)
	b.say("签到", "连签 1 天")
	b.fits()
}

// walkKeyboard: no mouse, and a dark room.
func walkKeyboard(b *browserTab) {
	focused := func(selector string) { b.tabTo(selector) }
	focused(testID("clock-next-morning"))
	b.keys(kb.Enter)
	b.wait("the clock moves", `document.getElementById("clock-now").dataset.now.slice(11, 16) === "08:00"`)
	focused(`a.skip`)
	b.keys(kb.Enter)
	b.wait("the skip link leads to the message field", `document.activeElement === document.getElementById("input")`)
	b.answer(func() { b.keys("/checkin" + kb.Enter) }, "✅ 签到成功 +5")
	b.want("the field keeps the focus", b.text(":focus") == "" && b.text("#input") == "", true)
	b.answer(func() { b.keys(kb.ArrowUp + kb.Enter) }, "今天 08:00 已签过")
	focused(`[data-testid="choice"]`)
	b.answer(func() { b.keys(kb.Enter) }, "#1 +5 签到")
	b.shot("why")
	focused(testID("persona-man"))
	b.keys(" ")
	b.wait("speaking as Xiaoman", `document.querySelector('[data-testid="persona-man"]').getAttribute("aria-pressed") === "true"`)
	focused(testID("quick-1"))
	b.answer(func() { b.keys(kb.Enter) }, "今日第 2 位")
	focused(testID("chat-books"))
	b.keys(kb.Enter)
	b.wait("the second group", `document.getElementById("chat-title").innerText === "读书会"`)
	focused("#input")
	b.answer(func() { b.keys("/me" + kb.Enter) }, "余额 0")
}

// walkManual makes the pictures of the README and of docs/zh-CN: a few days in
// the life of a group.
func walkManual(lang string) func(*browserTab) {
	words := map[string]struct{ checkin, why, digest, makeup, repaired string }{
		"zh-CN": {"签到", "为什么", "今日签到 3 人", "/makeup 昨天", "已补"},
		"en":    {"/checkin", "Why", "3 check-ins today", "/makeup yesterday", "Repaired"},
	}[lang]
	return func(b *browserTab) {
		b.click(testID("lang-" + lang))
		b.later("next-morning")
		b.speakAs("admin")
		b.say("/checkin set digest on")
		for day, who := range [][]string{{"ann", "man", "zhou"}, {"ann", "man"}, {"zhou", "ann"}, {"man", "chen", "ann"}} {
			if day > 0 {
				b.later("day")
			}
			for _, w := range who {
				b.speakAs(w)
				b.say(words.checkin)
			}
		}
		b.answer(func() { b.later("hour") }, words.digest)
		b.press(words.why, "+8", "+7", "+6", "+5")
		b.shot("sandbox")

		b.speakAs("admin")
		b.say("/checkin set base 5 streak 2 cap 10")
		b.shot("rule")
		b.speakAs("ann")
		b.later("day")
		b.later("day")
		b.say(words.checkin, "+5")
		b.say(words.makeup, words.repaired)
		b.shot("makeup")
	}
}
