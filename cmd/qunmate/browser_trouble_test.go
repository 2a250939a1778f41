package main_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// walkTrouble is what a person meets beside the plain road: texts that look like
// markup, long ones, half-written ones, a second tab, and a program that dies.
func walkTrouble(b *browserTab) {
	b.later("next-morning")
	b.speakAs("admin")
	b.say("/checkin set digest on")
	b.speakAs("ann")
	for i := range 14 { // more than the screen holds
		if code := say(b.t, strings.TrimSuffix(b.url, "/"), fmt.Sprintf("small-talk-%d", i), "product", "chen", fmt.Sprintf("闲聊 %d", i)); code != http.StatusOK {
			b.t.Fatal(code)
		}
	}
	b.say("签到", "余额 5")
	b.silence(`<b>粗</b><img src=x onerror=alert(1)> & "话"`) // it stands there as it was typed
	b.want("the time under a message", b.text(`#log [data-testid="message"]:last-child time`), "08:00")

	b.click(`#log [data-testid="message"]:last-child .bubble`)
	b.keys(kb.Enter)
	b.wait("a reply", `!document.querySelector('[data-testid="replying"]').hidden`)
	b.keys(kb.Escape)
	b.wait("no reply any more", `document.querySelector('[data-testid="replying"]').hidden`)
	b.click(`#log [data-testid="message"]:last-child .bubble`)
	b.keys(kb.Enter)
	b.silence("说得对")
	b.want("what is answered", strings.Contains(b.text(`#log [data-testid="message"]:last-child .quote`), "<b>粗</b>"), true)

	// What is half written stays with its chat; Enter that only takes a word of an
	// input method, or comes with Shift, sends nothing.
	b.click("#input")
	b.run("type", input.InsertText("草稿"))
	b.openChat("books")
	b.want("the field of another chat", b.value(), "")
	b.openChat("product")
	b.want("the draft", b.value(), "草稿")
	b.run("an input method takes a word", chromedp.Evaluate(`document.getElementById("input").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))`, nil))
	b.click("#input")
	for range 4 {
		b.run("a new line", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(input.ModifierShift)))
	}
	b.want("the text on several lines", strings.TrimRight(b.value(), "\n"), "草稿")
	b.want("lines", strings.Count(b.value(), "\n"), 4)
	b.wait("the newest message above the field that has grown", atEnd)
	b.set("#input", strings.Repeat("长", 4097))
	b.keys(kb.Enter)
	b.wait("that it is too long", `document.querySelector("#toast.shown")?.innerText.includes("4096")`)
	b.want("nothing of it is lost", len([]rune(b.value())), 4097)
	b.set("#input", "")

	b.run("Alt and 2", chromedp.KeyEvent("2", chromedp.KeyModifiers(input.ModifierAlt)))
	b.wait("speaking as the second", `document.querySelector('[data-testid="persona-man"][aria-pressed="true"]')`)
	b.speakAs("ann")
	day := b.now()[:len("2006-01-02")]
	b.set("#custom-to", day+"T21:30")
	b.click(testID("clock-go"))
	b.wait("that time", fmt.Sprintf(`document.getElementById("clock-now").dataset.now.startsWith(%q)`, day+"T21:30"))
	b.wait("the line that is pinned", `[...document.querySelectorAll("#log .meta")].some((m) => m.innerText.includes("📌"))`)

	b.parts()
	b.again()
	second := openTab(b.t, b.ctx, b.url, b.look)
	b.together(second)
	b.dies(second)
	second.leave()
}

// atEnd holds while the newest message is in sight.
const atEnd = `(() => {
	const all = document.querySelectorAll('#log [data-testid="message"]');
	return all[all.length - 1].getBoundingClientRect().bottom <= document.getElementById("log").getBoundingClientRect().bottom + 1;
})()`

// value is what stands in the field.
func (b *browserTab) value() string {
	b.t.Helper()
	var text string
	b.run("read the field", chromedp.Evaluate(`document.getElementById("input").value`, &text))
	return text
}

// set puts a value into a field, as if it had been typed.
func (b *browserTab) set(selector, value string) {
	b.t.Helper()
	b.run("fill "+selector, chromedp.Evaluate(fmt.Sprintf(`(() => {
		const field = document.querySelector(%q);
		field.value = %s;
		field.dispatchEvent(new Event("input", {bubbles: true}));
	})()`, selector, strconv.Quote(value)), nil))
}

