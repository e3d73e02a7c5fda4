package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

const requestIDHeader = "X-Request-Id"

// wellFormed is an id of a request as a proxy or a client may give it: letters,
// digits and a few marks. It holds no address of a person and breaks no line of a log.
var wellFormed = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$`)

type requestIDKey struct{}

// nameRequest gives a request its id: the one that came with it, if it is well-formed,
// so that it can be followed through proxies and other programs; else a new one.
// It stands in the answer's header, in the log and where a failure is told.
func nameRequest(c echo.Context) {
	r := c.Request()
	id := r.Header.Get(requestIDHeader)
	if !wellFormed.MatchString(id) {
		id = uuid.NewString()
	}
	c.Response().Header().Set(requestIDHeader, id)
	c.SetRequest(r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
}

// requestID is the id of the request whose context this is; "" outside of requests.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// LogRequests has every line that is logged with the context of a request tell
// the request's id.
func LogRequests(h slog.Handler) slog.Handler { return requestLog{h} }

type requestLog struct{ slog.Handler }

// Handle adds the id.
func (l requestLog) Handle(ctx context.Context, r slog.Record) error {
	if id := requestID(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (l requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{l.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (l requestLog) WithGroup(name string) slog.Handler { return requestLog{l.Handler.WithGroup(name)} }

// reference is the id that somebody who met a failure can name to those who read
// the log; "" for a refusal, which tells all that there is to know.
func reference(c echo.Context, status int) string {
	if status < http.StatusInternalServerError {
		return ""
	}
	return requestID(c.Request().Context())
}
