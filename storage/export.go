package storage

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ExportOptions of Export.
type ExportOptions struct {
	// Zone gives the zone in which a community's instants are written; it is
	// called with 0 for private chats. nil, or a nil zone, is UTC.
	Zone func(community int64) *time.Location
}

// Export writes everything people may want to count into CSV files in dir,
// which is made if it is not there, and returns their paths. Files of these
// names in dir are replaced, each as a whole; nothing else is touched.
//
// The files are UTF-8 with a byte order mark, comma separated, CRLF; the first
// line names the columns. Instants are RFC 3339 in the community's zone, empty
// when there is none; days are 2006-01-02; yes is 1 and no is 0. Cells that a
// spreadsheet would run begin with an apostrophe. What is secret is in none of
// them: neither settings, nor tokens for answering, nor the text of messages.
func (r *Reader) Export(ctx context.Context, dir string, o ExportOptions) ([]string, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("export: %w", classify(err))
	}
	zones := map[int64]*time.Location{}
	zone := func(community int64) *time.Location {
		z, known := zones[community]
		if !known {
			if o.Zone != nil {
				z = o.Zone(community)
			}
			if z == nil {
				z = time.UTC
			}
			zones[community] = z
		}
		return z
	}
	var paths []string
	for _, t := range allExports() {
		path, err := replaceFile(dir, t.name+".csv", func(w io.Writer) error { return r.exportTable(ctx, w, t, zone, 0) })
		if err != nil {
			return paths, fmt.Errorf("export: %w", classify(err))
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func allExports() []exported { return slices.Concat(exports, inviteExports, qaExports) }

// ExportCommunity gives the rows of one of the files that are about a community.
func (r *Reader) ExportCommunity(ctx context.Context, name string, community int64, zone *time.Location) ([]byte, error) {
	for _, t := range allExports() {
		if t.name != name {
			continue
		}
		var b bytes.Buffer
		err := r.exportTable(ctx, &b, t, func(int64) *time.Location { return zone }, community)
		return b.Bytes(), classify(err)
	}
	return nil, fmt.Errorf("export: there is no table %s", name)
}

func (r *Reader) exportTable(ctx context.Context, w io.Writer, t exported, zone func(int64) *time.Location, only int64) error {
	out := &csvWriter{bufio.NewWriter(w)}
	_, _ = out.w.WriteString(byteOrderMark)
	names := make([]string, len(t.columns))
	cells := make([]string, len(t.columns))
	values := make([]sql.NullString, len(t.columns))
	var community int64
	into := []any{&community}
	for i, c := range t.columns {
		names[i] = c.name
		into = append(into, &values[i])
	}
	if err := out.line(names); err != nil {
		return err
	}
	err := r.each(ctx, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if only != 0 && community != only {
			return nil
		}
		for i, c := range t.columns {
			cells[i] = values[i].String
			if !c.instant {
				continue
			}
			ms, err := strconv.ParseInt(cells[i], 10, 64)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			cells[i] = ""
			if ms != 0 {
				cells[i] = time.UnixMilli(ms).In(zone(community)).Format(time.RFC3339)
			}
		}
		return out.line(cells)
	}, t.query())
	if err != nil {
		return err
	}
	return out.w.Flush()
}

// exported is one file: where its rows come from and what its columns are.
type exported struct {
	name      string
	community string // the expression that gives a row's community
	from      string
	columns   []exportColumn
}

type exportColumn struct {
	name    string
	value   string // SQL
	instant bool   // milliseconds UTC, 0 for none
}

func (t exported) query() string {
	values := []string{t.community}
	for _, c := range t.columns {
		values = append(values, c.value)
	}
	return "SELECT " + strings.Join(values, ", ") + " FROM " + t.from
}
