package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browserWait looks until an expression holds. It is evaluated as a whole
// from outside, because the page's own policy forbids eval.
const browserWait = `new Promise((resolve) => {
  const until = performance.now() + %d;
  const look = () => {
    const found = (() => (%s))();
    if (found) resolve(JSON.stringify(found));
    else if (performance.now() > until) resolve("");
    else setTimeout(look, 15);
  };
  look();
})`

// wait waits until an expression is true on the page and returns its value.
func (b *browserTab) wait(what, expression string) json.RawMessage {
	b.t.Helper()
	var found string
	limit := browserPatience - browserPatience/4 // before run gives up
	b.run(what, chromedp.Evaluate(fmt.Sprintf(browserWait, limit.Milliseconds(), expression), &found,
		func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if found == "" {
		b.t.Fatalf("waited %s in vain: %s\n%s", limit, what, b.seen())
	}
	return json.RawMessage(found)
}

// browserMessages is the conversation as it is shown.
const browserMessages = `[...document.querySelectorAll('#log [data-testid="message"]')].map((el) => ({
  id: Number(el.dataset.id) || 0, from: el.dataset.from, private: el.dataset.private === "true",
  edited: el.dataset.edited === "true", sent: el.dataset.status === "sent",
  only: el.querySelector(".only")?.innerText ?? "", text: el.querySelector(".text")?.innerText ?? "",
  choices: [...el.querySelectorAll('[data-testid="choice"]')].map((c) => c.innerText),
  files: [...el.querySelectorAll('[data-testid="file"]')].map((f) => f.innerText),
}))`

type browserMessage struct {
	ID      int64    `json:"id"`
	From    string   `json:"from"`
	Private bool     `json:"private"`
	Edited  bool     `json:"edited"`
	Sent    bool     `json:"sent"`
	Only    string   `json:"only"` // the words that say who alone sees it
	Text    string   `json:"text"`
	Choices []string `json:"choices"`
	Files   []string `json:"files"`
}

// messages reads the conversation from top to bottom.
func (b *browserTab) messages() []browserMessage {
	b.t.Helper()
	var list []browserMessage
	b.run("read the conversation", chromedp.Evaluate(browserMessages, &list))
	return list
}

// seen tells in words what the page shows, for the report of a failure.
func (b *browserTab) seen() string {
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	var text string
	err := chromedp.Run(ctx, chromedp.Evaluate(`document.getElementById("chat-title").innerText + " · " + document.getElementById("me").getAttribute("aria-label") +
		" · " + document.getElementById("clock-now").dataset.now + "\n" + document.getElementById("log").innerText + "\n" + document.getElementById("toast").innerText`, &text))
	if err != nil {
		return err.Error()
	}
	return text
}

// answer does something and waits for what the bot says to it: a message that
// is new, and that the person before the page sees without scrolling. It fails
// when the last new message lacks one of the words.
func (b *browserTab) answer(do func(), want ...string) browserMessage {
	b.t.Helper()
	last := int64(0)
	for _, m := range b.messages() {
		last = max(last, m.ID)
	}
	do()
	var m browserMessage
	raw := b.wait("an answer with "+strings.Join(want, ", "), fmt.Sprintf(`(() => {
		const all = %s, m = all.at(-1), el = document.querySelectorAll('#log [data-testid="message"]')[all.length - 1];
		if (!m || m.from !== "bot" || m.id <= %d || !%s.every((w) => m.text.includes(w))) return null;
		const log = document.getElementById("log").getBoundingClientRect(), box = el.getBoundingClientRect();
		return box.bottom <= log.bottom + 1 && (box.top >= log.top - 1 || box.height > log.height) ? m : null;
	})()`, browserMessages, last, quoted(want)))
	if err := json.Unmarshal(raw, &m); err != nil {
		b.t.Fatal(err)
	}
	return m
}

func quoted(words []string) string {
	if words == nil {
		return "[]"
	}
	data, err := json.Marshal(words)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// click presses the mouse, or a finger, where something is; it must be there
// to be hit.
func (b *browserTab) click(selector string) {
	b.t.Helper()
	for range 5 {
		if b.clicked(selector) {
			return
		}
	}
	b.t.Fatalf("%s is drawn anew whenever it is clicked on", selector)
}

// clicked reports whether a click reached its aim: what is drawn anew between
// the press and the release, or moves away before, gets none.
func (b *browserTab) clicked(selector string) bool {
	b.t.Helper()
	var at struct{ X, Y float64 }
	raw := b.wait("something to click on", fmt.Sprintf(`(() => {
		const el = [...document.querySelectorAll(%[1]q)].at(-1);
		if (!el || el.disabled) return null;
		el.scrollIntoView({block: "nearest", inline: "nearest"});
		const box = el.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
		const hit = document.elementFromPoint(x, y);
		if (!hit || !el.contains(hit)) return null;
		window.clickMissed = true;
		document.addEventListener("click", (e) => { window.clickMissed = !e.target.closest(%[1]q); }, {capture: true, once: true});
		return {x, y};
	})()`, selector))
	if err := json.Unmarshal(raw, &at); err != nil {
		b.t.Fatal(err)
	}
	b.run("click on "+selector, chromedp.MouseClickXY(at.X, at.Y))
	var missed bool
	b.run("look where the click went", chromedp.Evaluate(`window.clickMissed === true`, &missed))
	return !missed
}

// keys types into whatever has the focus.
func (b *browserTab) keys(keys string) {
	b.t.Helper()
	b.run("type", chromedp.KeyEvent(keys))
}

// write types a text into the message field and sends it with Enter.
func (b *browserTab) write(text string) {
	b.t.Helper()
	b.click("#input")
	// As an input method hands over a word.
	b.run("type "+text, input.InsertText(text))
	b.keys(kb.Enter)
	b.wait("the field is empty again", `document.getElementById("input").value === ""`)
}

// say writes a text as the present persona and waits for the answer.
func (b *browserTab) say(text string, want ...string) browserMessage {
	b.t.Helper()
	return b.answer(func() { b.write(text) }, want...)
}

// press clicks a button under the newest message that has one of that label.
func (b *browserTab) press(label string, want ...string) browserMessage {
	b.t.Helper()
	return b.answer(func() {
		b.wait("a button "+label, fmt.Sprintf(`(() => {
			const all = [...document.querySelectorAll('#log [data-testid="choice"]')].filter((c) => c.innerText === %q);
			document.querySelectorAll("[data-pressed]").forEach((c) => delete c.dataset.pressed);
			if (all.length) all.at(-1).dataset.pressed = "";
			return all.length;
		})()`, label))
		b.click("[data-pressed]")
	}, want...)
}

// silence says something that nobody answers. It is not waited for: what
// follows is, and would stand after a late answer.
func (b *browserTab) silence(text string) {
	b.t.Helper()
	b.write(text)
	b.wait("the message stands there", fmt.Sprintf(`(() => { const m = %s.at(-1); return m && m.sent && m.text === %q; })()`, browserMessages, text))
}

// speakAs changes the person by the panel.
func (b *browserTab) speakAs(who string) {
	b.t.Helper()
	b.click(testID("persona-" + who))
	b.wait("speaking as "+who, fmt.Sprintf(`document.querySelector(%q)?.getAttribute("aria-pressed") === "true"`, testID("persona-"+who)))
}

// openChat changes the chat by the list.
func (b *browserTab) openChat(room string) {
	b.t.Helper()
	b.click(testID("chat-" + room))
	b.wait("the chat "+room, fmt.Sprintf(`document.querySelector(%q)?.getAttribute("aria-current") === "true"`, testID("chat-"+room)))
}

// now is what the page's clock shows, to the minute.
func (b *browserTab) now() string {
	b.t.Helper()
	var at string
	b.run("read the clock", chromedp.Evaluate(`document.getElementById("clock-now").dataset.now`, &at))
	return at[:len("2006-01-02T15:04")]
}

// later presses a button of the clock and waits until the clock has moved.
func (b *browserTab) later(step string) {
	b.t.Helper()
	before := b.now()
	b.click(testID("clock-" + step))
	b.wait("the clock moves", fmt.Sprintf(`document.getElementById("clock-now").dataset.now.slice(0, 16) > %q`, before))
}

// text is what an element shows.
func (b *browserTab) text(selector string) string {
	b.t.Helper()
	var s string
	b.run("read "+selector, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector), &s))
	return s
}

// tabTo goes on with the Tab key until the focus is where it should be.
func (b *browserTab) tabTo(selector string) {
	b.t.Helper()
	for range 60 {
		var there bool
		b.run("where is the focus", chromedp.Evaluate(fmt.Sprintf(`document.activeElement?.matches(%q) ?? false`, selector), &there))
		if there {
			b.wait("the focus is shown", `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0; })()`)
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("the Tab key does not lead to %s\n%s", selector, b.seen())
}

// shot saves what the page shows, without the word that passes over it.
func (b *browserTab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("QUNMATE_SCREENSHOTS")
	if dir == "" {
		dir = b.t.ArtifactDir()
	}
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	var png []byte
	err := chromedp.Run(ctx,
		chromedp.Evaluate(`document.getElementById("toast")?.classList.remove("shown")`, nil),
		chromedp.MouseEvent(input.MouseMoved, 1, 1), // off whatever it lies on
		chromedp.ActionFunc(func(ctx context.Context) error {
			var err error
			png, err = page.CaptureScreenshot().Do(ctx)
			return err
		}))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, filepath.Base(b.t.Name())+"-"+name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Errorf("picture %s: %v", name, err)
	}
}

// fits checks that nothing has to be scrolled sideways.
func (b *browserTab) fits() {
	b.t.Helper()
	var width int64
	b.run("measure the page", chromedp.Evaluate(`Math.max(document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth)`, &width))
	if width > b.look.width {
		b.t.Errorf("the page is %d wide, the screen %d", width, b.look.width)
	}
}

func testID(id string) string { return `[data-testid="` + id + `"]` }

// want compares what is seen with what should be.
func (b *browserTab) want(what string, got, want any) {
	b.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Errorf("%s: %v, want %v\n%s", what, got, want, b.seen())
	}
}

// has checks that all of some texts are among others.
func (b *browserTab) has(what string, got []string, want ...string) {
	b.t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			b.t.Errorf("%s: %q lacks %q", what, got, w)
		}
	}
}
