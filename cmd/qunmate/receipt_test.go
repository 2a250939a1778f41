package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testdata/receipt.json was drawn with quicknet's round 1000, whose signature
// is known from protocol/drand.md.
func TestAReceiptIsComputedAgainFromItselfAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", "receipt.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "receipt.json"), string(text))
	o := wantCall(t, dir, 0, "Draw #12 of “产品群” re-computes to the same.", "receipt", "receipt.json")
	for _, want := range []string{"✔ the secret is the one", "✔ list of 5 entrants", "✔ the randomness is round 1000", "✔ the signature of round 1000", "✔ the winning tickets", "✔ 1 prize moved on", "保温杯: "} {
		if !strings.Contains(o.out, want) {
			t.Errorf("%q is missing:\n%s", want, o)
		}
	}
	if o.errs != "" {
		t.Errorf("stderr: %s", o.errs)
	}
	forged := strings.Replace(string(text), `"round": 1000`, `"round": 1001`, 1)
	write(t, filepath.Join(dir, "forged.json"), forged)
	o = wantCall(t, dir, 1, "does not add up", "receipt", "forged.json")
	if !strings.Contains(o.errs, "✘ the signature of round 1001") || !strings.Contains(o.errs, "the closing time pins round 1000") {
		t.Errorf("%s", o)
	}
	wantCall(t, dir, 1, "Cannot read the receipt none.json", "receipt", "none.json")
	write(t, filepath.Join(dir, "note.json"), `{"version":1,"hint":"x"}`)
	wantCall(t, dir, 1, "Cannot read the receipt note.json", "receipt", "note.json")
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Errorf("something was written: %v", left)
	}
}
