package scoring

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Bounds that keep sums finite and windows within a time.Duration.
const (
	maxPoints       = 1e6    // of a rule, a cap, a bound, in absolute value
	maxHalfLifeDays = 36525  // a hundred years
	maxOncePer      = 525600 // minutes of a year
)

// Scorer is a compiled Model: immutable and safe for concurrent use.
type Scorer struct {
	model    Model
	rules    []rule
	fit      []fitRule
	fitLimit float64              // in points; +Inf = none
	triggers map[string][]trigger // by folded event, in the order of the rules
}

type rule struct {
	Rule
	cap    float64 // in absolute value; +Inf = none
	window time.Duration
	detail template
}

type trigger struct {
	rule  int
	where []condition
}

type fitRule struct {
	FitRule
	where []condition
}

// Problem is one thing wrong with a model: where (a path such as
// "behaviour[2].cap") and what.
type Problem struct {
	Path, Reason string
}

func (p Problem) Error() string { return p.Path + ": " + p.Reason }

// Compile checks a model and makes it ready to score. The error joins
// everything that is wrong, each part a Problem.
func Compile(m Model) (*Scorer, error) {
	c := compiler{ids: map[string]string{FitLimitRule: "the fit limit"}}
	s := &Scorer{model: m.clone(), fitLimit: math.Inf(1), triggers: map[string][]trigger{}}
	m = s.model
	c.bounds(m)
	if m.FitLimit != nil {
		c.between("fit_limit", *m.FitLimit, 0, maxPoints)
		s.fitLimit = *m.FitLimit * m.Threshold
	}
	for i, r := range m.Behaviour {
		path := fmt.Sprintf("behaviour[%d]", i)
		s.rules = append(s.rules, c.rule(path, r))
		if len(r.When) == 0 {
			c.refuse(path+".when", "needs at least one event")
		}
		for j, t := range r.When {
			path := fmt.Sprintf("%s.when[%d]", path, j)
			event := Fold(t.Event)
			if event == "" {
				c.refuse(path+".event", "must not be empty")
			}
			s.triggers[event] = append(s.triggers[event], trigger{i, c.conditions(path+".where", t.Where)})
		}
	}
	for i, r := range m.Fit {
		path := fmt.Sprintf("fit[%d]", i)
		c.head(path, r.ID, r.Label, r.Points)
		if len(r.Where) == 0 {
			c.refuse(path+".where", "needs at least one condition")
		}
		s.fit = append(s.fit, fitRule{r, c.conditions(path+".where", r.Where)})
	}
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	return s, nil
}

// Model is what the scorer was compiled from. It shares its slices: look, don't change.
func (s *Scorer) Model() Model { return s.model }

// Events are the folded names of all events that any rule listens to, sorted.
func (s *Scorer) Events() []string { return slices.Sorted(maps.Keys(s.triggers)) }

// Touches are the ids of the rules that an activity fires, in the model's order.
func (s *Scorer) Touches(a Activity) (rules []string) {
	for r := range s.touched(&a) {
		rules = append(rules, r.ID)
	}
	return rules
}

// IsHandRaise tells whether an activity asks for sales.
func (s *Scorer) IsHandRaise(a Activity) bool {
	return s.fires(&a, func(r *rule) bool { return r.HandRaise })
}

// IsIntent tells whether an activity is what a buyer does.
func (s *Scorer) IsIntent(a Activity) bool {
	return s.fires(&a, func(r *rule) bool { return r.Intent && r.Points > 0 })
}

// fires tells whether the activity fires a rule of a kind.
func (s *Scorer) fires(a *Activity, kind func(*rule) bool) bool {
	for r := range s.touched(a) {
		if kind(r) {
			return true
		}
	}
	return false
}

// touched yields each rule that the activity fires, once, in the model's order.
func (s *Scorer) touched(a *Activity) iter.Seq[*rule] {
	return func(yield func(*rule) bool) {
		last := -1
		for _, t := range s.triggers[Fold(a.Event)] {
			if t.rule == last || !matchAll(t.where, a.Properties) {
				continue
			}
			last = t.rule
			if !yield(&s.rules[t.rule]) {
				return
			}
		}
	}
}

