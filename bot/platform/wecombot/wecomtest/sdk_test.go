package wecomtest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
		absent("not tried with %s: node is not installed", name)
	}
	modules := os.Getenv("QUNMATE_NODE_MODULES")
	for _, folder := range []string{filepath.Join(modules, name), filepath.Join(modules, "node_modules", name)} {
		if _, err := os.Stat(filepath.Join(folder, "package.json")); err == nil && modules != "" {
			return node, folder
		}
	}
	absent("not tried with %s: QUNMATE_NODE_MODULES=%q names no folder that holds it", name, modules)
	return "", ""
}

// sdk is a running client of the official package.
type sdk struct {
	t     *testing.T
	lines chan sdkLine
}

type sdkLine struct{ What, Detail string }

func startSDK(t *testing.T, s *Server, secret string) *sdk {
	t.Helper()
	node, folder := officialPackage(t, "@wecom/aibot-node-sdk") // 1.0.7
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	cmd := exec.CommandContext(ctx, node, filepath.Join("testdata", "sdk.cjs"), folder, s.URL(), s.BotID(), secret)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	k := &sdk{t: t, lines: make(chan sdkLine, 1000)}
	go func() {
		defer close(k.lines)
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			var l sdkLine
			if json.Unmarshal(scan.Bytes(), &l) == nil {
				k.lines <- l
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		_ = in.Close() // the script ends
		for range k.lines {
		}
		_ = cmd.Wait()
		cancel()
	})
	return k
}

// wait reads until a line says what.
func (k *sdk) wait(what string) string {
	k.t.Helper()
	var seen []string
	for l := range k.lines {
		if l.What == what {
			return l.Detail
		}
		seen = append(seen, l.What+" "+l.Detail)
	}
	k.t.Fatalf("never said %q; it said: %s", what, strings.Join(seen, "; "))
	return ""
}

func TestTheOfficialSDKAcceptsTheServer(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	k := startSDK(t, s, s.Secret())
	k.wait("authenticated")
	group := Chat{ID: "wrGROUP_Aa", Group: true}
	for _, order := range []string{"markdown", "stream", "card", "both", "push", "upload"} {
		s.Tell(group, "lilei", order)
		if got := k.wait("heard"); got != order {
			t.Fatalf("heard %q", got)
		}
		if got := k.wait(order); got != "0" {
			t.Errorf("%s: %s", order, got)
		}
	}
	s.Enter("hanmei")
	if got := k.wait("welcome"); got != "0" {
		t.Errorf("welcome: %s", got)
	}
	if _, ok := s.Press(group, "lilei", "Yes"); !ok {
		t.Fatal("no button")
	}
	if got := k.wait("clicked"); got != "/yes" {
		t.Errorf("clicked %q", got)
	}
	if got := k.wait("update"); got != "0" {
		t.Errorf("update: %s", got)
	}
	var said []string
	for _, m := range s.Sent() {
		said = append(said, m.Cmd+" "+m.MsgType+" "+m.Text)
	}
	want := []string{
		"aibot_respond_msg markdown **done**", "aibot_respond_msg stream half", "aibot_respond_msg stream whole", "aibot_respond_msg template_card ",
		"aibot_respond_msg stream_with_template_card text", "aibot_send_msg markdown pushed", "aibot_respond_msg file ",
		"aibot_respond_welcome_msg text welcome", "aibot_respond_update_msg update_template_card ",
	}
	if !slices.Equal(said, want) {
		t.Errorf("accepted\n%s", strings.Join(said, "\n"))
	}
	if p := s.Problems(); len(p) != 0 {
		t.Errorf("problems: %v", p)
	}
	// A text as a reply is refused, as measured.
	s.Tell(group, "lilei", "text")
	if got := k.wait("text"); got != "failed: 40008" {
		t.Errorf("text: %s", got)
	}
	if err := s.WaitCalls(t.Context(), CmdPing, 2); err != nil {
		t.Fatal(err)
	}
	s.Displace()
	if got := k.wait("disconnected"); !strings.Contains(got, "New connection") {
		t.Errorf("kicked: %s", got)
	}
}

func TestTheOfficialSDKReconnectsAndIsRefused(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	k := startSDK(t, s, s.Secret())
	k.wait("authenticated")
	s.Drop()
	k.wait("authenticated")
	bad := startSDK(t, s, "wrong")
	if got := bad.wait("error"); !strings.Contains(got, "853000") {
		t.Errorf("wrong secret: %s", got)
	}
}
