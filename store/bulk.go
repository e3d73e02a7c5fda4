package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Many rows are one statement. SQLite takes them as VALUES. Postgres takes one
// array a column: the text is then the same however many rows there are, so
// that it is parsed once for each connection.

// insert writes rows; tail follows them.
func (t *txn) insert(ctx context.Context, head string, rows [][]any, tail string) error {
	return t.insertReturning(ctx, head, rows, tail, nil)
}

// insertReturning is insert, and calls each with every row that comes back.
func (t *txn) insertReturning(ctx context.Context, head string, rows [][]any, tail string, each func(*sqlx.Rows) error) error {
	for len(rows) > 0 {
		width := len(rows[0])
		n := min(len(rows), maxParams/width)
		var text string
		var args []any
		if t.s.lite {
			for _, row := range rows[:n] {
				args = append(args, row...)
			}
			text = head + " VALUES " + placeholders(n, width) + " " + tail
		} else {
			var err error
			if text, args, err = inserting(head, rows[:n], tail, 0); err != nil {
				return err
			}
		}
		if each == nil {
			if _, err := t.ExecContext(ctx, text, args...); err != nil {
				return err
			}
		} else if err := query(ctx, t, text, args, each); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// inserting is the statement that Postgres takes rows by; its arguments come after
// so many others.
func inserting(head string, rows [][]any, tail string, others int) (text string, arrays []any, err error) {
	given, arrays, err := arraysOf(rows, others)
	return head + " SELECT * FROM unnest(" + given + ") AS given " + tail, arrays, err
}

// update sets columns of rows by the first of them, the key. A value goes in as
// it is, or by the expression that its column has in how: "%s" is the value. The
// rows are locked already, or come in the order of their keys, which is that in
// which Postgres then takes one after the other. Where the transaction trusts,
// each has to be of the version before the one that it is given.
func (t *txn) update(ctx context.Context, table string, columns []string, how map[string]string, rows [][]any) error {
	return t.change(ctx, table, columns, how, rows, t.trusts)
}

// change is update; trusts tells whether versions are to be looked at.
func (t *txn) change(ctx context.Context, table string, columns []string, how map[string]string, rows [][]any, trusts bool) error {
	if len(rows) == 0 {
		return nil
	}
	if t.s.lite {
		return each(ctx, t.Tx, setting(table, columns, how, func(i int) string { return "$" + strconv.Itoa(i+1) })+` WHERE `+columns[0]+` = $1`, rows)
	}
	text, arrays, err := changing(table, columns, how, rows, trusts, 0)
	if err != nil {
		return err
	}
	res, err := t.ExecContext(ctx, text, arrays...)
	if err != nil || !trusts {
		return err
	}
	return wrote(res, len(rows))
}

// changing is the statement that Postgres takes changes by; its arguments come after
// so many others.
func changing(table string, columns []string, how map[string]string, rows [][]any, trusts bool, others int) (text string, arrays []any, err error) {
	given, arrays, err := arraysOf(rows, others)
	if err != nil {
		return "", nil, err
	}
	from := ""
	if trusts {
		from = soon
	}
	text = setting(table, columns, how, func(i int) string { return "v." + columns[i] }) +
		` FROM ` + from + `unnest(` + given + `) AS v (` + strings.Join(columns, ", ") + `) WHERE ` + table + `.` + columns[0] + ` = v.` + columns[0]
	if trusts {
		text += ` AND ` + table + `.version = v.version - 1`
	}
	return text, arrays, nil
}

// setting is the beginning of a statement that sets all columns but the first to
// what value says of them.
func setting(table string, columns []string, how map[string]string, value func(i int) string) string {
	set := make([]string, 0, len(columns))
	for i, c := range columns[1:] {
		v := value(i + 1)
		if h := how[c]; h != "" {
			v = fmt.Sprintf(h, v)
		}
		set = append(set, c+" = "+v)
	}
	return `UPDATE ` + table + ` SET ` + strings.Join(set, ", ")
}

// atOnce are writes that need nothing of each other. Postgres takes them as one
// statement, which is one way there and back; SQLite one after the other.
type atOnce struct {
	t     *txn
	texts []string
	args  []any
}

// insert is [txn.insert].
func (w *atOnce) insert(ctx context.Context, head string, rows [][]any, tail string) error {
	if w.t.s.lite || len(rows) == 0 {
		return w.t.insert(ctx, head, rows, tail)
	}
	text, arrays, err := inserting(head, rows, tail, len(w.args))
	w.texts, w.args = append(w.texts, text), append(w.args, arrays...)
	return err
}

// change is [txn.change] of rows that are locked.
func (w *atOnce) change(ctx context.Context, table string, columns []string, how map[string]string, rows [][]any) error {
	if w.t.s.lite || len(rows) == 0 {
		return w.t.change(ctx, table, columns, how, rows, false)
	}
	text, arrays, err := changing(table, columns, how, rows, false, len(w.args))
	w.texts, w.args = append(w.texts, text), append(w.args, arrays...)
	return err
}

// run writes what was not written yet.
func (w *atOnce) run(ctx context.Context) error {
	var text strings.Builder
	for i, part := range w.texts {
		switch {
		case i == len(w.texts)-1:
			text.WriteString(" " + part)
		case i == 0:
			text.WriteString("WITH part0 AS (" + part + ")")
		default:
			fmt.Fprintf(&text, ", part%d AS (%s)", i, part)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	_, err := w.t.ExecContext(ctx, strings.TrimSpace(text.String()), w.args...)
	return err
}

// pairs runs a statement with pairs of texts: on SQLite one after the other, $1 and
// $2 of one; on Postgres together, p.a and p.b of all, with them as "pairs".
func (t *txn) pairs(ctx context.Context, one, all string, pairs [][]any) error {
	if len(pairs) == 0 || t.s.lite {
		return each(ctx, t.Tx, one, pairs)
	}
	_, arrays, err := arraysOf(pairs, 0)
	if err != nil {
		return err
	}
	_, err = t.ExecContext(ctx, strings.Replace(all, "pairs", "unnest($1::text[], $2::text[]) AS p (a, b)", 1), arrays...)
	return err
}

// arraysOf turns rows into one array a column: "$1::text[],$2::bigint[]" and the
// arrays, after so many other arguments. A column's type is that of its value in the
// first row.
func arraysOf(rows [][]any, others int) (given string, arrays []any, err error) {
	var list strings.Builder
	arrays = make([]any, len(rows[0]))
	var buf []byte
	for c, first := range rows[0] {
		if c > 0 {
			list.WriteByte(',')
		}
		fmt.Fprintf(&list, "$%d::%s[]", others+c+1, arrayType(first))
		buf = append(buf[:0], '{')
		for r, row := range rows {
			if r > 0 {
				buf = append(buf, ',')
			}
			if buf, err = appendElement(buf, row[c]); err != nil {
				return "", nil, err
			}
		}
		arrays[c] = string(append(buf, '}'))
	}
	return list.String(), arrays, nil
}

func arrayType(v any) string {
	switch v.(type) {
	case int, int64:
		return "bigint"
	case float64, points:
		return "double precision"
	case bool:
		return "boolean"
	case time.Time, instant:
		return "timestamptz"
	case []byte:
		return "bytea"
	}
	return "text"
}

// appendElement adds a value as Postgres reads it within an array.
func appendElement(buf []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return appendQuoted(buf, v), nil
	case int:
		return strconv.AppendInt(buf, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(buf, v, 10), nil
	case float64:
		return strconv.AppendFloat(buf, v, 'g', -1, 64), nil
	case bool:
		return strconv.AppendBool(buf, v), nil
	case time.Time:
		if year := v.Year(); year < 1 || year > 9999 {
			return append(append(append(buf, '"'), pq.FormatTimestamp(v)...), '"'), nil
		}
		return append(v.AppendFormat(append(buf, '"'), time.RFC3339Nano), '"'), nil
	case instant:
		if time.Time(v).IsZero() {
			return append(buf, "NULL"...), nil
		}
		return appendElement(buf, at(time.Time(v)))
	case []byte:
		return fmt.Appendf(buf, `"\\x%x"`, v), nil
	case driver.Valuer:
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		if value == nil {
			return append(buf, "NULL"...), nil
		}
		return appendElement(buf, value)
	}
	return nil, fmt.Errorf("store: %T can't stand in an array", v)
}

func appendQuoted(buf []byte, s string) []byte {
	buf = append(buf, '"')
	for {
		i := strings.IndexAny(s, `"\\`)
		if i < 0 {
			return append(append(buf, s...), '"')
		}
		buf = append(append(buf, s[:i]...), '\\', s[i])
		s = s[i+1:]
	}
}

// prepareIn bounds how long a statement may wait for a connection to be prepared
// on, and mostPrepared how many are kept.
const (
	prepareIn    = 200 * time.Millisecond
	mostPrepared = 200
)

// prepared is a statement that each connection parses once; nil where
// it can't be had now: then the text goes as it is.
func (s *Store) prepared(ctx context.Context, text string) *sqlx.Stmt {
	if s.lite {
		return nil
	}
	s.mu.Lock()
	stmt, ok := s.statements[text]
	full := len(s.statements) >= mostPrepared
	s.mu.Unlock()
	// One at a time: each takes a connection of the pool, while its caller's
	// transaction has one already.
	if ok || full || !s.preparing.TryLock() {
		return stmt
	}
	defer s.preparing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, prepareIn)
	defer cancel()
	stmt, err := s.write.PreparexContext(ctx, text)
	if err != nil {
		return nil // what is wrong with it, its use will tell
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.statements[text]; twice {
		_ = stmt.Close() //nolint:sqlclosecheck // it is not needed; the other one is kept
		return s.statements[text]
	}
	s.statements[text] = stmt
	return stmt
}

// ExecContext runs a statement within the transaction, prepared where it can be.
func (t *txn) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if stmt := t.s.prepared(ctx, text); stmt != nil {
		return t.StmtxContext(ctx, stmt).ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, text, args...)
}

// QueryxContext asks within the transaction, prepared where it can be.
func (t *txn) QueryxContext(ctx context.Context, text string, args ...any) (*sqlx.Rows, error) {
	if stmt := t.s.prepared(ctx, text); stmt != nil {
		return t.StmtxContext(ctx, stmt).QueryxContext(ctx, args...) //nolint:sqlclosecheck // the caller closes the rows
	}
	return t.Tx.QueryxContext(ctx, text, args...)
}

// reader asks outside of transactions, prepared where it can be: one way to Postgres
// and back instead of two, and nothing to parse or plan.
type reader struct {
	*sqlx.DB
	s *Store
}

// often is for what boards ask many times a second, and every page.
func (s *Store) often() reader { return reader{s.read, s} }

// QueryxContext asks.
func (r reader) QueryxContext(ctx context.Context, text string, args ...any) (*sqlx.Rows, error) {
	if stmt := r.s.prepared(ctx, text); stmt != nil { //nolint:sqlclosecheck // it is kept, and the caller closes the rows
		return stmt.QueryxContext(ctx, args...)
	}
	return r.DB.QueryxContext(ctx, text, args...)
}

// QueryRowxContext asks for one row.
func (r reader) QueryRowxContext(ctx context.Context, text string, args ...any) *sqlx.Row {
	if stmt := r.s.prepared(ctx, text); stmt != nil { //nolint:sqlclosecheck // it is kept
		return stmt.QueryRowxContext(ctx, args...)
	}
	return r.DB.QueryRowxContext(ctx, text, args...)
}

// ExecContext changes something, by itself.
func (r reader) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if stmt := r.s.prepared(ctx, text); stmt != nil { //nolint:sqlclosecheck // it is kept
		return stmt.ExecContext(ctx, args...)
	}
	return r.DB.ExecContext(ctx, text, args...)
}
