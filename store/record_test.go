package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// OpenNoting is Open, and calls note with each statement that is run.
func OpenNoting(t *testing.T, url string, note func(text string, args []any)) *Store {
	t.Helper()
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	dsn, name := url, "postgres"
	if s.lite {
		dsn, name = "file:"+strings.TrimPrefix(url, "sqlite:")+"?"+liteParams, "sqlite"
	}
	db := sqlx.NewDb(sql.OpenDB(noting{s.write.Driver(), dsn, note}), name)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s.lite {
		db.SetMaxOpenConns(1)
	}
	s.write, s.read, s.slow = db, db, db
	t.Cleanup(func() { s.Close() })
	return s
}

// noting makes connections that note what they run.
type noting struct {
	driver driver.Driver
	dsn    string
	note   func(string, []any)
}

func (n noting) Driver() driver.Driver { return n.driver }

func (n noting) Connect(context.Context) (driver.Conn, error) {
	c, err := n.driver.Open(n.dsn)
	return notingConn{c, n}, err
}

type notingConn struct {
	driver.Conn
	noting
}

func (n noting) noted(text string, args []driver.NamedValue) {
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a.Value
	}
	n.note(text, values)
}

func (c notingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c notingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.noted(text, args)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
}

func (c notingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.noted(text, args)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
}

func (c notingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c notingConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	return notingStmt{s, c, text}, err
}

type notingStmt struct {
	driver.Stmt
	conn notingConn
	text string
}

func (s notingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.conn.noted(s.text, args)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (s notingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.conn.noted(s.text, args)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}
