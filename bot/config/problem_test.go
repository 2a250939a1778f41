package config

import (
	"strings"
	"testing"
)

// bot is a valid Telegram entry to put a mistake behind.
const bot = "telegram:\n  - name: main\n    token: 123:abc\n"

// mistakes has one file per check, with the one problem it must give. fix is a piece of the English text.
var mistakes = []struct {
	name, src    string
	line, column int
	path, code   string
	fix          string
}{
	// Text and layout.
	{"not UTF-8", "language: en\nmention: \xff\n", 2, 10, "", codeNotUTF8, "encoding UTF-8"},
	{"UTF-16", "\xff\xfea\x00", 1, 1, "", codeNotUTF8, "encoding UTF-8"},
	{"control character", "language: en\n\x00", 2, 1, "", codeControlChar, "language: zh-CN"},
	{"byte order mark in the middle", "language: \ufeffen\n", 1, 11, "", codeControlChar, "language: zh-CN"},
	{"tab", "http:\n\tlisten: :80\n", 2, 1, "", codeTabIndent, "two for each level"},
	{"tab after spaces", "http:\n  public_url: \"\"\n \tlisten: :80\n", 3, 2, "", codeTabIndent, "two for each level"},
	{"wide space", "http:\n\u3000listen: :80\n", 2, 1, "", codeWideSpace, "ordinary spaces"},
	{"non-breaking space", "\u00a0language: en\n", 1, 1, "", codeWideSpace, "ordinary spaces"},
	{"wide colon", "language：en\n", 1, 1, "", codeWideColon, `"language: "`},
	{"wide colon in a block", "http:\n  listen：:80\n", 2, 3, "http", codeWideColon, `"listen: "`},
	{"no space after the colon", "language: en\ntimezone:UTC\ndatabase: a\n", 2, 1, "", codeColonSpace, `"timezone: "`},
	{"no space, the only line", "language:en", 1, 1, "", codeColonSpace, `"language: "`},
	{"no space in a list", "telegram:\n  - name:main\n", 2, 5, "telegram[0]", codeColonSpace, `"name: "`},
	{"old Mac line ends", "language: en\rtimezone:\r  nowhere\r", 3, 3, "timezone", codeBadTimezone, "Asia/Shanghai"},
	{"no colon", "language: en\ntimezone UTC\ndatabase: a\n", 2, 1, "", codeYAMLSyntax, `mention: "helper"`},
	{"indented too far", "language: en\n  timezone: UTC\n", 2, 3, "", codeYAMLSyntax, "two spaces"},
	{"indented too little", "http:\n  listen: :80\n public_url: \"\"\n", 3, 2, "", codeYAMLSyntax, "two spaces"},
	{"colon in a value", "language: en\ndatabase: a: b\n", 2, 1, "", codeYAMLSyntax, "double quotes"},
	{"apostrophe", "database: 'it's'\nlanguage: en\n", 1, 1, "", codeYAMLSyntax, "double quotes"},
	{"open quote", "language: en\ndatabase: \"abc\nlog:\n  level: info\n", 2, 1, "", codeYAMLQuote, "at both ends"},
	{"open quote in the first line", "database: 'abc\nlanguage: en\n", 1, 1, "", codeYAMLQuote, "at both ends"},
	{"open bracket", "admins: [\"sandbox:a\"\nlanguage: en\n", 1, 1, "", codeYAMLBracket, "urls: ["},
	{"at sign", "language: en\nwecom:\n  corp_id: @x\n", 3, 3, "", codeYAMLStartChar, `mention: "@helper"`},
	{"backslash", "language: en\ndatabase: \"C:\\path\"\n", 2, 1, "", codeYAMLEscape, `'D:\backups'`},
	{"variable in braces", "language: en\nhttp: {listen: ${SET}}\n", 2, 1, "", codeYAMLFlowVariable, `key: "${WECOM_WEBHOOK_KEY}"`},
	{"two documents", "language: en\n---\nlanguage: en\n", 2, 1, "", codeSeveralDocuments, "one configuration"},
	{"alias", "language: &l en\n", 1, 11, "language", codeAlias, `"*abc"`},
	{"unknown alias", "language: en\ndatabase: *secret\n", 2, 1, "", codeAlias, `"*abc"`},
	{"lone star", "language: en\ndatabase: *\n", 2, 1, "", codeAlias, `"*abc"`},
	{"merge", "<<: {language: en}\n", 1, 1, "", codeAlias, `"*abc"`},
	{"tag", "database: !abc def\n", 1, 11, "database", codeTag, `"!abc"`},
	{"binary", "database: !!binary aGk=\n", 1, 11, "database", codeTag, `"!abc"`},

	// Keys and types.
	{"duplicate key", "language: en\ntimezone: UTC\nlanguage: en\n", 3, 1, "language", codeDuplicateKey, "line 1"},
	{"misspelt key", "lanugage: en\n", 1, 1, "lanugage", codeUnknownKeyNear, "mean language?"},
	{"key in capitals", "http:\n  Public-URL: \"\"\n", 2, 3, "http.Public-URL", codeUnknownKeyNear, "mean public_url?"},
	{"misspelt required key", "telegram:\n  - name: main\n    bot_token: 123:abc\n", 3, 5, "telegram[0].bot_token", codeUnknownKeyNear, "mean token?"},
	{"misplaced key", "listen: :80\n", 1, 1, "listen", codeMisplacedKey, "http.listen"},
	{"unknown key", "log: {colour: red}\n", 1, 7, "log.colour", codeUnknownKey, "level, format"},
	{"unknown key with a common name", "wecom: {secret: x}\n", 1, 9, "wecom.secret", codeUnknownKey, "corp_id"},
	{"a value for a key", "log: {123456789:AAabcdefghijklmnopqrstuvwxyz}\n", 1, 7, "log", codeOddKey, "level, format"},
	{"a list for a key", "log:\n  ? [a]\n  : b\n", 2, 5, "log", codeOddKey, "level, format"},
	{"text wanted", "language: [en]\n", 1, 11, "language", codeWantText, "language: zh-CN"},
	{"text wanted, got true", bot + "    mode: true\n", 4, 11, "telegram[0].mode", codeWantText, "mode: polling"},
	{"text wanted, got a group", bot + "    webhook_secret: {a: b}\n", 4, 21, "telegram[0].webhook_secret", codeWantText, "webhook_secret: ${"},
	{"text wanted in a list", "admins:\n  - telegram: 123\n", 2, 5, "admins[0]", codeWantText, `admins: ["telegram:123456"]`},
	{"number wanted", "backups: {keep: seven}\n", 1, 17, "backups.keep", codeWantNumber, "keep: 7"},
	{"whole number wanted", "backups: {keep: 7.5}\n", 1, 17, "backups.keep", codeWantNumber, "keep: 7"},
	{"too large a number", "backups: {keep: 99999999999999999999}\n", 1, 17, "backups.keep", codeWantNumber, "keep: 7"},
	{"number wanted, got a list", "backups: {keep: []}\n", 1, 17, "backups.keep", codeWantNumber, "keep: 7"},
	{"switch wanted", "sandbox: {enabled: yes}\n", 1, 20, "sandbox.enabled", codeWantBool, "true or false"},
	{"list wanted", "admins: telegram:123\n", 1, 9, "admins", codeWantList, `admins: ["telegram:123456"]`},
	{"list wanted, got a group", "telegram:\n  name: main\n", 2, 3, "telegram", codeWantList, `"- "`},
	{"group wanted", "http: :80\n", 1, 7, "http", codeWantGroup, "http: {listen:"},
	{"group wanted in a list", "telegram: [\"123:abc\"]\n", 1, 12, "telegram[0]", codeWantGroup, "telegram: [{name: main"},
	{"group wanted at the top", "- language\n", 1, 1, "", codeWantGroup, "language: zh-CN"},

	// Variables.
	{"unset variable", "database: a${SET}${NOT_SET}b\n", 1, 11, "database", codeVariableUnset, "export NOT_SET="},
	{"unset variable in a group that is off", "backups: {folder: \"${NOT_SET}\"}\n", 1, 19, "backups.folder", codeVariableUnset, "NOT_SET"},
	{"unset variable for a required value", "telegram: [{name: a, token: \"${NOT_SET}\"}]\n", 1, 29, "telegram[0].token", codeVariableUnset, "NOT_SET"},
	{"a secret between the braces", bot + "    webhook_secret: ${a1b2c3d4}\n", 4, 21, "telegram[0].webhook_secret", codeVariableUnsetHidden, "without ${ }"},
	{"variable not closed", "database: ${SET\n", 1, 11, "database", codeVariableSyntax, "${TELEGRAM_BOT_TOKEN}"},
	{"variable with a default", "database: \"${SET:-x}\"\n", 1, 11, "database", codeVariableSyntax, "${TELEGRAM_BOT_TOKEN}"},
	{"empty variable", "telegram: [{name: a, token: \"${EMPTY}\"}]\n", 1, 29, "telegram[0].token", codeNoToken, "@BotFather"},

	// Settings.
	{"language", "language: zh\n", 1, 11, "language", codeBadChoice, "zh-CN, en"},
	{"empty language", "language: \"\"\n", 1, 11, "language", codeBadChoice, "zh-CN, en"},
	{"log level", "log: {level: loud}\n", 1, 14, "log.level", codeBadChoice, "debug, info, warn, error"},
	{"log format", "log: {format: xml}\n", 1, 15, "log.format", codeBadChoice, "text, json"},
	{"zone", "timezone: Beijing\n", 1, 11, "timezone", codeBadTimezone, "timezone: Asia/Shanghai"},
	{"time of day", "day_starts_at: 4:00\n", 1, 16, "day_starts_at", codeBadTimeOfDay, `"04:00"`},
	{"time of day 24:00", "day_starts_at: \"24:00\"\n", 1, 16, "day_starts_at", codeBadTimeOfDay, "00:00 to 23:59"},
	{"database", "database: \" \"\n", 1, 11, "database", codeRequired, "database: qunmate.db"},
	{"keep", "backups: {keep: 0}\n", 1, 17, "backups.keep", codeTooSmall, "at least 1"},
	{"cron with four fields", "backups: {cron: \"1 2 3 4\"}\n", 1, 17, "backups.cron", codeCronFields, "there are 4"},
	{"empty cron", "backups: {cron: \"\"}\n", 1, 17, "backups.cron", codeCronFields, `"15 4 * * *"`},
	{"cron with an hour 24", "backups: {cron: \"15 24 * * *\"}\n", 1, 17, "backups.cron", codeCronField, `Field 2, "24"`},
	{"cron with nothing in a field", "backups: {cron: \", 4 * * *\"}\n", 1, 17, "backups.cron", codeCronField, `Field 1, ","`},
	{"cron with Sunday as 7", "backups: {cron: \"15 4 * * 7\"}\n", 1, 17, "backups.cron", codeCronField, "0 is Sunday"},
	{"cron with a zone", "backups: {cron: \"TZ=0\"}\n", 1, 17, "backups.cron", codeCronZone, "timezone"},
	{"cron with a zone, long", "backups: {cron: \"CRON_TZ=UTC 15 4 * * *\"}\n", 1, 17, "backups.cron", codeCronZone, "timezone"},
	{"cron every", "backups: {cron: \"@every 1h\"}\n", 1, 17, "backups.cron", codeCronAt, "five fields"},
	{"cron never", "backups: {cron: \"0 0 31 2 *\"}\n", 1, 17, "backups.cron", codeCronNever, "never run"},
	{"admin without a platform", "admins: [zhangsan]\n", 1, 10, "admins[0]", codeBadAdmin, `"telegram:123456"`},
	{"admin of an unknown platform", "admins: [\"sandbox:a\", \"qq:123\"]\n", 1, 23, "admins[1]", codeBadAdmin, "wechat:<app_id>"},
	{"admin of an official account without an app", "admins: [\"wechat:open\"]\n", 1, 10, "admins[0]", codeBadAdmin, "wechat:<app_id>"},
	{"empty admin", "admins:\n  -\n", 2, 4, "admins[0]", codeBadAdmin, `"telegram:123456"`},
	{"Telegram admin by name", "admins: [\"telegram:@ann\"]\n", 1, 10, "admins[0]", codeBadAdminTelegram, "number"},

	// Addresses.
	{"listen without a port", "http: {listen: localhost}\n", 1, 16, "http.listen", codeBadListen, "127.0.0.1:8080"},
	{"listen with a port that is none", "http: {listen: \"127.0.0.1:65536\"}\n", 1, 16, "http.listen", codeBadListen, "0 to 65535"},
	{"listen as an address", "http: {listen: \"http://127.0.0.1:80\"}\n", 1, 16, "http.listen", codeBadListen, "host:port"},
	{"public_listen", "http: {public_listen: \"8443\"}\n", 1, 23, "http.public_listen", codeBadListen, "0.0.0.0:8443"},
	{"both on one port", "http: {public_listen: \"127.0.0.1:8080\"}\n", 1, 23, "http.public_listen", codeSameListen, "0.0.0.0:8443"},
	{"public_url by http", "http: {public_url: \"http://bot.example.com\"}\n", 1, 20, "http.public_url", codeBadPublicURL, "https://bot.example.com"},
	{"public_url without a scheme", "http: {public_url: bot.example.com}\n", 1, 20, "http.public_url", codeBadPublicURL, "https://bot.example.com"},
	{"base_url", bot + "    base_url: api.telegram.org\n", 4, 15, "telegram[0].base_url", codeBadHTTPURL, "https://api.telegram.org"},
	{"base_url with a password", "wecom: {base_url: \"https://a:b@c\"}\n", 1, 19, "wecom.base_url", codeBadHTTPURL, "https://qyapi"},
	{"empty base_url", "wechat: {base_url: \"\"}\n", 1, 20, "wechat.base_url", codeBadHTTPURL, "https://api.weixin"},
	{"websocket_url", "wecom: {aibots: [{name: a, bot_id: b, secret: c, websocket_url: \"https://x\"}]}\n", 1, 65, "wecom.aibots[0].websocket_url", codeBadWSURL, "wss://openws"},

	// Draws.
	{"beacon", "draw: {beacon: moon}\n", 1, 16, "draw.beacon", codeBadChoice, "drand, number, none"},
	{"no beacon address", "draw: {urls: []}\n", 1, 14, "draw.urls", codeRequiredFor, "beacon: drand"},
	{"beacon by http", "draw: {urls: [\"http://api.drand.sh\"]}\n", 1, 15, "draw.urls[0]", codeBadBeaconURL, "https://api.drand.sh"},
	{"chain", "draw: {chain: 52db}\n", 1, 15, "draw.chain", codeBadHex, "64 digits"},
	{"public key", "draw:\n  public_key: " + strings.Repeat("x", 192) + "\n", 2, 15, "draw.public_key", codeBadHex, "192 digits"},
	{"another chain with the same key", "draw: {chain: " + strings.Repeat("a", 64) + "}\n", 1, 15, "draw.chain", codeBeaconPair, "Set both"},
	{"another key with the same chain", "draw: {public_key: " + strings.Repeat("a", 192) + "}\n", 1, 20, "draw.public_key", codeBeaconPair, "Set both"},

	// Connections.
	{"no name", "telegram:\n  - token: 123:abc\n", 2, 5, "telegram[0].name", codeRequired, "name: main"},
	{"nothing in an entry", "wecom:\n  webhooks: [{name: a}]\n", 2, 14, "wecom.webhooks[0].key", codeRequired, "key: ${WECOM_WEBHOOK_KEY}"},
	{"name in capitals", "telegram: [{name: Main, token: \"1:a\"}]\n", 1, 19, "telegram[0].name", codeBadName, "a-z, 0-9"},
	{"name with a slash", "telegram: [{name: a/b, token: \"1:a\"}]\n", 1, 19, "telegram[0].name", codeBadName, "name: main"},
	{"name too long", "telegram: [{name: " + strings.Repeat("n", 33) + ", token: \"1:a\"}]\n", 1, 19, "telegram[0].name", codeBadName, "1 to 32"},
	{"same name twice", bot + "  - name: main\n    token: 456:abc\n", 4, 11, "telegram[1].name", codeDuplicateName, "telegram[0]"},
	{
		"same name in two lists of wecom",
		"wecom:\n  aibots:\n    - {name: a, bot_id: b, secret: c}\n  webhooks:\n    - {name: a, key: k}\n",
		5, 14, "wecom.webhooks[0].name", codeDuplicateName, "wecom.aibots[0]",
	},
	{"same bot twice", bot + "  - name: two\n    token: 123:xyz\n", 5, 12, "telegram[1].token", codeSameAccount, "telegram[0]"},
	{"no token", "telegram: [{name: a}]\n", 1, 12, "telegram[0].token", codeNoToken, "@BotFather"},
	{"token without digits", "telegram: [{name: a, token: abc}]\n", 1, 29, "telegram[0].token", codeBadToken, "@BotFather"},
	{"token with a line end", "telegram: [{name: a, token: \"123:abc\\n\"}]\n", 1, 29, "telegram[0].token", codeSecretBlank, "line break"},
	{"Telegram mode", bot + "    mode: longpoll\n", 4, 11, "telegram[0].mode", codeBadChoice, `"longpoll" is not one of: polling, webhook`},
	{"webhook without public_url", bot + "    mode: webhook\n", 4, 11, "telegram[0].mode", codeNeedsPublicURL, `public_url: "https://bot.example.com"`},
	{"webhook_secret", bot + "    webhook_secret: \"a!b\"\n", 4, 21, "telegram[0].webhook_secret", codeBadWebhookSecret, `webhook_secret: ""`},
	{"webhook_secret too long", bot + "    webhook_secret: " + strings.Repeat("a", 257) + "\n", 4, 21, "telegram[0].webhook_secret", codeBadWebhookSecret, "256"},
	{"aibot mode", "wecom: {aibots: [{name: a, mode: polling}]}\n", 1, 34, "wecom.aibots[0].mode", codeBadChoice, "websocket, callback"},
	{"aibot without id", "wecom: {aibots: [{name: a, secret: s}]}\n", 1, 18, "wecom.aibots[0].bot_id", codeRequiredFor, "bot_id: ${WECOM_BOT_ID}"},
	{"aibot without secret", "wecom: {aibots: [{name: a, bot_id: s}]}\n", 1, 18, "wecom.aibots[0].secret", codeRequiredFor, "mode: websocket"},
	{
		"aibot callback without token",
		"http: {public_url: \"https://a.b\"}\nwecom: {aibots: [{name: a, mode: callback, encoding_aes_key: " + strings.Repeat("a", 43) + "}]}\n",
		2, 18, "wecom.aibots[0].token", codeRequiredFor, "mode: callback",
	},
	{
		"aibot callback without public_url",
		"wecom: {aibots: [{name: a, mode: callback, token: t, encoding_aes_key: " + strings.Repeat("a", 43) + "}]}\n",
		1, 34, "wecom.aibots[0].mode", codeNeedsPublicURL, "mode: websocket",
	},
	{"aes key of 42", "wechat: {official_accounts: [{name: a, app_id: b, app_secret: c, token: d, encoding_aes_key: " + strings.Repeat("a", 42) + "}]}\n", 1, 94, "wechat.official_accounts[0].encoding_aes_key", codeBadAESKey, "there are 42"},
	{"aes key of dots", "wecom: {aibots: [{name: a, bot_id: b, secret: c, encoding_aes_key: " + strings.Repeat(".", 43) + "}]}\n", 1, 68, "wecom.aibots[0].encoding_aes_key", codeBadAESKey, "43 letters"},
	{"same aibot twice", "wecom:\n  aibots:\n    - {name: a, bot_id: b, secret: c}\n    - {name: d, bot_id: b, secret: c}\n", 4, 25, "wecom.aibots[1].bot_id", codeSameAccount, "wecom.aibots[0]"},
	{"webhook address for a key", "wecom: {webhooks: [{name: a, key: \"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\"}]}\n", 1, 35, "wecom.webhooks[0].key", codeBadWebhookKey, "after key="},
	{"chat with the platform in front", "wecom: {aibots: [{name: b, bot_id: b, secret: s}], webhooks: [{name: a, key: k, chat: \"wecom:wr1\"}]}\n", 1, 87, "wecom.webhooks[0].chat", codeBadChatID, "chat: wrkSFf"},
	{"two webhooks for one chat", "wecom:\n  aibots: [{name: b, bot_id: b, secret: s}]\n  webhooks:\n    - {name: a, key: k, chat: wr1}\n    - {name: c, key: l, chat: wr1}\n", 5, 31, "wecom.webhooks[1].chat", codeSameChat, "wecom.webhooks[0]"},
	{"chat without an aibot", "wecom: {webhooks: [{name: a, key: k, chat: wr1}]}\n", 1, 44, "wecom.webhooks[0].chat", codeChatNeedsAIBot, "wecom.aibots"},
	{"app without corp", "wecom: {apps: [{name: a, agent_id: 1, secret: s}]}\n", 1, 8, "wecom.corp_id", codeRequiredFor, "wecom.apps"},
	{"app without id", "wecom: {corp_id: c, apps: [{name: a, secret: s}]}\n", 1, 28, "wecom.apps[0].agent_id", codeRequired, "agent_id: 1000002"},
	{"app without secret", "wecom: {corp_id: c, apps: [{name: a, agent_id: 1}]}\n", 1, 28, "wecom.apps[0].secret", codeRequired, "secret: ${"},
	{"app with half a callback", "wecom: {corp_id: c, apps: [{name: a, agent_id: 1, secret: s, token: t}]}\n", 1, 28, "wecom.apps[0].encoding_aes_key", codeRequiredFor, "because of token"},
	{"account without app_id", "wechat: {official_accounts: [{name: a, app_secret: c, token: d}]}\n", 1, 30, "wechat.official_accounts[0].app_id", codeRequired, "app_id: ${"},
	{"account without token", "wechat: {official_accounts: [{name: a, app_id: b, app_secret: c}]}\n", 1, 30, "wechat.official_accounts[0].token", codeRequired, "token: ${"},
}

