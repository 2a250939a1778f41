// Command qunmate is a community bot for WeCom, WeChat and Telegram groups:
// one process, one SQLite file. See the README for its calls.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones on machines that ship none

	"qunmate/bot/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{out: os.Stdout, errs: os.Stderr, env: os.LookupEnv}
	code := p.main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// program is one call of the binary.
type program struct {
	out, errs io.Writer
	env       func(string) (string, bool)
	words     *words
	lang      string
	implicit  bool // no configuration file was given or found
}

// call is a subcommand: its flags are read, its arguments are the rest.
type call struct {
	args string // for the usage line
	run  func(ctx context.Context, p *program, f *flags) int
	most int // arguments it takes
	// least is how many it needs.
	least int
	// flags are those it knows besides -config.
	flags []string
}

// flags of all subcommands: none has so many that they would need their own.
type flags struct {
	config string
	online bool
	check  bool
	args   []string
	given  []string // the names of those that were given
}

// calls by name; "" is the default.
func calls() map[string]call {
	return map[string]call{
		"run":     {run: runBot},
		"check":   {run: runCheck, args: "[-online]", flags: []string{"online"}},
		"verify":  {run: runVerify},
		"backup":  {run: runBackup, args: "FILE", least: 1, most: 1},
		"restore": {run: runRestore, args: "[-check] FILE", least: 1, most: 1, flags: []string{"check"}},
		"export":  {run: runExport, args: "DIR", least: 1, most: 1},
		"receipt": {run: runReceipt, args: "FILE.json", least: 1, most: 1},
		"version": {run: runVersion},
	}
}

// Exit codes.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

// defaultConfig is read when -config is not given and the file is there.
const defaultConfig = "config.yaml"

// main runs one call and returns its exit code.
func (p *program) main(ctx context.Context, args []string) int {
	p.lang = languageOfEnv(p.env)
	w, err := loadWords()
	if err != nil {
		_, _ = fmt.Fprintln(p.errs, err)
		return exitFault
	}
	p.words = w
	name, c, f, err := p.parse(args)
	if err != nil {
		p.fail("cli.bad_flag", map[string]any{"Error": err.Error(), "Calls": usageLines()})
		return exitUsage
	}
	switch {
	case c.run != nil:
	case name == helpCall:
		p.say("cli.usage", map[string]any{"Error": "", "Calls": usageLines()})
		return exitOK
	default:
		p.fail("cli.usage", map[string]any{"Error": strconv.Quote(name), "Calls": usageLines()})
		return exitUsage
	}
	if len(f.args) < c.least || len(f.args) > c.most || len(f.foreign(c)) > 0 {
		p.fail("cli.bad_args", map[string]any{"Call": usageLine(name, c)})
		return exitUsage
	}
	return c.run(ctx, p, f)
}

// parse reads the subcommand and its flags; flags may stand before or after
// the subcommand, and between its arguments.
func (p *program) parse(args []string) (string, call, *flags, error) {
	f := &flags{}
	set := flag.NewFlagSet("qunmate", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&f.config, "config", "", "")
	set.BoolVar(&f.online, "online", false, "")
	set.BoolVar(&f.check, "check", false, "")
	name := ""
	for len(args) > 0 {
		if err := set.Parse(args); err != nil {
			if err == flag.ErrHelp { //nolint:errorlint // the package returns this very value
				return helpCall, call{}, f, nil
			}
			return "", call{}, f, err
		}
		args = set.Args()
		if len(args) == 0 {
			break
		}
		if name == "" {
			name = args[0]
		} else {
			f.args = append(f.args, args[0])
		}
		args = args[1:]
	}
	if name == "" {
		name = "run"
	}
	set.Visit(func(one *flag.Flag) { f.given = append(f.given, one.Name) })
	return name, calls()[name], f, nil
}

// helpCall is what -h stands for.
const helpCall = "help"

// file is the configuration that is read.
func (f *flags) file() string { return cmp.Or(f.config, defaultConfig) }

// foreign lists the flags that were given to a call that has none of that name:
// "qunmate -check" is meant to check something and must not start the bot.
func (f *flags) foreign(c call) []string {
	var out []string
	for _, name := range f.given {
		if name != "config" && !slices.Contains(c.flags, name) {
			out = append(out, name)
		}
	}
	return out
}

func usageLines() []string {
	var out []string
	for name, c := range calls() {
		out = append(out, usageLine(name, c))
	}
	slices.Sort(out)
	return out
}

func usageLine(name string, c call) string {
	if name == "run" {
		name = ""
	}
	return strings.Join(strings.Fields("qunmate "+name+" [-config config.yaml] "+c.args), " ")
}

// load reads the configuration: the named file, config.yaml if it is there, or
// the sandbox's. Every mistake is printed; nil says that there were some.
func (p *program) load(f *flags) *config.Config {
	path := f.file()
	if f.config == "" {
		if _, err := os.Stat(path); err != nil {
			p.implicit = true
			return config.Sandbox()
		}
	}
	cfg, err := config.Load(path, p.env)
	if err != nil {
		p.lang = cmp.Or(languageOfFile(path), p.lang)
		p.problems(path, err)
		return nil
	}
	p.lang = cfg.Language
	return cfg
}

// shutdownLimit is how long a stop may take in all.
const shutdownLimit = 10 * time.Second
