package segment

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"hotleads/lead"
)

// maxText is the most characters of an id, an event's name or a source.
const maxText = 255

// fields are the decoded fields of one message. Absent and null are the same.
type fields map[string]any

// decoder is what the messages of one request share.
type decoder struct {
	received time.Time
	sentAt   time.Time      // the batch's
	context  map[string]any // the batch's, for messages without one
	zones    map[string]bool
}

// message decodes one message of a type; "" lets its own field say which.
func (d *decoder) message(text raw, typ lead.MessageType) (lead.Message, error) {
	r := reader{text: text}
	if got := r.kind(); got != "object" {
		return lead.Message{}, wants("message", "an object", got)
	}
	object, err := r.object(0)
	if err != nil {
		return lead.Message{}, err
	}
	f := fields(object)
	if typ == "" {
		if typ, err = f.messageType(); err != nil {
			return lead.Message{}, err
		}
	}
	m := lead.Message{Type: typ, ReceivedAt: d.received, Size: len(text)}
	if err := f.identity(&m); err != nil {
		return m, err
	}
	if m.OccurredAt, m.SaidAt, err = d.when(f); err != nil {
		return m, err
	}
	return m, d.content(f, &m)
}

// messageType is the type of a batch's message.
func (f fields) messageType() (lead.MessageType, error) {
	name, err := f.text("type")
	if err != nil {
		return "", err
	}
	const all = "one of track, identify, page, screen, group, alias"
	switch t := lead.MessageType(name); t {
	case lead.Track, lead.Identify, lead.PageView, lead.Screen, lead.Group, lead.Alias:
		return t, nil
	case "":
		return "", wants("type", all, "none")
	}
	return "", wants("type", all, strconv.Quote(clip(name)))
}

// identity reads who did it and the message's own id.
func (f fields) identity(m *lead.Message) error {
	for _, field := range []struct {
		name string
		to   *string
	}{{"messageId", &m.ID}, {"userId", &m.UserID}, {"anonymousId", &m.AnonymousID}, {"previousId", &m.PreviousID}} {
		id, err := f.id(field.name)
		if err != nil {
			return err
		}
		*field.to = id
	}
	switch {
	case m.Type == lead.Alias && (m.UserID == "" || m.PreviousID == ""):
		return errors.New("alias wants previousId and userId")
	case m.UserID == "" && m.AnonymousID == "":
		return errors.New("userId or anonymousId is missing")
	}
	if m.ID == "" {
		m.ID = uuid.NewString()
	}
	return nil
}

// content reads what was done and what is said about who did it.
func (d *decoder) content(f fields, m *lead.Message) (err error) {
	about, err := f.object("context")
	if err != nil {
		return err
	}
	if about == nil {
		about = d.context
	}
	if m.Properties, err = f.object("properties"); err != nil {
		return err
	}
	if m.Traits, err = f.object("traits"); err != nil {
		return err
	}
	switch m.Type {
	case lead.Track:
		m.Event, err = f.event()
	case lead.PageView:
		m.Event = "Page Viewed"
		m.Properties, err = f.viewed(m.Properties, child(about, "page"))
	case lead.Screen:
		m.Event = "Screen Viewed"
		m.Properties, err = f.viewed(m.Properties, nil)
	case lead.Group:
		renameGroupTraits(m.Traits)
	}
	if own := m.Type == lead.Identify || m.Type == lead.Group; !own || len(m.Traits) == 0 {
		m.Traits = maps.Clone(child(about, "traits"))
	}
	m.Source = source(about, m.Properties)
	m.TimeZone = d.timeZone(about)
	return err
}

// renameGroupTraits keeps what a group call says of the company from being
// taken for its members': "name" would rename the lead, and an address of the
// company would make one lead of all who work there.
func renameGroupTraits(traits map[string]any) {
	for from, to := range map[string]string{"name": "company", "email": "company_email", "phone": "company_phone"} {
		if v, ok := traits[from]; ok {
			traits[to] = v
			delete(traits, from)
		}
	}
}

