package handlers

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/handlers/segment"
	"hotleads/lead"
)

// maxCall is the most bytes read of a request's body as it is sent. It is over
// what any body may hold, so that a client that sent somewhat too much can end
// its request and read why it was refused.
const maxCall = 2 << 20

// intakeRetryAfter is for how many seconds a client is asked to wait when nothing
// could be stored.
const intakeRetryAfter = "1"

// Taker stores activities. lead.Desk is the one.
type Taker interface {
	// Take stores messages. The errors stand by index: nil for a message that is
	// stored or was known before. The last error is for all: not all of them are
	// known to be stored (lead.ErrUnavailable, lead.ErrBusy: send them again).
	Take(ctx context.Context, msgs []lead.Message) ([]error, error)
}

// Keys knows the keys of programs.
type Keys interface {
	// Key finds a key by its secret; lead.ErrNotFound where it is unknown or revoked.
	Key(ctx context.Context, secret string) (lead.Key, error)
}

// Intake takes in activities: the Segment HTTP tracking API. Its routes belong
// outside of everything that reads cookies, checks origins or limits bodies:
//
//	e.POST("/v1/:call", in.Call)
//	e.GET("/v1/projects/:key/settings", in.Settings)
//	e.OPTIONS("/v1/*", in.Preflight)
//
// Any page may call them: a key lets in, never a cookie.
type Intake struct {
	Taker   Taker
	Keys    Keys
	Now     func() time.Time
	Log     *slog.Logger
	BaseURL string // public address, without a slash at its end; "": from the request

	bodies *bodies // nil: each one alone
}

// intakeReply is what clients of the tracking API are told.
type intakeReply struct {
	Success  bool               `json:"success"`
	Error    string             `json:"error,omitempty"`
	Rejected []segment.Rejected `json:"rejected,omitempty"`

	RequestID string `json:"request_id,omitempty"` // of what failed here
}

// intakeRefusal is an error with the status it is told with.
type intakeRefusal struct {
	status int
	err    error
}

func (r *intakeRefusal) Error() string { return r.err.Error() }
func (r *intakeRefusal) Unwrap() error { return r.err }

// Call takes in one request of the kind that its path's last segment names.
func (in *Intake) Call(c echo.Context) error {
	openToBrowsers(c.Response().Header())
	kind, ok := segment.KindOf(path.Base(c.Request().URL.Path))
	if !ok {
		return c.JSON(http.StatusNotFound, intakeReply{Error: "there is no such call; wants track, identify, page, screen, group, alias or batch"})
	}
	batch, err := in.receive(c, kind)
	if err == nil {
		err = in.take(c.Request().Context(), &batch)
	}
	switch {
	case err != nil:
		return in.refuse(c, err)
	case len(batch.Messages) > 0:
		return c.JSON(http.StatusOK, intakeReply{Success: true, Rejected: batch.Rejected})
	}
	all := intakeReply{Error: "every message was refused", Rejected: batch.Rejected}
	if len(batch.Rejected) == 1 {
		all.Error = batch.Rejected[0].Error
	}
	if slices.ContainsFunc(batch.Rejected, func(r segment.Rejected) bool { return !r.TooLarge }) {
		return c.JSON(http.StatusBadRequest, all)
	}
	return c.JSON(http.StatusRequestEntityTooLarge, all)
}

// receive reads and decodes a request, and holds its key: the user name of
// Basic authentication, else the body's writeKey.
func (in *Intake) receive(c echo.Context, kind segment.Kind) (segment.Batch, error) {
	req, received := c.Request(), in.Now()
	secret, _, _ := req.BasicAuth()
	var key lead.Key
	var err error
	inHeader := secret != ""
	if inHeader { // before the body is read: strangers cost little
		if key, err = in.admit(req.Context(), secret); err != nil {
			return segment.Batch{}, err
		}
	}
	body, leave, err := in.readCall(c.Response().Writer, req, kind.Limit(), sender(c, key))
	defer leave()
	if err != nil {
		return segment.Batch{}, err
	}
	batch, malformed := segment.Decode(kind, body, received)
	if !inHeader && (malformed == nil || batch.WriteKey != "") {
		if key, err = in.admit(req.Context(), batch.WriteKey); err != nil {
			return batch, err
		}
	}
	switch {
	case errors.Is(malformed, segment.ErrTooLarge):
		return batch, &intakeRefusal{http.StatusRequestEntityTooLarge, malformed}
	case malformed != nil:
		return batch, &intakeRefusal{http.StatusBadRequest, malformed}
	}
	if key.Kind == lead.ServerKey {
		believe(&batch)
	}
	return batch, nil
}

