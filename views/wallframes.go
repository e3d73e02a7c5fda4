package views

import (
	"context"

	"github.com/a-h/templ"
)

// RenderWallRow renders one row of a wall to one line.
func RenderWallRow(ctx context.Context, m WallRow) ([]byte, error) { return render(ctx, WallLead(m)) }

// PartialWallHead replaces the wall's upper edge.
func PartialWallHead(ctx context.Context, m WallHead) ([]byte, error) {
	return wallPart(ctx, "#tv-head", wallHead(m))
}

// PartialWallStrip replaces the wall's lower edge.
func PartialWallStrip(ctx context.Context, m WallStrip) ([]byte, error) {
	return wallPart(ctx, "#tv-strip", wallStrip(m))
}

// PartialWallState changes the wall as a whole.
func PartialWallState(ctx context.Context, m WallState) ([]byte, error) {
	return wallPart(ctx, "#tv-state", wallState(m))
}

// PartialWallMoment puts something on the stage; the zero value clears it.
func PartialWallMoment(ctx context.Context, m WallMoment) ([]byte, error) {
	return wallPart(ctx, "#tv-moment", wallMoment(m))
}

// wallPart puts new elements in place of the old ones, so that a moment begins anew.
func wallPart(ctx context.Context, target string, c templ.Component) ([]byte, error) {
	html, err := render(ctx, c)
	if err != nil {
		return nil, err
	}
	return Partial(target, "innerHTML", html), nil
}
