package storage

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"testing"
)

// A table that belongs to a community must say what becomes of its rows when a
// chat goes over to another one.
func TestNoTableOfACommunityIsForgotten(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	var tables []string
	err := db.View(t.Context(), func(ctx context.Context, r *Reader) error {
		var err error
		tables, err = list(ctx, r, func(rows *sql.Rows, name *string) error { return rows.Scan(name) },
			"SELECT DISTINCT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name LIKE '%community_id' ORDER BY m.name")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Sorted(maps.Keys(communityTables)); !slices.Equal(tables, want) {
		t.Errorf("tables with a community:\n got %v\nwant %v", tables, want)
	}
}
