package scoring

// Model is the scoring part of an agreement. Its JSON is the agreement's
// "scoring" object.
type Model struct {
	// Threshold is the score at which a lead may qualify; over 0.
	Threshold float64 `json:"threshold"`
	// HalfLifeDays is the time in days in which engagement halves; 0 = it never decays.
	HalfLifeDays float64 `json:"half_life_days"`
	// FitLimit is the share of the threshold that fit may contribute (0.7 =
	// 70 %); nil = no limit.
	FitLimit *float64 `json:"fit_limit"`
	// IntentPoints is how many of the current points must come from rules
	// marked intent for a lead to qualify; 0 = off.
	IntentPoints float64 `json:"intent_points"`
	// RequalifyPoints is how much engagement since its return a returned lead needs.
	RequalifyPoints float64   `json:"requalify_points"`
	Tiers           Tiers     `json:"tiers"`
	Behaviour       []Rule    `json:"behaviour"`
	Fit             []FitRule `json:"fit"`
}

// Rule is a behaviour rule: points for what a lead does.
type Rule struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// When holds the triggers, any one of which fires the rule; an activity
	// fires it at most once.
	When []Trigger `json:"when"`
	// Points of each activity that counts; may be negative.
	Points float64 `json:"points"`
	// Cap is the most that the rule contributes at any moment, in absolute
	// value (its sign is ignored); nil = no cap.
	Cap *float64 `json:"cap,omitempty"`
	// OncePer is a window in minutes: the first activity opens it and counts,
	// those in [start, start+OncePer) don't. 0 = each one counts.
	OncePer float64 `json:"once_per,omitempty"`
	// Intent marks what a buyer does, not what a reader does.
	Intent bool `json:"intent,omitempty"`
	// HandRaise marks that the lead asks for sales.
	HandRaise bool `json:"hand_raise,omitempty"`
	// Detail says in words what was done, with {property} placeholders:
	// "compared {products}". {title|name} takes the first that is there; where
	// none is, the label stands alone.
	Detail string `json:"detail,omitempty"`
}

// Trigger is an event, trimmed and without regard to case, whose properties
// match all conditions.
type Trigger struct {
	Event string      `json:"event"`
	Where []Condition `json:"where,omitempty"`
}

// FitRule is points for what a lead is. Where holds conditions over its
// traits, all of which must match. Of the matching rules of one Group only the
// one with the most points counts.
type FitRule struct {
	ID     string      `json:"id"`
	Label  string      `json:"label"`
	Where  []Condition `json:"where"`
	Points float64     `json:"points"`
	Group  string      `json:"group,omitempty"`
}

// Tiers are the scores at which each tier begins, strictly ascending.
type Tiers struct {
	Warm float64 `json:"warm"`
	Hot  float64 `json:"hot"`
	Fire float64 `json:"fire"`
}

// Tier is how hot a score is.
type Tier string

// The tiers, coldest first.
const (
	None Tier = "none"
	Warm Tier = "warm"
	Hot  Tier = "hot"
	Fire Tier = "fire"
)

// Rank orders tiers: 0 for none (and for what is no tier) to 3 for fire.
func (t Tier) Rank() int {
	switch t {
	case Warm:
		return 1
	case Hot:
		return 2
	case Fire:
		return 3
	default:
		return 0
	}
}

// Of is the tier that a score belongs to.
func (t Tiers) Of(total float64) Tier {
	switch {
	case total >= t.Fire:
		return Fire
	case total >= t.Hot:
		return Hot
	case total >= t.Warm:
		return Warm
	default:
		return None
	}
}
