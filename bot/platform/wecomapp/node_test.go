package wecomapp

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

// The official package opens an answer of ours: signature, key, receiver. (That
// the cipher itself agrees in both directions is a test of internal/envelope.)
func TestTheOfficialPackageOpensOurAnswers(t *testing.T) {
	t.Parallel()
	node, folder := officialPackage(t, "@wecom/crypto") // 1.0.1
	const said = "签到成功 ]]> <b> 🎁"
	var body []byte
	synctest.Test(t, func(t *testing.T) {
		r := connect(t, qyapitest.NewServer(qyapitest.Options{}), nil)
		r.answer = func(chat.Event) []chat.Content { return []chat.Content{{Text: chat.Escape(said)}} }
		r.start()
		p := r.s.Seal(r.s.Message(aning, "text", map[string]string{"Content": "签到"}))
		w := r.request("POST", p.Query, p.Body)
		body = w.Body.Bytes()
	})
	var answer struct {
		Encrypt   string `xml:"Encrypt"`
		Signature string `xml:"MsgSignature"`
		Timestamp string `xml:"TimeStamp"`
		Nonce     string `xml:"Nonce"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	in, err := json.Marshal(map[string]string{
		"token": qyapitest.DefaultToken, "key": qyapitest.DefaultAESKey, "encrypt": answer.Encrypt,
		"signature": answer.Signature, "timestamp": answer.Timestamp, "nonce": answer.Nonce,
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "open.cjs"), folder)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	var opened struct {
		Signed  bool
		Message string
		ID      string
	}
	if err != nil || json.Unmarshal(out, &opened) != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !opened.Signed || opened.ID != qyapitest.DefaultCorpID || !strings.Contains(opened.Message, "<ToUserName><![CDATA["+aning+"]]>") {
		t.Errorf("the package read %+v", opened)
	}
	var m inbound
	if err := xml.Unmarshal([]byte(opened.Message), &m); err != nil || read(m.Content) != said {
		t.Errorf("%q %v", m.Content, err)
	}
}

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
