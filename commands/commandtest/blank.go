package commandtest

import (
	"os"
	"sync"

	"qunmate/storage/storagetest"
	"qunmate/templates"
)

// builtin are the texts of the program. They never change, and reading them for
// every conversation would take longer than most conversations.
//
//nolint:gochecknoglobals // a value that is computed when first asked for
var builtin = sync.OnceValues(func() (*templates.Set, error) { return templates.Load("") })

// prepare puts the blank database where none is yet.
func (r *run) prepare() {
	r.t.Helper()
	var err error
	if r.texts, err = builtin(); err != nil {
		r.t.Fatal(err)
	}
	if _, err := os.Stat(r.path); err == nil {
		return
	}
	data, err := storagetest.Blank()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path, data, 0o600); err != nil {
		r.t.Fatal(err)
	}
}
