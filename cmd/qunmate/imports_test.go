package main_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	chattest    = "bot/chat/chattest"
	commandtest = "commands/commandtest"
	tgtest      = "bot/platform/telegram/tgtest"
	wecomtest   = "bot/platform/wecombot/wecomtest"
	wechattest  = "bot/platform/wechatmp/wechattest"
	qyapitest   = "bot/platform/wecomapp/qyapitest"
	contacttest = "bot/platform/wecomcontact/contacttest"
	storagetest = "storage/storagetest"
	memhttp     = "bot/platform/internal/memhttp"
	wxfake      = "bot/platform/internal/wxfake"
)

func TestImportsFollowTheArrows(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t, parser.ImportsOnly) {
		if complaint := judge(f.name, "fmt"); complaint != "" {
			t.Errorf("%s: %s", f.name, complaint) // its folder is unknown, even if it imports nothing
			continue
		}
		for _, spec := range f.tree.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			if complaint := judge(f.name, imported); complaint != "" {
				t.Errorf("%s: %s", f.fset.Position(spec.Pos()), complaint)
			}
		}
	}
}

// judge says what is wrong with an import in a file, or nothing.
func judge(file, imported string) string {
	dir, isTest := path.Dir(file), strings.HasSuffix(file, "_test.go")
	i := slices.IndexFunc(arrows, func(a arrow) bool { return match(a.from, dir) })
	if i < 0 {
		return "the folder " + dir + " has no row in arrows (and surely no list in .golangci.yml)"
	}
	row := arrows[i]

	target, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case imported == "C":
		return "cgo: the program must build without a C compiler"
	case !ours && !strings.Contains(strings.Split(imported, "/")[0], "."):
		return "" // the standard library
	case !ours:
		return judgeForeign(dir, imported)
	case slices.Contains(helpers, target) && !isTest && !slices.Contains(helpers, dir):
		return "a test helper, imported by what is no test"
	case own(row.from, dir, target), matchAny(row.to, target), isTest && matchAny(row.tests, target):
		return ""
	}
	return dir + " → " + target + " is no arrow: " + row.why
}

func judgeForeign(dir, imported string) string {
	for prefix, folders := range owners {
		if imported != prefix && !strings.HasPrefix(imported, strings.TrimSuffix(prefix, "/")+"/") {
			continue
		}
		if matchAny(folders, dir) {
			return ""
		}
		return imported + " may be imported in " + strings.Join(folders, ", ") + " only"
	}
	return imported + " has no row in owners"
}

// own reports whether target lies in the part of dir that the row names: with
// "commands/*/..." for commands/quiz/bank that is commands/quiz.
func own(from, dir, target string) bool {
	n := len(strings.Split(strings.TrimSuffix(from, "/..."), "/"))
	unit := strings.Join(strings.Split(dir, "/")[:n], "/")
	return target == dir || strings.HasSuffix(from, "/...") && match(unit+"/...", target)
}

func matchAny(patterns []string, dir string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, dir) })
}

// match compares a folder with a pattern of an arrow, name by name.
func match(pattern, dir string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(dir, "/")
	for i, w := range want {
		if w == "..." {
			return true
		}
		if i >= len(have) || w != "*" && w != have[i] {
			return false
		}
	}
	return len(want) == len(have)
}

