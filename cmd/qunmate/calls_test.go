package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tg "qunmate/bot/platform/telegram/tgtest"
)

func TestVersionNamesAllFour(t *testing.T) {
	t.Parallel()
	o := wantCall(t, t.TempDir(), 0, "qunmate ", "version")
	if !regexp.MustCompile(`^qunmate \S+, commit \S+, go1\.\d+\S*, SQLite 3\.\d+\.\d+\n$`).MatchString(o.out) {
		t.Errorf("%q", o.out)
	}
}

func TestAnUnknownCallIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range [][]string{{"serve"}, {"-no-such-flag"}} {
		o := wantCall(t, dir, 2, "qunmate backup [-config config.yaml] FILE", args...)
		if !strings.Contains(o.errs, args[0]) && !strings.Contains(o.errs, strings.TrimLeft(args[0], "-")) {
			t.Errorf("%q is not named: %s", args[0], o.errs)
		}
	}
	for _, args := range [][]string{{"backup"}, {"restore", "a", "b"}, {"verify", "x"}, {"export"}, {"receipt"}} {
		wantCall(t, dir, 2, "qunmate "+args[0], args...)
	}
	// A flag of another call is none of this one's: "qunmate -check" is meant to
	// check something and must not start the bot.
	for _, args := range [][]string{{"-check"}, {"-online"}, {"verify", "-online"}, {"check", "-check"}, {"restore", "-online", "a"}} {
		wantCall(t, dir, 2, "qunmate", args...)
	}
	if o := wantCall(t, dir, 2, "-no-such-flag", "-no-such-flag"); strings.Contains(o.errs, "no call") {
		t.Errorf("a flag is called a call: %s", o.errs)
	}
	for _, args := range [][]string{{"restore", "no-such.db"}, {"restore", "-check", "no-such.db"}} {
		wantCall(t, dir, 1, "no backup no-such.db", args...)
	}
	wantCall(t, dir, 0, "qunmate export [-config config.yaml] DIR", "-h")
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("something was written: %v", left)
	}
}

func TestTheExampleConfigurationIsValidAsCopied(t *testing.T) {
	t.Parallel()
	example, err := filepath.Abs(filepath.Join("..", "..", "config.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	wantCall(t, dir, 0, "沙盒", "check", "-config", example) // in the language of the file
	configure(t, dir, nil, "")
	wantCall(t, dir, 0, "The configuration is valid", "check")
	wantCall(t, dir, 0, "The configuration is valid", "check", "-config", filepath.Join(dir, "config.yaml"))
}

// everyMistake has one mistake in each line that ends with a #.
const everyMistake = `langauge: en #
timezone: Mars/Olympus #
day_starts_at: "25:00" #
database: [a, b] #
backups: {folder: b, keep: 0, cron: "61 * * * *"} # #
admins: ["telegram:ann"] #
log: {level: loud} #
http:
  listen: nowhere #
  public_url: http://insecure.example.com #
telegram:
  - name: main
    token: ${QUNMATE_TEST_UNSET_TOKEN} #
  - name: main #
    token: "4711:SECRET-in-a-wrong-place with a blank" #
    base_url: ftp://example.com #
    mode: carrier-pigeon #
wecom:
  aibots:
    - {name: helper, bot_id: b, secret: "SECRET-of-the-helper", encoding_aes_key: "SECRET-aes"} #
`

func TestCheckNamesEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yaml"), everyMistake)
	o := call(t, dir, "check")
	if o.code != 1 || o.out != "" {
		t.Errorf("check: %s", o)
	}
	lines := strings.Split(strings.TrimSpace(o.errs), "\n")
	last := lines[len(lines)-1]
	want := strings.Count(everyMistake, " #")
	if len(lines)-1 != want || !strings.HasPrefix(last, "1") || !strings.Contains(last, "mistakes in config.yaml") {
		t.Errorf("%d mistakes are named, there are %d:\n%s", len(lines)-1, want, o.errs)
	}
	place := regexp.MustCompile(`^config\.yaml:(\d+):\d+: `)
	named := map[string]bool{}
	for _, l := range lines[:len(lines)-1] {
		if m := place.FindStringSubmatch(l); m != nil {
			named[m[1]] = true
		} else {
			t.Errorf("no line and column: %s", l)
		}
	}
	for i, l := range strings.Split(everyMistake, "\n") {
		if n := itoa(i + 1); strings.Contains(l, " #") != named[n] {
			t.Errorf("line %s, %q: named is %v", n, l, named[n])
		}
	}
	if strings.Contains(o.errs, "SECRET") {
		t.Errorf("a secret is repeated:\n%s", o.errs)
	}
	if !strings.Contains(lines[0], "Did you mean language?") {
		t.Errorf("no help: %s", lines[0])
	}
	// The bot does not start with it either.
	if again := call(t, dir); again.code != 1 || again.errs != o.errs {
		t.Errorf("run says something else: %s", again)
	}
}

// What the paths lead to is checked with everything else, and has its line.
func TestCheckLooksAtWhatThePathsLeadTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yaml"), "templates: my-texts\ndatabase: .\nlog: {level: loud}\nlanguage: en\n")
	o := wantCall(t, dir, 1, "3 mistakes in config.yaml", "check")
	for _, want := range []string{"config.yaml:1:12: templates: ", "config.yaml:2:11: database: ", "config.yaml:3:14: log.level: "} {
		if !strings.Contains(o.errs, want) {
			t.Errorf("no %q: %s", want, o)
		}
	}
	own := filepath.Join(dir, "my-texts", "en")
	if err := os.MkdirAll(own, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config.yaml"), "language: en\nhttp: {listen: \"127.0.0.1:0\"}\ntemplates: my-texts\n")
	wantCall(t, dir, 0, "The configuration is valid", "check")
	write(t, filepath.Join(own, "checkin.html"), `{{define "done"}}{{.Amount`)
	for _, args := range [][]string{{"check"}, {}} {
		o := wantCall(t, dir, 1, "config.yaml:3:12: templates: ", args...)
		if !strings.Contains(o.errs, "checkin.html") || !strings.Contains(o.errs, "1 mistake in") {
			t.Errorf("the text is not named: %s", o)
		}
	}
}

// A database in a folder that is not there yet is made with its folder.
func TestTheFolderOfTheDatabaseIsMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	configure(t, dir, nil, "database: data/of/qunmate.db\n")
	wantCall(t, dir, 0, "The configuration is valid", "check")
	wantCall(t, dir, 1, "no database", "verify")
	p := launch(t, dir, nil)
	p.address()
	p.stop()
	wantCall(t, dir, 0, "re-computes to the same", "verify")
}

func TestAConfigurationThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wantCall(t, dir, 1, "There is no file other.yaml", "check", "-config", "other.yaml")
	wantCall(t, dir, 1, "is a folder", "check", "-config", dir)
}

// A configuration with mistakes is still told about in the language it asks for,
// and a folder that is a file is one of them.
func TestMistakesAreToldInTheLanguageOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for language, want := range map[string]string{"zh-CN": "”是文件。这里要写文件夹", "en": "is a file. Name a folder"} {
		write(t, filepath.Join(dir, "config.yaml"), "language: "+language+" # ours\nbackups: {folder: config.yaml}\n")
		o := wantCall(t, dir, 1, want, "check")
		if !strings.Contains(o.errs, "2") || !strings.Contains(o.errs, "19") {
			t.Errorf("without line and column: %s", o)
		}
	}
}

func TestCheckOnlineNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := telegram(t, tg.Options{})
	dir := t.TempDir()
	configure(t, dir, s, "")
	wantCall(t, dir, 0, "qunmate_bot", "check", "-online") // no database yet, no chats

	// The bot learns of three groups.
	p := launch(t, dir, nil)
	for i := range 3 {
		s.Say(group(i), person(i), "/checkin")
	}
	if _, err := s.WaitSent(soon(t), 3); err != nil {
		t.Fatal(err)
	}
	s.MakeAdmin(group(0))
	s.Mute(group(1))
	s.Kick(group(2))
	o := wantCall(t, dir, 1, "Group 1", "check", "-online") // beside the running bot
	good, bad := o.out, o.errs
	if !strings.Contains(good, "Group 0") || strings.Contains(bad, "Group 0") {
		t.Errorf("the group with all rights: %s", o)
	}
	for _, want := range []string{"Group 1", "Group 2"} {
		if !strings.Contains(bad, want) || strings.Contains(good, want) {
			t.Errorf("%s: %s", want, o)
		}
	}
	p.stop()
	s.MakeAdmin(group(1))
	if o := call(t, dir, "check", "-online"); o.code != 1 || strings.Contains(o.errs, "Group 1") {
		t.Errorf("only group 2 is left: %s", o)
	}

	wrong := t.TempDir()
	configure(t, wrong, nil, "telegram:\n  - {name: main, token: \"7000000001:WRONG-token-for-this-test\", base_url: \""+s.URL()+"\"}\n")
	if o := wantCall(t, wrong, 1, "main: ", "check", "-online"); strings.Contains(o.out+o.errs, "WRONG-token") {
		t.Errorf("the token is shown: %s", o)
	}
	// The program itself ends with one line, too.
	if o := wantCall(t, wrong, 1, "token"); strings.Contains(o.out+o.errs, "WRONG-token") {
		t.Errorf("the token is shown: %s", o)
	}
	s.Close()
	wantCall(t, dir, 1, "main: ", "check", "-online")
}
