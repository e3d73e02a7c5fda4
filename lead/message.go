package lead

import (
	"math"
	"time"
)

// MessageType is the kind of a Segment call.
type MessageType string

// The calls of the Segment HTTP tracking API.
const (
	Track    MessageType = "track"
	Identify MessageType = "identify"
	PageView MessageType = "page"
	Screen   MessageType = "screen"
	Group    MessageType = "group"
	Alias    MessageType = "alias"
)

// Message is one decoded call: valid, bounded, times corrected.
type Message struct {
	ID          string // deduplicates for good and across keys; never empty
	Type        MessageType
	UserID      string // trimmed
	AnonymousID string
	PreviousID  string // alias: what UserID was called before
	Event       string // track: the event's name; page: "Page Viewed"; screen: "Screen Viewed"; else ""
	Properties  map[string]any
	Traits      map[string]any // identify's and group's traits, else context.traits; group's name is under "company"
	OccurredAt  time.Time      // skew-corrected, never after ReceivedAt
	SaidAt      time.Time      // the time that was sent, where OccurredAt had to be clamped; else zero
	ReceivedAt  time.Time
	TimeZone    string // context.timezone, an IANA name, or ""
	Source      string // utm_source or the referring host, or ""
	Server      bool   // came with a server key: outcomes are believed
	Size        int    // bytes, as it was sent; 0: not known
	Import      *Imported
}

// Imported is what a row of an import says of a lead besides its traits.
type Imported struct {
	CreatedAt time.Time // zero: not known
	TeamID    string    // "": routing decides
	Outcome   Stage     // Won or Lost: closed history, never enters the board; "": scored like any other
	Amount    int64     // minor units
	ClosedAt  time.Time // zero: not known
	Teams     []string  // whose leads it may touch, those without a team aside; nil: everybody's
}

// KeyKind says what a key opens.
type KeyKind string

// The kinds of key: write is public by nature (intake), server is trusted for
// outcomes (intake), api opens the JSON API.
const (
	WriteKey  KeyKind = "write"
	ServerKey KeyKind = "server"
	APIKey    KeyKind = "api"
)

// Valid tells whether k is one of the kinds.
func (k KeyKind) Valid() bool { return k == WriteKey || k == ServerKey || k == APIKey }

// Key is a program's way in. The secret itself is never stored.
type Key struct {
	ID        string
	Kind      KeyKind
	Name      string
	Hint      string // the first characters, to tell keys apart in a list
	CreatedAt time.Time
	RevokedAt time.Time
	UsedAt    time.Time // last time, to a few minutes
}

// CheckOutcome refuses a server's Deal Won whose amount is no money: text, a
// fraction of a minor unit, negative or over 10¹⁵. Any other message passes.
func (m Message) CheckOutcome() error {
	v, given := m.Properties["amount"]
	if outcomeMove(m.Event) != Win || !given || v == nil {
		return nil
	}
	if f, ok := v.(float64); !ok || f < 0 || f >= 1e15 || f != math.Trunc(f) {
		return invalid("amount", "properties.amount: wants a whole number of minor units from 0, such as 129900, got %v", v)
	}
	return nil
}
