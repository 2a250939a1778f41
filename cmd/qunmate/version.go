package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"qunmate/storage"
)

type build struct{ version, commit string }

// buildVersion reads what the Go tool stamped into the binary.
func buildVersion() build {
	b := build{version: "devel", commit: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.commit = s.Value
		}
	}
	return b
}

func runVersion(ctx context.Context, p *program, _ *flags) int {
	sqlite, err := storage.SQLiteVersion(ctx)
	if err != nil {
		p.fail("cli.fault", map[string]any{"Error": err.Error()})
		return exitFault
	}
	b := buildVersion()
	p.say("cli.version", map[string]any{"Version": b.version, "Commit": b.commit, "Go": runtime.Version(), "SQLite": sqlite})
	return exitOK
}
