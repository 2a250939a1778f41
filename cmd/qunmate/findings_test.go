package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"qunmate/bot/chat"
	"qunmate/templates"
)

var findingCode = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// findingCodes are all codes that a connection, or the program for it, can
// return: the constants of the form platform.code in the files that check.
func findingCodes(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, f := range sources(t, parser.SkipObjectResolution) {
		ours := strings.HasPrefix(f.name, "bot/platform/") || strings.HasPrefix(f.name, "cmd/qunmate/check")
		if !ours || strings.HasSuffix(f.name, "_test.go") {
			continue
		}
		for _, d := range f.tree.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				out = append(out, codesOf(g)...)
			}
		}
	}
	return out
}

func codesOf(g *ast.GenDecl) []string {
	var out []string
	for _, s := range g.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, x := range v.Values {
			if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if code, err := strconv.Unquote(lit.Value); err == nil && findingCode.MatchString(code) && !strings.HasSuffix(code, ".com") {
					out = append(out, code)
				}
			}
		}
	}
	return out
}

// findingArgs are all that findings carry, and the same left empty; a text that
// asks for anything else fails.
func findingArgs() (full, empty map[string]string) {
	full, empty = map[string]string{}, map[string]string{}
	for key := range strings.FieldsSeq("agent_id app_id bytes chat code error groups heard host id ids ip listen members minutes most name next owner path replayed rights signature since staff stale status text to tries unreadable url username want") {
		full[key], empty[key] = "<"+key+">", ""
	}
	full["rights"], full["ids"] = "delete,pin", "1,5"
	return full, empty
}

func TestEveryFindingHasATextInBothLanguages(t *testing.T) {
	t.Parallel()
	codes := findingCodes(t)
	for _, known := range []string{"telegram.me", "wecombot.displaced", "wechatmp.menu_denied", "wecomapp.agent_bad", "wecomhook.gone", "wecomcontact.never", "community.several"} {
		if !slices.Contains(codes, known) {
			t.Fatalf("%s was not found in the sources: this test looks in the wrong place", known)
		}
	}
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	full, empty := findingArgs()
	for _, lang := range templates.Languages() {
		for _, code := range codes {
			for _, f := range []chat.Finding{{Code: code, Args: empty}, {Code: code, OK: true, Args: full}} {
				text, err := set.Render(lang, "check."+code, f)
				if err != nil || strings.TrimSpace(text) == "" || strings.Contains(text, "<no value>") {
					t.Errorf("%s: check.%s: %q %v", lang, code, text, err)
				}
				if strings.HasSuffix(code, "unreachable") && f.OK && !strings.Contains(chat.Plain(text), "<error>") {
					t.Errorf("%s: check.%s does not say why: %q", lang, code, text)
				}
			}
		}
		for _, name := range set.Blocks(lang) {
			if code, ok := strings.CutPrefix(name, "check."); ok && !slices.Contains(codes, code) {
				t.Errorf("%s: nothing says check.%s any more", lang, code)
			}
		}
	}
}