// compiler gathers what is wrong with a model.
type compiler struct {
	problems []error
	ids      map[string]string // id → path of the rule that has it
}

func (c *compiler) refuse(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
}

// between refuses what is not a number of [low, high].
func (c *compiler) between(path string, v, low, high float64) {
	if !(v >= low && v <= high) {
		c.refuse(path, "must be a number from %s to %s, got %s", Plain(low), Plain(high), Plain(v))
	}
}

func (c *compiler) bounds(m Model) {
	if c.between("threshold", m.Threshold, 0, maxPoints); m.Threshold == 0 {
		c.refuse("threshold", "must be over 0")
	}
	c.between("half_life_days", m.HalfLifeDays, 0, maxHalfLifeDays)
	c.between("intent_points", m.IntentPoints, 0, maxPoints)
	c.between("requalify_points", m.RequalifyPoints, 0, maxPoints)
	c.between("tiers.warm", m.Tiers.Warm, 0, maxPoints)
	c.between("tiers.hot", m.Tiers.Hot, 0, maxPoints)
	c.between("tiers.fire", m.Tiers.Fire, 0, maxPoints)
	if m.Tiers.Warm >= m.Tiers.Hot || m.Tiers.Hot >= m.Tiers.Fire {
		c.refuse("tiers", "must ascend: warm < hot < fire, got %v, %v, %v", m.Tiers.Warm, m.Tiers.Hot, m.Tiers.Fire)
	}
}

// head checks what every rule has. Ids are unique over behaviour and fit, for
// a receipt names its rules by them.
func (c *compiler) head(path, id, label string, points float64) {
	if strings.TrimSpace(id) == "" {
		c.refuse(path+".id", "must not be empty")
	} else if other, taken := c.ids[id]; taken {
		c.refuse(path+".id", "%q is taken by %s", id, other)
	} else {
		c.ids[id] = path
	}
	if strings.TrimSpace(label) == "" {
		c.refuse(path+".label", "must not be empty")
	}
	c.between(path+".points", points, -maxPoints, maxPoints)
}

func (c *compiler) rule(path string, r Rule) rule {
	c.head(path, r.ID, r.Label, r.Points)
	out := rule{Rule: r, cap: math.Inf(1)}
	if r.Cap != nil {
		c.between(path+".cap", *r.Cap, -maxPoints, maxPoints)
		out.cap = math.Abs(*r.Cap)
	}
	c.between(path+".once_per", r.OncePer, 0, maxOncePer)
	out.window = time.Duration(r.OncePer * float64(time.Minute))
	var err error
	if out.detail, err = parseTemplate(r.Detail); err != nil {
		c.refuse(path+".detail", "%v", err)
	}
	return out
}

func (c *compiler) conditions(path string, where []Condition) []condition {
	var out []condition
	for i, w := range where {
		path := fmt.Sprintf("%s[%d]", path, i)
		cond, field, reason := compileCondition(w)
		if reason != "" {
			c.refuse(path+"."+field, "%s", reason)
		}
		out = append(out, cond)
	}
	return out
}

// clone copies a model so that its maker may go on changing his.
func (m Model) clone() Model {
	m.FitLimit = clonePointer(m.FitLimit)
	m.Behaviour = slices.Clone(m.Behaviour)
	for i := range m.Behaviour {
		r := &m.Behaviour[i]
		r.Cap = clonePointer(r.Cap)
		r.When = slices.Clone(r.When)
		for j := range r.When {
			r.When[j].Where = cloneConditions(r.When[j].Where)
		}
	}
	m.Fit = slices.Clone(m.Fit)
	for i := range m.Fit {
		m.Fit[i].Where = cloneConditions(m.Fit[i].Where)
	}
	return m
}

func clonePointer(p *float64) *float64 {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneConditions(where []Condition) []Condition {
	where = slices.Clone(where)
	for i := range where {
		switch v := where[i].Value.(type) {
		case []any:
			where[i].Value = slices.Clone(v)
		case []string:
			where[i].Value = slices.Clone(v)
		}
	}
	return where
}
