package main_test

// module is the first element of our own import paths.
const module = "qunmate"

// An arrow is one row of the table in docs/architecture.md. Folders and
// imports are written from the module's root: "bot" is that folder alone,
// "bot/chat/..." with all below it, a "*" stands for one name. A folder may
// always import itself and what lies below the part of it that the row names.
type arrow struct {
	from  string
	to    []string
	tests []string // besides, in _test.go files
	why   string   // why everything else is forbidden
}

// arrows is searched from the top: the narrower row stands first.
var arrows = []arrow{
	{
		from: chattest, to: []string{"bot/chat"},
		why: "every platform runs this suite: what it knew, every platform would have to know",
	},
	{
		from: "bot/chat/...", tests: []string{chattest},
		why: "the words all others share: whatever it imported, all would import, and a platform could reach the database through it",
	},
	{
		from: "bot/chatday/...",
		why:  "days are pure arithmetic on an instant and a zone; with a clock or a database in reach they would stop being testable by tables",
	},
	{
		from: "bot/input/...", to: []string{"templates"},
		why: "it reads what people typed and is fuzzed; a fuzz build of SQLite takes a minute",
	},
	{
		from: "bot/picture", to: []string{"bot/chat"},
		why: "figures in, a picture out; it is handed to the engine so that a build without the font stays possible",
	},
	{
		from: "bot/config/...",
		why:  "it reads a file; what the values mean is the business of those who get them from cmd, or a new platform would change this package too",
	},
	{
		from: tgtest, to: []string{"bot/chat", memhttp},
		why: "the fake Bot API must not share code with what it tests",
	},
	{
		from: wecomtest, to: []string{"bot/chat", "bot/platform/internal/*"},
		why: "the fake server shares the envelope, which the official client checks, and nothing else with what it tests",
	},
	{
		from: wechattest, to: []string{"bot/chat", "bot/platform/internal/*"},
		why: "as above",
	},
	{
		from: qyapitest, to: []string{"bot/chat", "bot/platform/internal/*"},
		why: "as above",
	},
	{
		from: contacttest, to: []string{"bot/chat", "bot/platform/internal/*"},
		why: "as above",
	},
	{
		from: wxfake, to: []string{"bot/chat", chattest},
		why: "what the fake servers share must not be what they are to test",
	},
	{
		from: "bot/platform/internal/*/...", to: []string{"bot/chat"},
		why: "signatures and ciphers are fuzzed, and a fuzz build of SQLite takes a minute",
	},
	{
		from: "bot/platform/*/...", to: []string{"bot/chat", "bot/platform/internal/*"}, tests: []string{chattest, tgtest, wecomtest, wechattest, qyapitest, contacttest},
		why: "a platform only carries: one that saw the database could answer before the commit, one that knew another could not be left out of a build",
	},
	{
		from: "bot", to: []string{"bot/chat", "bot/chatday", "bot/input", "storage", "templates"}, tests: []string{chattest, commandtest, storagetest, tgtest},
		why: "the engine is handed its platforms, commands and configuration by cmd, so that each can be added without touching it",
	},
	{
		from: "storage/...", tests: []string{storagetest},
		why: "it is below everybody; a rule that crept in here could not be tested without a database",
	},
	{
		from: "templates/...",
		why:  "texts are given values; a text that could fetch its own would show another state than the transaction that answers",
	},
	{
		from: "scheduler/when/...",
		why:  "the next instants of a rule are pure arithmetic",
	},
	{
		from: "scheduler", to: []string{"storage", "bot/chat", "scheduler/when"}, tests: []string{chattest, commandtest, storagetest},
		why: "it turns due rows into events that enter by the same door as all others; with the engine in reach it would have a second door",
	},
	{
		from: commandtest, to: []string{
			"bot", "bot/chat", "bot/chatday", "storage", "templates", "scheduler", "scheduler/when", "commands/*", chattest, storagetest,
		},
		why: "transcripts speak through the in-memory group; a platform's tests are the platform's own",
	},
	{
		from: "commands/draw/fair",
		why:  "who wins a draw is computed from bytes; what computes it again must not need the program",
	},
	{
		from: "commands/quiz/bank",
		why:  "what a question means is read from its text alone",
	},
	{
		from: "commands/faq/match",
		why:  "which question a message asks is computed from texts alone, and measured on labelled messages",
	},
	{
		from: "commands/*/...", to: []string{"bot", "bot/chat", "bot/chatday", "storage", "scheduler/when"},
		tests: []string{chattest, commandtest, storagetest, tgtest},
		why:   "a command is rules and SQL inside one transaction: a platform in reach means network inside it, another command means that neither can be left out or understood alone",
	},
	{
		from: "cmd/*/...", to: []string{"..."},
		why: "the one place that knows everything",
	},
}

// helpers may be linked into tests and into each other only: what they import
// ("testing" and its flags) has no business in the program.
var helpers = []string{chattest, commandtest, storagetest, tgtest, wecomtest, wechattest, qyapitest, contacttest, memhttp, wxfake}

// owners says where other people's modules may be imported. A new one needs a
// row here, its folder's list in .golangci.yml, and a line in CONTRIBUTING.md.
var owners = map[string][]string{
	"github.com/6tail/lunar-go":          {"scheduler/when"},
	"github.com/chromedp/":               {"cmd/qunmate"}, // the browser test
	"github.com/coder/websocket":         {"bot/platform/wecombot/..."},
	"github.com/consensys/gnark-crypto/": {"commands/draw/fair"},
	"github.com/go-telegram/bot":         {"bot/platform/telegram/..."},
	"github.com/longbridgeapp/opencc":    {"commands/faq/match"},
	"github.com/silenceper/wechat/v2":    {"bot/platform/internal/wxhttp", "bot/platform/wechatmp/...", "bot/platform/wecomapp/...", "bot/platform/wecomhook/...", "bot/platform/wecomcontact/..."},
	"github.com/gofrs/flock":             {"storage", "cmd/qunmate"},
	"github.com/robfig/cron/v3":          {"bot/config", "scheduler/when"},
	"go.yaml.in/yaml/v3":                 {"bot/config", "commands/quiz/bank"},
	"github.com/agnivade/levenshtein":    {"bot/config"},
	"golang.org/x/image/":                {"bot/picture"},
	"github.com/boombuler/barcode/":      {"bot/picture"},
	"github.com/makiuchi-d/gozxing":      {"bot/picture"},
	"golang.org/x/text/":                 {"bot/input", "commands/*/...", "scheduler/when", "templates"},
	"gorm.io/":                           {"storage/..."}, // another SQL dialect must stay possible
	"modernc.org/sqlite":                 {"storage/..."},
}