// A table that lets everything through would pass for years: these must not.
func TestArrowsBite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, imported string }{
		{"bot/chat/chat.go", "qunmate/storage"},
		{"bot/chat/chat.go", "qunmate/bot/chatday"},
		{"bot/chat/chat.go", "qunmate/bot/chat/chattest"},
		{"bot/engine.go", "qunmate/bot/config"},
		{"bot/engine.go", "qunmate/bot/platform/telegram"},
		{"bot/engine.go", "qunmate/scheduler"},
		{"bot/engine_test.go", "qunmate/commands/checkin"},
		{"bot/fresh/fresh.go", "fmt"},
		{"bot/platform/telegram/poll.go", "qunmate/bot"},
		{"bot/platform/telegram/poll.go", "qunmate/bot/platform/sandbox"},
		{"bot/platform/telegram/poll.go", "qunmate/bot/platform/telegram/tgtest"},
		{"bot/platform/telegram/poll.go", "qunmate/storage"},
		{"bot/platform/wecomapp/send.go", "qunmate/bot/platform/internal/wxfake"},
		{"bot/platform/sandbox/page.go", "github.com/go-telegram/bot"},
		{"commands/draw/fair/fair.go", "qunmate/storage"},
		{"commands/draw/draw.go", "github.com/consensys/gnark-crypto/ecc/bls12-381"},
		{"commands/checkin/checkin.go", "gorm.io/gorm"},
		{"commands/checkin/checkin.go", "qunmate/bot/platform/sandbox"},
		{"commands/checkin/checkin.go", "qunmate/commands/points"},
		{"commands/checkin/checkin.go", "qunmate/scheduler"},
		{"commands/checkin/checkin.go", "qunmate/templates"},
		{"commands/checkin/checkin_test.go", "qunmate/commands/points"},
		{"commands/commandtest/play.go", "qunmate/bot/platform/telegram"},
		{"cmd/qunmate/main.go", "qunmate/commands/commandtest"},
		{"cmd/qunmate/main.go", "C"},
		{"scheduler/scheduler.go", "qunmate/bot"},
		{"scheduler/when/when.go", "qunmate/storage"},
		{"storage/db.go", "github.com/mattn/go-sqlite3"},
		{"storage/db.go", "qunmate/bot/chat"},
		{"storage/db.go", "qunmate/storage/storagetest"},
		{"templates/templates.go", "qunmate/bot/chat"},
		{"web/web.go", "fmt"},
	} {
		if judge(c.file, c.imported) == "" {
			t.Errorf("%s may import %s", c.file, c.imported)
		}
	}
	for _, c := range []struct{ file, imported string }{
		{"bot/chat/chattest/suite.go", "testing"},
		{"bot/engine_test.go", "qunmate/commands/commandtest"},
		{"bot/platform/telegram/poll_test.go", "qunmate/bot/platform/telegram/tgtest"},
		{"bot/platform/wecombot/frame.go", "qunmate/bot/platform/internal/envelope"},
		{"commands/checkin/checkin_test.go", "qunmate/commands/checkin"},
		{"commands/quiz/quiz.go", "qunmate/commands/quiz/bank"},
		{"cmd/qunmate/main.go", "qunmate/commands/checkin"},
		{"storage/db.go", "gorm.io/gorm/clause"},
	} {
		if complaint := judge(c.file, c.imported); complaint != "" {
			t.Errorf("%s may not import %s: %s", c.file, c.imported, complaint)
		}
	}
}

// Outside a bubble a sleep is either too short on a busy machine or too long
// on every other. Lint forbids it in the program; here it is held for tests:
// only packages whose tests run in bubbles may.
func TestTestsSleepInBubblesOnly(t *testing.T) {
	t.Parallel()
	files := sources(t, parser.SkipObjectResolution)
	bubbles := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f.name, "_test.go") && f.imports("testing/synctest") {
			bubbles[path.Dir(f.name)] = true
		}
	}
	for _, f := range files {
		if !strings.HasSuffix(f.name, "_test.go") || bubbles[path.Dir(f.name)] {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
					t.Errorf("%s: time.Sleep in a package without testing/synctest: wait on the signal itself, or poll with a ticker and a deadline",
						f.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// The rule for new modules is kept by reading it.
func TestEveryModuleIsExplained(t *testing.T) {
	t.Parallel()
	guide := read(t, "CONTRIBUTING.md")
	inRequire := false
	for line := range strings.Lines(read(t, "go.mod")) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasSuffix(strings.TrimSpace(line), "// indirect"):
			continue
		case fields[0] == "require" && fields[len(fields)-1] == "(":
			inRequire = true
			continue
		case fields[0] == ")":
			inRequire = false
			continue
		case fields[0] == "require":
			fields = fields[1:]
		case !inRequire:
			continue
		}
		if !strings.Contains(guide, "`"+fields[0]+"`") {
			t.Errorf("CONTRIBUTING.md does not say what %s saves and who keeps it", fields[0])
		}
	}
}

type source struct {
	name string // from the module's root, with slashes
	fset *token.FileSet
	tree *ast.File
}

func (s source) imports(name string) bool {
	return slices.ContainsFunc(s.tree.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == strconv.Quote(name) })
}

// sources parses every Go file of the module.
func sources(t *testing.T, mode parser.Mode) []source {
	t.Helper()
	var out []source
	base := os.DirFS(root(t))
	err := fs.WalkDir(base, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(base, name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, name, text, mode)
		if err != nil {
			return err
		}
		out = append(out, source{name, fset, tree})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 2 {
		t.Fatalf("only %d Go files found", len(out))
	}
	slices.SortFunc(out, func(a, b source) int { return cmp.Compare(a.name, b.name) })
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
