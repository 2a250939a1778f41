package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestASecretShowsNowhere(t *testing.T) {
	t.Parallel()
	const value = "hunter2-hunter2"
	c := mustParse(t, "telegram: [{name: main, token: \"123:"+value+"\", webhook_secret: "+value+"}]\n", nil)
	s := Secret(value)

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v", "%10.3s"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", &s)
		fmt.Fprintf(&out, verb+"\n", []Secret{s})
		fmt.Fprintf(&out, verb+"\n", c)
		fmt.Fprintf(&out, verb+"\n", *c)
	}
	fmt.Fprintln(&out, s, s.String(), s.GoString(), "text: "+s.String())
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("start", "token", s, "config", c, slog.Group("g", "token", s))
	}
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		for _, v := range []any{s, &s, c, []Secret{s}, map[string]any{"a": s}} {
			b, err := marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(b)
		}
	}
	if strings.Contains(out.String(), "hunter") || strings.Contains(out.String(), fmt.Sprintf("%x", "hunter")) || strings.Contains(out.String(), fmt.Sprintf("%X", "hunter")) {
		t.Errorf("leaks:\n%s", out.String())
	}
	if strings.Count(out.String(), mask) < 40 {
		t.Errorf("not shown as %s:\n%s", mask, out.String())
	}
	if got := fmt.Sprintf("%s|%v|%#v", Secret(""), Secret(""), Secret("")); got != "||" {
		t.Errorf("empty: %q", got)
	}
	if text, err := s.MarshalText(); err != nil || string(text) != mask {
		t.Errorf("%q %v", text, err)
	}
	if s.Reveal() != value {
		t.Error("Reveal")
	}
}

// TestNoProblemRepeatsASecret puts a secret where something is wrong with it, or
// where an operator puts it by mistake.
func TestNoProblemRepeatsASecret(t *testing.T) {
	t.Parallel()
	const value = "AAF9s_hunter2hunter2hunter2hunter2"
	for _, src := range []string{
		"telegram: [{name: a, token: " + value + "}]\n",
		"telegram: [{name: a, token: [" + value + "]}]\n",
		"telegram: [{name: a, token: {" + value + ": " + value + "}}]\n",
		"telegram: [{name: a, token: !" + value + " " + value + "}]\n",
		"telegram: [{name: a, token: &" + value + " " + value + "}]\n",
		"telegram: [{name: a, token: *" + value + "}]\n",
		"telegram: [{name: a, token: \"${" + value + "}\"}]\n",
		"telegram: [{name: a, token: \"${" + value + "-}\"}]\n",
		"telegram: [{name: a, token: \"${" + value + "\"}]\n",
		"telegram: [{name: a, token: 123:" + value + ", token: 123:" + value + "}]\n",
		"telegram: [{name: 123:" + value + ", mode: 123:" + value + ", token: 1:a}]\n",
		"telegram: [{123:" + value + "}]\n", "telegram: [123:" + value + "]\n", "telegram: 123:" + value + "\n",
		"telegram:\n  - name: a\n    token:123:" + value + "\n",
		"telegram:\n  - name: a\n    token 123:" + value + "\n    mode: polling\n",
		"telegram:\n  - name: a\n    token: \"123:" + value + "\n    mode: polling\n",
		"telegram:\n  - name: a\n    token: 123:" + value + ": x\n",
		"telegram: [{name: a, token: 1:a, base_url: \"https://api.telegram.org/bot" + value + "?\"}]\n",
		"telegram: [{name: a, token: 1:a, webhook_secret: \"" + value + "!\"}]\n",
		"wecom: {webhooks: [{name: a, key: \"https://x?key=" + value + "\"}]}\n",
		"wecom: {webhooks: [{name: a, key: " + value + "}, {name: b, key: " + value + "}]}\n",
		"wecom: {aibots: [{name: a, bot_id: x, secret: x, encoding_aes_key: " + value + "}]}\n",
		"wecom: {aibots: [{name: a, bot_id: x, secret: \"" + value + "\\n\"}]}\n",
		"language: " + value + "\nlog: {level: " + value + "}\ntimezone: " + value + "\nday_starts_at: " + value + "\n",
		"backups: {keep: " + value + ", cron: " + value + "}\nadmins: [" + value + "]\nhttp: {listen: " + value + ", public_url: " + value + "}\n",
		"backups: {cron: \"" + value + " 1 * * *\"}\ndraw: {beacon: " + value + ", urls: [" + value + "], chain: " + value + "}\n",
		value + ": x\n", value + "\n", "log: {" + value + ": x}\n",
		"language: ${V}\nlog: {level: \"${V}\"}\ntimezone: ${V}\nday_starts_at: ${V}\ntelegram: [{name: \"${V}\"}, {name: \"${V}\"}]\n",
		"backups: {keep: \"${V}\", cron: \"${V} * * * *\"}\nadmins: [\"${V}\"]\n",
	} {
		_, err := Parse([]byte(src), env(map[string]string{"V": "hunter2"}))
		if err == nil {
			t.Errorf("no problem in %q", src)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(fmt.Sprintf("%+v %#v", err, err), "hunter2") {
			t.Errorf("%q leaks: %v", src, err)
		}
	}
}
