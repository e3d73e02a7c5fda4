package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// Agreements is what the API reads and writes of the agreement.
type Agreements interface {
	Agreement(ctx context.Context, version int) (lead.SignedAgreement, error)
	Agreements(ctx context.Context, before, n int) ([]lead.SignedAgreement, error)
	Draft(ctx context.Context) (lead.Draft, error)
	PutDraft(ctx context.Context, by lead.Actor, body []byte, ifMatch func(hash string) bool, now time.Time) (lead.Draft, bool, error)
	Sign(ctx context.Context, by lead.Actor, side lead.Side, hash string, now time.Time) (lead.Draft, int, error)
	Outdated(ctx context.Context, version, most int) (int, error)
}

// signatureJSON is one side's signature.
type signatureJSON struct {
	Side lead.Side `json:"side"`
	By   actorJSON `json:"by"`
	Via  string    `json:"via"`
	At   time.Time `json:"at"`
}

// draftJSON is what is to be said of a draft beside the document itself.
type draftJSON struct {
	Hash       string          `json:"hash"`
	DraftedBy  actorJSON       `json:"drafted_by"`
	DraftedAt  time.Time       `json:"drafted_at"`
	Signatures []signatureJSON `json:"signatures"`
	Missing    []lead.Side     `json:"missing"`
	InForce    *int            `json:"in_force"` // the version that it has become
}

// agreementJSON is what is to be said of a version beside the document itself.
type agreementJSON struct {
	Version     int             `json:"version"`
	Hash        string          `json:"hash"`
	CreatedAt   time.Time       `json:"created_at"`
	ActivatedAt time.Time       `json:"activated_at"`
	InForce     bool            `json:"in_force"`
	Signatures  []signatureJSON `json:"signatures"`
}

func signer(book *lead.Book, by lead.Actor) actorJSON {
	out := actorJSON{Kind: by.Kind, ID: by.ID}
	switch by.Kind {
	case lead.ByPerson:
		out.Name, out.Email = book.Name(by.ID), book.Users[by.ID].Email
	case lead.ByOperator:
		out.Name = "operator"
	default:
		out.Name = "a program"
	}
	return out
}

func signed(book *lead.Book, signatures []lead.Signature) []signatureJSON {
	list := make([]signatureJSON, len(signatures))
	for i, x := range signatures {
		list[i] = signatureJSON{Side: x.Side, By: signer(book, x.By), Via: x.By.Via, At: x.At}
	}
	return list
}

// answerDraft tells how far a draft is.
func (s *server) answerDraft(c echo.Context, d lead.Draft, version int) error {
	book, err := s.Store.Book(c.Request().Context())
	if err != nil {
		return err
	}
	out := draftJSON{Hash: d.Hash, DraftedBy: signer(book, d.By), DraftedAt: d.At, Signatures: signed(book, d.Signatures), Missing: lead.Missing(d.Signatures)}
	if out.Missing == nil {
		out.Missing = []lead.Side{}
	}
	if version > 0 {
		out.InForce = &version
	}
	c.Response().Header().Set("ETag", etag(d.Hash))
	return c.JSON(http.StatusOK, out)
}

// document answers with a document's exact bytes: what the hash was made of.
func document(c echo.Context, body []byte, hash string) error {
	c.Response().Header().Set("ETag", etag(hash))
	if named(c.Request().Header.Values("If-None-Match"), hash, true) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, body)
}

func etag(hash string) string { return `"` + hash + `"` }

// named tells whether a list of entity tags names a document, or any. Weak tags
// count where weak is true.
func named(lists []string, hash string, weak bool) bool {
	for _, list := range lists {
		for tag := range strings.SplitSeq(list, ",") {
			tag = strings.TrimSpace(tag)
			if weak {
				tag = strings.TrimPrefix(tag, "W/")
			}
			if tag == "*" || tag == etag(hash) {
				return true
			}
		}
	}
	return false
}

// apiAgreement answers with the document in force, or with ?draft=1 the proposed
// one: 200, 304 (If-None-Match), 404 (there is no draft), 422 (draft is neither
// 0 nor 1). ETag is the document's SHA-256 in hex.
func (s *server) apiAgreement(c echo.Context) error {
	ctx := c.Request().Context()
	switch wanted := c.QueryParam("draft"); wanted {
	case "1":
		d, err := s.Store.Draft(ctx)
		if err != nil {
			return err
		}
		return document(c, d.Body, d.Hash)
	case "", "0":
		return s.answerVersion(c, 0)
	default:
		return lead.Invalid("draft", "draft is %q; it wants 1 for the draft, 0 for the one in force", wanted)
	}
}

// apiAgreementVersion answers with a version's document: 200, 304, 404.
func (s *server) apiAgreementVersion(c echo.Context) error {
	version, err := strconv.Atoi(c.Param("version"))
	if err != nil || version < 1 {
		return lead.NotFound("version " + c.Param("version") + " of the agreement")
	}
	return s.answerVersion(c, version)
}