func TestEveryMistakeHasItsLineAndItsFix(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, test := range mistakes {
		covered[test.code] = true
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ps := problemsOf(t, test.src)
			if len(ps) != 1 {
				t.Fatalf("%d problems:\n%v", len(ps), ps)
			}
			p := ps[0]
			if p.Line != test.line || p.Column != test.column || p.Code != test.code || p.Path != test.path {
				t.Errorf("got %d:%d %q %s, want %d:%d %q %s\n%v", p.Line, p.Column, p.Path, p.Code, test.line, test.column, test.path, test.code, p)
			}
			if !strings.Contains(p.Error(), test.fix) {
				t.Errorf("no %q in: %v", test.fix, p)
			}
			if strings.Contains(p.Error(), "{{") {
				t.Errorf("placeholder left: %v", p)
			}
		})
	}
	for _, code := range Codes() {
		if !covered[code] && !strings.HasPrefix(code, "file_") {
			t.Errorf("no test gives %s", code)
		}
	}
}

func TestEveryTabIsNamed(t *testing.T) {
	t.Parallel()
	ps := problemsOf(t, "http:\n\tlisten: :80\n\tpublic_url: \"\"\n# \tcomment\n\t# comment\nlog:\n\tlevel: info\n")
	if len(ps) != 3 || ps[0].Line != 2 || ps[1].Line != 3 || ps[2].Line != 7 {
		t.Errorf("%v", ps)
	}
	if ps := problemsOf(t, "http:\n"+strings.Repeat("\tlisten: :80\n", 1000)); len(ps) != maxLayoutProblems {
		t.Errorf("%d problems", len(ps))
	}
}

