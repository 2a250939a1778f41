package commandtest

import (
	"slices"
	"strings"
	"testing"

	"qunmate/templates"
)

// Texts renders every text of a family in every language, with each of its
// samples. A text without a sample fails, and so does a sample without a text:
// no wording reaches people that no test has seen.
func Texts(t *testing.T, family string, samples map[string][]any) {
	t.Helper()
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range templates.Languages() {
		var have []string
		for _, name := range set.Blocks(lang) {
			if block, ok := strings.CutPrefix(name, family+"."); ok {
				have = append(have, block)
			}
		}
		for _, block := range have {
			if len(samples[block]) == 0 {
				t.Errorf("%s: no sample for %s.%s", lang, family, block)
			}
		}
		for block, values := range samples {
			if !slices.Contains(have, block) {
				t.Errorf("%s: there is no text %s.%s", lang, family, block)
				continue
			}
			for i, v := range values {
				text, err := set.Render(lang, family+"."+block, v)
				if err != nil || text == "" || strings.Contains(text, "<no value>") {
					t.Errorf("%s: sample %d of %s.%s: %q %v", lang, i, family, block, text, err)
				}
			}
		}
	}
}

// Blocks lists the texts of a family.
func Blocks(t *testing.T, family string) []string {
	t.Helper()
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range set.Blocks("zh-CN") {
		if block, ok := strings.CutPrefix(name, family+"."); ok {
			out = append(out, block)
		}
	}
	return out
}