func (s *server) answerVersion(c echo.Context, version int) error {
	a, err := s.Store.Agreement(c.Request().Context(), version)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Agreement-Version", strconv.Itoa(a.Version))
	return document(c, a.Body, a.Hash)
}

// apiDraft tells who proposed the draft and who has signed it: 200, 404 (there
// is none).
func (s *server) apiDraft(c echo.Context) error {
	d, err := s.Store.Draft(c.Request().Context())
	if err != nil {
		return err
	}
	return s.answerDraft(c, d, 0)
}

// apiPutAgreement proposes a document, in place of any other draft: 200 with the
// draft as apiDraft tells it, 400 (not JSON), 412 (If-Match names neither the
// draft nor, without one, the agreement in force), 413, 422 with everything that
// is wrong in errors, each {"path","detail"}.
func (s *server) apiPutAgreement(c echo.Context) error {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	var match func(hash string) bool
	if tags := c.Request().Header.Values("If-Match"); len(tags) > 0 {
		match = func(hash string) bool { return named(tags, hash, false) }
	}
	d, _, err := s.Store.PutDraft(c.Request().Context(), keyActor(c), body, match, s.Now())
	switch {
	case err != nil && !json.Valid([]byte(strings.TrimPrefix(string(body), "\ufeff"))):
		return fmt.Errorf("%w: %w", errJSON, err)
	case err != nil:
		return err
	}
	return s.answerDraft(c, d, 0)
}

// apiSign signs the draft for a person: {"as":"marketing|sales","actor":"who@…",
// "hash":"…"}, the hash only where it matters that no other draft came between.
// 200 with the draft, in_force the version where this was the second signature;
// 400, 403 (the role is the other side's, or none), 409 (no draft, a half that
// is signed already, one person for both, another hash), 422 (as, actor).
func (s *server) apiSign(c echo.Context) error {
	var q struct {
		As    lead.Side `json:"as"`
		Actor string    `json:"actor"`
		Hash  string    `json:"hash"`
	}
	if err := readJSON(c, &q, true); err != nil {
		return err
	}
	actor := strings.TrimSpace(q.Actor)
	if actor == "" {
		return lead.Invalid("actor", "say whose signature it is: the email of an active person")
	}
	by, err := s.apiPerson(c, actor)
	if err != nil {
		return err
	}
	d, version, err := s.Store.Sign(c.Request().Context(), by, q.As, q.Hash, s.Now())
	if err != nil {
		return err
	}
	return s.answerDraft(c, d, version)
}

// agreementPoint is a version from which a list goes on.
type agreementPoint struct {
	Version int `json:"version"`
}

// apiAgreements lists the versions, the newest first: 200, 422 (limit, cursor).
func (s *server) apiAgreements(c echo.Context) error {
	ctx := c.Request().Context()
	n, err := limit(c)
	if err != nil {
		return err
	}
	after, err := readCursor[agreementPoint](c.QueryParam("cursor"))
	if err != nil {
		return err
	}
	before := 0
	if after != nil {
		before = after.Version
	}
	list, err := s.Store.Agreements(ctx, before, n+1)
	if err != nil {
		return err
	}
	rules, err := s.Store.Rules(ctx)
	if err != nil {
		return err
	}
	book, err := s.Store.Book(ctx)
	if err != nil {
		return err
	}
	newest := rules.Version
	if before == 0 && len(list) > 0 {
		newest = list[0].Version // it may have come into force this moment
	}
	return answerList(c, list, n, func(a lead.SignedAgreement) agreementJSON {
		return agreementJSON{Version: a.Version, Hash: a.Hash, CreatedAt: a.CreatedAt, ActivatedAt: a.ActivatedAt, InForce: a.Version == newest, Signatures: signed(book, a.Signatures)}
	}, func(a lead.SignedAgreement) any { return agreementPoint{a.Version} })
}

// countEvery bounds how often leads are counted, whoever asks for the metrics.
const countEvery = 10 * time.Second

// counted is how many leads an activation has left to be scored anew: NaN where
// the database does not answer within a second. A driver that waits for one that
// hangs does not hear its context; meanwhile nobody counts again.
func counted(s Store) func() float64 {
	count := func(ctx context.Context) float64 {
		if rules, err := s.Rules(ctx); err == nil {
			if left, err := s.Outdated(ctx, rules.Version, math.MaxInt32); err == nil {
				return float64(left)
			}
		}
		return math.NaN()
	}
	counting := make(chan struct{}, 1) // a token for who counts, or looks at what was counted
	var last time.Time
	n := math.NaN()
	return func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		select {
		case counting <- struct{}{}:
		case <-ctx.Done():
			return math.NaN()
		}
		done := make(chan float64, 1)
		go func() {
			defer func() { <-counting }()
			if time.Since(last) >= countEvery {
				n, last = count(ctx), time.Now()
			}
			done <- n
		}()
		select {
		case n := <-done:
			return n
		case <-ctx.Done():
			return math.NaN()
		}
	}
}
