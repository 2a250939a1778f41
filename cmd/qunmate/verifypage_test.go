package main_test

import (
	"net/http"
	"strings"
	"testing"
)

// The page is there for everybody who can reach the server, loads its own files
// and may talk to nobody.
func TestReceiptsAreComputedAgainOnAPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	configure(t, dir, nil, "sandbox: {enabled: true}\n")
	p := launch(t, dir, nil)
	base := p.address()
	for path, want := range map[string]string{"/verify/": `content="自己验证抽奖 · Compute a draw yourself"`, "/verify/receipt.js": "export function check", "/verify/page.js": "import { check", "/verify/drand.js": "export function signedRound", "/verify/hash.js": "export function sha256", "/verify/style.css": "main"} {
		resp, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		code, body := answer(t, resp)
		if code != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "connect-src") {
			t.Errorf("%s: %d, %q", path, code, policy)
		}
	}
	if code, _ := get(t, base+"/verify"); code != http.StatusOK { // goes on to /verify/
		t.Errorf("/verify: %d", code)
	}
	p.stop()
}
