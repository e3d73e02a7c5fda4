package store

import (
	"context"
	"crypto/hmac"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// fingerprintOf tells one secret key (SECRET_KEY) from another without telling
// what it is: an HMAC of a fixed text, of a key of at least 32 bytes.
func fingerprintOf(secret []byte) string {
	return keyed(secret, "hotleads secret fingerprint")
}

// OwnSecret tells whether a secret is the one that this installation's servers
// have. Where none has been kept yet, this one is kept and is.
func (s *Store) OwnSecret(ctx context.Context, secret []byte) (own bool, err error) {
	err = s.fingerprint(ctx, secret, func(_ *sqlx.Tx, same bool) error { own = same; return nil })
	return own, err
}

// KeepSecret is OwnSecret for a server: another secret becomes the
// installation's, and what was signed under the one before opens no longer.
func (s *Store) KeepSecret(ctx context.Context, secret []byte) (own bool, err error) {
	err = s.fingerprint(ctx, secret, func(tx *sqlx.Tx, same bool) error {
		if own = same; own {
			return nil
		}
		_, err := tx.ExecContext(ctx, setSetting, "secret_fingerprint", fingerprintOf(secret))
		return err
	})
	return own, err
}

func (s *Store) fingerprint(ctx context.Context, secret []byte, found func(tx *sqlx.Tx, same bool) error) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO settings (key, value) VALUES ('secret_fingerprint', $1) ON CONFLICT (key) DO NOTHING`, fingerprintOf(secret)); err != nil {
			return fmt.Errorf("store: secret: %w", err)
		}
		var kept string
		if err := tx.GetContext(ctx, &kept, `SELECT value FROM settings WHERE key = 'secret_fingerprint'`); err != nil {
			return fmt.Errorf("store: secret: %w", err)
		}
		return found(tx, hmac.Equal([]byte(kept), []byte(fingerprintOf(secret))))
	})
}
