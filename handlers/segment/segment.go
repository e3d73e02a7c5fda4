// Package segment decodes the Segment HTTP tracking API: bytes of a request
// in, messages of the domain out, with what had to be refused in words. It
// knows nothing of HTTP, keys or stores, and never panics on what it is sent.
//
//	kind, ok := segment.KindOf("batch")
//	batch, err := segment.Decode(kind, body, now)
//	for i, message := range batch.Messages { … }   // batch.Index[i] is its place in the request
package segment

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hotleads/lead"
)

// The limits of one request, after decompression.
const (
	MaxMessage  = 32 << 10  // bytes of a message
	MaxBatch    = 500 << 10 // bytes of a batch
	MaxMessages = 2500      // messages in a batch
)

// ErrTooLarge is what a request over MaxMessage or MaxBatch is refused with.
var ErrTooLarge = errors.New("too large")

// Kind is what an endpoint takes: one call of a type, or a batch of any.
type Kind string

// Many is the kind of the batch endpoint. The other kinds are lead's message types.
const Many Kind = "batch"

// KindOf tells the kind of an endpoint from the last segment of its path: the
// documented names, and the first letters that the browser library uses.
func KindOf(name string) (Kind, bool) {
	switch name {
	case "track", "t":
		return Kind(lead.Track), true
	case "identify", "i":
		return Kind(lead.Identify), true
	case "page", "p":
		return Kind(lead.PageView), true
	case "screen", "s":
		return Kind(lead.Screen), true
	case "group", "g":
		return Kind(lead.Group), true
	case "alias", "a":
		return Kind(lead.Alias), true
	case "batch", "b":
		return Many, true
	}
	return "", false
}

// Limit is the most bytes that a body of the kind may have.
func (k Kind) Limit() int {
	if k == Many {
		return MaxBatch
	}
	return MaxMessage
}

// Batch is a decoded request.
type Batch struct {
	WriteKey string         // writeKey of the body, or ""; set where the body is an object, even when Decode fails
	Messages []lead.Message // what can be taken, in the order of the request
	Index    []int          // Messages[i] was the request's message Index[i]
	Rejected []Rejected     // what cannot, in the order of the request
}

// Rejected is a message that was refused, and why, in words.
type Rejected struct {
	Index    int    `json:"index"`
	Error    string `json:"error"`
	TooLarge bool   `json:"-"` // because it is over MaxMessage
}

// Decode reads the body of a request that was received at a moment. The error
// is of the request as a whole: ErrTooLarge, or else a body that is not what
// the kind wants. A bad message of a batch, or the bad message of another
// kind, is no error but Rejected. Messages come without their Server mark:
// whose key it was is known only once the body's writeKey has been read.
func Decode(kind Kind, body []byte, received time.Time) (Batch, error) {
	var b Batch
	if len(body) > kind.Limit() {
		return b, fmt.Errorf("%w: the body is over %d KiB", ErrTooLarge, kind.Limit()>>10)
	}
	if !json.Valid(body) {
		return b, notJSON(body)
	}
	outer, err := envelope(body)
	if key, ok := outer["writeKey"].text(); ok {
		b.WriteKey = key
	}
	if err != nil {
		return b, err
	}
	d := decoder{received: received.UTC().Truncate(time.Microsecond), zones: map[string]bool{}}
	if kind != Many {
		b.add(0, body, func() (lead.Message, error) { return d.message(body, lead.MessageType(kind)) })
		return b, nil
	}
	items, err := outer["batch"].items()
	if err != nil {
		return b, err
	}
	if d.sentAt, err = outer["sentAt"].instant("sentAt"); err != nil {
		return b, err
	}
	if d.context, err = outer["context"].object("context"); err != nil {
		return b, err
	}
	for i, item := range items {
		b.add(i, item, func() (lead.Message, error) { return d.message(item, "") })
	}
	return b, nil
}

// add decodes the message at index i of the request into the batch.
func (b *Batch) add(i int, text raw, decode func() (lead.Message, error)) {
	if len(text) > MaxMessage {
		b.Rejected = append(b.Rejected, Rejected{Index: i, TooLarge: true, Error: fmt.Sprintf("%s: the message is over %d KiB", ErrTooLarge, MaxMessage>>10)})
		return
	}
	m, err := decode()
	if err != nil {
		b.Rejected = append(b.Rejected, Rejected{Index: i, Error: err.Error()})
		return
	}
	b.Messages = append(b.Messages, m)
	b.Index = append(b.Index, i)
}

// notJSON says where a body stops being JSON.
func notJSON(body []byte) error {
	if len(body) == 0 {
		return errors.New("the body is empty; wants a JSON object")
	}
	var v json.RawMessage
	err := json.Unmarshal(body, &v)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("the body is not JSON: %w, at byte %d", syntax, syntax.Offset)
	}
	return fmt.Errorf("the body is not JSON: %w", err)
}
