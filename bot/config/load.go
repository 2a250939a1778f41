package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// maxSize bounds what is read: a real file has a few KiB, and a wrong path can
// name a database.
const maxSize = 1 << 20

// Load reads and checks the file at path. lookup returns the value of an
// environment variable and whether it is set, like os.LookupEnv; nil means that
// none is set. The error is a Problems.
func Load(path string, lookup func(string) (string, bool)) (*Config, error) {
	src, err := read(path)
	if err != nil {
		return nil, Problems{fileProblem(path, err)}
	}
	return parse(src, lookup, checker.files)
}

var errDirectory = errors.New("is a directory")

// read returns at most one byte more than maxSize; Parse then complains.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if info.IsDir() {
		return nil, errDirectory
	}
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}

func fileProblem(path string, err error) Problem {
	p := Problem{Code: codeFileUnreadable, Args: args("file", path), cause: err}
	switch {
	case errors.Is(err, errDirectory):
		p.Code = codeFileDirectory
	case errors.Is(err, fs.ErrNotExist):
		p.Code = codeFileMissing
	}
	return p
}

// Parse reads and checks src as Load does; it opens nothing. An empty src is
// valid and means the defaults.
func Parse(src []byte, lookup func(string) (string, bool)) (*Config, error) {
	return parse(src, lookup, func(checker) {})
}

func parse(src []byte, lookup func(string) (string, bool), besides func(checker)) (*Config, error) {
	if lookup == nil {
		lookup = func(string) (string, bool) { return "", false }
	}
	c := defaults()
	d := &decoder{lookup: lookup, schema: schemaOf(reflect.TypeFor[Config]()), marks: map[string]mark{}}
	src = bytes.TrimPrefix(src, []byte(utf8BOM))
	if p, ok := textProblem(src); ok {
		return nil, Problems{p}
	}
	d.lines = splitLines(string(src))
	root, ok := d.document(src)
	if ok {
		if root != nil {
			d.value(root, root, reflect.ValueOf(c).Elem(), "")
		}
		check(c, d)
		besides(checker{c, d})
	}
	if len(d.problems) > 0 {
		d.problems.sort()
		return nil, d.problems
	}
	tidy(c)
	if at := d.marks["templates"]; c.Templates != "" {
		c.texts = [2]int{at.line, at.column}
	}
	return c, nil
}

// files looks at what the paths of the configuration lead to, as far as a
// mistake shows at once.
func (k checker) files() {
	if k.Templates != "" && k.usable("templates") {
		if info, err := os.Stat(k.Templates); err != nil || !info.IsDir() {
			k.wrong("templates", codeFileNoFolder, "value", k.raw("templates"), "example", `templates: ""`)
		}
	}
	if k.Backups.Folder != "" && k.usable("backups.folder") {
		if info, err := os.Stat(k.Backups.Folder); err == nil && !info.IsDir() { // one that is not there is made
			k.wrong("backups.folder", codeFileNotFolder, "value", k.raw("backups.folder"), "example", k.schema.example("backups.folder"))
		}
	}
	if k.usable("database") {
		if info, err := os.Stat(k.Database); err == nil && info.IsDir() {
			k.wrong("database", codeFileIsFolder, "value", k.raw("database"), "example", k.schema.example("database"))
		}
	}
}

// BadTexts is the problem of a file in the folder that templates names: what is
// wrong with it is known to whoever reads it.
func (c *Config) BadTexts(err error) Problems {
	return Problems{{Line: c.texts[0], Column: c.texts[1], Path: "templates", Code: codeFileBadTexts, Args: args("error", err.Error()), cause: err}}
}

// utf8BOM is what some editors on Windows put in front of UTF-8.
const utf8BOM = "\xef\xbb\xbf"

// textProblem finds what keeps src from being text at all. The YAML library
// would find it too, but without a line.
func textProblem(src []byte) (Problem, bool) {
	if len(src) > maxSize {
		return Problem{Code: codeFileTooLarge, Args: args("max", strconv.Itoa(maxSize>>10))}, true
	}
	code, bad := "", 0
	for i := 0; i < len(src) && code == ""; {
		r, size := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			code, bad = codeNotUTF8, i
		case !yamlPrintable(r):
			code, bad = codeControlChar, i
		}
		i += size
	}
	if code == "" {
		return Problem{}, false
	}
	before := splitLines(string(src[:bad]))
	return Problem{Line: len(before), Column: utf8.RuneCountInString(before[len(before)-1]) + 1, Code: code}, true
}

var lineEnd = regexp.MustCompile(`\r\n|[\n\r\x{85}\x{2028}\x{2029}]`)

// splitLines cuts where YAML counts a new line, so that its numbers are ours.
func splitLines(text string) []string { return lineEnd.Split(text, -1) }

// yamlPrintable is the set of characters YAML allows in a file.
func yamlPrintable(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return true
	case r < 0x20, r >= 0x7F && r < 0xA0, r == '\uFEFF', r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return true
}
