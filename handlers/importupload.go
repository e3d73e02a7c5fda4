package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/imports"
	"hotleads/live"
	"hotleads/views"
)

// An upload has bounds of its own: it may be large and slow, but not stand still.
const (
	maxUpload    = 200 << 20        // bytes of a file
	maxEnvelope  = 64 << 10         // bytes of the form around it
	uploadTime   = 15 * time.Minute // for all of it
	uploadStall  = time.Minute      // for a part of it
	downloadTime = 10 * time.Minute
)

var errUpload = fmt.Errorf("the file is over %d MiB: split it, or take it in at the server with: hotleads import FILE.csv --map MAP.yaml", maxUpload>>20)

// freight tells which addresses carry files, which take their time: what else is
// bounded for pages is bounded there by the handlers themselves.
func freight(r *http.Request) bool {
	if r.Method == http.MethodPost {
		return r.URL.Path == "/leads/import"
	}
	return r.URL.Path == "/leads.csv" || r.URL.Path == "/settings/audit.csv" || strings.HasPrefix(r.URL.Path, "/leads/import/") && strings.HasSuffix(r.URL.Path, "/refused.csv")
}

// importUpload stores a file as it comes in, part by part.
func (s *server) importUpload(c echo.Context) error {
	r := c.Request()
	ctx, cancel := context.WithTimeout(r.Context(), uploadTime)
	defer cancel()
	if r.ContentLength > maxUpload+maxEnvelope {
		return s.uploadRefused(c, r.Body, errUpload)
	}
	control, began := http.NewResponseController(c.Response()), time.Now()
	if err := control.SetWriteDeadline(began.Add(uploadTime + uploadStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	body := &patient{r: http.MaxBytesReader(c.Response(), r.Body, maxUpload+maxEnvelope), control: control, until: began.Add(uploadTime)}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != echo.MIMEMultipartForm {
		return s.showImports(c, http.StatusUnprocessableEntity, "Choose a file.")
	}
	part, err := filePart(multipart.NewReader(body, params["boundary"]))
	if errors.Is(err, io.EOF) {
		return s.showImports(c, http.StatusUnprocessableEntity, "Choose a file.")
	}
	if err != nil {
		return s.uploadRefused(c, body, err)
	}
	u := *viewer(c)
	i, err := s.Store.AddImport(ctx, lead.Person(u, "page"), fileName(part.FileName()), u.TeamsSeen(), s.Now())
	if err != nil {
		return err
	}
	size, err := s.shelve(ctx, i.ID, part)
	if err == nil {
		err = s.Store.Uploaded(ctx, i.ID, size)
	}
	if err == nil && size > 0 {
		return c.Redirect(http.StatusSeeOther, "/leads/import/"+i.ID)
	}
	after, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if derr := s.Store.DropImport(after, i.ID); derr != nil && err == nil {
		return derr // else it is tidied away within the hour
	}
	if err == nil {
		return s.showImports(c, http.StatusUnprocessableEntity, "The file is empty.")
	}
	return s.uploadRefused(c, body, err)
}

// filePart is the form's file: io.EOF where it has none.
func filePart(form *multipart.Reader) (*multipart.Part, error) {
	for {
		part, err := form.NextPart()
		if err != nil || (part.FormName() == "file" && part.FileName() != "") {
			return part, err
		}
	}
}

// shelve stores a file's parts and returns its size.
func (s *server) shelve(ctx context.Context, id string, file io.Reader) (size int64, _ error) {
	buffer := make([]byte, imports.ChunkSize)
	for seq := 0; ; seq++ {
		n, end := fill(file, buffer)
		if size += int64(n); size > maxUpload {
			return size, errUpload
		}
		if n > 0 {
			packed, err := imports.Pack(buffer[:n])
			if err != nil {
				return size, err
			}
			if err := s.Store.AddChunk(ctx, id, seq, packed); err != nil {
				return size, err
			}
		}
		switch {
		case errors.Is(end, io.EOF):
			return size, nil
		case end != nil:
			return size, end
		}
	}
}

// fill reads until the buffer is full or the reader ends: io.EOF at its end,
// io.ErrUnexpectedEOF from a form that was cut off.
func fill(r io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var m int
		m, err = r.Read(buffer[n:])
		n += m
	}
	return n, err
}

// uploadRefused answers an upload that can't be taken. A little of what still
// comes is read, or browsers would show nothing but a broken connection.
func (s *server) uploadRefused(c echo.Context, rest io.Reader, err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, errUpload):
		_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(uploadStall)) // what is not read is lost anyway
		_, _ = io.Copy(io.Discard, io.LimitReader(c.Request().Body, maxUpload))
		return s.showImports(c, http.StatusRequestEntityTooLarge, sentence(errUpload.Error()))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return s.showImports(c, http.StatusRequestTimeout, "The file came in too slowly and was not kept: try again.")
	case errors.Is(err, lead.ErrUnavailable):
		return err
	}
	return s.showImports(c, http.StatusBadRequest, "The file did not come in whole and was not kept: try again.")
}

// patient reads a slow request, as long as something of it comes.
type patient struct {
	r       io.Reader
	control *http.ResponseController
	until   time.Time
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	deadline := time.Now().Add(uploadStall)
	if p.until.Before(deadline) {
		deadline = p.until
	}
	if err := p.control.SetReadDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.r.Read(b)
}

// fileName is a file's name without folders and without what can't be seen.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(plain(name), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name))
	if name == "" || name == "." || name == "/" {
		return "leads.csv"
	}
	return clipped(name, 120)
}

// importRefused sends the refused rows as CSV.
func (s *server) importRefused(c echo.Context) error {
	i, err := s.importOf(c)
	if err != nil {
		return err
	}
	if i.FileGone {
		return lead.NotFound("the refused rows: they were deleted with the file")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), downloadTime)
	defer cancel()
	head, err := s.refusedHead(ctx, i)
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(i.Name, path.Ext(i.Name)) + ".refused.csv"
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if c.Request().Method == http.MethodHead {
		return nil
	}
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(downloadTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := c.Response().Write(head); err != nil {
		return nil // the browser left
	}
	for seq := -1; ; {
		next, part, err := s.Store.RefusedPart(ctx, i.ID, seq)
		if errors.Is(err, lead.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := imports.Send(c.Response(), part); err != nil {
			return nil
		}
		seq = next
	}
}

// refusedHead is the first line of the refused rows: the file's own columns
// behind line and reason. A spreadsheet knows UTF-8 by the mark before it.
func (s *server) refusedHead(ctx context.Context, i lead.Import) ([]byte, error) {
	sample, err := imports.Look(imports.File(ctx, s.Store, i.ID))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("\ufeff")
	sheet, err := imports.NewSheet(&b, sample.Head)
	if err != nil {
		return nil, err
	}
	err = sheet.Close()
	return []byte(b.String()), err
}

// importStream is an import's progress.
func (s *server) importStream(c echo.Context) error {
	i, err := s.importOf(c)
	if err != nil {
		return err
	}
	id := i.ID
	return s.stream(c, live.View{
		Topic: "import|" + id, Frames: partFrames{},
		Concerns: func(n live.Notice) bool { return n.All || len(n.Leads) > 0 },
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			i, err := s.Store.ImportOf(ctx, id)
			if err != nil {
				return live.Page{}, err
			}
			m, err := s.importModel(ctx, i)
			if err != nil {
				return live.Page{}, err
			}
			return live.Page{Parts: []live.Part{{Target: "#import-state", Rev: revOf(m), HTML: func() ([]byte, error) { return views.ImportFrame(context.Background(), m) }}}}, nil
		},
	})
}
