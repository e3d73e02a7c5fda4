package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

type draftRow struct {
	Body      string  `db:"body"`
	Hash      string  `db:"hash"`
	ActorKind string  `db:"actor_kind"`
	ActorID   string  `db:"actor_id"`
	Via       string  `db:"via"`
	DraftedAt instant `db:"drafted_at"`
}

type signatureRow struct {
	Version   int     `db:"version"`
	Side      string  `db:"side"`
	Hash      string  `db:"hash"`
	ActorKind string  `db:"actor_kind"`
	ActorID   string  `db:"actor_id"`
	Via       string  `db:"via"`
	SignedAt  instant `db:"signed_at"`
}

// Draft reads the proposed agreement with its signatures; lead.ErrNotFound
// where nothing is proposed.
func (s *Store) Draft(ctx context.Context) (lead.Draft, error) {
	d, err := readDraft(ctx, s.read, "")
	return d, wrap(err)
}

func readDraft(ctx context.Context, q querier, lock string) (lead.Draft, error) {
	var row draftRow
	err := sqlx.GetContext(ctx, q, &row, `SELECT body, hash, actor_kind, actor_id, via, drafted_at FROM agreement_draft WHERE one = 1`+lock)
	if errors.Is(err, sql.ErrNoRows) {
		return lead.Draft{}, &lead.Refusal{Kind: lead.ErrNotFound, Text: "there is no draft of the agreement"}
	}
	if err != nil {
		return lead.Draft{}, fmt.Errorf("store: draft: %w", err)
	}
	d := lead.Draft{Body: []byte(row.Body), Hash: row.Hash, At: time.Time(row.DraftedAt),
		By: lead.Actor{Kind: lead.ActorKind(row.ActorKind), ID: row.ActorID, Via: row.Via}}
	signed, err := signatures(ctx, q, 0, 0)
	// Outside a transaction they may be another draft's, which came meanwhile.
	d.Signatures = slices.DeleteFunc(signed[0], func(x lead.Signature) bool { return x.Hash != d.Hash })
	return d, err
}

// signatures reads those of the versions from one to another, by version.
func signatures(ctx context.Context, q querier, from, to int) (map[int][]lead.Signature, error) {
	var rows []signatureRow
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT version, side, hash, actor_kind, actor_id, via, signed_at FROM agreement_signatures
		WHERE version BETWEEN $1 AND $2 ORDER BY version, side`, from, to)
	if err != nil {
		return nil, fmt.Errorf("store: signatures: %w", err)
	}
	signed := map[int][]lead.Signature{}
	for _, r := range rows {
		signed[r.Version] = append(signed[r.Version], lead.Signature{Side: lead.Side(r.Side), Hash: r.Hash, At: time.Time(r.SignedAt),
			By: lead.Actor{Kind: lead.ActorKind(r.ActorKind), ID: r.ActorID, Via: r.Via}})
	}
	return signed, nil
}

// PutDraft proposes a document in place of any other draft, whose signatures
// are lost with it. Where it says the same as the draft that is there, that one
// stays, signatures and all, and changed is false. A document that is not valid
// is lead.Faults. Where ifMatch is not nil it is asked with the hash of what the
// new draft would replace, the draft or else the agreement in force:
// lead.ErrChanged where it says no.
func (s *Store) PutDraft(ctx context.Context, by lead.Actor, body []byte, ifMatch func(hash string) bool, now time.Time) (d lead.Draft, changed bool, err error) {
	if body, err = lead.NewDraft(body); err != nil {
		return d, false, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		changed = false
		// Whoever proposes takes this row first: where there is no draft there is
		// none to lock, and of two who name what is in force both would pass.
		if _, err := tx.ExecContext(ctx, setSetting, "agreement_drafted_at", now.UTC().Format(time.RFC3339)); err != nil {
			return fmt.Errorf("store: draft: %w", err)
		}
		d, err = readDraft(ctx, tx, s.forUpdate())
		if err != nil && !isNotFound(err) {
			return err
		}
		there := d.Hash
		if there == "" {
			row, err := agreement(ctx, tx)
			if err != nil {
				return err
			}
			there = row.Hash
		}
		if ifMatch != nil && !ifMatch(there) {
			return &lead.Refusal{Kind: lead.ErrChanged, Text: "the agreement was changed since it was read: read it again"}
		}
		if d.Hash != "" && lead.SameDocument(d.Body, body) {
			return nil
		}
		changed = true
		d = lead.Draft{Body: body, Hash: lead.HashOf(body), By: lead.Actor{Kind: by.Kind, ID: by.ID, Via: by.Via}, At: at(now)}
		return putDraft(ctx, tx, d)
	})
	if err != nil {
		return lead.Draft{}, false, err
	}
	return d, changed, nil
}

func putDraft(ctx context.Context, tx *sqlx.Tx, d lead.Draft) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO agreement_draft (one, body, hash, actor_kind, actor_id, via, drafted_at) VALUES (1, $1, $2, $3, $4, $5, $6)
		ON CONFLICT (one) DO UPDATE SET body = EXCLUDED.body, hash = EXCLUDED.hash, actor_kind = EXCLUDED.actor_kind,
			actor_id = EXCLUDED.actor_id, via = EXCLUDED.via, drafted_at = EXCLUDED.drafted_at`,
		string(d.Body), d.Hash, string(d.By.Kind), d.By.ID, d.By.Via, at(d.At))
	if err != nil {
		return fmt.Errorf("store: draft: %w", err)
	}
	res, err := tx.ExecContext(ctx, `DELETE FROM agreement_signatures WHERE version = 0`)
	if err != nil {
		return fmt.Errorf("store: draft: %w", err)
	}
	lost, err := res.RowsAffected()
	if err != nil {
		return err
	}
	detail := "draft " + short(d.Hash)
	if lost > 0 {
		detail += fmt.Sprintf("; the one before lost its signatures (%d)", lost)
	}
	return record(ctx, tx, d.By, lead.AgreementDrafted, d.Hash, detail, d.At)
}

