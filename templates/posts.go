package templates

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Posts are sets of texts that take turns: greetings, weekly pushes. A set is a
// file posts/<name>.html of a language; its texts are separated by lines of
// three dashes. An operator's folder may hold files of the same name, which
// stand in front, and files of its own. They are read again when they change; a
// broken one is named and the last good one stays.
//
// A text is addressed as "post/<name>.<number>", counted from 0.
type Posts struct {
	override string

	mu     sync.RWMutex
	own    map[string]map[string]postFile // language → set
	faults map[string]PostFault           // by file
	inner  func() map[string]map[string]postFile
}

// postFile is one set and the file it came from, as it was then.
type postFile struct {
	texts []*template.Template
	title string
	stamp string
}

// PostFault is a file of the operator's that is not used, and why.
type PostFault struct {
	File  string
	Cause string
}

// PostSet is a set that can be chosen.
type PostSet struct {
	Name  string
	Title string // what it is for, in its own language; "" = nobody said
	Count int
}

const (
	postFolder = "posts"
	postPrefix = "post/"
	postBreak  = "---"
	// mostPost bounds a file: it is read while somebody waits.
	mostPost = 1 << 20
)

func newPosts(override string) *Posts {
	// The built-in ones are read when they are first needed: most programs that
	// load the texts are tests of something else.
	p := &Posts{override: override, own: map[string]map[string]postFile{}, inner: sync.OnceValue(builtinPosts), faults: map[string]PostFault{}}
	for _, lang := range Languages() {
		p.own[lang] = map[string]postFile{}
	}
	p.Refresh()
	return p
}

// builtinPosts reads the sets of the program. That each of them can be read is
// held by a test.
func builtinPosts() map[string]map[string]postFile {
	out := map[string]map[string]postFile{}
	for _, lang := range Languages() {
		out[lang] = map[string]postFile{}
		files, err := fs.Glob(builtin, path.Join(lang, postFolder, "*.html"))
		if err != nil { // only for a bad pattern
			continue
		}
		for _, file := range files {
			text, err := builtin.ReadFile(file)
			if err != nil {
				continue
			}
			if f, err := parsePosts(lang, path.Base(file), string(text)); err == nil {
				out[lang][strings.TrimSuffix(path.Base(file), ".html")] = f
			}
		}
	}
	return out
}

// Refresh reads the operator's files that have changed and returns those that
// cannot be used.
func (p *Posts) Refresh() []PostFault {
	if p.override == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, lang := range Languages() {
		p.refresh(lang, filepath.Join(p.override, lang, postFolder))
	}
	var out []PostFault
	for _, file := range slices.Sorted(maps.Keys(p.faults)) {
		out = append(out, p.faults[file])
	}
	return out
}

func (p *Posts) refresh(lang, folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		delete(p.faults, folder)
		if !errors.Is(err, fs.ErrNotExist) {
			p.faults[folder] = PostFault{folder, err.Error()}
		}
		return // what was read stays
	}
	found := map[string]bool{}
	for _, e := range entries {
		if e.IsDir() || !isText(e.Name()) || e.Name() == namesFile {
			continue
		}
		name := strings.TrimSuffix(e.Name(), ".html")
		found[name] = true
		file := filepath.Join(folder, e.Name())
		info, err := e.Info()
		if err != nil {
			p.faults[file] = PostFault{file, err.Error()}
			continue
		}
		stamp := info.ModTime().String() + " " + strconv.FormatInt(info.Size(), 10)
		if have, ok := p.own[lang][name]; ok && have.stamp == stamp && p.faults[file].File == "" {
			continue
		}
		f, err := readPosts(lang, file, info.Size())
		if err != nil {
			p.faults[file] = PostFault{file, err.Error()}
			continue
		}
		f.stamp = stamp
		p.own[lang][name] = f
		delete(p.faults, file)
	}
	for name := range p.own[lang] {
		if !found[name] { // taken away: the built-in one stands again
			delete(p.own[lang], name)
		}
	}
	for file := range p.faults {
		if filepath.Dir(file) == folder && !found[strings.TrimSuffix(filepath.Base(file), ".html")] {
			delete(p.faults, file)
		}
	}
}

func readPosts(lang, file string, size int64) (postFile, error) {
	if size > mostPost {
		return postFile{}, fmt.Errorf("%d bytes, at most %d are read", size, mostPost)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return postFile{}, err
	}
	return parsePosts(lang, filepath.Base(file), string(text))
}