// event is the name of a track call's event.
func (f fields) event() (string, error) {
	event, err := f.text("event")
	event = strings.TrimSpace(event)
	switch {
	case err != nil:
		return "", err
	case event == "":
		return "", &fault{path: "event", text: "missing"}
	case utf8.RuneCountInString(event) > maxText:
		return "", &fault{path: "event", text: "is over " + strconv.Itoa(maxText) + " characters"}
	}
	return event, nil
}

// viewed completes the properties of a page or screen call: some clients send
// its name and category only outside them, and where it was only as context.
func (f fields) viewed(properties, page map[string]any) (map[string]any, error) {
	if properties == nil {
		properties = map[string]any{}
	}
	for _, key := range []string{"name", "category"} {
		text, err := f.text(key)
		if err != nil {
			return nil, err
		}
		if properties[key] == nil && text != "" {
			properties[key] = text
		}
	}
	for _, key := range []string{"url", "path", "referrer", "title"} {
		if text, ok := page[key].(string); ok && properties[key] == nil {
			properties[key] = text
		}
	}
	return properties, nil
}

// source is where the lead came from: utm_source, else the host that referred
// to this one, without "www.".
func source(about, properties map[string]any) string {
	if s, ok := child(about, "campaign")["source"].(string); ok && plain(s) {
		return strings.TrimSpace(s)
	}
	page := child(about, "page")
	host := func(key string) string {
		for _, from := range []map[string]any{page, properties} {
			if s, ok := from[key].(string); ok && s != "" {
				if u, err := url.Parse(s); err == nil {
					return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
				}
			}
		}
		return ""
	}
	if from := host("referrer"); plain(from) && from != host("url") {
		return from
	}
	return ""
}

// plain tells whether s can be an id or a source: it says something, and is
// short, whole text of one line.
func plain(s string) bool {
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText &&
		strings.IndexFunc(s, unicode.IsControl) < 0
}

// child is the object under a key, or nil.
func child(object map[string]any, key string) map[string]any {
	c, _ := object[key].(map[string]any)
	return c
}

// text is a field that has to be text; "" where absent.
func (f fields) text(name string) (string, error) {
	switch v := f[name].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	default:
		return "", wants(name, "text", kindOf(v))
	}
}

// object is a field that has to be an object; nil where absent. PHP writes an
// empty object as [], which is taken for one.
func (f fields) object(name string) (map[string]any, error) {
	switch v := f[name].(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return v, nil
	case []any:
		if len(v) == 0 {
			return nil, nil
		}
	}
	return nil, wants(name, "an object", kindOf(f[name]))
}

// id is a field that identifies, trimmed; "" where absent. Numbers count as
// their decimal text, because clients send them for user ids.
func (f fields) id(name string) (string, error) {
	var id string
	switch v := f[name].(type) {
	case nil:
		return "", nil
	case string:
		id = strings.TrimSpace(v)
	case json.Number:
		var err error
		if id, err = decimal(v.String()); err != nil {
			return "", within(name, err)
		}
	default:
		return "", wants(name, "text", kindOf(v))
	}
	switch {
	case utf8.RuneCountInString(id) > maxText:
		return "", &fault{path: name, text: "is over " + strconv.Itoa(maxText) + " characters"}
	case id != "" && !plain(id):
		return "", &fault{path: name, text: "holds control characters"}
	}
	return id, nil
}

// decimal writes a number without exponent. Whole numbers keep all their digits.
func decimal(digits string) (string, error) {
	if !strings.ContainsAny(digits, ".eE") {
		return digits, nil
	}
	f, err := number(digits)
	return strconv.FormatFloat(f, 'f', -1, 64), err
}

// kindOf names a decoded value's kind in words.
func kindOf(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "text"
	case bool:
		return "boolean"
	}
	return "number"
}
