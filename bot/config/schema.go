package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// entry is one key of the file, as the tags of the structs describe it.
type entry struct {
	path    string // with [] for a list's items: telegram[].mode
	key     string
	example string // a correct value
	list    bool
}

type schema []entry

func schemaOf(t reflect.Type) schema { return appendSchema(nil, t, "") }

func appendSchema(s schema, t reflect.Type, path string) schema {
	for _, f := range fieldsOf(t) {
		e := entry{path: join(path, f.key), key: f.key, example: f.example, list: f.typ.Kind() == reflect.Slice}
		s = append(s, e)
		switch inner := f.typ; {
		case inner.Kind() == reflect.Struct:
			s = appendSchema(s, inner, e.path)
		case e.list && inner.Elem().Kind() == reflect.Struct:
			s = appendSchema(s, inner.Elem(), e.path+"[]")
		}
	}
	return s
}

// knowsKey reports whether key exists anywhere.
func (s schema) knowsKey(key string) bool {
	return slices.ContainsFunc(s, func(e entry) bool { return e.key == key })
}

var listIndex = regexp.MustCompile(`\[\d+\]`)

// example returns a correct line for the key at path: "mode: polling", and for
// an item of a list the line of the list.
func (s schema) example(path string) string {
	path = strings.TrimSuffix(listIndex.ReplaceAllString(path, "[]"), "[]")
	for _, e := range s {
		if e.path == path {
			return e.key + ": " + e.example
		}
	}
	return "language: zh-CN" // the file as a whole
}

// field is one key of a struct.
type field struct {
	key     string
	example string
	index   int
	typ     reflect.Type
}

// fieldsOf lists the keys of a struct in the order they are declared.
func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("yaml"); key != "" && key != "-" {
			all = append(all, field{key, f.Tag.Get("example"), i, f.Type})
		}
	}
	return all
}

// join puts a key behind a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// parent cuts the last step off a path; the root has no parent.
func parent(path string) string {
	i := strings.LastIndexAny(path, ".[")
	if i < 0 {
		return ""
	}
	return path[:i]
}
