package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document returns the root of the first YAML document, nil for an empty file,
// and false if there is no tree to walk.
func (d *decoder) document(src []byte) (*yaml.Node, bool) {
	docs, err := parseYAML(src)
	if err != nil {
		d.syntaxProblem(src, err)
		return nil, false
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return nil, true
	}
	if len(docs) > 1 {
		d.report(docs[1].Line, docs[1].Column, "", codeSeveralDocuments, nil)
	}
	root := docs[0].Content[0]
	// A file of nothing but "language:zh-CN" is one long text to YAML.
	if root.Kind == yaml.ScalarNode && d.layoutProblems(len(d.lines)) {
		return nil, false
	}
	return root, true
}

// errYAML stands for a fault of the YAML library itself.
var errYAML = errors.New("the YAML library gave up")

// parseYAML returns the first two documents of src. The library panics on a few
// malformed inputs; what a file says must never do that to us.
func parseYAML(src []byte) (docs []*yaml.Node, err error) {
	defer func() {
		if recover() != nil {
			docs, err = nil, errYAML
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for len(docs) < 2 {
		n := new(yaml.Node)
		if err := dec.Decode(n); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		docs = append(docs, n)
	}
	return docs, nil
}

var (
	yamlPlace = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)
	// An unquoted variable inside { } or [ ]: YAML takes its { for its own.
	flowVariable = regexp.MustCompile(`[{\[].*[:,\[]\s*\$\{`)
)

// syntaxProblem reports why src is not YAML. The library's own words stay
// inside: they can repeat a piece of the file, and their line is often that of
// the surrounding block.
func (d *decoder) syntaxProblem(src []byte, err error) {
	message, said := splitMessage(err)
	line := d.failingLine(src, message)
	if message == "could not find expected ':'" {
		// Noticed a line late; here the library does know better.
		line = min(max(said, 1), len(d.lines))
	}
	if d.layoutProblems(line) {
		return
	}
	text := d.lines[line-1]
	code := codeYAMLSyntax
	switch {
	case strings.HasPrefix(message, "unknown anchor"), strings.Contains(message, "expected alphabetic or numeric"):
		code = codeAlias
	case flowVariable.MatchString(text):
		code = codeYAMLFlowVariable
	case message == "found unexpected end of stream":
		code = codeYAMLQuote
	case strings.HasPrefix(message, "did not find expected ',' or"):
		code = codeYAMLBracket
	case message == "found character that cannot start any token":
		code = codeYAMLStartChar
	case message == "found unknown escape character":
		code = codeYAMLEscape
	}
	column := len([]rune(text)) - len([]rune(strings.TrimLeft(text, " \t"))) + 1
	d.report(line, column, "", code, nil)
}

// splitMessage takes "yaml: line 3: …" apart.
func splitMessage(err error) (message string, line int) {
	m := yamlPlace.FindStringSubmatch(err.Error())
	line, _ = strconv.Atoi(m[1]) // 0 if it names none
	return err.Error()[len(m[0]):], line
}

// failingLine finds the line that makes src fail with message: the first one
// after which every longer beginning of the file fails the same way. The parser
// reads forward only, so this is where it stumbles.
func (d *decoder) failingLine(src []byte, message string) int {
	ends := append(lineEnd.FindAllIndex(src, -1), []int{len(src), len(src)})
	i := sort.Search(len(ends)-1, func(i int) bool {
		_, err := parseYAML(src[:ends[i][1]])
		if err == nil {
			return false
		}
		m, _ := splitMessage(err)
		return m == message
	})
	for i > 0 && strings.TrimSpace(d.lines[i]) == "" {
		i-- // an unfinished last value is noticed behind the end
	}
	return i + 1
}

// layoutProblems reports the lines that only look right: indented by a tab or a
// wide blank, or with a colon that YAML does not take for one. Nothing is said
// if all of them come after line last, because then something else is wrong
// first.
func (d *decoder) layoutProblems(last int) bool {
	var found Problems
	for i, text := range d.lines {
		if p, ok := d.layoutProblem(text); ok {
			p.Line = i + 1
			found = append(found, p)
		}
	}
	if len(found) == 0 || found[0].Line > last {
		return false
	}
	d.problems = append(d.problems, found[:min(len(found), maxLayoutProblems)]...)
	return true
}

// maxLayoutProblems keeps a file that is indented by tabs throughout readable.
const maxLayoutProblems = 20

var keyAtStart = regexp.MustCompile(`^(?:- +)*([A-Za-z_]+)(:|\x{FF1A})(.?)`)

// layoutProblem looks at one line as layoutProblems describes; the problem's
// Line is not set.
func (d *decoder) layoutProblem(text string) (Problem, bool) {
	text = strings.TrimRight(text, " \t\r")
	body := strings.TrimLeft(text, " \t\u00A0\u3000")
	indent := text[:len(text)-len(body)]
	if body == "" || body[0] == '#' {
		return Problem{}, false
	}
	column := len([]rune(indent)) + 1
	if i := strings.IndexAny(indent, "\t"); i >= 0 {
		return Problem{Column: len([]rune(indent[:i])) + 1, Code: codeTabIndent}, true
	}
	if i := strings.IndexAny(indent, "\u00A0\u3000"); i >= 0 {
		return Problem{Column: len([]rune(indent[:i])) + 1, Code: codeWideSpace}, true
	}
	m := keyAtStart.FindStringSubmatchIndex(body)
	if len(m) == 0 || !d.schema.knowsKey(body[m[2]:m[3]]) {
		return Problem{}, false
	}
	key, colon, next := body[m[2]:m[3]], body[m[4]:m[5]], body[m[6]:m[7]]
	column += len([]rune(body[:m[2]]))
	switch {
	case colon != ":":
		return Problem{Column: column, Code: codeWideColon, Args: args("key", key)}, true
	case next != "" && next != " " && next != "\t" && next != "/": // "http://…" is an address
		return Problem{Column: column, Code: codeColonSpace, Args: args("key", key)}, true
	}
	return Problem{}, false
}
