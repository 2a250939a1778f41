package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder walks the YAML tree into a Config. The YAML library could do that, but
// it stops at the first unknown key of a struct, repeats values in its errors,
// and drops where a value stood, which the checks need.
type decoder struct {
	lookup   func(string) (string, bool)
	schema   schema
	lines    []string
	marks    map[string]mark // by path
	problems Problems
}

// mark is what stays known of a key that stands in the file.
type mark struct {
	line, column int
	raw          string // the value before expansion; empty for secrets, lists and groups
	broken       bool   // already reported, so its content says nothing
}

func (d *decoder) report(line, column int, path, code string, a map[string]string) {
	d.problems = append(d.problems, Problem{Line: line, Column: column, Path: path, Code: code, Args: a})
}

// fail reports a problem of the value n at path; the value is not checked further.
func (d *decoder) fail(n *yaml.Node, path, code string, a map[string]string) {
	d.report(n.Line, n.Column, path, code, a)
	d.marks[path] = mark{line: n.Line, column: n.Column, broken: true}
}

// value decodes n into v. A null leaves the default; it is marked where its key
// stands, because it has no place of its own.
func (d *decoder) value(key, n *yaml.Node, v reflect.Value, path string) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fail(n, path, codeAlias, nil)
		return
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, path, codeTag, nil)
		return
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		d.marks[path] = mark{line: key.Line, column: key.Column}
		return
	}
	d.marks[path] = mark{line: n.Line, column: n.Column}
	switch v.Kind() {
	case reflect.Struct:
		d.group(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Bool:
		if text, ok := d.scalar(n, v, path, codeWantBool); ok {
			switch text {
			case "true", "True", "TRUE":
				v.SetBool(true)
			case "false", "False", "FALSE":
				v.SetBool(false)
			default:
				d.fail(n, path, codeWantBool, args("example", d.schema.example(path)))
			}
		}
	case reflect.Int:
		if text, ok := d.scalar(n, v, path, codeWantNumber); ok {
			number, err := strconv.Atoi(text)
			if err != nil {
				d.fail(n, path, codeWantNumber, args("example", d.schema.example(path)))
				return
			}
			v.SetInt(int64(number))
		}
	case reflect.String:
		if n.Tag == "!!bool" { // name: true
			d.fail(n, path, codeWantText, args("example", d.schema.example(path)))
			return
		}
		if text, ok := d.scalar(n, v, path, codeWantText); ok {
			v.SetString(text)
		}
	default:
		panic(fmt.Sprintf("config: no way to decode a %s", v.Type())) // a mistake in Config, found by any test
	}
}

// scalar returns the text of a single value, expanded, or reports that it is
// something else.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path, want string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, path, want, args("example", d.schema.example(path)))
		return "", false
	}
	if v.Type() != reflect.TypeFor[Secret]() {
		d.marks[path] = mark{line: n.Line, column: n.Column, raw: n.Value}
	}
	text, ps := expand(n.Value, d.lookup)
	for _, p := range ps {
		d.fail(n, path, p.Code, p.Args)
	}
	return text, len(ps) == 0
}

// list decodes a sequence; it replaces the default.
func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.failLayout(n, path, codeWantList)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, child := range n.Content {
		item := v.Index(i)
		if x, ok := item.Addr().Interface().(defaulter); ok {
			x.setDefaults()
		}
		if item.Kind() == reflect.Struct {
			item.FieldByName("Line").SetInt(int64(child.Line))
		}
		d.value(child, child, item, fmt.Sprintf("%s[%d]", path, i))
	}
}

// group decodes a mapping into a struct.
func (d *decoder) group(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.failLayout(n, path, codeWantGroup)
		return
	}
	fields := fieldsOf(v.Type())
	seen := map[string]int{}
	var meant []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, child := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode || key.Anchor != "" || key.Tag == "!!merge" {
			d.report(key.Line, key.Column, path, codeAlias, nil)
			continue
		}
		f, ok := find(fields, key)
		if !ok {
			meant = append(meant, d.unknownKey(key, fields, path))
			continue
		}
		if first, twice := seen[f.key]; twice {
			d.report(key.Line, key.Column, join(path, f.key), codeDuplicateKey, args("key", f.key, "first", strconv.Itoa(first)))
			continue
		}
		seen[f.key] = key.Line
		d.value(key, child, v.Field(f.index), join(path, f.key))
	}
	for _, key := range meant {
		// "tokn" is one mistake; that "token" is missing is the same one.
		if _, set := seen[key]; key != "" && !set {
			d.marks[join(path, key)] = mark{line: n.Line, column: n.Column, broken: true}
		}
	}
}

func find(fields []field, key *yaml.Node) (field, bool) {
	if key.Kind == yaml.ScalarNode {
		for _, f := range fields {
			if f.key == key.Value {
				return f, true
			}
		}
	}
	return field{}, false
}

// unknownKey reports a key that is none of fields and returns the one that was
// probably meant, or "".
func (d *decoder) unknownKey(key *yaml.Node, fields []field, path string) string {
	if p, ok := d.layoutProblem(d.line(key.Line)); ok {
		d.report(key.Line, p.Column, path, p.Code, p.Args)
		return ""
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	allowed := strings.Join(names, ", ")
	if key.Kind != yaml.ScalarNode || !showable(key.Value) {
		d.report(key.Line, key.Column, path, codeOddKey, args("allowed", allowed))
		return ""
	}
	here := join(path, key.Value)
	if near, ok := nearest(key.Value, names); ok {
		d.report(key.Line, key.Column, here, codeUnknownKeyNear, args("key", key.Value, "near", near))
		return near
	}
	if place, ok := d.schema.placeOf(key.Value); ok {
		d.report(key.Line, key.Column, here, codeMisplacedKey, args("key", key.Value, "place", place))
		return ""
	}
	d.report(key.Line, key.Column, here, codeUnknownKey, args("key", key.Value, "allowed", allowed))
	return ""
}

// failLayout reports a value that should have been a list or a group. Often it
// is one in the operator's eyes, and only a blank is missing.
func (d *decoder) failLayout(n *yaml.Node, path, code string) {
	if n.Kind == yaml.ScalarNode {
		if p, ok := d.layoutProblem(d.line(n.Line)); ok {
			d.fail(n, path, p.Code, p.Args)
			return
		}
	}
	d.fail(n, path, code, args("example", d.schema.example(path)))
}

// line returns line number n of the file.
func (d *decoder) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}