func TestValidShapes(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"day_starts_at: 00:00\n", "day_starts_at: '23:59'\n",
		"timezone: UTC\n", "timezone: America/Argentina/Buenos_Aires\n",
		"backups: {cron: \"0 0 29 2 *\"}\n", "backups: {cron: \" */15  0-6,22 1,15 jan-dec MON-FRI \", keep: 1}\n",
		"http: {listen: \":0\", public_listen: \":0\"}\n", "http: {listen: \"[::1]:80\", public_listen: \"localhost:80\"}\n",
		"http: {public_url: \"https://例子.中国:8443/a/b\"}\n",
		"log: {level: debug, format: json}\n", "sandbox: {enabled: True}\n",
		"admins:\n  - telegram:1\n  - wecom:corp:user\n  - wechat:wx1:o_-x\n  - sandbox:小满\n",
		"admins: [telegram:123456, wecom:a]\n",
		"draw: {beacon: none, urls: []}\n", "draw: {urls: [\"http://127.0.0.1:1\", \"http://localhost\", \"http://[::1]:1\"]}\n",
		"draw: {chain: " + strings.Repeat("A", 64) + ", public_key: " + strings.Repeat("b", 192) + "}\n",
		bot + "    mode: webhook\n    webhook_secret: " + strings.Repeat("a", 256) + "\nhttp: {public_url: https://a.b}\n",
		bot + "  - {name: 2, token: \"124:abc\"}\n",
		"wechat: {official_accounts: [{name: main, app_id: 007, app_secret: 1e3, token: d}]}\ntelegram: [{name: main, token: \"1:a\"}]\n",
		"wecom: {webhooks: [{name: a-b_1, key: 693a91f6-7b2c-4bc4-97a0-0ec2sifa5aaa}]}\n",
		"wecom: {aibots: [{name: b, bot_id: b, secret: s}], webhooks: [{name: a, key: k, chat: wrAbC-_1}, {name: c, key: l, chat: wrabc-_1}, {name: d, key: m, chat: \"\"}]}\n",
		"wecom: {corp_id: c, apps: [{name: a, agent_id: 1, secret: s}]}\n",
	} {
		if ps := problemsOf(t, src); ps != nil {
			t.Errorf("%q:\n%v", src, ps)
		}
	}
	c := mustParse(t, "wechat: {official_accounts: [{name: main, app_id: 007, app_secret: 1e3, token: d}]}\n", nil)
	if a := c.WeChat.OfficialAccounts[0]; a.AppID != "007" || a.AppSecret.Reveal() != "1e3" {
		t.Errorf("a number was rewritten: %q", a.AppID)
	}
}