// short is a hash as people tell drafts apart.
func short(hash string) string { return hash[:min(12, len(hash))] }

// Sign signs the draft for a side. Signing again changes nothing. A person's
// signature that is the second one puts the agreement in force in the same
// transaction: then version is its number, else 0. It is lead.ErrConflict where
// there is no draft, the side is signed already, or a hash is given that is no
// longer the draft's.
func (s *Store) Sign(ctx context.Context, by lead.Actor, side lead.Side, hash string, now time.Time) (d lead.Draft, version int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		version = 0
		if d, err = readDraft(ctx, tx, s.forUpdate()); err != nil {
			if isNotFound(err) {
				err = &lead.Refusal{Kind: lead.ErrConflict, Text: "there is no draft to sign"}
			}
			return err
		}
		if hash != "" && hash != d.Hash {
			return &lead.Refusal{Kind: lead.ErrConflict, Text: "there is another draft by now: read it before signing"}
		}
		signed, err := d.Sign(by, side, at(now))
		if err != nil || signed == nil {
			return err
		}
		if err := sign(ctx, tx, *signed); err != nil {
			return err
		}
		d.Signatures = append(d.Signatures, *signed)
		if by.Kind == lead.ByPerson && len(lead.Missing(d.Signatures)) == 0 {
			version, err = putInForce(ctx, tx, by, d, now)
		}
		return err
	})
	if version > 0 {
		s.forget()
	}
	if err != nil {
		return lead.Draft{}, 0, err
	}
	return d, version, nil
}

