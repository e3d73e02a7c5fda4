package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"

	"github.com/lib/pq"

	"hotleads/lead"
)

// What is the database's fault, and what the data's: the sender of the first tries
// again, that of the second never.
func TestWhatIsUnavailable(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, closed := s.write.ExecContext(t.Context(), `SELECT 1`)
	for _, c := range []struct {
		err  error
		want bool
	}{
		{closed, true},
		{context.DeadlineExceeded, true},
		{driver.ErrBadConn, true},
		{sql.ErrTxDone, true},
		{io.ErrUnexpectedEOF, true},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{&pq.Error{Code: "57P03"}, true},  // it is starting up
		{&pq.Error{Code: "53300"}, true},  // too many clients
		{&pq.Error{Code: "23505"}, false}, // a unique key
		{&pq.Error{Code: "22001"}, false}, // a text that is too long
		{sql.ErrNoRows, false},
	} {
		if got := errors.Is(wrap(fmt.Errorf("store: %w", c.err)), lead.ErrUnavailable); got != c.want {
			t.Errorf("%v: unavailable is %t, want %t", c.err, got, c.want)
		}
	}
}
