package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// drawWords are what a draw is made and followed with, in a language.
type drawWords struct {
	draw, ready, publish, published, join, ticket, result, verify, same string
}

var drawsBy = map[string]drawWords{
	"zh-CN": {
		"/draw 保温杯×2@89元、咖啡券×1@20元 截止 2天后 满 5 人 领奖 48h 弃奖 顺延 主办 阿宁，微信 aning", "齐了（15/15）", "发布", "已发布", "参加", "你的签号 %d",
		"开奖（5 人参加）", "/verify 1", "✔ 重算结果相同",
	},
	"en": {
		"/draw mug×2@89yuan, coffee×1@20yuan until in 2 days full 5 claim 48h forfeit next host Ann, t.me/ann", "Complete (15/15)", "Publish", "is published", "Join", "ticket %d",
		"is drawn (5 entrants)", "/verify 1", "✔",
	},
}

// walkDraw: a whole draw, from the preview to the page on which everybody
// computes it again.
func walkDraw(lang string) func(*browserTab) {
	w := drawsBy[lang]
	return func(b *browserTab) {
		b.speakAs("admin")
		m := b.say(w.draw, w.ready)
		b.want("only the admin sees the preview", m.Private, true)
		b.shot("preview")
		b.press(w.publish)
		b.wait("the opening", fmt.Sprintf(`document.getElementById("log").innerText.includes(%q) || null`, w.published))
		for i, who := range []string{"ann", "man", "zhou", "chen", "qiang"} {
			b.speakAs(who)
			if i == 0 {
				m := b.press(w.join, fmt.Sprintf(w.ticket, 1))
				b.want("only "+who+" sees the ticket", m.Private, true)
				continue
			}
			// The first one presses; the post changes with everybody who enters, so
			// that a later press may meet it just then. After the last one the list is
			// frozen and said to be: his ticket is not the newest word.
			b.write("/join 1")
			b.wait("a ticket for "+who, fmt.Sprintf(`document.getElementById("log").innerText.includes(%q) || null`, fmt.Sprintf(w.ticket, i+1)))
		}
		b.speakAs("ann")
		b.shot("open")
		b.later("hour") // five are in: the list is frozen, the round comes a minute later
		b.wait("the result", fmt.Sprintf(`document.getElementById("log").innerText.includes(%q) || null`, w.result))
		b.shot("result")
		m = b.say(w.verify, w.same)
		b.want("only Ann sees what was checked", m.Private, true)
		b.shot("verified")

		// The receipt, as a member would save it, on the page that computes it.
		var receipt string
		b.run("fetch the receipt", chromedp.Evaluate(`(async () => {
			const a = [...document.querySelectorAll('#log [data-testid="file"]')].at(-1);
			return a ? await (await fetch(a.href)).text() : "";
		})()`, &receipt, func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
		b.want("the receipt of draw 1", strings.Contains(strings.ReplaceAll(receipt, " ", ""), `"draw":1,`), true)
		// The button leads to the page, at the port that was really taken.
		var link string
		b.run("where the button leads", chromedp.Evaluate(`[...document.querySelectorAll('#log a[data-testid="choice"]')].at(-1).href`, &link))
		b.want("where the button leads", link, b.url+"verify")
		// In private she is told where to find her line.
		b.openChat("private")
		own := regexp.MustCompile(`(?:盐|salt) ([0-9a-f]+)(?:，账号|, account) (\S+?)(?:，|, )`).FindStringSubmatch(b.press(b.say(w.verify).Choices[0], w.same).Text)
		if own == nil {
			b.t.Fatal("no salt and account in private")
		}
		b.run("open the page", chromedp.Navigate(link))
		b.wait("the page", `document.getElementById("go") && document.readyState === "complete" || null`)
		file := filepath.Join(b.t.TempDir(), "receipt-1.json")
		if err := os.WriteFile(file, []byte(receipt), 0o600); err != nil {
			b.t.Fatal(err)
		}
		b.run("choose the receipt", chromedp.SetUploadFiles("#file", []string{file}, chromedp.ByQuery))
		b.wait("that it comes out the same", `(() => {
			const sum = document.querySelector("#result .sum");
			return sum && sum.classList.contains("ok") && !document.querySelector("#result .bad") || null;
		})()`)
		b.shot("page")
		// Whatever the browser speaks: the page speaks both languages, and says again
		// what it has computed.
		for _, l := range []struct{ lang, title, sum string }{{"en", "Compute a draw yourself", "Everything comes out the same"}, {"zh-CN", "自己验证抽奖", "重算一致"}} {
			b.run("choose "+l.lang, chromedp.Click(`[data-lang="`+l.lang+`"]`, chromedp.ByQuery))
			b.wait("the page in "+l.lang, fmt.Sprintf(`document.documentElement.lang === %q && document.title === %q && document.querySelector("#result .sum").innerText.includes(%q) || null`, l.lang, l.title, l.sum))
		}
		for account, said := range map[string]string{own[2]: "在名单里，签号 1。", own[2] + "x": "名单里没有这个账号。"} {
			b.run("look for "+account, chromedp.SetValue("#salt", own[1], chromedp.ByQuery), chromedp.SetValue("#account", account, chromedp.ByQuery), chromedp.Click("#find", chromedp.ByQuery))
			b.wait("whether "+account+" is in the list", fmt.Sprintf(`document.getElementById("found").innerText === %q`, said))
		}
		b.run("open the page again", chromedp.Reload())
		b.wait("the language that was chosen", `document.documentElement.lang === "zh-CN" && document.title === "自己验证抽奖"`) // this browser speaks English
		// A signature nobody made, and a heavier ticket, and the page says so.
		signature := regexp.MustCompile(`"signature": ?"([0-9a-f]+)"`).FindStringSubmatch(receipt)[1]
		b.run("paste a signature made up", chromedp.SetValue("#text", strings.Replace(receipt, signature, signature[2:]+"00", 1), chromedp.ByQuery), chromedp.Click("#go", chromedp.ByQuery))
		b.wait("that it is not the network's", `document.querySelector("#result .sum.bad") && [...document.querySelectorAll("#result .bad")].some((l) => l.innerText.includes("是编的")) || null`)
		other := regexp.MustCompile(`("winners": ?\[\s*\{\s*"prize": ?0,\s*"ticket": ?)\d+`).ReplaceAllString(receipt, "${1}99")
		b.want("another winner is another text", other != receipt, true)
		b.run("paste another winner", chromedp.SetValue("#text", other, chromedp.ByQuery), chromedp.Click("#go", chromedp.ByQuery))
		b.wait("that another one should have won", `document.querySelector("#result .sum.bad") && [...document.querySelectorAll("#result .bad")].some((l) => l.innerText.includes("和重算的不同")) &&
			document.querySelector("#result .prize") && ![...document.querySelectorAll("#result .prize")].some((l) => l.innerText.includes("99")) || null`)
		forged := strings.Replace(receipt, `"weight": 1`, `"weight": 2`, 1)
		if forged == receipt {
			forged = strings.Replace(receipt, `"weight":1`, `"weight":2`, 1)
		}
		b.want("a forgery is another text", forged != receipt, true)
		b.run("paste a forgery", chromedp.SetValue("#text", forged, chromedp.ByQuery), chromedp.Click("#go", chromedp.ByQuery))
		b.wait("that it does not add up", `document.querySelector("#result .sum.bad") ? true : null`)
	}
}
