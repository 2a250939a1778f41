package main

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"

	"qunmate/bot/config"
)

// Whatever a library puts into an error: as it is, as a part of an address, in
// quotes.
func TestTheLogShowsNoSecretInEitherForm(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"TOKEN": "7000000001:first-secret", "CORP": "a+b/c=second", "ODD": `third"quoted\back`}
	lookup := func(name string) (string, bool) { v, ok := secrets[name]; return v, ok }
	for _, format := range []string{"text", "json"} {
		cfg, err := config.Parse([]byte(`log: {format: `+format+`}
telegram: [{name: main, token: "${TOKEN}"}]
wecom:
  corp_id: ww1
  apps: [{name: a, agent_id: 1, secret: "${CORP}"}, {name: b, agent_id: 2, secret: "${ODD}"}]
`), lookup)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		log := newLog(&out, cfg)
		for _, s := range secrets {
			log.Info("a fault", "with", s, "err", errors.New("Get https://x.example/?s="+url.QueryEscape(s)+" said: "+s))
		}
		for _, part := range []string{"first-secret", "second", "third", "quoted", "back"} {
			if strings.Contains(out.String(), part) {
				t.Errorf("%s: %q is in the log:\n%s", format, part, out.String())
			}
		}
		if n := strings.Count(out.String(), "***"); n != 9 {
			t.Errorf("%s: %d secrets were taken out:\n%s", format, n, out.String())
		}
	}
}
