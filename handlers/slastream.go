package handlers

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/live"
	"hotleads/views"
)

// Figures take longer to make than the clocks that run. So they are made beside the looks
// of their view, and say themselves when they were true: at most every figuresEvery, for
// no more than a part of the time, but where that would make them older than figuresAge.
const (
	figuresEvery = 3 * time.Second
	figuresShare = 20
	figuresAge   = 30 * time.Second
	figuresMost  = 30 * time.Second       // what takes longer is given up
	figuresWait  = 250 * time.Millisecond // a look waits so long for what it began
)

// slaMade are the figures of /sla as they stood at a moment; the zero value is none yet.
type slaMade struct {
	at       time.Time
	sentence string
	figures  views.SLAFigures
}

// on puts them on the page.
func (made slaMade) on(m *views.SLAModel) {
	m.Sentence, m.FiguresAt, m.Figures = made.sentence, made.at, made.figures
}

// slaKept is what a view shows of figures that are made beside its looks.
type slaKept struct {
	mu     sync.Mutex
	made   slaMade
	next   time.Time // when they are made again
	making bool
}

// now are the figures as far as they are made. If it is time for new ones it begins to make
// them, and waits a moment for them.
func (k *slaKept) now(hub *live.Hub, now time.Time, newly func(context.Context) (slaMade, error)) slaMade {
	k.mu.Lock()
	if !k.making && !now.Before(k.next) {
		done := make(chan struct{})
		if hub.Beside(func(ctx context.Context) { k.make(ctx, now, done, newly) }) {
			k.making = true
			k.mu.Unlock()
			wait := time.NewTimer(figuresWait)
			defer wait.Stop()
			select {
			case <-done:
			case <-wait.C:
			}
			k.mu.Lock()
		}
	}
	defer k.mu.Unlock()
	return k.made
}

// make makes the figures that are asked for at now. If that fails the old ones stay, with
// their age.
func (k *slaKept) make(ctx context.Context, now time.Time, done chan struct{}, newly func(context.Context) (slaMade, error)) {
	begun := time.Now()
	var made slaMade
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if !made.at.IsZero() {
			k.made = made
		}
		k.making, k.next = false, now.Add(min(max(figuresEvery, figuresShare*time.Since(begun)), figuresAge))
		close(done)
	}()
	ctx, cancel := context.WithTimeout(ctx, figuresMost)
	defer cancel()
	if m, err := newly(ctx); err == nil {
		made = m
	}
}

func (s *server) slaStream(c echo.Context) error {
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	asked, teams, err := s.slaAsked(c, sc)
	if err != nil {
		return err
	}
	var kept slaKept
	return s.stream(c, live.View{
		Topic: "sla|" + teamsTopic(teams) + "|" + asked.query(), Frames: partFrames{}, Slow: true,
		Concerns: newsOf(teams),
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			sc, err := s.scene(ctx)
			if err != nil {
				return live.Page{}, err
			}
			if asked.Team != nil {
				asked.Team = cmp.Or(sc.book.Team(asked.Team.ID), asked.Team)
			}
			f, err := sc.meant(asked)
			if err != nil {
				return live.Page{}, err
			}
			m, err := s.runningOf(ctx, sc, f, teams)
			if err != nil {
				return live.Page{}, err
			}
			made := kept.now(s.Hub, sc.now, func(ctx context.Context) (slaMade, error) {
				made, err := s.slaMade(ctx, sc, f, teams)
				if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
					s.Log.WarnContext(ctx, "the figures of /sla stay as they are", slog.Any("error", err))
				}
				return made, err
			})
			return slaParts(m, made), nil
		},
	})
}

func (s *server) slaMade(ctx context.Context, sc scene, f slaFilter, teams []string) (slaMade, error) {
	r, err := s.slaReport(ctx, f, teams)
	if err != nil {
		return slaMade{}, err
	}
	figures, err := s.slaFigures(ctx, sc, f, r, teams)
	return slaMade{r.Now.In(r.Zone), views.PeriodSentence(r), figures}, err
}

// slaParts are what frames of /sla hold: what runs now, and figures once they are made.
func slaParts(m views.SLAModel, made slaMade) live.Page {
	part := func(target string, of any) live.Part {
		return live.Part{Target: target, Rev: revOf(of), HTML: func() ([]byte, error) { return views.SLAPart(context.Background(), m, target) }}
	}
	page := live.Page{Parts: []live.Part{part("#sla-rows", m.Rows)}}
	if !made.at.IsZero() {
		made.on(&m)
		page.Parts = append(page.Parts, part("#sla-sentence", []string{m.Sentence, m.Aside}), part("#sla-as-of", m.FiguresAt),
			part("#sla-tiles", []any{m.Figures.Tiles, m.Figures.Asides, m.Figures.Unclaimed, m.Figures.UnclaimURL}), part("#sla-figures", m.Figures))
	}
	return page
}
