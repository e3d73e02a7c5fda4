package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// accessCount is the setting that counts changes of who may see what: of people,
// teams, sessions that ended, displays.
const accessCount = "access_changes"

// Access names the state of who may see what: as long as it stays the same, who
// was allowed to watch still is, but for sessions that expire.
func (s *Store) Access(ctx context.Context) (string, error) { return s.Setting(ctx, accessCount) }

// accessChanges counts a change. It comes first in its transaction, or right
// behind what its kind of change takes first: two that took the rows that they
// change in another order would wait for each other.
func accessChanges(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO settings (key, value) VALUES ($1, '1')
		ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(settings.value AS BIGINT) + 1 AS TEXT)`, accessCount)
	if err != nil {
		return fmt.Errorf("store: count a change of access: %w", err)
	}
	return nil
}
