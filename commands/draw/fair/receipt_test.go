package fair_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qunmate/commands/draw/fair"
)

func TestReceiptsOfEveryKindCheckOut(t *testing.T) {
	t.Parallel()
	net, chance := newNetwork(11), rand.New(rand.NewPCG(3, 4))
	kinds := map[string]int{}
	for range 60 {
		r := receipt(t, net, chance)
		data, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := fair.Parse(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		report := fair.Check(back)
		if !report.OK() {
			t.Fatalf("%+v\n%s", report, data)
		}
		kinds[r.Beacon.Kind]++
		if r.Instant == nil && r.Beacon.Kind == fair.Drand && !report.Weak() {
			t.Error("a chain that is not the public one is not labelled")
		}
	}
	if len(kinds) != 3 {
		t.Errorf("not every kind was tried: %v", kinds)
	}
}

// forgery is a change to a receipt, and what it is found by.
type forgery struct {
	forge func(*fair.Receipt)
	code  string
}

// forgeries of receipts that a network signed.
func forgeries(t *testing.T, net network) map[string]forgery {
	return map[string]forgery{
		"another secret":     {func(r *fair.Receipt) { r.Secret = fair.Commitment([]byte(r.Secret)) }, fair.CheckCommitment},
		"another commitment": {func(r *fair.Receipt) { r.Commitment = fair.Commitment([]byte("x")) }, fair.CheckCommitment},
		"one entrant less":   {func(r *fair.Receipt) { r.Entrants = r.Entrants[1:] }, fair.CheckList},
		"one entrant more": {func(r *fair.Receipt) {
			r.Entrants = append(r.Entrants, fair.Entrant{Ticket: 9999, Who: r.Entrants[0].Who, Weight: 1})
		}, fair.CheckList},
		"a heavier entrant":    {func(r *fair.Receipt) { r.Entrants[3].Weight += 2 }, fair.CheckList},
		"a later round":        {func(r *fair.Receipt) { r.Beacon.Round++; r.Beacon.Signature = net.sign(t, r.Beacon.Round) }, fair.CheckRound},
		"a later close":        {func(r *fair.Receipt) { r.ClosesAt = "2027-01-02T03:04:05Z" }, fair.CheckRound},
		"a signature made up":  {func(r *fair.Receipt) { r.Beacon.Signature = newNetwork(99).sign(t, r.Beacon.Round) }, fair.CheckSignature},
		"the public name":      {func(r *fair.Receipt) { r.Beacon.Chain = fair.QuicknetChain }, fair.CheckChain},
		"another winner":       {func(r *fair.Receipt) { r.Winners[0], r.Winners[1] = r.Winners[1], r.Winners[0] }, fair.CheckWinners},
		"a winner less":        {func(r *fair.Receipt) { r.Winners = r.Winners[1:] }, fair.CheckWinners},
		"more prizes":          {func(r *fair.Receipt) { r.Prizes[0].Count++ }, fair.CheckWinners},
		"another substitute":   {func(r *fair.Receipt) { r.Changes[0].To++ }, fair.CheckChanges},
		"a change forgotten":   {func(r *fair.Receipt) { r.Changes = r.Changes[1:] }, fair.CheckChanges},
		"moved from no winner": {func(r *fair.Receipt) { r.Changes[0].From = 9999 }, fair.CheckChanges},
		"no reason":            {func(r *fair.Receipt) { r.Changes[0].Reason = "" }, fair.CheckForm},
		"a ticket twice":       {func(r *fair.Receipt) { r.Entrants[1].Ticket = r.Entrants[0].Ticket }, fair.CheckForm},
		"a weight of nothing":  {func(r *fair.Receipt) { r.Entrants[1].Weight = 0 }, fair.CheckForm},
		"an endless prize":     {func(r *fair.Receipt) { r.Prizes[0].Count = 1 << 40 }, fair.CheckForm},
		"no beacon":            {func(r *fair.Receipt) { r.Beacon = fair.Beacon{} }, fair.CheckForm},
		"a short secret":       {func(r *fair.Receipt) { r.Secret = "00" }, fair.CheckForm},
		"instant with a round": {func(r *fair.Receipt) { r.Instant = &fair.Tickets{Tickets: 60} }, fair.CheckForm},
	}
}

// forged is a genuine receipt after a forgery.
func (f forgery) forged(t *testing.T, net network, chance *rand.Rand) fair.Receipt {
	t.Helper()
	for {
		r := receipt(t, net, chance)
		if r.Beacon.Kind == fair.Drand && len(r.Entrants) > 20 && len(r.Changes) > 1 && len(r.Winners) > 1 {
			r.Entrants, r.Winners, r.Changes, r.Prizes = slices.Clone(r.Entrants), slices.Clone(r.Winners), slices.Clone(r.Changes), slices.Clone(r.Prizes)
			f.forge(&r)
			return r
		}
	}
}

// Whatever is changed in a receipt afterwards is found.
func TestForgeriesAreFound(t *testing.T) {
	t.Parallel()
	net, chance := newNetwork(13), rand.New(rand.NewPCG(5, 6))
	for name, c := range forgeries(t, net) {
		report := fair.Check(c.forged(t, net, chance))
		if report.OK() || !slices.ContainsFunc(report.Findings, func(f fair.Finding) bool { return f.Code == c.code && !f.OK }) {
			t.Errorf("%s: %+v", name, report.Findings)
		}
	}
}

func TestOnlyReceiptsAreRead(t *testing.T) {
	t.Parallel()
	r := receipt(t, newNetwork(17), rand.New(rand.NewPCG(7, 8)))
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	for name, text := range map[string]string{
		"nothing":         "",
		"a list":          "[]",
		"half":            good[:len(good)/2],
		"twice":           good + good,
		"version 2":       strings.Replace(good, `"version": 1`, `"version": 2`, 1),
		"an unknown key":  strings.Replace(good, `"version": 1`, `"version": 1, "hint": 1`, 1),
		"another case":    strings.Replace(good, `"secret"`, `"Secret"`, 1),
		"a repeated key":  strings.Replace(good, `"version": 1`, `"version": 1, "secret": "00"`, 1),
		"a key elsewhere": strings.Replace(good, `"version": 1`, `"version": 1, "ticket": 4`, 1),
		"a wrong type":    strings.Replace(good, `"version": 1`, `"version": "1"`, 1),
		"too deep":        strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		if _, err := fair.Parse([]byte(text)); !errors.Is(err, fair.ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := fair.Parse([]byte("\ufeff" + good)); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
}

// An independent program, written for another runtime, comes to the same
// result on 500 receipts, and finds what is wrong with forged ones. Without
// node the test is skipped, unless QUNMATE_REQUIRE_NODE says that it must run.
func TestNodeComputesTheSame(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("QUNMATE_REQUIRE_NODE") != "" {
			t.Fatal("node is not installed")
		}
		t.Skip("node is not installed")
	}
	net, chance, folder := newNetwork(19), rand.New(rand.NewPCG(9, 10)), t.TempDir()
	good := []string{filepath.Join("..", "..", "..", "cmd", "qunmate", "testdata", "receipt.json")} // of the public network
	for i := range 150 {
		good = append(good, write(t, folder, fmt.Sprintf("good-%d.json", i), receipt(t, net, chance)))
	}
	script := filepath.Join("..", "..", "..", "docs", "verify", "receipt.mjs")
	out, err := exec.Command(node, append([]string{script}, good...)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "BAD ") {
		t.Fatalf("%v\n%s", err, bad(string(out)))
	}
	// The page's own program, run outside of a browser.
	page := pageRunner(t, folder)
	if out, err := exec.Command(node, append([]string{page}, good...)...).CombinedOutput(); err != nil {
		t.Errorf("the page: %v\n%s", err, out)
	}
	all := forgeries(t, net)
	names := slices.Sorted(maps.Keys(all))
	var forged []string
	for _, name := range names {
		forged = append(forged, write(t, folder, strings.ReplaceAll(name, " ", "-")+".json", all[name].forged(t, net, chance)))
	}
	seen, _ := exec.Command(node, append([]string{page}, forged...)...).CombinedOutput() // it ends with 1, as it must
	other, _ := exec.Command(node, append([]string{script}, forged...)...).CombinedOutput()
	for i, name := range names {
		code := all[name].code
		if name == "no reason" {
			code = fair.CheckChanges // the page asks for it there
		}
		if !regexp.MustCompile(regexp.QuoteMeta(forged[i]) + ` .*"code":"` + code + `"`).Match(seen) {
			t.Errorf("the page accepts %s", name)
		}
		// Whose signature it is the program leaves to the reader.
		if code != fair.CheckSignature && code != fair.CheckChain && !strings.Contains(string(other), forged[i]+": BAD ") {
			t.Errorf("node accepts %s", name)
		}
	}
	if t.Failed() {
		t.Logf("%s%s", seen, bad(string(other)))
	}
}

// runner runs the page's receipt.js over files. A signature takes a fraction of
// a second, so that after a few only the one that was made up is verified.
const runner = `import { check } from "./receipt.js";
import { signedRound } from "./drand.js";
import { readFileSync } from "node:fs";
let left = 3;
for (const file of process.argv.slice(2)) {
  const signed = file.includes("signature") || left-- > 0 ? signedRound : () => true;
  const bad = check(JSON.parse(readFileSync(file, "utf8")), signed).filter((f) => !f.ok);
  if (bad.length) { console.log(file, JSON.stringify(bad)); process.exitCode = 1; }
}
`

func pageRunner(t *testing.T, folder string) string {
	t.Helper()
	files := map[string]string{"package.json": `{"type":"module"}`, "run.js": runner}
	for _, name := range []string{"receipt.js", "drand.js", "hash.js"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "templates", "verify", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "run.js")
}

func bad(out string) string {
	var lines []string
	for l := range strings.Lines(out) {
		if !strings.Contains(l, ": ok ") {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "")
}

func write(t *testing.T, folder, name string, r fair.Receipt) string {
	t.Helper()
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func FuzzParse(f *testing.F) {
	net, chance := newNetwork(23), rand.New(rand.NewPCG(11, 12))
	for range 8 {
		data, err := receipt(f, net, chance).JSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"version":1,"entrants":[{"ticket":1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := fair.Parse(data)
		if err != nil {
			return
		}
		// A signature takes half a second here, and has tests of its own.
		judged := r.Beacon.Kind == fair.Number || r.Beacon.Kind == fair.None
		var report *fair.Report
		if judged {
			report = fair.Check(r)
		}
		// What was read is written so that it is read and judged the same.
		text, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := fair.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if !judged {
			return
		}
		if again := fair.Check(back); again.OK() != report.OK() {
			t.Fatalf("%+v became %+v", report, again)
		}
	})
}
