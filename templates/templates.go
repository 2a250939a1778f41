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
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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

//go:embed verify
var verifyFiles embed.FS

// VerifyFiles is the page on which a receipt of a draw is computed again.
func VerifyFiles() fs.FS {
	sub, err := fs.Sub(verifyFiles, "verify")
	if err != nil { // only for an invalid path, which "verify" is not
		return verifyFiles
	}
	return sub
}

// Set is a loaded set of texts. It never changes after Load.
type Set struct {
	texts map[string]map[string]family // language → family
	names Names
	posts *Posts
}

// shared is the family whose blocks every other family may use.
const shared = "common"

// family parses a family's texts when the first of them is said, and keeps them:
// all of them in all languages are more than half of what an idle bot holds.
type family func() (*template.Template, error)

// Load reads all texts, and parses the operator's own. Files in override/<language>/ stand in front of the
// built-in files of the same name: a text or a name that such a file does not
// have stays as it was. "" is none. One that does not parse is an error that
// names file and line.
func Load(override string) (*Set, error) {
	s := &Set{texts: map[string]map[string]family{}, names: newNames()}
	if err := checkFolder(override); err != nil {
		return nil, err
	}
	for _, lang := range Languages() {
		files, err := builtinFiles(lang)
		if err != nil {
			return nil, err
		}
		own, err := ownFiles(lang, override, files)
		if err != nil {
			return nil, err
		}
		if err := s.loadLanguage(lang, files, own); err != nil {
			return nil, err
		}
	}
	s.posts = newPosts(override)
	return s, nil
}

func builtinFiles(lang string) (map[string]string, error) {
	out := map[string]string{}
	entries, err := builtin.ReadDir(lang)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		text, err := builtin.ReadFile(path.Join(lang, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		out[e.Name()] = string(text)
	}
	return out, nil
}

// checkFolder finds texts that lie where nobody would ever read them.
func checkFolder(override string) error {
	if override == "" {
		return nil
	}
	entries, err := os.ReadDir(override)
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() && isText(e.Name()) {
			return fmt.Errorf("templates: %s belongs into a folder per language: %s", filepath.Join(override, e.Name()), strings.Join(Languages(), " or "))
		}
	}
	return nil
}

// isText tells the texts from what an editor or a desktop leaves beside them.
func isText(name string) bool {
	return !strings.HasPrefix(name, ".") && (name == namesFile || path.Ext(name) == ".html")
}

// ownFiles reads the operator's texts of a language. A file of an unknown name
// is a slip of the pen that would otherwise go unnoticed.
func ownFiles(lang, override string, known map[string]string) (map[string]string, error) {
	out := map[string]string{}
	if override == "" {
		return out, nil
	}
	folder := filepath.Join(override, lang)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || !isText(e.Name()) {
			continue
		}
		if _, ok := known[e.Name()]; !ok {
			names := slices.Sorted(maps.Keys(known))
			return nil, fmt.Errorf("templates: %s: there is no text of that name; there are %s", filepath.Join(folder, e.Name()), strings.Join(names, ", "))
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		out[e.Name()] = string(text)
	}
	return out, nil
}

// namesFile holds the names of commands.
const namesFile = "names.txt"

func (s *Set) loadLanguage(lang string, files, own map[string]string) error {
	s.texts[lang] = map[string]family{}
	for file := range files {
		name, ok := strings.CutSuffix(file, ".html")
		if !ok {
			continue
		}
		f := family(sync.OnceValues(func() (*template.Template, error) { return parse(lang, name, files, own) }))
		s.texts[lang][name] = f
		// The built-in texts are looked through by a test: it takes time that
		// every start would pay.
		if _, mine := own[file]; mine || own[shared+".html"] != "" {
			t, err := f()
			if err != nil {
				return err
			}
			if err := sound(t); err != nil {
				return fmt.Errorf("templates: %s: %w", path.Join(lang, file), err)
			}
		}
	}
	if err := s.names.read(lang, files[namesFile]); err != nil {
		return err
	}
	if text, ok := own[namesFile]; ok {
		return s.names.read(lang, text)
	}
	return nil
}

// parse reads the texts of a family. The later one wins: built-in before own,
// shared before the family's.
func parse(lang, name string, files, own map[string]string) (*template.Template, error) {
	t := template.New(path.Join(lang, name)).Option("missingkey=error").Funcs(functions(lang))
	from := []string{shared + ".html", name + ".html"}
	if name == shared {
		from = from[1:]
	}
	for _, file := range from {
		for _, texts := range []map[string]string{files, own} {
			if text, ok := texts[file]; ok {
				if _, err := t.New(path.Join(lang, file)).Parse(text); err != nil {
					return nil, fmt.Errorf("templates: %w", err)
				}
			}
		}
	}
	return t, nil
}

// sound finds what Parse does not: html/template looks at tags and at the
// names of other texts only when a text is used for the first time. Missing
// values are no fault here.
func sound(t *template.Template) error {
	for _, b := range t.Templates() {
		var fault *template.Error
		if err := b.Execute(io.Discard, nil); errors.As(err, &fault) {
			return fault
		}
	}
	return nil
}

// ErrNoText is returned by Render for a name that no file defines.
var ErrNoText = errors.New("no such text")

// Render makes the text "family.name" in a language from data. The result is
// markup: see chat.Parse.
func (s *Set) Render(lang, name string, data any) (string, error) {
	if post, ok := strings.CutPrefix(name, postPrefix); ok {
		return s.posts.render(lang, post, data)
	}
	t, block, err := s.find(lang, name)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, block, data); err != nil {
		return "", fmt.Errorf("text %s: %w", name, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// find gives the family of a text and the text's name in it.
func (s *Set) find(lang, name string) (t *template.Template, block string, err error) {
	of, block, _ := strings.Cut(name, ".")
	f := s.texts[lang][of]
	if f == nil {
		return nil, "", fmt.Errorf("%w: %s/%s", ErrNoText, lang, name)
	}
	if t, err = f(); err != nil {
		return nil, "", err
	}
	if t.Lookup(block) == nil {
		return nil, "", fmt.Errorf("%w: %s/%s", ErrNoText, lang, name)
	}
	return t, block, nil
}

// Has reports whether a text exists.
func (s *Set) Has(lang, name string) bool {
	_, _, err := s.find(lang, name)
	return err == nil
}

// Blocks lists all texts of a language as "family.name", for tests.
func (s *Set) Blocks(lang string) []string {
	var out []string
	for name, f := range s.texts[lang] {
		t, err := f()
		if err != nil {
			continue // Sound says it
		}
		for _, b := range t.Templates() {
			if strings.Contains(b.Name(), "/") || (name != shared && s.Has(lang, shared+"."+b.Name())) {
				continue
			}
			out = append(out, name+"."+b.Name())
		}
	}
	return out
}

// Posts gives the sets of texts that take turns.
func (s *Set) Posts() *Posts { return s.posts }

// Names gives the command names and argument words of all languages.
func (s *Set) Names() *Names { return &s.names }
