package main_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// rehearsal is what is typed and read when posts are rehearsed, in a language.
type rehearsal struct {
	morning, weekly, enable           string
	announce, planned, report, failed string
	retry, resent, delivered, greets  string
}

var rehearsals = map[string]rehearsal{
	"zh-CN": {
		morning: "/schedule add 早安 给 全部群 每天 07:30 早上好，今天也稳稳当当。 跳过 休息日", weekly: "/schedule add 周报 每周五 18:00 模板 weekly 错过 补发", enable: "启用",
		announce: "/announce 全部群 明晚 8 点直播，带你看新品", planned: "公告 #1 定在", report: "公告 #1：已送达 1/2 · 失败 1", failed: "读书会：我没有发言权限",
		retry: "只重发失败的", resent: "公告 #1 重发 1 群：读书会", delivered: "公告 #1：已送达 2/2 · 失败 0", greets: "早上好，今天也稳稳当当。",
	},
	"en": {
		morning: "/schedule add morning to all daily 07:30 Good morning, have a calm day. skip days off", weekly: "/schedule add report every friday 18:00 template weekly late once", enable: "Enable",
		announce: "/announce all Live tomorrow at eight: a look at what is new", planned: "#1 goes out", report: "#1: delivered 1/2 · failed 1", failed: "Book club: I may not write there",
		retry: "Retry failed", resent: "#1 is sent again to Book club", delivered: "#1: delivered 2/2 · failed 0", greets: "Good morning, have a calm day.",
	},
}

// walkCalendar rehearses a morning greeting and an announcement that fails in a
// group: both are found in the calendar, the clock jumps to them, and what
// failed is sent again.
func walkCalendar(lang string) func(*browserTab) {
	w := rehearsals[lang]
	return func(b *browserTab) {
		b.panel(func() { b.later("next-morning") }) // what is due when depends on the time of day
		b.panel(func() { b.click(testID("persona-admin")) })
		b.panel(func() {
			b.wait("an empty calendar", `!document.getElementById("upcoming-none").hidden`)
			b.see("#upcoming")
			b.shot("empty")
			b.click(testID("upcoming-try"))
		})
		b.wait("an example stands in the field", `document.getElementById("input").value.startsWith("/schedule add")`)
		b.run("empty the field", chromedp.Evaluate(`document.getElementById("input").value = ""`, nil))
		b.say(w.morning, "#1", "07:30")
		b.press(w.enable, "#1")
		b.say(w.weekly, "#2", "18:00")
		b.press(w.enable, "#2")
		m := b.say(w.announce)
		m = b.press(m.Choices[1]) // at a time
		b.press(m.Choices[0], w.planned)
		b.panel(func() {
			b.wait("the calendar", `document.querySelectorAll("#upcoming-list .due.announcement").length === 1 && document.querySelectorAll("#days .busy").length > 3`)
			b.see("#upcoming")
			b.shot("calendar")
			b.click("#days .busy[data-testid]")
			b.wait("one day of it", `document.querySelectorAll("#upcoming-list h3").length === 1 && document.querySelector('#days [aria-pressed="true"]')`)
			b.see("#upcoming")
			b.shot("day")
			b.click(`#days [aria-pressed="true"]`)
		})
		b.fits()
		b.calendar()

		// One group does not let the bot write when the announcement goes out.
		b.room("books", func() { b.click(testID("mute")) })
		b.panel(func() {
			b.wait("the group takes nothing of the bot", `document.getElementById("row-mute").classList.contains("bad")`)
			b.see("#row-mute")
			b.shot("muted")
		})
		b.room("product", nil)
		b.jump("announcement")
		b.warned = 1 // a letter that the network refused
		b.shows(w.report, w.failed)
		b.shot("failed")
		b.room("books", func() { b.click(testID("mute")) })
		b.room("product", nil)
		b.press(w.retry, w.resent)
		b.shows(w.delivered)
		b.shot("delivered")

		at := b.jump("schedule")
		b.want("the clock after the jump", b.now() >= at[:len("2006-01-02T15:04")], true)
		b.posted(w.greets)
		for range 20 { // its receipt is noted a moment after it is there
			if m := b.say("/schedule log 1", "#1"); strings.Contains(m.Text, "✔") {
				break
			}
		}
		b.wait("the note of the greeting", browserMessages+`.at(-1).text.includes("✔")`)
		b.shot("greeting")
		b.room("books", nil)
		b.posted(w.greets)

		// What was sent can be taken back, and is gone.
		b.room("product", nil)
		sent := fmt.Sprintf(`%s.some((m) => m.text === %q)`, browserMessages, strings.TrimSpace(strings.SplitN(w.announce, " ", 3)[2]))
		b.wait("the announcement", sent)
		b.say("/announce recall 1")
		b.wait("that it was taken back", "!"+sent)
		// The clock goes to the entry that was chosen, also to the last one.
		b.jumpLast()
	}
}

