package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// floor is what the intake writes of activities about known leads, written by hand:
// message ids, activities and the leads' new states, each as arrays in one
// statement, so many of them a transaction. Nothing is read, decoded, decided or
// scored. It bounds what the tables as they are allow.
type floor struct {
	db    *sql.DB
	stock []heard
	leads [][]string // ids, in order; of each writer, so that none waits for another
}

// heard is what one activity makes of its row and of its lead's.
type heard struct{ name, event, properties, ledger string }

// newFloor takes its rows from a site where traffic has been, and writes to one
// with the same leads that nobody uses.
func (b *bench) newFloor(ctx context.Context, from, to *site) (_ *floor, err error) {
	f := &floor{leads: make([][]string, limitWriters)}
	source, err := from.open()
	if err != nil {
		return nil, err
	}
	defer source.Close()
	err = each(ctx, source, `SELECT a.name, a.event, a.properties, l.ledger FROM activities a JOIN leads l ON l.id = a.lead_id ORDER BY a.received_at DESC LIMIT $1`, limitStock, func(r *sql.Rows) error {
		var h heard
		err := r.Scan(&h.name, &h.event, &h.properties, &h.ledger)
		f.stock = append(f.stock, h)
		return err
	})
	if err != nil || len(f.stock) < limitRows {
		return nil, fmt.Errorf("there are %d activities to write: %w", len(f.stock), err)
	}
	if f.db, err = to.open(); err != nil {
		return nil, err
	}
	f.db.SetMaxIdleConns(limitWriters)
	n := 0
	err = each(ctx, f.db, `SELECT id FROM leads ORDER BY md5(id) LIMIT $1`, few, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		f.leads[n%limitWriters] = append(f.leads[n%limitWriters], id)
		n++
		return err
	})
	if err == nil && n < limitWriters*limitRows {
		err = fmt.Errorf("there are %d leads to write", n)
	}
	if err != nil {
		return nil, errors.Join(err, f.db.Close())
	}
	return f, nil
}

func each(ctx context.Context, db *sql.DB, text string, most int, row func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, text, most)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// turn writes until the time is over and reports the activities a second after
// the warm-up, and how many there were in all.
func (f *floor) turn(ctx context.Context, o options) (r report, err error) {
	start := time.Now()
	var counted, all atomic.Int64
	errs := make([]error, limitWriters)
	var writers sync.WaitGroup
	for w := range limitWriters {
		writers.Go(func() {
			for next := 0; errs[w] == nil && time.Since(start) < o.turn; next += limitRows {
				if errs[w] = f.write(ctx, w, next); errs[w] != nil {
					return
				}
				all.Add(limitRows)
				if since := time.Since(start); since >= o.warmUp && since < o.turn {
					counted.Add(limitRows)
				}
			}
		})
	}
	writers.Wait()
	r.Activities, r.Stored = float64(counted.Load())/(o.turn-o.warmUp).Seconds(), float64(all.Load())
	return r, errors.Join(errs...)
}

const (
	floorMessages   = `INSERT INTO message_ids (message_id, received_at) SELECT m, $2::timestamptz FROM unnest($1::text[]) AS m`
	floorActivities = `INSERT INTO activities (message_id, lead_id, name, event, properties, occurred_at, received_at)
		SELECT message_id, lead_id, name, event, properties, $6::timestamptz, $6 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS a (message_id, lead_id, name, event, properties)`
	floorLeads = `UPDATE leads SET version = version + 1, updated_at = $3::timestamptz, last_activity_at = $3, score = score + 0.1, ledger = v.ledger
		FROM unnest($1::text[], $2::text[]) AS v (id, ledger) WHERE leads.id = v.id`
)

// write is one transaction.
func (f *floor) write(ctx context.Context, writer, next int) error {
	now := time.Now().UTC()
	var ids, leads, names, events, properties, ledgers []string
	for i := range limitRows {
		h := f.stock[(next+i)%len(f.stock)]
		ids, leads = append(ids, messageID()), append(leads, f.leads[writer][(next+i)%len(f.leads[writer])])
		names, events, properties, ledgers = append(names, h.name), append(events, h.event), append(properties, h.properties), append(ledgers, h.ledger)
	}
	slices.Sort(ids)
	slices.Sort(leads)
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if _, err := tx.ExecContext(ctx, floorMessages, pq.Array(ids), now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, floorActivities, pq.Array(ids), pq.Array(leads), pq.Array(names), pq.Array(events), pq.Array(properties), now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, floorLeads, pq.Array(leads), pq.Array(ledgers), now); err != nil {
		return err
	}
	return tx.Commit()
}
