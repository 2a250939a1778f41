package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func exampleFile(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "config.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// commentedOut is a line of configuration behind a #; words have a blank after it.
var commentedOut = regexp.MustCompile(`(?m)^#(\S|  )`)

// uncommented returns the example with every connection switched on.
func uncommented(t *testing.T) string {
	t.Helper()
	return commentedOut.ReplaceAllString(exampleFile(t), "$1")
}

func TestTheExampleIsTheDefaults(t *testing.T) {
	t.Parallel()
	c := mustParse(t, exampleFile(t), nil)
	want := defaults()
	want.Admins = []string{} // written out, and just as empty
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
}

func TestTheExampleIsValidWithEverythingOn(t *testing.T) {
	t.Parallel()
	c := mustParse(t, uncommented(t), map[string]string{
		"TELEGRAM_BOT_TOKEN": "123:abc", "WECOM_CORP_ID": "ww1", "WECOM_BOT_ID": "b", "WECOM_BOT_SECRET": "s", "WECOM_WEBHOOK_KEY": "k",
		"WECOM_APP_SECRET": "a", "WECHAT_APP_ID": "wx1", "WECHAT_APP_SECRET": "w", "WECHAT_TOKEN": "t",
	})
	if len(c.Connections()) != 5 || c.SandboxOn() {
		t.Errorf("%v", c.Connections())
	}
	// The values shown for keys with a default are that default.
	bot := Telegram{Name: "main", Token: "123:abc", Line: c.Telegram[0].Line}
	bot.setDefaults()
	helper := AIBot{Name: "helper", Mention: "helper", BotID: "b", Secret: "s", Line: c.WeCom.AIBots[0].Line}
	helper.setDefaults()
	if c.Telegram[0] != bot || c.WeCom.AIBots[0] != helper || c.WeCom.BaseURL != defaults().WeCom.BaseURL || c.WeChat.BaseURL != defaults().WeChat.BaseURL {
		t.Errorf("%+v", c)
	}
}

func TestTheExampleShowsEveryKeyWithAComment(t *testing.T) {
	t.Parallel()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(uncommented(t)), &root); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	lines := strings.Split(exampleFile(t), "\n")
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i < len(n.Content); i += 2 {
				key := n.Content[i]
				found[join(path, key.Value)] = true
				if above := strings.TrimSpace(lines[key.Line-2]); !strings.HasPrefix(above, "# ") || !strings.HasSuffix(above, ".") {
					t.Errorf("line %d: no comment above %s", key.Line, key.Value)
				}
				walk(n.Content[i+1], join(path, key.Value))
			}
		case yaml.SequenceNode:
			for _, child := range n.Content {
				walk(child, path+"[]")
			}
		default: // values
		}
	}
	walk(root.Content[0], "")
	for _, e := range schemaOf(reflect.TypeFor[Config]()) {
		if !found[e.path] {
			t.Errorf("the example has no %s", e.path)
		}
	}
}