func sign(ctx context.Context, tx *sqlx.Tx, x lead.Signature) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO agreement_signatures (version, side, hash, actor_kind, actor_id, via, signed_at) VALUES (0, $1, $2, $3, $4, $5, $6)`,
		string(x.Side), x.Hash, string(x.By.Kind), x.By.ID, x.By.Via, at(x.At))
	if err != nil {
		return fmt.Errorf("store: sign: %w", err)
	}
	return record(ctx, tx, x.By, lead.AgreementSigned, x.Hash, fmt.Sprintf("as %s, draft %s", x.Side, short(x.Hash)), x.At)
}

// ActivateDraft puts the draft in force if both sides have signed it: else
// lead.ErrConflict. Where there is no draft, or it says what both sides have
// signed and what is in force already, fresh is false and version what is in force.
func (s *Store) ActivateDraft(ctx context.Context, by lead.Actor, now time.Time) (version int, fresh bool, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		fresh = false
		d, derr := readDraft(ctx, tx, s.forUpdate())
		if derr != nil && !isNotFound(derr) {
			return derr
		}
		row, err := agreement(ctx, tx)
		if err != nil {
			return err
		}
		version = row.Version
		signed, err := signatures(ctx, tx, row.Version, row.Version)
		if err != nil {
			return err
		}
		if derr != nil || len(lead.Missing(signed[row.Version])) == 0 && lead.SameDocument(d.Body, []byte(row.Body)) {
			return nil
		}
		if missing := lead.Missing(d.Signatures); len(missing) > 0 {
			return lead.Unsigned(missing)
		}
		fresh = true
		version, err = putInForce(ctx, tx, by, d, now)
		return err
	})
	s.forget()
	if err != nil {
		return 0, false, err
	}
	return version, fresh, nil
}

// putInForce makes the draft, which the transaction has locked, the next
// version: its bytes and signatures as they are.
func putInForce(ctx context.Context, tx *sqlx.Tx, by lead.Actor, d lead.Draft, now time.Time) (int, error) {
	row, err := agreement(ctx, tx)
	if err != nil {
		return 0, err
	}
	version := row.Version + 1
	if _, err := lead.ReadAgreement(d.Body); err != nil { // an older program may have taken it
		return 0, err
	}
	if err := putAgreement(ctx, tx, version, d.Body, d.At, now); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE agreement_signatures SET version = $1 WHERE version = 0`, version); err != nil {
		return 0, fmt.Errorf("store: activate: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM agreement_draft`); err != nil {
		return 0, fmt.Errorf("store: activate: %w", err)
	}
	return version, record(ctx, tx, by, lead.AgreementActivated, strconv.Itoa(version), fmt.Sprintf("version %d, in place of %d; signed by both, draft %s", version, row.Version, short(d.Hash)), now)
}

type versionRow struct {
	agreementRow
	CreatedAt   instant `db:"created_at"`
	ActivatedAt instant `db:"activated_at"`
}

// Agreement reads a version with its signatures, 0: the one in force;
// lead.ErrNotFound where there is none of that number.
func (s *Store) Agreement(ctx context.Context, version int) (lead.SignedAgreement, error) {
	before := version + 1
	if version == 0 {
		before = 0
	}
	list, err := s.Agreements(ctx, before, 1)
	if err == nil && (len(list) == 0 || version != 0 && list[0].Version != version) {
		return lead.SignedAgreement{}, lead.NotFound("version " + strconv.Itoa(version) + " of the agreement")
	}
	if err != nil {
		return lead.SignedAgreement{}, err
	}
	return list[0], nil
}

// Agreements reads the versions below a number (0: all), the newest first, with
// their signatures, at most n.
func (s *Store) Agreements(ctx context.Context, before, n int) ([]lead.SignedAgreement, error) {
	if before == 0 {
		before = math.MaxInt
	}
	var rows []versionRow
	err := s.read.SelectContext(ctx, &rows, `
		SELECT version, body, hash, created_at, activated_at FROM agreements
		WHERE activated_at IS NOT NULL AND version < $1 ORDER BY version DESC LIMIT $2`, before, n)
	if err != nil || len(rows) == 0 {
		return nil, wrap(err)
	}
	signed, err := signatures(ctx, s.read, rows[len(rows)-1].Version, rows[0].Version)
	if err != nil {
		return nil, wrap(err)
	}
	list := make([]lead.SignedAgreement, len(rows))
	for i, r := range rows {
		list[i] = lead.SignedAgreement{Version: r.Version, Body: []byte(r.Body), Hash: r.Hash, CreatedAt: time.Time(r.CreatedAt),
			ActivatedAt: time.Time(r.ActivatedAt), Signatures: signed[r.Version]}
	}
	return list, nil
}
