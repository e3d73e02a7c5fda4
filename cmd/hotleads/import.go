package main

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

func importCommand() command {
	return command{
		name: "import", args: "FILE.csv --map MAP.yaml", brief: "take leads, traits and outcomes from a CSV file", settings: databaseSettings,
		about: `
The mapping says which columns mean what; docs/import.md describes it. What would
qualify waits in the backlog until a manager releases it. The same row is taken
once, however often the file is imported; a row that can't be taken is reported
and does not keep the others out.

  hotleads import leads.csv --map map.yaml --dry-run
  hotleads import leads.csv --map map.yaml --rejected refused.csv

  # map.yaml
  identity: {user_id: "Customer number", email: "Email"}
  traits: {name: "Full name", title: "Job title"}   # or: traits: all
  empty: ["", "n/a"]`,
		define: func(fs *flag.FlagSet) action {
			var o importOptions
			fs.StringVar(&o.mapping, "map", "", "`MAP.yaml`: the mapping")
			fs.BoolVar(&o.dry, "dry-run", false, "change nothing, say what would happen")
			fs.BoolVar(&o.live, "live", false, "what qualifies goes on the board and its clocks start, as if it happened now")
			fs.StringVar(&o.rejected, "rejected", "", "`FILE.csv`: made of the refused rows, with line and reason")
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				switch {
				case len(args) != 1:
					return wrongUsage("say which file, one")
				case o.mapping == "":
					return wrongUsage("--map: say which file holds the mapping")
				}
				o.file = args[0]
				return withStore(ctx, s, func(st *store.Store) error { return c.importFile(ctx, st, o) })
			}
		},
	}
}

// importOptions are what the command line says.
type importOptions struct {
	file, mapping, rejected string
	dry, live               bool
}

// batchRows is how many rows share a transaction: few enough that a server
// beside the import hardly waits to write.
const batchRows = 500

// importer takes one file.
type importer struct {
	importOptions
	desk     *lead.Desk
	store    *tallied
	reader   *rowReader
	plan     *plan
	report   *report
	progress progress

	batch []taken
	seen  map[uint64]bool // dry run: hashes of what earlier batches would have stored
	seed  maphash.Seed
}

// taken is a row on its way into the database.
type taken struct {
	row
	message lead.Message
}

func (c *cli) importFile(ctx context.Context, st *store.Store, o importOptions) (err error) {
	text, err := os.ReadFile(o.mapping)
	if err != nil {
		return err
	}
	m, err := parseMapping(text)
	if err != nil {
		return fmt.Errorf("%s: %w", o.mapping, err)
	}
	f, err := os.Open(o.file)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(0)
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	im := &importer{importOptions: o, store: &tallied{Store: st, dry: o.dry}, seen: map[uint64]bool{}, seed: maphash.MakeSeed()}
	if im.reader, err = newRowReader(f); err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	teams, err := st.Teams(ctx)
	if err != nil {
		return err
	}
	if im.plan, err = m.bind(im.reader.head, teams); err != nil {
		return fmt.Errorf("%s: %w", o.mapping, err)
	}
	im.desk = c.deskBeside(im.store)
	im.report = &report{dry: o.dry, live: o.live}
	if o.rejected != "" {
		out, err := newFileBeside(o.rejected, o.file)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, out.Close()) }()
		im.report.rejected = csv.NewWriter(out)
		if err := im.report.rejected.Write(append([]string{"line", "reason"}, im.reader.head...)); err != nil {
			return err
		}
	}
	im.progress = c.newProgress(size, o.dry)
	err = im.run(ctx)
	im.progress.end()
	return errors.Join(err, im.report.write(c.stdout, im.store.total, err == nil))
}

// newFileBeside creates a file that is not the one that is read.
func newFileBeside(path, read string) (*os.File, error) {
	a, aerr := os.Stat(path)
	b, berr := os.Stat(read)
	if aerr == nil && berr == nil && os.SameFile(a, b) {
		return nil, wrongUsage("--rejected: %s is the file that is imported", path)
	}
	return os.Create(path)
}

var errStopped = errors.New("stopped before the end; run it again to go on: what is stored is not taken twice")

// run reads the file to its end. What was stored when it fails stays.
func (im *importer) run(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return errStopped
		}
		r, refused, err := im.reader.next()
		if errors.Is(err, io.EOF) {
			return im.flush(ctx)
		}
		if err != nil {
			return errors.Join(im.flush(ctx), err)
		}
		im.report.read++
		now := lead.Now()
		var msg lead.Message
		if refused == nil {
			msg, refused = im.plan.message(r.cells, now)
		}
		if refused != nil {
			if err := im.report.refuse(r, refused); err != nil {
				return err
			}
		} else {
			r.cells = slices.Clone(r.cells)
			im.batch = append(im.batch, taken{r, msg})
		}
		if len(im.batch) >= batchRows {
			if err := im.flush(ctx); err != nil {
				return err
			}
		}
		im.progress.at(im.reader.offset(), im.report.read)
	}
}

// flush stores the batch.
func (im *importer) flush(ctx context.Context) error {
	batch := im.batch
	im.batch = im.batch[:0]
	if im.dry {
		batch = slices.DeleteFunc(batch, im.repeated)
	}
	if len(batch) == 0 {
		return nil
	}
	msgs := make([]lead.Message, len(batch))
	for i, t := range batch {
		msgs[i] = t.message
	}
	errs, err := im.put(ctx, msgs)
	if err != nil {
		return err
	}
	for i, e := range errs {
		if e != nil {
			if err := im.report.refuse(batch[i].row, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// put stores messages, again where the database is busy or away for a moment.
func (im *importer) put(ctx context.Context, msgs []lead.Message) ([]error, error) {
	const tries = 5
	for try := 1; ; try++ {
		errs, err := im.desk.Import(ctx, msgs, im.live, lead.Now())
		switch {
		case ctx.Err() != nil:
			return nil, errStopped
		case err == nil || try == tries || !errors.Is(err, lead.ErrUnavailable):
			return errs, err
		}
		if pause(ctx, time.Duration(try)*time.Second/2) != nil {
			return nil, errStopped
		}
	}
}

// repeated tells, in a dry run, which rows name a lead that an earlier batch
// would have made, for nothing of that was kept; it counts them.
func (im *importer) repeated(t taken) bool {
	known := false
	m := t.message
	email, _ := m.Traits["email"].(string)
	phone, _ := m.Traits["phone"].(string)
	for kind, v := range []string{m.ID, m.UserID, email, phone} {
		if v == "" {
			continue
		}
		h := maphash.String(im.seed, strconv.Itoa(kind)+v)
		if im.seen[h] && !known {
			known = true
			if kind == 0 {
				im.store.total.unchanged++
			} else {
				im.store.total.updated++
			}
		}
		im.seen[h] = true
	}
	return known
}
