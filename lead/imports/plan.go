package imports

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hotleads/lead"
)

// Plan is a mapping bound to the columns of a file: it makes messages of rows.
type Plan struct {
	userID, email, phone int // columns; -1: none
	team, createdAt      int
	outcome, amount, at  int
	won, lost            []string
	traits               []traitAt
	empty                []string
	teams                []lead.Team // that rows may name
	reach                []string    // ids of the teams whose leads rows may touch; nil: everybody's
}

// Within keeps the rows from touching leads of other teams, and from naming them.
func (p *Plan) Within(teams []string) {
	if p.reach = teams; teams != nil {
		p.teams = slices.DeleteFunc(slices.Clone(p.teams), func(t lead.Team) bool { return !slices.Contains(teams, t.ID) })
	}
}

type traitAt struct {
	name string
	col  int
}

// coreTraits are text, also where a cell looks like a number.
var coreTraits = []string{"email", "phone", "name", "firstName", "lastName", "first_name", "last_name", "company", "title", "country"}

// maxID is the most characters of a user id, as at intake.
const maxID = 255

// maxContent is the most bytes of what a row says as JSON, as at intake.
const maxContent = 32 << 10

// Bind finds the mapping's columns in a file's head. Errors name the mapping's line.
func (m *Mapping) Bind(head []string, teams []lead.Team) (*Plan, error) {
	var errs []error
	find := func(c Column) int {
		if c.Name == "" {
			return -1
		}
		i := slices.Index(head, c.Name)
		switch {
		case i < 0:
			errs = append(errs, c.wrong("the file has no column %s; %s", quoted(c.Name), instead(c.Name, head)))
		case slices.Contains(head[i+1:], c.Name):
			errs = append(errs, c.wrong("the file has more than one column %s: rename one of them", quoted(c.Name)))
		}
		return i
	}
	p := &Plan{empty: append([]string{""}, m.Empty...), teams: teams,
		userID: find(m.Identity.UserID), email: find(m.Identity.Email), phone: find(m.Identity.Phone),
		team: find(m.Team), createdAt: find(m.CreatedAt), outcome: -1, amount: -1, at: -1}
	if o := m.Outcome; o != nil {
		p.outcome, p.amount, p.at, p.won, p.lost = find(o.Column), find(o.Amount), find(o.At), o.Won, o.Lost
	}
	for _, t := range m.Traits.Each {
		p.traits = append(p.traits, traitAt{t.Trait, find(t.Column)})
	}
	if m.Traits.All {
		used := []int{p.userID, p.email, p.phone, p.createdAt, p.outcome, p.amount, p.at}
		for i, name := range head {
			switch {
			case slices.Contains(used, i) || name == "":
			case slices.Index(head, name) != i:
				errs = append(errs, Column{Line: m.Traits.Line}.wrong("traits: the file has more than one column %s: rename one of them", quoted(name)))
			default:
				p.traits = append(p.traits, traitAt{name, i})
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

// cell is a row's value in a column; "" where there is none or it means "not known".
func (p *Plan) cell(cells []string, col int) string {
	if col < 0 {
		return ""
	}
	if v := strings.TrimSpace(cells[col]); !slices.Contains(p.empty, v) {
		return v
	}
	return ""
}

// content is what a row says once it is mapped. Its hash is the message's id, so
// that the same row twice, in one file or in two, is one.
type content struct {
	UserID  string         `json:"user_id,omitempty"`
	Traits  map[string]any `json:"traits"`
	Team    string         `json:"team,omitempty"`
	Created string         `json:"created_at,omitempty"`
	Outcome lead.Stage     `json:"outcome,omitempty"`
	Amount  string         `json:"amount,omitempty"`
	At      string         `json:"at,omitempty"`
}

// Message is the row as a message, or why it is refused.
func (p *Plan) Message(cells []string, now time.Time) (lead.Message, error) {
	c := content{UserID: p.cell(cells, p.userID), Traits: map[string]any{},
		Team: p.cell(cells, p.team), Created: p.cell(cells, p.createdAt), Amount: p.cell(cells, p.amount), At: p.cell(cells, p.at)}
	for _, t := range p.traits {
		if v := p.cell(cells, t.col); v != "" {
			c.Traits[t.name] = traitValue(t.name, v)
		}
	}
	if err := p.identify(cells, &c); err != nil {
		return lead.Message{}, err
	}
	switch outcome := p.cell(cells, p.outcome); {
	case outcome == "":
	case slices.Contains(p.won, outcome):
		c.Outcome = lead.Won
	case slices.Contains(p.lost, outcome):
		c.Outcome = lead.Lost
	}
	im, err := p.imported(c, now)
	if err != nil {
		return lead.Message{}, err
	}
	id, err := json.Marshal(c)
	if err != nil {
		return lead.Message{}, err
	}
	if len(id) > maxContent {
		return lead.Message{}, fmt.Errorf("it holds %d bytes, at most %d fit", len(id), maxContent)
	}
	sum := sha256.Sum256(id)
	source, _ := c.Traits["source"].(string)
	return lead.Message{
		ID: "import:" + hex.EncodeToString(sum[:]), Type: lead.Identify, UserID: c.UserID, Traits: c.Traits,
		OccurredAt: now, ReceivedAt: now, Source: cmp.Or(source, "import"), Import: im,
	}, nil
}

// identify takes a row's identities; one that leads to a person there must be.
// An address or number that is none is no identity, but kept as it was given.
func (p *Plan) identify(cells []string, c *content) error {
	if utf8.RuneCountInString(c.UserID) > maxID {
		return fmt.Errorf("the user id is over %d characters", maxID)
	}
	if v := p.cell(cells, p.email); v != "" {
		c.Traits["email"] = cmp.Or(lead.NormalEmail(v), v)
	}
	if v := p.cell(cells, p.phone); v != "" {
		c.Traits["phone"] = cmp.Or(lead.NormalPhone(v), v)
	}
	email, _ := c.Traits["email"].(string)
	phone, _ := c.Traits["phone"].(string)
	switch {
	case c.UserID != "" || lead.NormalEmail(email) != "" || lead.NormalPhone(phone) != "":
		return nil
	case email != "":
		return fmt.Errorf("%s is not an email address", quoted(email))
	case phone != "":
		return fmt.Errorf("%s is not an international phone number, as +49 30 1234567", quoted(phone))
	}
	return errors.New("it has no identity: no user id, email or phone")
}

func (p *Plan) imported(c content, now time.Time) (*lead.Imported, error) {
	im := &lead.Imported{Outcome: c.Outcome, Teams: p.reach}
	var err error
	if c.Team != "" {
		if im.TeamID, err = p.teamID(c.Team); err != nil {
			return nil, err
		}
	}
	if im.CreatedAt, err = moment("created_at", c.Created, now); err != nil {
		return nil, err
	}
	if c.Outcome == "" {
		return im, nil
	}
	if im.ClosedAt, err = moment("at", c.At, now); err != nil {
		return nil, err
	}
	if c.Amount != "" {
		if im.Amount, err = strconv.ParseInt(c.Amount, 10, 64); err != nil || im.Amount < 0 || im.Amount > maxAmount {
			return nil, fmt.Errorf("amount: %s is not money in minor units: a whole number, as 129900 for 1,299.00", quoted(c.Amount))
		}
	}
	return im, nil
}

// teamID finds a team by name or slug, without regard to case.
func (p *Plan) teamID(name string) (string, error) {
	names := make([]string, len(p.teams))
	for i, t := range p.teams {
		if strings.EqualFold(t.Name, name) || strings.EqualFold(t.Slug, name) {
			return t.ID, nil
		}
		names[i] = t.Name
	}
	if len(names) == 0 {
		return "", fmt.Errorf("there is no team %s; there are none yet", quoted(name))
	}
	return "", fmt.Errorf("there is no team %s; there are %s", quoted(name), strings.Join(names, ", "))
}

// maxAmount is what a JSON number holds exactly.
const maxAmount = 1 << 53

// moment reads RFC 3339 or a date (its beginning in UTC). What is over now by
// less than a day, for somewhere it is tomorrow, is now.
func moment(what, v string, now time.Time) (time.Time, error) {
	if v == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		t, err = time.Parse(time.DateOnly, v)
	}
	switch {
	case err != nil:
		return t, fmt.Errorf("%s: %s is no time as 2026-01-31T09:30:00Z and no date as 2026-01-31", what, quoted(v))
	case t.Year() < 1900:
		return t, fmt.Errorf("%s: %s is before 1900", what, quoted(v))
	case t.Sub(now) >= 24*time.Hour:
		return t, fmt.Errorf("%s: %s is in the future", what, quoted(v))
	case t.After(now):
		t = now
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// traitValue is a number where the whole cell is one that survives it: leading
// zeros (postal codes) and more digits than a number holds stay text.
func traitValue(trait, cell string) any {
	if slices.Contains(coreTraits, trait) || len(cell) > 15 || !wholeNumber.MatchString(cell) {
		return cell
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return cell
	}
	return n
}