// believe marks messages as a server's, whose outcomes count, and refuses those
// whose amount is no money: what it is worth is not to be guessed.
func believe(batch *segment.Batch) {
	messages, index := batch.Messages[:0], batch.Index[:0]
	for i, m := range batch.Messages {
		m.Server = true
		if err := m.CheckOutcome(); err != nil {
			batch.Rejected = append(batch.Rejected, segment.Rejected{Index: batch.Index[i], Error: err.Error()})
			continue
		}
		messages, index = append(messages, m), append(index, batch.Index[i])
	}
	batch.Messages, batch.Index = messages, index
	slices.SortFunc(batch.Rejected, func(a, b segment.Rejected) int { return cmp.Compare(a.Index, b.Index) })
}

// admit finds the key and holds that it opens the intake.
func (in *Intake) admit(ctx context.Context, secret string) (lead.Key, error) {
	if secret == "" {
		return lead.Key{}, &intakeRefusal{http.StatusUnauthorized, errors.New("the write key is missing; wants it as the user name of Basic authentication or as writeKey in the body")}
	}
	key, err := in.Keys.Key(ctx, secret)
	switch {
	case errors.Is(err, lead.ErrNotFound):
		return key, &intakeRefusal{http.StatusUnauthorized, errors.New("the write key is unknown or revoked")}
	case err != nil:
		return key, fmt.Errorf("find a key: %w", err)
	case key.Kind != lead.WriteKey && key.Kind != lead.ServerKey:
		return key, &intakeRefusal{http.StatusUnauthorized, fmt.Errorf("a key of kind %s does not open the intake; wants write or server", key.Kind)}
	}
	return key, nil
}

// readCall is the body, decompressed, and at most one byte over the limit. It is
// counted until leave is called, which is to be, after an error, too. What is left
// unread by then is dropped, so that the client gets to its reply.
func (in *Intake) readCall(w http.ResponseWriter, req *http.Request, limit int, who string) (body []byte, leave func(), err error) {
	wire := http.MaxBytesReader(w, req.Body, maxCall)
	plain, form := io.Reader(wire), "body"
	counted := in.bodies.begin(nil, who)
	leave = counted.leave
	defer func() {
		if errors.Is(err, errRoom) {
			leave()
			dropRest(wire)
		}
	}()
	switch encoding := strings.ToLower(strings.TrimSpace(req.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		form = "gzip body"
		if err := counted.hold(unzipRoom); err != nil {
			return nil, leave, err
		}
		unzipped, err := gzip.NewReader(wire)
		if err != nil {
			return nil, leave, unreadable(form, err)
		}
		plain = unzipped
	default:
		return nil, leave, &intakeRefusal{http.StatusUnsupportedMediaType, fmt.Errorf("the Content-Encoding %.40q is not known; wants gzip or none", encoding)}
	}
	counted.Reader = plain
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(io.LimitReader(counted, int64(limit)+1)); err != nil {
		return nil, leave, unreadable(form, err)
	}
	if buf.Len() > limit {
		dropRest(wire) // it is refused for its size, whatever becomes of the rest
	}
	return buf.Bytes(), leave, nil
}

// unreadable tells a body that is too large, too slow or broken.
func unreadable(form string, err error) error {
	if errors.Is(err, lead.ErrBusy) {
		return err
	}
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return &intakeRefusal{http.StatusRequestEntityTooLarge, fmt.Errorf("%w: the %s is over %d KiB", segment.ErrTooLarge, form, maxCall>>10)}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &intakeRefusal{http.StatusRequestTimeout, fmt.Errorf("the %s did not arrive in time", form)}
	}
	return &intakeRefusal{http.StatusBadRequest, fmt.Errorf("the %s is broken: %w", form, err)}
}