// parsePosts reads a set. Its first line may be a comment: what the set is for.
// Errors name the line of the file.
func parsePosts(lang, file, text string) (postFile, error) {
	var f postFile
	if !validName(strings.TrimSuffix(file, ".html")) {
		return f, fmt.Errorf("%s: the name of a set is letters, digits, - and _", file)
	}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	lines := strings.Split(text, "\n")
	if first := strings.TrimSpace(lines[0]); strings.HasPrefix(first, "{{/*") && strings.HasSuffix(first, "*/}}") {
		f.title = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(first, "{{/*"), "*/}}"))
		lines[0] = ""
	}
	// Empty lines in front keep the numbers of lines right in errors.
	var entry []string
	start := 0
	flush := func(end int) error {
		body := strings.Join(entry, "\n")
		entry = nil
		if strings.TrimSpace(body) == "" {
			start = end
			return nil
		}
		t, err := template.New(file).Option("missingkey=error").Funcs(functions(lang)).Parse(strings.Repeat("\n", start) + body)
		if err == nil {
			err = sound(t)
		}
		if err == nil {
			_, err = renderPost(t, samplePost())
		}
		if err != nil {
			return err
		}
		f.texts = append(f.texts, t)
		start = end
		return nil
	}
	for i, line := range lines {
		if strings.TrimSpace(line) != postBreak {
			entry = append(entry, line)
			continue
		}
		if err := flush(i + 1); err != nil {
			return f, err
		}
	}
	if err := flush(len(lines)); err != nil {
		return f, err
	}
	if len(f.texts) == 0 {
		return f, fmt.Errorf("%s: there is no text in it", file)
	}
	return f, nil
}

func validName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && r < 0x80
	})
}

// renderPost makes a text: line ends are breaks, lines that a condition left
// empty are none.
func renderPost(t *template.Template, data any) (string, error) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return "", err
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "<br>"), nil
}

// find gives a set of a language, the operator's before the built-in one.
func (p *Posts) find(lang, name string) postFile {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if f, ok := p.own[lang][name]; ok {
		return f
	}
	return p.inner()[lang][name]
}

// Count is how many texts a set has in a language; 0: there is no such set.
func (p *Posts) Count(lang, name string) int {
	return len(p.find(lang, name).texts)
}

// Sets lists the sets of a language by name.
func (p *Posts) Sets(lang string) []PostSet {
	p.mu.RLock()
	all := maps.Clone(p.inner()[lang])
	maps.Copy(all, p.own[lang])
	p.mu.RUnlock()
	var out []PostSet
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, PostSet{name, all[name].title, len(all[name].texts)})
	}
	return out
}

// render makes the text "<name>.<number>".
func (p *Posts) render(lang, name string, data any) (string, error) {
	set, number, _ := strings.Cut(name, ".")
	f := p.find(lang, set)
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(f.texts) {
		return "", fmt.Errorf("%w: %s/%s%s", ErrNoText, lang, postPrefix, name)
	}
	text, err := renderPost(f.texts[n], data)
	if err != nil {
		return "", fmt.Errorf("text %s%s: %w", postPrefix, name, err)
	}
	if text == "" {
		return "", fmt.Errorf("%w: %s/%s%s is empty today", ErrNoText, lang, postPrefix, name)
	}
	return text, nil
}

// Post is what the texts of a set can say. What is not known is "" or 0, so
// that {{if .Term}} leaves a part out.
type Post struct {
	Date     string // 11 月 23 日, 23 November
	Weekday  string // 周一, Monday
	Lunar    string // 十月十五
	Term     string // the solar term that begins today
	NextTerm string // … that begins tomorrow
	Festival string // what is celebrated today: 中秋节
	Holiday  string // the statutory holiday that today belongs to
	Off      bool   // nobody works today: a weekend or a holiday
	MakeUp   bool   // a weekend that is worked

	CheckedIn int    // how many checked in yesterday
	Week      int    // check-ins of the last seven days
	Longest   int    // the longest streak that is alive, in days
	Streaker  string // whose it is
	Top       string // who has most points of the last seven days
	TopPoints int
	Inviter   string // who invited most this month
	Invited   int
	Members   int
	Group     string

	Countdown string // what is counted down to
	Days      int    // until then; 0 is today
}

// samplePost has a value for everything, so that a text which is never right
// is found when it is read.
func samplePost() Post {
	return Post{
		Date: "1", Weekday: "1", Lunar: "1", Term: "1", NextTerm: "1", Festival: "1", Holiday: "1", Off: true, MakeUp: true, CheckedIn: 1, Week: 1,
		Longest: 1, Streaker: "1", Top: "1", TopPoints: 1, Inviter: "1", Invited: 1, Members: 1, Group: "1", Countdown: "1", Days: 1,
	}
}