// calendar compares the squares and lines with what the program plans: every day
// of the next fourteen with what is due on it by the chat's clock.
func (b *browserTab) calendar() {
	b.t.Helper()
	b.panel(func() {
		b.run("show all of it", chromedp.Evaluate(`(() => { const all = document.getElementById("upcoming-more"); if (!all.dataset.all) all.click(); })()`, nil))
		var wrong string
		b.promise("compare with the plan", `(async () => {
			const now = document.getElementById("clock-now").dataset.now;
			const days = Array.from({length: 14}, (_, n) => new Date(Date.parse(now.slice(0, 10)) + n * 86400000).toISOString().slice(0, 10));
			const plan = (await (await fetch("/api/upcoming")).json()).filter((e) => days.includes(e.at.slice(0, 10)));
			if (!plan.some((e) => e.skip) || !plan.some((e) => e.at.startsWith(days[13]))) return "the plan lacks what is looked for";
			const cells = [...document.querySelectorAll("#days .day-cell")];
			if (cells.map((c) => c.dataset.testid.slice(4)).join() !== days.join()) return "other days";
			for (const [n, day] of days.entries()) {
				const due = plan.filter((e) => e.at.startsWith(day));
				if (cells[n].disabled !== !due.length || cells[n].classList.contains("busy") !== due.some((e) => !e.skip)) return "another day: " + day;
			}
			const lines = [...document.querySelectorAll("#upcoming-list .due")];
			if (lines.map((l) => l.dataset.at + l.classList.contains("skipped")).join() !== plan.map((e) => e.at + !!e.skip).join()) return "other lines";
			const off = lines.find((l) => l.querySelector("time").innerText !== l.dataset.at.slice(11, 16));
			return off ? "another time: " + off.dataset.at : "";
		})()`, &wrong)
		b.want("the calendar against the plan", wrong, "")
	})
}

// jumpLast moves the clock to the last entry of the list.
func (b *browserTab) jumpLast() {
	b.t.Helper()
	b.panel(func() {
		var at string
		raw := b.wait("the last entry", `[...document.querySelectorAll("#upcoming-list .due:not(.skipped)")].at(-1)?.dataset.at`)
		if err := json.Unmarshal(raw, &at); err != nil {
			b.t.Fatal(err)
		}
		b.click(`#upcoming-list .due:not(.skipped)`)
		b.wait("the clock there", fmt.Sprintf(`document.getElementById("clock-now").dataset.now.slice(0, 16) >= %q`, at[:len("2006-01-02T15:04")]))
	})
}

// panel does something in the panel at the side, which is a sheet on a phone.
func (b *browserTab) panel(do func()) {
	b.t.Helper()
	if b.look.phone {
		b.click(testID("open-panel"))
		b.wait("the sheet lies over the page", `document.querySelector("#sheet-panel.open") !== null`)
	}
	do()
	b.closeSheet()
}

func (b *browserTab) closeSheet() {
	b.t.Helper()
	var open bool
	b.run("is a sheet open", chromedp.Evaluate(`document.querySelector("#sheet-panel.open") !== null`, &open))
	if open {
		b.click("#sheet-panel [data-close]")
		b.wait("the sheet is closed", `!document.querySelector(".side.open")`)
	}
}

// room changes the chat and does something there in the panel.
func (b *browserTab) room(name string, do func()) {
	b.t.Helper()
	if b.look.phone {
		b.click(testID("open-chats"))
		b.wait("the chats are there", `document.querySelector("#sheet-chats.open") !== null`)
	}
	b.openChat(name)
	b.wait("the sheet is closed", `!document.querySelector(".side.open")`)
	if do != nil {
		b.panel(do)
	}
}

// jump moves the clock to the first entry of a kind in the calendar and returns
// its instant.
func (b *browserTab) jump(kind string) string {
	b.t.Helper()
	var at string
	b.panel(func() {
		b.run("show all of it", chromedp.Evaluate(`(() => { const all = document.getElementById("upcoming-more"); if (!all.dataset.all) all.click(); })()`, nil))
		raw := b.wait("an entry of the calendar", fmt.Sprintf(`document.querySelector("#upcoming-list .due.%s:not(.skipped)")?.dataset.at`, kind))
		if err := json.Unmarshal(raw, &at); err != nil {
			b.t.Fatal(err)
		}
		b.click(fmt.Sprintf(`#upcoming-list .due.%s[data-at=%q]`, kind, at))
		b.wait("the clock moves", fmt.Sprintf(`document.getElementById("clock-now").dataset.now.slice(0, 16) >= %q`, at[:len("2006-01-02T15:04")]))
	})
	return at
}

// shows waits until a message has all of some words.
func (b *browserTab) shows(words ...string) {
	b.t.Helper()
	b.wait("a message with "+fmt.Sprint(words), fmt.Sprintf(`%s.some((m) => m.from === "bot" && %s.every((w) => m.text.includes(w)))`, browserMessages, quoted(words)))
}

// posted waits until the bot has said a text to everybody, and nothing else.
func (b *browserTab) posted(text string) {
	b.t.Helper()
	b.wait("the post "+text, fmt.Sprintf(`%s.some((m) => m.from === "bot" && !m.private && m.text === %q)`, browserMessages, text))
}

// see scrolls to something.
func (b *browserTab) see(selector string) {
	b.t.Helper()
	b.run("scroll to "+selector, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).scrollIntoView({block: "nearest"})`, selector), nil))
}
