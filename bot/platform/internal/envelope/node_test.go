package envelope

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// officialPackage finds a package of the platform's in the folder that
// QUNMATE_NODE_MODULES names. Without it, or without node, the test is
// skipped, unless QUNMATE_REQUIRE_NODE says that it must run.
func officialPackage(t *testing.T, name string) (node, folder string) {
	t.Helper()
	absent := t.Skipf
	if os.Getenv("QUNMATE_REQUIRE_NODE") != "" {
		absent = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		absent("not compared with %s: node is not installed", name)
	}
	modules := os.Getenv("QUNMATE_NODE_MODULES")
	for _, folder := range []string{filepath.Join(modules, name), filepath.Join(modules, "node_modules", name)} {
		if _, err := os.Stat(filepath.Join(folder, "package.json")); err == nil && modules != "" {
			return node, folder
		}
	}
	absent("not compared with %s: QUNMATE_NODE_MODULES=%q names no folder that holds it", name, modules)
	return "", ""
}

type foreign struct {
	Message   string `json:"message"`
	ID        string `json:"id"`
	Timestamp string `json:"timestamp"`
	Nonce     string `json:"nonce"`
	Encrypt   string `json:"encrypt,omitempty"`
	Signature string `json:"signature,omitempty"`
}

func TestTheOfficialPackageOpensAndSealsTheSame(t *testing.T) {
	t.Parallel()
	node, folder := officialPackage(t, "@wecom/crypto") // 1.0.1
	// Every length around the padding, letters of one to four bytes, with and
	// without a receiver: 150 messages.
	var jobs []foreign
	codecs := map[string]*Codec{"": fuzzCodec(t, ""), testCorp: fuzzCodec(t, testCorp)}
	for n := range 75 {
		for id := range codecs {
			letter := []string{"a", "\u00e9", "\u7b7e", "\U0001f381"}[n%4]
			jobs = append(jobs, foreign{
				Message: strings.Repeat(letter, n), ID: id, Nonce: strconv.Itoa(1000 + len(jobs)),
				Timestamp: strconv.FormatInt(start.Unix(), 10),
			})
		}
	}
	job := struct {
		Token string    `json:"token"`
		Key   string    `json:"key"`
		Open  []foreign `json:"open"`
		Seal  []foreign `json:"seal"`
	}{Token: testToken, Key: testKey, Seal: jobs}
	for _, m := range jobs {
		s, err := codecs[m.ID].Seal([]byte(m.Message), m.Nonce)
		if err != nil {
			t.Fatal(err)
		}
		m.Encrypt, m.Signature = s.Encrypt, s.Signature
		job.Open = append(job.Open, m)
	}
	in, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "crypto.cjs"), folder)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		var stderr []byte
		if e, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it bare
			stderr = e.Stderr
		}
		t.Fatalf("%v\n%s", err, stderr)
	}
	var answer struct {
		Opened []struct {
			Message, ID string
			Signed      bool
		}
		Sealed []foreign
	}
	if err := json.Unmarshal(out, &answer); err != nil || len(answer.Opened) != len(jobs) || len(answer.Sealed) != len(jobs) {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, m := range jobs {
		if got := answer.Opened[i]; got.Message != m.Message || got.ID != m.ID || !got.Signed {
			t.Errorf("%d: the package read %+v of %+v", i, got, m)
		}
		sealed := answer.Sealed[i]
		got, err := codecs[m.ID].Open(Query{MsgSignature: sealed.Signature, Timestamp: m.Timestamp, Nonce: m.Nonce}, sealed.Encrypt)
		if err != nil || string(got) != m.Message {
			t.Errorf("%d: we read %q of %+v: %v", i, got, m, err)
		}
	}
}
