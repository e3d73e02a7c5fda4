package segment

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// FuzzDecode holds that no body makes Decode panic, that each message of a
// request is either taken or refused, and that what is taken can be stored.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("../../test/segment/testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		var captured struct {
			Path string
			Body json.RawMessage
		}
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if err := json.Unmarshal(text, &captured); err != nil {
			f.Fatal(err)
		}
		f.Add(captured.Path[len(captured.Path)-1], []byte(captured.Body))
	}
	const endpoints = "tipsgab"
	f.Fuzz(func(t *testing.T, endpoint byte, body []byte) {
		i := strings.IndexByte(endpoints, endpoint)
		if i < 0 {
			i = int(endpoint) % len(endpoints)
		}
		kind, _ := KindOf(endpoints[i : i+1])
		b, err := Decode(kind, body, received)
		if err != nil {
			if len(b.Messages)+len(b.Rejected) > 0 {
				t.Errorf("refused as a whole (%v), and yet %d messages taken, %d rejected", err, len(b.Messages), len(b.Rejected))
			}
			return
		}
		if !json.Valid(body) || len(body) > kind.Limit() || len(b.Messages) != len(b.Index) {
			t.Errorf("a body that is not valid was decoded")
		}
		at := map[int]int{}
		for _, i := range b.Index {
			at[i]++
		}
		for _, r := range b.Rejected {
			at[r.Index]++
			if r.Error == "" {
				t.Errorf("message %d is refused without a word", r.Index)
			}
		}
		for i := range len(b.Messages) + len(b.Rejected) {
			if at[i] != 1 {
				t.Errorf("message %d was taken or refused %d times", i, at[i])
			}
		}
		for _, m := range b.Messages {
			check(t, m, received)
		}
	})
}

// check holds that a message is as lead promises: typed, identified, bounded.
func check(t *testing.T, m lead.Message, received time.Time) {
	t.Helper()
	event := map[lead.MessageType]string{lead.Track: m.Event, lead.PageView: "Page Viewed", lead.Screen: "Screen Viewed", lead.Identify: "", lead.Group: "", lead.Alias: ""}
	if want, known := event[m.Type]; !known || m.Event != want || m.Type == lead.Track && m.Event == "" {
		t.Errorf("type %q with event %q", m.Type, m.Event)
	}
	if m.ID == "" || m.UserID == "" && m.AnonymousID == "" || m.Type == lead.Alias && (m.UserID == "" || m.PreviousID == "") {
		t.Errorf("not identified: %+v", m)
	}
	for _, s := range []string{m.ID, m.UserID, m.AnonymousID, m.PreviousID, m.Event, m.Source, m.TimeZone} {
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 || utf8.RuneCountInString(s) > 255 || s != strings.TrimSpace(s) {
			t.Errorf("%q cannot be stored", s)
		}
	}
	if m.ReceivedAt != received || m.OccurredAt.After(received) || m.OccurredAt.Before(time.Unix(0, 0)) || m.OccurredAt.Location() != time.UTC || m.OccurredAt.Nanosecond()%1000 != 0 {
		t.Errorf("occurred %v, received %v", m.OccurredAt, m.ReceivedAt)
	}
	if !m.SaidAt.IsZero() && m.OccurredAt != received {
		t.Errorf("said %v, yet occurred %v", m.SaidAt, m.OccurredAt)
	}
	for _, object := range []map[string]any{m.Properties, m.Traits} {
		storable(t, object)
		text, err := json.Marshal(object)
		if err != nil {
			t.Errorf("not JSON again: %v", err)
			continue
		}
		var again map[string]any
		if err := json.Unmarshal(text, &again); err != nil || !cmp.Equal(object, again) {
			t.Errorf("stored and read again (%v): %s", err, cmp.Diff(object, again))
		}
	}
	if _, err := json.Marshal(m); err != nil {
		t.Errorf("the message is not JSON again: %v", err)
	}
}

func storable(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			storable(t, key)
			storable(t, value)
		}
	case []any:
		for _, value := range v {
			storable(t, value)
		}
	case string:
		if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
			t.Errorf("%q cannot be stored", v)
		}
	case float64, bool, nil:
	default:
		t.Errorf("%T is no decoded JSON", v)
	}
}

func BenchmarkDecode(b *testing.B) {
	const message = `{"timestamp":"2026-11-21T23:26:39.332Z","integrations":{},"event":"Products Compared","type":"track","properties":{"products":["Pro","Team"],"total":129.5},
		"context":{"page":{"path":"/pricing","referrer":"https://www.search.example/","search":"?utm_source=mail","title":"Pricing","url":"https://analytical.example/pricing?utm_source=mail"},
		"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36","locale":"en-US","library":{"name":"analytics.js","version":"next-1.84.3"},"timezone":"Europe/Berlin"},
		"messageId":"ajs-next-1795303599332-a4654b5e-f96a-44ac-bf8c-56eeac7a2180","userId":"ada-1","anonymousId":"716ca42f-a465-4b5e-b96a-94ac3f8c56ee"}`
	body := []byte(`{"writeKey":"k","sentAt":"2026-11-21T23:26:39.407Z","batch":[` + message + strings.Repeat(","+message, 99) + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if batch, err := Decode(Many, body, received); err != nil || len(batch.Messages) != 100 {
			b.Fatal(err, batch.Rejected)
		}
	}
}

func FuzzObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":{"b":[1,"x",null,true]}}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, `[]`, `{"a":1e999}`, "", "{", `{"":{"":"\u0000"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		object, path, err := Object(text)
		if err == nil && (object == nil || path != "") {
			t.Errorf("%q: %v, %q without an error", text, object, path)
		}
		if err == nil {
			if _, err := json.Marshal(object); err != nil {
				t.Errorf("%q can't be written again: %v", text, err)
			}
		}
	})
}
