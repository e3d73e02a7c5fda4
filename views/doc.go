// Package views draws the pages: typed components and the plain models that
// they show. It decides nothing and asks nobody: what a viewer may do is the
// server's to check, and what differs between viewers of the same bytes
// (whose row it is, which buttons show) is left to the style sheet and MeCSS.
//
// A page is one call, rendered to a buffer by the handler:
//
//	views.BoardPage(page, board).Render(ctx, &buf)
//
// A stream is made of frames, each one line of bytes (frames.go):
//
//	row, err := views.RenderRow(ctx, model)
//	frame := append(views.PartialRow(model.ID, row), views.PartialOrder(ids)...)
//
// The words of the screens stand in texts.go.
package views

//go:generate go tool templ generate
