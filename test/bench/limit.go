package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The limit: rows of activities written as fast as plain SQL goes.
const (
	limitDatabase = "bench_limit"
	limitRows     = 500 // a statement
	limitWriters  = 4   // connections: more of them are no faster on few cores
	limitStock    = 20_000
)

// limit writes activities that the product has taken in, with other message
// ids, into a table with the same columns and indices, in a database of its own.
type limit struct {
	db    *sql.DB
	text  string
	width int
	id    int // the column of the message id
	stock [][]any
}

// newLimit takes its rows from a site where traffic has been.
func (b *bench) newLimit(ctx context.Context, from *site, like *site) (*limit, error) {
	if err := b.drop(ctx, limitDatabase); err != nil {
		return nil, err
	}
	if _, err := b.postgres.ExecContext(ctx, "CREATE DATABASE "+limitDatabase+" TEMPLATE "+like.database); err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", b.address(limitDatabase))
	if err != nil {
		return nil, err
	}
	l := &limit{db: db}
	db.SetMaxIdleConns(limitWriters)
	if _, err := db.ExecContext(ctx, `CREATE TABLE plain (LIKE activities INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)`); err != nil {
		return nil, err
	}
	source, err := from.open()
	if err != nil {
		return nil, err
	}
	defer source.Close()
	rows, err := source.QueryContext(ctx, `SELECT * FROM activities ORDER BY received_at DESC LIMIT $1`, limitStock)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	l.width, l.id = len(columns), slices.Index(columns, "message_id")
	for rows.Next() {
		row, to := make([]any, l.width), make([]any, l.width)
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		for i, v := range row {
			if text, ok := v.([]byte); ok {
				row[i] = string(text)
			}
		}
		l.stock = append(l.stock, row)
	}
	if err := rows.Err(); err != nil || len(l.stock) < limitRows {
		return nil, fmt.Errorf("there are %d activities to write: %w", len(l.stock), err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "INSERT INTO plain (%s) VALUES ", strings.Join(columns, ", "))
	for i := range limitRows * l.width {
		switch {
		case i == 0:
			text.WriteByte('(')
		case i%l.width == 0:
			text.WriteString("), (")
		default:
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "$%d", i+1)
	}
	l.text = text.String() + ")"
	return l, nil
}

// turn writes until the time is over and reports the rows a second after the
// warm-up, and how many there were in all.
func (l *limit) turn(ctx context.Context, o options) (r report, err error) {
	start := time.Now()
	var counted, all atomic.Int64
	errs := make([]error, limitWriters)
	var writers sync.WaitGroup
	for w := range limitWriters {
		writers.Go(func() { errs[w] = l.write(ctx, start, o, &counted, &all, w*len(l.stock)/limitWriters) })
	}
	writers.Wait()
	r.Activities, r.Stored = float64(counted.Load())/(o.turn-o.warmUp).Seconds(), float64(all.Load())
	return r, errors.Join(errs...)
}

func (l *limit) write(ctx context.Context, start time.Time, o options, counted, all *atomic.Int64, next int) error {
	stmt, err := l.db.PrepareContext(ctx, l.text)
	if err != nil {
		return err
	}
	defer stmt.Close()
	args := make([]any, 0, limitRows*l.width)
	for time.Since(start) < o.turn {
		args = args[:0]
		for range limitRows {
			args = append(args, l.stock[next%len(l.stock)]...)
			args[len(args)-l.width+l.id] = messageID()
			next++
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
		all.Add(limitRows)
		if since := time.Since(start); since >= o.warmUp && since < o.turn {
			counted.Add(limitRows)
		}
	}
	return nil
}

// messageID is about as long as those that loadgen makes, and in no order either.
func messageID() string { return strings.ToLower(rand.Text()) }
