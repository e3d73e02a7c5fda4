// Package imports takes leads, traits and outcomes from CSV files: it reads the
// file whatever its encoding and separator, proposes and reads mappings, makes
// a message of each row, and has the Desk take them in batches. It knows no
// HTTP and no SQL; the command line and the page /leads/import use it alike.
//
//	r, err := imports.NewReader(file)
//	m, err := imports.ParseMapping(yaml)
//	plan, err := m.Bind(r.Head(), teams)
//	run := imports.Run{Desk: desk, Reader: r, Plan: plan}
//	err = run.All(ctx)
package imports