// promise evaluates a promise.
func (b *browserTab) promise(what, expression string, into any) {
	b.t.Helper()
	b.run(what, chromedp.Evaluate(expression, into, func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// parts are two of the page's own, which nothing else reaches.
func (b *browserTab) parts() {
	b.t.Helper()
	var links []string
	b.promise("addresses of the web", `import("/view.js").then((v) => ["https://example.com/", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "nothing"].map(v.webAddress))`, &links)
	b.want("addresses that may be followed", links, []string{"https://example.com/", "", "", "", ""})
	var focused bool
	b.promise("a focus that stays", `import("/view.js").then((v) => {
		const box = document.body.appendChild(document.createElement("div"));
		const row = (word) => [["key", word, () => v.h("button", null, word)]];
		v.reconcile(box, row("old"));
		box.firstChild.focus();
		v.reconcile(box, row("new"));
		const stays = document.activeElement === box.firstChild && box.innerText === "new";
		box.remove();
		return stays;
	})`, &focused)
	b.want("what is built anew keeps the focus", focused, true)
}

// again: the language is remembered, and who opens the page again sees the
// newest message.
func (b *browserTab) again() {
	b.t.Helper()
	b.click(testID("lang-en"))
	b.wait("the page in English", `document.getElementById("chat-title").innerText === "Product group"`)
	b.run("open the page again", chromedp.Reload())
	b.wait("it is ready", `document.documentElement.dataset.ready === "true"`)
	b.want("the language", b.text("#chat-title"), "Product group")
	b.wait("the newest message", atEnd)
	b.click(testID("lang-zh-CN"))
	b.wait("the page in Chinese", `document.getElementById("chat-title").innerText === "产品群"`)
}

// together: what happens in one tab is seen in the other, whispers by whom they
// are for, and marked where they are not looked at.
func (b *browserTab) together(second *browserTab) {
	b.t.Helper()
	second.speakAs("man")
	second.say("签到", "今日第 2 位")
	b.front()
	b.wait("Xiaoman's word", browserMessages+`.at(-1).text === "签到"`)
	b.wait("that Xiaoman was told something", `document.querySelector('[data-testid="persona-man"] .dot')`)
	second.front()
	second.openChat("books")
	second.silence("大家好")
	b.front()
	b.wait("that there is something new", `document.querySelector('[data-testid="chat-books"] .dot')`)
	b.openChat("books")
	b.wait("the word from the other tab", browserMessages+`.at(-1).text === "大家好"`)
	b.openChat("product")
	b.wait("that it was seen", `!document.querySelector('[data-testid="chat-books"] .dot')`)
}

// front brings the tab before the others: a page that is not looked at draws
// nothing.
func (b *browserTab) front() {
	b.t.Helper()
	b.run("look at this tab", page.BringToFront())
}

// dies: the program is killed in the middle. What was not sent can be sent
// again, once; what was said meanwhile is there; nothing stands there twice.
func (b *browserTab) dies(second *browserTab) {
	b.t.Helper()
	b.setRough(true)
	second.setRough(true)
	b.run("note the ids", chromedp.Evaluate(`(() => {
		const real = window.fetch;
		window.said = [];
		window.fetch = (path, options) => {
			if (path === "/api/say") window.said.push(JSON.parse(options.body).id);
			return real(path, options);
		};
	})()`, nil))
	if err := b.program.cmd.Process.Kill(); err != nil {
		b.t.Fatal(err)
	}
	<-b.program.done
	b.wait("that the connection is lost", `!document.getElementById("net").hidden`)
	b.write("断线时说的")
	b.wait("that it was not sent", `document.querySelector('#log [data-status="failed"] [data-testid="retry"]')`)
	b.shot("lost")
	b.click(`#log [data-testid="choice"]`)
	b.wait("that the program cannot be reached", `document.querySelector("#toast.shown")?.innerText.includes("连不上程序")`)
	b.click(testID("lang-en"))
	b.wait("the same for the language", `document.getElementById("chat-title").innerText === "产品群" && document.querySelector("#toast.shown")`)

	b.program = launch(b.t, b.program.cmd.Dir, nil)
	b.program.says("http://127.0.0.1:")
	base := strings.TrimSuffix(b.url, "/")
	until(b.t, "the program is ready", func() bool { return ready(base) })
	if code := say(b.t, base, "while-away", "product", "zhou", "你们在吗"); code != http.StatusOK {
		b.t.Fatal(code)
	}
	b.wait("the connection again", `document.getElementById("net").hidden && `+browserMessages+`.some((m) => m.text === "你们在吗")`)
	b.click(testID("retry"))
	b.wait("that it is sent", browserMessages+`.filter((m) => m.text === "断线时说的" && m.sent).length === 1`)
	var same bool
	b.run("the ids", chromedp.Evaluate(`window.said.length === 2 && window.said[0] === window.said[1]`, &same))
	b.want("trying again is the same message", same, true)
	second.front()
	second.openChat("product")
	second.wait("it arrives in the other tab", browserMessages+`.filter((m) => m.text === "断线时说的").length === 1`)
	for _, tab := range []*browserTab{b, second} {
		var equal bool
		tab.promise("compare with the program", `(async () => {
			const as = document.querySelector('#personas [aria-pressed="true"]').dataset.testid.slice("persona-".length);
			const told = (await (await fetch("/api/state?as=" + as)).json()).messages.filter((m) => m.chat === "product" && !m.notice).map((m) => m.id);
			const shown = [...document.querySelectorAll('#log [data-testid="message"]')].map((m) => m.dataset.id);
			return told.join() === shown.join();
		})()`, &equal)
		tab.want("every message once, in the program's order", equal, true)
	}
	b.setRough(false)
	second.setRough(false)
}

// setRough says whether requests that fail are a part of the walk.
func (b *browserTab) setRough(rough bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rough = rough
}
