// Package templates holds every word the bot says and every name it answers
// to, per language. It imports nothing of ours.
//
// A text is addressed as "family.name": the block "name" of the file
// <language>/family.html, or of a file of the same name in the operator's own
// folder. Texts are html/template, so names and messages in them are escaped;
// the engine reads the result as the small markup of package chat.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

//go:embed zh-CN en
var builtin embed.FS

//go:embed sandbox
var sandboxFiles embed.FS

// Languages lists the languages of the built-in texts, the first is the default.
func Languages() []string { return []string{"zh-CN", "en"} }

// SandboxFiles is the sandbox's page.
func SandboxFiles() fs.FS {
	sub, err := fs.Sub(sandboxFiles, "sandbox")
	if err != nil { // only for an invalid path, which "sandbox" is not
		return sandboxFiles
	}
	return sub
}

// Set is a loaded set of texts. It never changes after Load.
type Set struct {
	texts map[string]map[string]*template.Template // language → family
	names Names
}

// shared is the family whose blocks every other family may use.
const shared = "common"

// Load parses all texts. Files in override/<language>/ replace built-in files
// of the same name; "" is none. A text that does not parse is an error that
// names file and line.
func Load(override string) (*Set, error) {
	s := &Set{texts: map[string]map[string]*template.Template{}, names: newNames()}
	for _, lang := range Languages() {
		files, err := readFiles(lang, override)
		if err != nil {
			return nil, err
		}
		if err := s.loadLanguage(lang, files); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func readFiles(lang, override string) (map[string]string, error) {
	out := map[string]string{}
	entries, err := builtin.ReadDir(lang)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, e := range entries {
		text, err := builtin.ReadFile(path.Join(lang, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		out[e.Name()] = string(text)
	}
	if override == "" {
		return out, nil
	}
	if _, err := os.Stat(override); err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	own, err := filepath.Glob(filepath.Join(override, lang, "*"))
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, f := range own {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		out[filepath.Base(f)] = string(text)
	}
	return out, nil
}

func (s *Set) loadLanguage(lang string, files map[string]string) error {
	s.texts[lang] = map[string]*template.Template{}
	for file, text := range files {
		family, ok := strings.CutSuffix(file, ".html")
		if !ok {
			continue
		}
		t := template.New(path.Join(lang, file)).Option("missingkey=error").Funcs(functions(lang))
		if family != shared {
			if _, err := t.New(path.Join(lang, shared+".html")).Parse(files[shared+".html"]); err != nil {
				return fmt.Errorf("templates: %w", err)
			}
		}
		if _, err := t.Parse(text); err != nil {
			return fmt.Errorf("templates: %w", err)
		}
		s.texts[lang][family] = t
	}
	return s.names.read(lang, files["names.txt"])
}

// ErrNoText is returned by Render for a name that no file defines.
var ErrNoText = errors.New("no such text")

// Render makes the text "family.name" in a language from data. The result is
// markup: see chat.Parse.
func (s *Set) Render(lang, name string, data any) (string, error) {
	family, block, _ := strings.Cut(name, ".")
	t := s.texts[lang][family]
	if t == nil || t.Lookup(block) == nil {
		return "", fmt.Errorf("%w: %s/%s", ErrNoText, lang, name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, block, data); err != nil {
		return "", fmt.Errorf("text %s: %w", name, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// Has reports whether a text exists.
func (s *Set) Has(lang, name string) bool {
	family, block, _ := strings.Cut(name, ".")
	t := s.texts[lang][family]
	return t != nil && t.Lookup(block) != nil
}

// Blocks lists all texts of a language as "family.name", for tests.
func (s *Set) Blocks(lang string) []string {
	var out []string
	for family, t := range s.texts[lang] {
		for _, b := range t.Templates() {
			name := b.Name()
			if strings.Contains(name, "/") || (family != shared && s.texts[lang][shared].Lookup(name) != nil) {
				continue
			}
			out = append(out, family+"."+name)
		}
	}
	return out
}

// Names gives the command names and argument words of all languages.
func (s *Set) Names() *Names { return &s.names }