// take stores the batch's messages. Those that the store refuses move to
// Rejected. The error is for all of them: the client has to send them again.
func (in *Intake) take(ctx context.Context, b *segment.Batch) error {
	if len(b.Messages) == 0 {
		return nil
	}
	errs, err := in.Taker.Take(ctx, b.Messages)
	if err != nil {
		return err
	}
	var taken []lead.Message
	for i, m := range b.Messages {
		switch err := errs[i]; {
		case err == nil:
			taken = append(taken, m)
		case errors.Is(err, lead.ErrInvalid):
			b.Rejected = append(b.Rejected, segment.Rejected{Index: b.Index[i], Error: err.Error()})
		default:
			// Not the client's fault, so the whole request is to be sent again:
			// what was stored is known by its message id.
			return fmt.Errorf("take message %s: %w", m.ID, err)
		}
	}
	b.Messages = taken
	slices.SortFunc(b.Rejected, func(x, y segment.Rejected) int { return cmp.Compare(x.Index, y.Index) })
	return nil
}

// refuse tells a client why nothing of its request counts. Only a refusal's
// words are the client's business; the rest is logged.
func (in *Intake) refuse(c echo.Context, err error) error {
	if r, ok := errors.AsType[*intakeRefusal](err); ok {
		return c.JSON(r.status, intakeReply{Error: r.Error()})
	}
	if errors.Is(err, lead.ErrUnavailable) {
		in.Log.WarnContext(c.Request().Context(), "intake unavailable", slog.Any("error", err))
		c.Response().Header().Set("Retry-After", intakeRetryAfter)
		why := "nothing can be stored now; try again"
		if errors.Is(err, lead.ErrFull) {
			why = diskFull
		}
		return c.JSON(http.StatusServiceUnavailable, intakeReply{Error: why, RequestID: requestID(c.Request().Context())})
	}
	if errors.Is(err, lead.ErrBusy) {
		c.Response().Header().Set("Retry-After", intakeRetryAfter)
		return c.JSON(http.StatusTooManyRequests, intakeReply{Error: "too much at once; send it again in a moment", RequestID: requestID(c.Request().Context())})
	}
	in.Log.ErrorContext(c.Request().Context(), "intake failed", slog.Any("error", err))
	return c.JSON(http.StatusInternalServerError, intakeReply{Error: "something went wrong here; try again", RequestID: requestID(c.Request().Context())})
}

// Settings is what the browser library loads before it sends anything: to send
// to this host, nothing to anybody else, and no figures about itself. Only a
// write key has settings: the others have no business in a browser.
func (in *Intake) Settings(c echo.Context) error {
	openToBrowsers(c.Response().Header())
	secret := c.Param("key")
	key, err := in.Keys.Key(c.Request().Context(), secret)
	if errors.Is(err, lead.ErrNotFound) || err == nil && key.Kind != lead.WriteKey {
		err = &intakeRefusal{http.StatusNotFound, errors.New("there is no such write key")}
	}
	if err != nil {
		return in.refuse(c, err)
	}
	base := in.BaseURL
	if base == "" {
		base = c.Scheme() + "://" + c.Request().Host
	}
	protocol, host, _ := strings.Cut(base, "://")
	c.Response().Header().Set("Cache-Control", "private, max-age=60")
	return c.JSON(http.StatusOK, map[string]any{
		"integrations": map[string]any{
			"Segment.io": map[string]any{"apiKey": secret, "apiHost": host + "/v1", "protocol": protocol},
		},
		"metrics": map[string]any{"sampleRate": 0},
	})
}

// Preflight answers a browser that asks whether it may send.
func (in *Intake) Preflight(c echo.Context) error {
	h := c.Response().Header()
	openToBrowsers(h)
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	// A star does not stand for Authorization; the others are for browsers that
	// do not know the star.
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, X-Retry-Count, AnonymousId, *")
	h.Set("Access-Control-Max-Age", "86400")
	return c.NoContent(http.StatusNoContent)
}

// openToBrowsers lets pages of any origin read the reply. No credentials: the
// star keeps browsers from sending cookies along with a readable reply.
func openToBrowsers(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
}
