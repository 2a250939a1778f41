// Systems checks that the program's packages type-check on other systems than
// this one, from source: a build for each would compile SQLite once more. It
// takes system/architecture pairs and exits with 1 if one has an error.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	Module          *struct{ Main bool }
}

func main() {
	bad := false
	for _, system := range os.Args[1:] {
		goos, goarch, _ := strings.Cut(system, "/")
		ours, err := check(goos, goarch)
		switch {
		case err != nil:
			bad = true
			fmt.Fprintf(os.Stderr, "%s: %v\n", system, err)
		default:
			fmt.Printf("%s: %d packages\n", system, ours)
		}
	}
	if bad {
		os.Exit(1)
	}
}

// check looks at the program's packages for one system, what they need first,
// and counts them.
func check(goos, goarch string) (ours int, err error) {
	list := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,ImportMap,Module", "./cmd/qunmate")
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := list.Start(); err != nil {
		return 0, err
	}
	known := known{"unsafe": types.Unsafe}
	var all []error
	for in := json.NewDecoder(out); ; {
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, err
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		mine := p.Module != nil && p.Module.Main
		if mine {
			ours++
		}
		for _, err := range known.add(p, mine, types.SizesFor("gc", goarch)) {
			if mine { // the bodies of the others are not looked at, so their imports seem unused
				all = append(all, err)
			}
		}
	}
	return ours, errors.Join(append(all, list.Wait())...)
}

// known are the packages checked so far, by import path.
type known map[string]*types.Package

// add checks a package whose imports are known.
func (k known) add(p listed, bodies bool, sizes types.Sizes) (all []error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return []error{err}
		}
		files = append(files, f)
	}
	config := types.Config{
		Importer: importer(func(path string) (*types.Package, error) {
			if real, ok := p.ImportMap[path]; ok {
				path = real // of the standard library's own vendor folder
			}
			if got := k[path]; got != nil {
				return got, nil
			}
			return nil, fmt.Errorf("%s is not known", path)
		}),
		IgnoreFuncBodies: !bodies, Sizes: sizes,
		Error: func(err error) { all = append(all, err) },
	}
	k[p.ImportPath], _ = config.Check(p.ImportPath, fset, files, nil) // the errors are in all
	return all
}

type importer func(string) (*types.Package, error)

// Import implements types.Importer.
func (i importer) Import(path string) (*types.Package, error) { return i(path) }
