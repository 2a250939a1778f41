package main_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserPatience is how long anything on the page may take: far more than it
// does, because the machines of a gate are slow.
const browserPatience = 40 * time.Second

// browserNames are tried in this order.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

func browserPath() string {
	for _, name := range browserNames {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if runtime.GOOS == "darwin" {
		for _, app := range []string{"Google Chrome", "Chromium"} {
			path := "/Applications/" + app + ".app/Contents/MacOS/" + app
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	return ""
}

// startBrowser starts one Chromium with a fresh profile that can reach this
// machine only. The test is skipped where there is none.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path := browserPath()
	if path == "" {
		text := "the browser test needs Chromium or Chrome, and none of " + strings.Join(browserNames, ", ") + " is on the PATH"
		if os.Getenv("QUNMATE_REQUIRE_BROWSER") == "1" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("no-proxy-server", true),
		// What is not this machine has no address.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// browserLook is how a page is looked at.
type browserLook struct {
	width, height int64
	dots          float64 // of the screen per pixel, 1 if 0
	phone         bool    // touch
	dark          bool
}

// A browserTab is one person before the sandbox page. Its methods do what a
// person's hands do and fail the test when the page does not follow.
type browserTab struct {
	t    *testing.T
	ctx  context.Context
	url  string
	look browserLook

	program *running
	warned  int // how many warnings of the program are a part of the walk

	mu         sync.Mutex
	complaints []string // what the console said and what went outside
	rough      bool     // requests fail, and shall
}

// openTab opens the page. What a page keeps in the browser it keeps under its
// address, and every program has another one, so no walk finds what an earlier
// one left.
func openTab(t *testing.T, browser context.Context, address string, look browserLook) *browserTab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	tab := &browserTab{t: t, ctx: ctx, url: address, look: look}
	chromedp.ListenTarget(ctx, tab.notice)
	scheme := "light"
	if look.dark {
		scheme = "dark"
	}
	tab.run("open the page",
		network.Enable(), log.Enable(), cdpruntime.Enable(),
		emulation.SetDeviceMetricsOverride(look.width, look.height, max(1, look.dots), look.phone),
		emulation.SetTouchEmulationEnabled(look.phone),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // pictures of what stands, not of what moves
		}),
		chromedp.Navigate(address),
	)
	tab.wait("the page is ready", `document.documentElement.dataset.ready === "true"`)
	t.Cleanup(func() {
		if t.Failed() {
			tab.shot("failed")
		}
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, c := range tab.complaints {
			t.Error(c)
		}
	})
	return tab
}

// leave closes the page: it would complain when the program stops.
func (b *browserTab) leave() {
	b.t.Helper()
	b.run("leave the page", chromedp.Navigate("about:blank"))
}

// notice keeps what must not happen: a word of the console that is a warning
// or worse, and a request that does not go to the program.
func (b *browserTab) notice(event any) {
	complain := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.complaints = append(b.complaints, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.APITypeError || e.Type == cdpruntime.APITypeWarning || e.Type == cdpruntime.APITypeAssert {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			complain("console: %s: %s", e.Type, strings.Join(words, " "))
		}
	case *cdpruntime.EventExceptionThrown:
		complain("console: %v", e.ExceptionDetails)
	case *log.EventEntryAdded:
		b.mu.Lock()
		rough := b.rough && e.Entry.Source == log.SourceNetwork
		b.mu.Unlock()
		if !rough && (e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning) {
			complain("console: %s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "about" && u.Scheme != "data" && u.Scheme != "blob" && !strings.HasPrefix(e.Request.URL, b.url) {
			complain("the page asked for %s", e.Request.URL)
		}
	case *network.EventWebSocketCreated:
		complain("the page opened %s", e.URL)
	}
}

func (b *browserTab) run(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	// The first run on a tab creates it, and it would end with a context that
	// ends; this one is of the tab already.
	if chromedp.FromContext(b.ctx).Target == nil {
		ctx = b.ctx
	}
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v\n%s", what, err, b.seen())
	}
}

// browserHouse starts the program in a folder of its own, empty but for a
// configuration, and says where its page is.
func browserHouse(t *testing.T, config string) (p *running, address string) {
	t.Helper()
	dir := t.TempDir()
	if config != "" {
		write(t, filepath.Join(dir, "config.yaml"), config)
	}
	p = launch(t, dir, nil)
	p.says("http://127.0.0.1:") // in whichever language
	return p, regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(p.out.String())
}

// browserEnd stops the program after a walk. Nothing went wrong on its side but
// what was rehearsed, and every balance is still the sum of its entries.
func browserEnd(t *testing.T, p *running, warned int) {
	t.Helper()
	p.stop()
	if p.log.count("level=ERROR") > 0 || p.log.count("level=WARN") != warned {
		t.Errorf("the program complained:\n%s", tail(p.log))
	}
	wantCall(t, p.cmd.Dir, 0, "", "verify")
}
