package handlers

import (
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead/imports"
)

// csvStep is how many lines a file takes from the database at a time, and
// csvPatience how long the browser may take for them.
const (
	csvStep     = 500
	csvPatience = 30 * time.Second
)

// csvFile is a table for a spreadsheet while it is sent, a step at a time: RFC
// 4180, UTF-8 with a byte order mark, without which spreadsheets take it for
// something else. A failure to send shows at flush.
type csvFile struct {
	w        *csv.Writer
	control  *http.ResponseController
	computed []int // columns that are made here, never what somebody wrote
}

// csvTo begins a file of that name. Nil where only its head was asked for.
func csvTo(c echo.Context, name string, columns []string, computed ...int) *csvFile {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, _ = c.Response().Write([]byte("\xEF\xBB\xBF"))
	f := &csvFile{w: csv.NewWriter(c.Response()), control: http.NewResponseController(c.Response()), computed: computed}
	f.w.UseCRLF = true
	f.line(columns)
	return f
}

// line adds a line. Texts are made safe for spreadsheets.
func (f *csvFile) line(cells []string) {
	for i, text := range cells {
		if !slices.Contains(f.computed, i) {
			cells[i] = imports.Harmless(text)
		}
	}
	_ = f.w.Write(cells)
}

// flush sends the lines so far and gives the browser time for the next ones. It
// fails where the browser has left.
func (f *csvFile) flush() error {
	if f.w.Flush(); f.w.Error() != nil {
		return f.w.Error()
	}
	if err := f.control.SetWriteDeadline(time.Now().Add(csvPatience)); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// cutShort ends a file of which the rest could not be read: the connection is
// cut, for a file that just ends would look whole.
func cutShort() { panic(http.ErrAbortHandler) }
