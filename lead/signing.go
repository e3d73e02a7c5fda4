package lead

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Side is one of the two departments that sign the agreement.
type Side string

// The sides.
const (
	MarketingSide Side = "marketing"
	SalesSide     Side = "sales"
)

// Sides lists both, in the order in which they are named.
var Sides = []Side{MarketingSide, SalesSide}

// signers says whose signature counts for a side: the two-person rule.
var signers = map[Side]Role{MarketingSide: Marketing, SalesSide: Manager}

// Administrative acts of the agreement, besides AgreementActivated.
const (
	AgreementDrafted Deed = "agreement.draft"
	AgreementSigned  Deed = "agreement.sign"
)

// ErrChanged: somebody has put another draft in the place of the one that was
// read; an ErrConflict.
var ErrChanged = fmt.Errorf("%w: another draft", ErrConflict)

// Signature is one side's yes to a document's exact bytes.
type Signature struct {
	Side Side
	Hash string
	By   Actor // Kind, ID and Via
	At   time.Time
}

// Draft is the proposed agreement: there is at most one. A changed draft has no
// signatures.
type Draft struct {
	Body       []byte
	Hash       string
	By         Actor // Kind, ID and Via
	At         time.Time
	Signatures []Signature
}

// SignedAgreement is a version that is, or was, in force. The one that a new
// installation starts with is signed by nobody.
type SignedAgreement struct {
	Version     int
	Body        []byte
	Hash        string
	CreatedAt   time.Time // drafted
	ActivatedAt time.Time
	Signatures  []Signature
}

// HashOf is the hash that signatures are given over: SHA-256, in hex.
func HashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Document is the agreement as a document: what a new version's bytes are where
// no person wrote them.
func (a Agreement) Document() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(a)
	return b.Bytes(), err
}

// NewDraft reads a proposed document; Faults where it is refused. What comes
// back is to be stored and signed: the bytes as they came.
func NewDraft(body []byte) ([]byte, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // some editors' mark of UTF-8
	_, err := ReadAgreement(body)
	return body, err
}

// SameDocument tells whether two documents differ in white space only.
func SameDocument(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// Missing are the sides that have not signed.
func Missing(signatures []Signature) []Side {
	var missing []Side
	for _, side := range Sides {
		if !slices.ContainsFunc(signatures, func(s Signature) bool { return s.Side == side }) {
			missing = append(missing, side)
		}
	}
	return missing
}

// Sign is the actor's signature for a side. A person signs for their own
// department, and nobody for both; who works at the server's command line may
// sign for either, recorded as the operator. Nil where the actor has signed
// already. The refusals are ErrInvalid, ErrForbidden, ErrConflict.
func (d Draft) Sign(by Actor, side Side, now time.Time) (*Signature, error) {
	role, ok := signers[side]
	switch {
	case !ok:
		return nil, invalid("as", "%q is not a side; it wants marketing or sales", clip(string(side), 40))
	case by.Kind == ByPerson && by.User.Role != role:
		return nil, forbidden("the half of %s is signed by a person whose role is %s; %s is %s", side, role, by.User.Name, by.User.Role)
	case by.Kind != ByPerson && by.Kind != ByOperator:
		return nil, forbidden("only people sign")
	}
	for _, s := range d.Signatures {
		same := s.By.Kind == by.Kind && s.By.ID == by.ID
		switch {
		case s.Side == side && same:
			return nil, nil
		case s.Side == side:
			return nil, conflict("the half of %s is signed already", side)
		case same && by.Kind == ByPerson:
			return nil, conflict("%s has signed the half of %s: one person can't sign both", by.User.Name, s.Side)
		}
	}
	return &Signature{Side: side, Hash: d.Hash, By: Actor{Kind: by.Kind, ID: by.ID, Via: by.Via}, At: now}, nil
}

// Unsigned refuses to put in force what is not signed by both sides.
func Unsigned(missing []Side) error {
	words := make([]string, len(missing))
	for i, side := range missing {
		words[i] = string(side)
	}
	return conflict("the draft is not signed by %s", strings.Join(words, " and not by "))
}
