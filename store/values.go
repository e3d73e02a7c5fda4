package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// instant is a moment in the database: NULL where zero, UTC, microseconds.
type instant time.Time

// Value implements driver.Valuer.
func (t instant) Value() (driver.Value, error) {
	if time.Time(t).IsZero() {
		return nil, nil
	}
	return at(time.Time(t)), nil
}

// Scan implements sql.Scanner.
func (t *instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = instant{}
	case time.Time:
		*t = instant(v.UTC())
	case string: // SQLite, where a result column has lost its type
		p, err := time.Parse("2006-01-02 15:04:05.999999999-07:00", v)
		if err != nil {
			return fmt.Errorf("store: %q is not a moment", v)
		}
		*t = instant(p.UTC())
	default:
		return fmt.Errorf("store: %T is not a moment", v)
	}
	return nil
}

// moment is an instant that may not be readable: who reads it says what is done then.
type moment struct {
	instant
	err error
}

// Scan implements sql.Scanner.
func (m *moment) Scan(v any) error {
	m.err = m.instant.Scan(v)
	return nil
}

// at is a moment as it is written.
func at(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// nullable is text in the database: NULL where empty.
type nullable string

// Value implements driver.Valuer.
func (t nullable) Value() (driver.Value, error) {
	if t == "" {
		return nil, nil
	}
	return string(t), nil
}

// Scan implements sql.Scanner.
func (t *nullable) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = ""
	case string:
		*t = nullable(v)
	case []byte:
		*t = nullable(v)
	default:
		return fmt.Errorf("store: %T is not text", v)
	}
	return nil
}

// points is a score in the database: NULL where there is none.
type points struct{ sql.NullFloat64 }

// querier is what asks the database, in a transaction or outside.
type querier interface {
	sqlx.QueryerContext
	Rebind(string) string
	DriverName() string
}

// in makes a statement with "?" for the engine, and lets "IN (?)" take a list.
// For SQLite it is expanded, and "?" stays: SQLite takes "$1" for a name, and
// looks names up one by one. For Postgres it is one array, so that the text does
// not change with the length. "IN (many ?)" takes a list of hundreds of texts:
// Postgres would weigh each element of an array against what it knows of the
// column, and joins with a table of them instead.
func in(q querier, text string, args ...any) (string, []any, error) {
	if q.DriverName() != postgres {
		text, args, err := sqlx.In(strings.ReplaceAll(text, "(many ?)", "(?)"), args...)
		return q.Rebind(text), args, err
	}
	for i, a := range args {
		if v := reflect.ValueOf(a); v.Kind() == reflect.Slice {
			args[i] = pq.Array(a)
		}
	}
	return q.Rebind(forPostgres.Replace(text)), args, nil
}

var forPostgres = strings.NewReplacer("IN (?)", "= ANY (?)", "(many ?)", "(SELECT unnest(?::text[]))")

// maxParams bounds the placeholders of a statement (SQLite 32,766, Postgres 65,535).
const maxParams = 30000

// placeholders are those of n rows: (?,?),(?,?).
func placeholders(n, width int) string {
	row := "(?" + strings.Repeat(",?", width-1) + ")"
	return row + strings.Repeat(","+row, n-1)
}

// query calls each with every row of the answer.
func query(ctx context.Context, q sqlx.QueryerContext, text string, args []any, each func(*sqlx.Rows) error) error {
	rows, err := q.QueryxContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// prefixed puts a table's name before each of its columns.
func prefixed(table string, columns []string) string {
	return table + "." + strings.Join(columns, ", "+table+".")
}
