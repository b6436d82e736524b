package storage

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"

	"github.com/jmoiron/sqlx"
)

// list reads many rows outside of a transaction. dest points to a slice, whose
// space is used. Structs are filled as sqlx does it, by the names of columns, but
// in their place: sqlx makes each row elsewhere, and a value for every pointer in
// it.
func (s *Store) list(ctx context.Context, dest any, query string, args ...any) error {
	slice := reflect.ValueOf(dest).Elem()
	if row := slice.Type().Elem(); row.Kind() != reflect.Struct || reflect.PointerTo(row).Implements(reflect.TypeFor[sql.Scanner]()) {
		return s.db.SelectContext(ctx, dest, query, args...)
	}
	rows, err := s.db.QueryxContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return scanInto(rows, slice)
}

func scanInto(rows *sqlx.Rows, slice reflect.Value) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	paths := rows.Mapper.TraversalsByName(slice.Type().Elem(), columns)
	for i, path := range paths {
		if len(path) == 0 {
			return fmt.Errorf("column %s has no field in %s", columns[i], slice.Type().Elem())
		}
	}
	slice.SetLen(0)
	fields := make([]any, len(columns))
	for n := 0; rows.Next(); n++ {
		if n == slice.Cap() {
			slice.Grow(max(n, 4))
		}
		slice.SetLen(n + 1)
		v := slice.Index(n)
		v.SetZero()
		for i, path := range paths {
			fields[i] = v.FieldByIndex(path).Addr().Interface()
		}
		if err := rows.Scan(fields...); err != nil {
			return err
		}
	}
	return rows.Err()
}
