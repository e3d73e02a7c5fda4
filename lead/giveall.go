package lead

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Holds says that somebody holds a lead.
type Holds struct {
	LeadID  string `db:"id"`
	OwnerID string `db:"owner_id"`
	TeamID  string `db:"team_id"`
	Stage   Stage  `db:"stage"`
	Touched bool   `db:"touched"`
}

// HeldCount is how many leads of a team somebody holds, of one kind.
type HeldCount struct {
	OwnerID string `db:"owner_id"`
	TeamID  string `db:"team_id"`
	Stage   Stage  `db:"stage"`
	Touched bool   `db:"touched"`
	N       int    `db:"n"`
}

// Given is what became of one lead that was to be given to somebody.
type Given struct {
	ID, Name string
	Err      error // nil: it was given; else why not
}

// GiveAll gives leads to a rep, one after the other in order of their ids, each
// by the move that a manager makes for one, and within the rep's holding limits.
// What is refused is told with its reason and keeps no other from being given. An
// error means that it went on no further; what was done until then is told.
func (d *Desk) GiveAll(ctx context.Context, ids []string, to User, by Actor, now time.Time) ([]Given, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	cards, err := d.store.Cards(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []Given
	for _, id := range ids {
		g := Given{ID: id, Name: "a lead"}
		if c, ok := cards[id]; ok && by.User.Sees(c.Lead.TeamID) {
			g.Name = c.Lead.DisplayName()
		}
		_, g.Err = d.Move(ctx, id, Request{Move: Reassign, To: &to, Within: true}, by, now)
		var refused *Refusal
		if g.Err != nil && !errors.As(g.Err, &refused) {
			return out, g.Err
		}
		out = append(out, g)
	}
	return out, nil
}
