package sandbox

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qunmate/bot/chat"
)

// brokenPage is the page with one file missing or replaced.
type brokenPage struct {
	fs.FS
	name, content string
}

func (b brokenPage) Open(name string) (fs.File, error) {
	if name == b.name && b.content == "" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return b.FS.Open(name)
}

func (b brokenPage) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == b.name {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries, err := fs.ReadDir(b.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == b.name && b.content == "" }), err
}

func (b brokenPage) ReadFile(name string) ([]byte, error) {
	if name == b.name {
		if b.content == "" {
			return nil, fs.ErrNotExist
		}
		return []byte(b.content), nil
	}
	return fs.ReadFile(b.FS, name)
}

func pageFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(path.Join(page, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

func TestStringsAreComplete(t *testing.T) {
	t.Parallel()
	files := pageFiles(t)
	words := map[string]map[string]string{}
	for _, lang := range languages {
		var m map[string]string
		if err := json.Unmarshal([]byte(files["strings."+lang+".json"]), &m); err != nil {
			t.Fatal(lang, err)
		}
		words[lang] = m
	}
	hole := regexp.MustCompile(`\{[a-z]+\}`)
	holes := func(s string) []string {
		found := hole.FindAllString(s, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key, text := range words["en"] {
		zh, ok := words["zh-CN"][key]
		if !ok || strings.TrimSpace(zh) == "" || strings.TrimSpace(text) == "" {
			t.Errorf("%s: missing or empty", key)
		}
		if !slices.Equal(holes(zh), holes(text)) {
			t.Errorf("%s: different words to fill in: %v and %v", key, holes(zh), holes(text))
		}
	}
	if len(words["en"]) != len(words["zh-CN"]) {
		for key := range words["zh-CN"] {
			if _, ok := words["en"][key]; !ok {
				t.Errorf("%s: missing in English", key)
			}
		}
	}

	used := map[string]bool{"bot.username": true} // read by Go
	use := func(key, where string) {
		used[key] = true
		if _, ok := words["en"][key]; !ok {
			t.Errorf("%s uses %q, which no strings file has", where, key)
		}
	}
	literal := regexp.MustCompile(`"([a-z]+\.[a-z0-9_]+)"`)
	families := strings.Join([]string{"app", "bot", "persona", "chat", "nav", "speak", "clock", "group", "message", "notice", "input", "quick", "net", "error", "calendar"}, "|")
	isKey := regexp.MustCompile(`^(` + families + `)\.`)
	var scripts strings.Builder
	for name, content := range files {
		if path.Ext(name) != ".js" && path.Ext(name) != ".html" {
			continue
		}
		scripts.WriteString(content)
		for _, m := range literal.FindAllStringSubmatch(content, -1) {
			if isKey.MatchString(m[1]) && path.Ext(m[1]) != ".js" {
				use(m[1], name)
			}
		}
	}
	// Keys that are put together at run time.
	for _, id := range personaIDs {
		use("persona."+id, "the page")
	}
	for _, id := range groupIDs {
		use("chat."+id, "the page")
	}
	for _, n := range []string{"joined", "left", "bot_added", "bot_removed", "bot_unblocked", "bot_blocked"} {
		use("notice."+n, "the page")
	}
	list := regexp.MustCompile(`const known = \[([^\]]*)\]`).FindStringSubmatch(scripts.String())
	if list == nil {
		t.Fatal("no list of known errors")
	}
	for code := range strings.SplitSeq(list[1], ",") {
		use("error."+strings.Trim(strings.TrimSpace(code), `"`), "the page")
	}
	for key := range words["en"] {
		if !used[key] {
			t.Errorf("%s: nobody uses it", key)
		}
	}
}

func TestPageAsksNobodyElse(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`(https?:)?//[A-Za-z0-9-]+\.[a-z]{2,}|@import|url\(`)
	for name, content := range pageFiles(t) {
		content = strings.ReplaceAll(content, "http://www.w3.org/", "") // the name of SVG, never fetched
		if found := outside.FindString(content); found != "" {
			t.Errorf("%s names %q", name, found)
		}
		for _, banned := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "javascript:", "<style", " style=", " onclick=", " onload="} {
			if strings.Contains(content, banned) {
				t.Errorf("%s contains %q", name, banned)
			}
		}
	}
	html := pageFiles(t)["index.html"]
	if strings.Count(html, "<script") != 1 || !strings.Contains(html, `<script src="app.js"`) {
		t.Error("the page has inline scripts")
	}
}

func TestPageKeepsItsTestIDs(t *testing.T) {
	t.Parallel()
	files := pageFiles(t)
	var b strings.Builder
	for _, content := range files {
		b.WriteString(content)
	}
	all := b.String()
	for _, id := range []string{
		`data-testid="input"`, `data-testid="send"`, `data-testid="clock-now"`, `data-testid="clock-next-morning"`,
		`data-testid="clock-next-week"`, `data-testid="log"`, `"data-testid": "persona-"`, `"data-testid": "chat-"`,
		`"data-testid": "message"`, `"data-testid": "choice"`, `"data-private"`, `"data-from"`, `"data-id"`,
		`role="log"`, `aria-live="polite"`, `lang="zh-CN"`, `name="viewport"`,
	} {
		if !strings.Contains(all, id) {
			t.Errorf("the page has no %s", id)
		}
	}
	for _, want := range []string{"prefers-color-scheme: dark", "prefers-reduced-motion: reduce", "max-width: 480px", ":focus-visible"} {
		if !strings.Contains(files["style.css"], want) {
			t.Errorf("style.css has no %s", want)
		}
	}
}

func TestNamesDoNotCollide(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	seen := map[string]string{}
	for _, n := range r.texts.names {
		key := strings.ToLower(n.text)
		if other, ok := seen[key]; ok && other != n.id {
			t.Errorf("%q is %s and %s", n.text, other, n.id)
		}
		seen[key] = n.id
	}
	if u := r.texts.user(botID, "en"); !u.Bot || u.Username == "" || u.Ref.Domain != Domain {
		t.Errorf("bot: %+v", u)
	}
	if c := r.texts.chat("ann", "en"); c.Type != chat.Private {
		t.Errorf("private chat: %+v", c)
	}
}

// A name that is imported and not exported stops the whole page, and no
// compiler says so.
func TestScriptsImportWhatIsExported(t *testing.T) {
	t.Parallel()
	files := pageFiles(t)
	exported := regexp.MustCompile(`(?m)^export (?:async )?(?:function|const|class) ([\w$]+)`)
	imported := regexp.MustCompile(`import \{([^}]*)\} from "\./([\w.]+)"`)
	imports := 0
	for name, content := range files {
		for _, m := range imported.FindAllStringSubmatch(content, -1) {
			var has []string
			for _, e := range exported.FindAllStringSubmatch(files[m[2]], -1) {
				has = append(has, e[1])
			}
			rest := strings.ReplaceAll(content, m[0], "")
			for word := range strings.SplitSeq(strings.TrimRight(strings.TrimSpace(m[1]), ","), ",") {
				word = strings.TrimSpace(word)
				imports++
				if !slices.Contains(has, word) {
					t.Errorf("%s imports %s, which %s does not export", name, word, m[2])
				}
				if !strings.Contains(rest, word) {
					t.Errorf("%s does not use %s", name, word)
				}
			}
		}
	}
	if imports == 0 {
		t.Error("no imports found: the test reads them wrongly")
	}
}
