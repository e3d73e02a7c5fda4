package segment

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

var received = time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)

func kind(t testing.TB, name string) Kind {
	t.Helper()
	k, ok := KindOf(name)
	if !ok {
		t.Fatalf("%q is no endpoint", name)
	}
	return k
}

// one decodes a body that has to give exactly one message.
func one(t *testing.T, endpoint, body string) lead.Message {
	t.Helper()
	b, err := Decode(kind(t, endpoint), []byte(body), received)
	if err != nil || len(b.Rejected) > 0 || len(b.Messages) != 1 {
		t.Fatalf("%s %s: %d messages, rejected %v, error %v; want one message", endpoint, body, len(b.Messages), b.Rejected, err)
	}
	m := b.Messages[0]
	if m.Size < len("{}") || m.Size > len(body) {
		t.Errorf("%s: a message of %d bytes in one of %d", endpoint, m.Size, len(body))
	}
	m.Size = 0
	return m
}

func TestEndpoints(t *testing.T) {
	props := map[string]any{"plan": "team", "seats": 12.0}
	traits := map[string]any{"email": "a@b.example"}
	for _, test := range []struct {
		names string
		body  string
		want  lead.Message
	}{
		{"track t", `{"event":" Products Compared ","properties":{"plan":"team","seats":12}}`,
			lead.Message{Type: lead.Track, Event: "Products Compared", Properties: props}},
		{"track t", `{"event":"Replied","context":{"traits":{"email":"a@b.example"}},"traits":{"x":1}}`,
			lead.Message{Type: lead.Track, Event: "Replied", Traits: traits}},
		{"identify i", `{"traits":{"email":"a@b.example"}}`, lead.Message{Type: lead.Identify, Traits: traits}},
		{"identify i", `{"traits":{"email":"a@b.example"},"context":{"traits":{"email":"old@b.example","x":1}}}`, lead.Message{Type: lead.Identify, Traits: traits}},
		{"identify i", `{"traits":{},"context":{"traits":{"email":"a@b.example"}}}`, lead.Message{Type: lead.Identify, Traits: traits}},
		{"page p", `{"name":"Pricing","category":"Docs"}`,
			lead.Message{Type: lead.PageView, Event: "Page Viewed", Properties: map[string]any{"name": "Pricing", "category": "Docs"}}},
		{"page p", `{"name":"Pricing","properties":{"name":"Prices","url":null},"context":{"page":{"url":"https://x.example/p?a=1","path":"/p","referrer":"","title":"P","search":"?a=1"}}}`,
			lead.Message{Type: lead.PageView, Event: "Page Viewed", Properties: map[string]any{"name": "Prices", "url": "https://x.example/p?a=1", "path": "/p", "referrer": "", "title": "P"}}},
		{"screen s", `{"name":"Plans","context":{"page":{"path":"/p"}}}`,
			lead.Message{Type: lead.Screen, Event: "Screen Viewed", Properties: map[string]any{"name": "Plans"}}},
		{"group g", `{"groupId":"acme","traits":{"name":"Acme","plan":"trial"}}`,
			lead.Message{Type: lead.Group, Traits: map[string]any{"company": "Acme", "plan": "trial"}}},
		{"group g", `{"traits":{"email":"info@acme.example","phone":"+4930123","company":{"name":"old"},"name":"Acme"}}`,
			lead.Message{Type: lead.Group, Traits: map[string]any{"company": "Acme", "company_email": "info@acme.example", "company_phone": "+4930123"}}},
		{"group g", `{"groupId":"acme","context":{"traits":{"name":"Ada"}}}`,
			lead.Message{Type: lead.Group, Traits: map[string]any{"name": "Ada"}}},
		{"alias a", `{"previousId":"anon-7"}`, lead.Message{Type: lead.Alias, PreviousID: "anon-7"}},
		// What other clients do: PHP's empty objects, nulls for what is not known.
		{"track", `{"event":"Replied","properties":[],"context":[],"integrations":[],"anonymousId":null,"timestamp":null}`,
			lead.Message{Type: lead.Track, Event: "Replied"}},
		{"identify", `{"traits":[],"previousId":""}`, lead.Message{Type: lead.Identify}},
	} {
		test.want.ID, test.want.UserID = "m-1", "ada-1"
		test.want.OccurredAt, test.want.ReceivedAt = received, received
		for name := range strings.FieldsSeq(test.names) {
			body := `{"messageId":"m-1","userId":" ada-1 ",` + test.body[1:]
			if diff := cmp.Diff(test.want, one(t, name, body)); diff != "" {
				t.Errorf("POST /v1/%s %s (-want +got):\n%s", name, body, diff)
			}
			batch := `{"batch":[{"type":"` + string(test.want.Type) + `",` + body[1:] + `]}`
			if diff := cmp.Diff(test.want, one(t, "batch", batch)); diff != "" {
				t.Errorf("POST /v1/batch %s (-want +got):\n%s", batch, diff)
			}
		}
	}
	if _, ok := KindOf("import"); ok {
		t.Error(`"import" counts as an endpoint`)
	}
}

func TestIds(t *testing.T) {
	for given, want := range map[string]string{
		`"ada-1"`: "ada-1", `" ada-1\n"`: "ada-1", `42`: "42", `12345678901234567890123`: "12345678901234567890123",
		`-7`: "-7", `4.2`: "4.2", `42.0`: "42", `1e3`: "1000", `"日本"`: "日本", `"\ud83d\ude00"`: "😀",
	} {
		if m := one(t, "track", `{"event":"e","userId":`+given+`}`); m.UserID != want {
			t.Errorf("userId %s is %q, want %q", given, m.UserID, want)
		}
	}
	a, b := one(t, "track", `{"event":"e","userId":"a"}`), one(t, "track", `{"event":"e","userId":"a","messageId":""}`)
	if len(a.ID) != 36 || len(b.ID) != 36 || a.ID == b.ID {
		t.Errorf("missing message ids became %q and %q, want two different UUIDs", a.ID, b.ID)
	}
	if m := one(t, "page", `{"anonymousId":"anon-7"}`); m.AnonymousID != "anon-7" || m.UserID != "" {
		t.Errorf("an anonymous page view came as %+v", m)
	}
}

func TestSourceAndTimeZone(t *testing.T) {
	for _, test := range []struct{ context, source, zone string }{
		{`{"campaign":{"source":" mail "},"page":{"referrer":"https://search.example/"}}`, "mail", ""},
		{`{"page":{"referrer":"https://www.Search.example:443/?q=x","url":"https://www.ours.example/pricing"}}`, "search.example", ""},
		{`{"page":{"referrer":"https://ours.example/","url":"https://www.ours.example/pricing"}}`, "", ""},
		{`{"page":{"referrer":""},"campaign":{"source":7}}`, "", ""},
		{`{"page":{"referrer":"::not a url"},"campaign":[]}`, "", ""},
		{`{"page":{"referrer":"http://[fe80::1%25%07]/"}}`, "", ""},
		{`{"campaign":{"source":"` + strings.Repeat("x", 300) + `"}}`, "", ""},
		{`{"timezone":"Europe/Berlin"}`, "", "Europe/Berlin"},
		{`{"timezone":"America/Argentina/Buenos_Aires"}`, "", "America/Argentina/Buenos_Aires"},
		{`{"timezone":"UTC"}`, "", "UTC"},
		{`{"timezone":"Local"}`, "", ""},
		{`{"timezone":""}`, "", ""},
		{`{"timezone":"Europe/Atlantis"}`, "", ""},
		{`{"timezone":"../zoneinfo/Europe/Berlin"}`, "", ""},
		{`{"timezone":"localtime"}`, "", ""},
		{`{"timezone":1}`, "", ""},
	} {
		m := one(t, "track", `{"event":"e","userId":"a","context":`+test.context+`}`)
		if m.Source != test.source || m.TimeZone != test.zone {
			t.Errorf("%s: source %q, time zone %q; want %q, %q", test.context, m.Source, m.TimeZone, test.source, test.zone)
		}
	}
	if m := one(t, "page", `{"userId":"a","properties":{"referrer":"https://search.example/","url":"https://ours.example/"}}`); m.Source != "search.example" {
		t.Errorf("the referrer among a page's properties gives source %q", m.Source)
	}
}

func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, test := range []struct{ endpoint, message, want string }{
		{"track", `{"event":"e"}`, "userId or anonymousId is missing"},
		{"track", `{"event":"e","userId":"  ","anonymousId":null}`, "userId or anonymousId is missing"},
		{"track", `{"event":"e","userId":{"id":1}}`, "userId: wants text, got object"},
		{"track", `{"event":"e","userId":true}`, "userId: wants text, got boolean"},
		{"track", `{"event":"e","userId":["a"]}`, "userId: wants text, got array"},
		{"track", `{"event":"e","userId":"` + long + `"}`, "userId: is over 255 characters"},
		{"track", `{"event":"e","userId":1e300}`, "userId: is over 255 characters"},
		{"track", `{"event":"e","userId":1e999}`, "userId: the number 1e999 is too large"},
		{"track", `{"event":"e","userId":"a","messageId":"` + long + `"}`, "messageId: is over 255 characters"},
		{"track", `{"event":"e","userId":"a","messageId":"a\u0007b"}`, "messageId: holds control characters"},
		{"track", `{"event":"e","anonymousId":"a\nb"}`, "anonymousId: holds control characters"},
		{"track", `{"userId":"a"}`, "event: missing"},
		{"track", `{"userId":"a","event":" "}`, "event: missing"},
		{"track", `{"userId":"a","event":7}`, "event: wants text, got number"},
		{"track", `{"userId":"a","event":"` + long + `"}`, "event: is over 255 characters"},
		{"track", `{"userId":"a","event":"e","properties":"x"}`, "properties: wants an object, got text"},
		{"track", `{"userId":"a","event":"e","properties":[1]}`, "properties: wants an object, got array"},
		{"track", `{"userId":"a","event":"e","context":4}`, "context: wants an object, got number"},
		{"identify", `{"userId":"a","traits":false}`, "traits: wants an object, got boolean"},
		{"page", `{"userId":"a","name":7}`, "name: wants text, got number"},
		{"screen", `{"userId":"a","category":{}}`, "category: wants text, got object"},
		{"alias", `{"userId":"a"}`, "alias wants previousId and userId"},
		{"alias", `{"previousId":"a","anonymousId":"b"}`, "alias wants previousId and userId"},
		{"track", `{"userId":"a","event":"e","event":"f"}`, "event: stands twice"},
		{"track", `{"userId":"a","event":"e","properties":{"a":{"b":1,"b":2}}}`, "properties.a.b: stands twice"},
		{"track", `{"userId":"a\u0000","event":"e"}`, "userId: holds a NUL character"},
		{"track", `{"userId":"a","event":"e","properties":{"list":[1,{"x":"\u0000"}]}}`, "properties.list[1].x: holds a NUL character"},
		{"track", `{"userId":"a","event":"e","properties":{"x\u0000y":1}}`, "properties: a key holds a NUL character"},
		{"track", `{"userId":"a","event":"e","integrations":{"x":"\u0000"}}`, "integrations.x: holds a NUL character"},
		{"track", "{\"userId\":\"a\",\"event\":\"e\xff\"}", "event: holds bytes that are not UTF-8"},
		{"track", "{\"userId\":\"a\",\"event\":\"e\",\"properties\":{\"\xc0\x80\":1}}", "properties: a key holds bytes that are not UTF-8"},
		{"track", `{"userId":"a","event":"\ud83d"}`, "event: holds half of a surrogate pair"},
		{"track", `{"userId":"a","event":"\ud83dx\ude00"}`, "event: holds half of a surrogate pair"},
		{"track", `{"userId":"a","event":"\ude00\ud83d"}`, "event: holds half of a surrogate pair"},
		{"track", `{"userId":"a","event":"\ud83d\\ude00"}`, "event: holds half of a surrogate pair"},
		{"track", `{"userId":"a","event":"e","properties":{"n":1e400}}`, "properties.n: the number 1e400 is too large"},
		{"track", `{"userId":"a","event":"e","properties":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40) + `}`, "is nested more than 32 deep"},
		{"track", `{"userId":"a","event":"e","properties":{"a":` + strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000) + `}}`, "is nested more than 32 deep"},
		{"track", `{"userId":"a","event":"e","properties":{` + keys(1001) + `}}`, "properties: holds more than 1000 keys"},
		{"track", `{"userId":"a","event":"e","timestamp":"yesterday"}`, `timestamp: wants a time such as 2026-03-02T08:30:00Z, got "yesterday"`},
		{"track", `{"userId":"a","event":"e","timestamp":1772440200}`, `timestamp: wants a time such as 2026-03-02T08:30:00Z, got number`},
		{"track", `{"userId":"a","event":"e","timestamp":"1969-12-31T23:59:59Z"}`, "timestamp: is before 1970"},
		{"track", `{"userId":"a","event":"e","timestamp":"2026-02-30"}`, `timestamp: wants a time`},
		{"track", `{"userId":"a","event":"e","originalTimestamp":"2026-13-01T00:00:00Z"}`, `originalTimestamp: wants a time`},
		{"track", `{"userId":"a","event":"e","originalTimestamp":"1990-01-01","sentAt":"2126-01-01"}`, `originalTimestamp: is before 1970 once corrected by sentAt`},
		{"track", `{"userId":"a","event":"e","sentAt":{}}`, `sentAt: wants a time`},
	} {
		b, err := Decode(kind(t, test.endpoint), []byte(test.message), received)
		if err != nil || len(b.Messages) != 0 || len(b.Rejected) != 1 || b.Rejected[0].Index != 0 || !strings.Contains(b.Rejected[0].Error, test.want) {
			t.Errorf("%s %.200s: %d messages, rejected %+v, error %v; want refused for %q", test.endpoint, test.message, len(b.Messages), b.Rejected, err, test.want)
		}
		// In a batch it is refused alone, in the same words.
		good := `{"type":"track","event":"e","userId":"a","messageId":"good"}`
		typed := `{"type":"` + test.endpoint + `",` + test.message[1:]
		b, err = Decode(Many, []byte(`{"batch":[`+good+`,`+typed+`,`+good+`]}`), received)
		if err != nil || len(b.Messages) != 2 || !cmp.Equal(b.Index, []int{0, 2}) || len(b.Rejected) != 1 || b.Rejected[0].Index != 1 || !strings.Contains(b.Rejected[0].Error, test.want) {
			t.Errorf("batch with %.200s: index %v, rejected %+v, error %v; want only 1 refused for %q", typed, b.Index, b.Rejected, err, test.want)
		}
	}
	for message, want := range map[string]string{
		`{"userId":"a","event":"e"}`:                 "type: wants one of track, identify, page, screen, group, alias, got none",
		`{"userId":"a","event":"e","type":"import"}`: `type: wants one of track, identify, page, screen, group, alias, got "import"`,
		`{"userId":"a","event":"e","type":1}`:        "type: wants text, got number",
		`"x"`:                                        "message: wants an object, got text",
		`null`:                                       "message: wants an object, got null",
		`[]`:                                         "message: wants an object, got array",
	} {
		b, err := Decode(Many, []byte(`{"batch":[`+message+`]}`), received)
		if err != nil || len(b.Rejected) != 1 || b.Rejected[0].Error != want {
			t.Errorf("batch of %s: rejected %+v, error %v; want %q", message, b.Rejected, err, want)
		}
	}
}

func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return b.String()[1:]
}

func TestRequestsRefusedAsAWhole(t *testing.T) {
	message := `{"type":"page","userId":"a"}`
	for _, test := range []struct{ endpoint, body, want string }{
		{"track", ``, "the body is empty"},
		{"track", `{"event":`, "the body is not JSON"},
		{"track", `{"event":"e","userId":"a"}x`, "the body is not JSON"},
		{"track", strings.Repeat("[", 20_000), "the body is not JSON"},
		{"track", `[]`, "the body wants to be an object, got array"},
		{"batch", `[` + message + `]`, "the body wants to be an object, got array"},
		{"batch", `{}`, "batch: missing"},
		{"batch", message, "batch: missing"},
		{"batch", `{"batch":[]}`, "batch: is empty"},
		{"batch", `{"batch":{}}`, "batch: wants an array of messages, got object"},
		{"batch", `{"batch":null}`, "batch: wants an array of messages, got null"},
		{"batch", `{"batch":[` + message + `],"batch":[]}`, "batch: stands twice"},
		{"batch", `{"batch":[` + message + `],"sentAt":"soon"}`, "sentAt: wants a time"},
		{"batch", `{"batch":[` + message + `],"context":"x"}`, "context: wants an object, got text"},
		{"batch", `{"batch":[` + message + strings.Repeat(`,`+message, MaxMessages) + `]}`, "batch: holds more than 2500 messages"},
	} {
		b, err := Decode(kind(t, test.endpoint), []byte(test.body), received)
		if err == nil || errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), test.want) || len(b.Messages) > 0 {
			t.Errorf("%s %.100s: error %v, want %q", test.endpoint, test.body, err, test.want)
		}
	}
}

func TestLimits(t *testing.T) {
	// sized is a message of exactly n bytes.
	sized := func(n int) string {
		frame := `{"type":"track","event":"e","userId":"a","properties":{"x":""}}`
		return strings.Replace(frame, `""`, `"`+strings.Repeat("x", n-len(frame))+`"`, 1)
	}
	if b, err := Decode(Kind(lead.Track), []byte(sized(MaxMessage)), received); err != nil || len(b.Messages) != 1 {
		t.Errorf("a message of 32 KiB: %v %v", b.Rejected, err)
	}
	if _, err := Decode(Kind(lead.Track), []byte(sized(MaxMessage+1)), received); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a message of 32 KiB and a byte: %v, want too large", err)
	}
	b, err := Decode(Many, []byte(`{"batch":[`+sized(MaxMessage)+`,`+sized(MaxMessage+1)+`]}`), received)
	if err != nil || len(b.Messages) != 1 || len(b.Rejected) != 1 || !b.Rejected[0].TooLarge || b.Rejected[0].Index != 1 {
		t.Errorf("a batch with one message over 32 KiB: %d taken, rejected %+v, %v", len(b.Messages), b.Rejected, err)
	}
	// full is a batch of exactly n bytes, of small enough messages.
	full := func(n int) []byte {
		body := `{"batch":[` + sized(30_000) + strings.Repeat(`,`+sized(30_000), 15) + `,`
		return []byte(body + sized(n-len(body)-2) + `]}`)
	}
	if b, err := Decode(Many, full(MaxBatch), received); err != nil || len(b.Messages) != 17 {
		t.Errorf("a batch of 500 KiB: %d taken, %v %v", len(b.Messages), b.Rejected, err)
	}
	if _, err := Decode(Many, full(MaxBatch+1), received); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a batch of 500 KiB and a byte: %v, want too large", err)
	}
	small := `{"type":"page","userId":"a"}`
	if b, err := Decode(Many, []byte(`{"batch":[`+small+strings.Repeat(`,`+small, MaxMessages-1)+`]}`), received); err != nil || len(b.Messages) != MaxMessages {
		t.Errorf("a batch of 2,500 messages: %d taken, %v", len(b.Messages), err)
	}
}

func TestWriteKey(t *testing.T) {
	for _, test := range []struct{ endpoint, body, want string }{
		{"track", `{"writeKey":"k","event":"e","userId":"a"}`, "k"},
		{"track", `{"writeKey":"k","event":7}`, "k"},
		{"track", `{"writeKey":7,"event":"e","userId":"a"}`, ""},
		{"batch", `{"batch":[{"type":"page","userId":"a","writeKey":"inner"}],"writeKey":"k"}`, "k"},
		{"batch", `{"batch":[],"writeKey":"k"}`, "k"},
		{"batch", `{"batch":[{"writeKey":"inner"}]}`, ""},
	} {
		if b, _ := Decode(kind(t, test.endpoint), []byte(test.body), received); b.WriteKey != test.want {
			t.Errorf("%s %s: write key %q, want %q", test.endpoint, test.body, b.WriteKey, test.want)
		}
	}
}

// TestRoundTrip holds that what was said arrives as it was said.
func TestRoundTrip(t *testing.T) {
	const said = `{"a":"\"\\\/\b\f\n\r\té\u00e9\u2028<b>","b":[null,true,-0.5,1e21,9007199254740993],"c":{"d":{"":[]}},"e":null,"f":" x ","g":"\u007f\ufffd"}`
	m := one(t, "identify", `{"userId":"a","traits":`+said+`}`)
	var want map[string]any
	if err := json.Unmarshal([]byte(said), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, m.Traits); diff != "" {
		t.Errorf("traits (-said +decoded):\n%s", diff)
	}
}

// TestBatchContext holds that a batch's context stands for its messages' own.
func TestBatchContext(t *testing.T) {
	b, err := Decode(Many, []byte(`{"context":{"timezone":"Europe/Berlin"},"batch":[{"type":"page","userId":"a"},{"type":"page","userId":"a","context":{"timezone":"Asia/Tokyo"}}]}`), received)
	if err != nil || len(b.Messages) != 2 || b.Messages[0].TimeZone != "Europe/Berlin" || b.Messages[1].TimeZone != "Asia/Tokyo" {
		t.Errorf("%+v, %v", b, err)
	}
}

// TestWhatClientsSent decodes requests recorded from unmodified clients.
func TestWhatClientsSent(t *testing.T) {
	files, err := filepath.Glob("../../test/segment/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded requests: %v", err)
	}
	seen := map[lead.MessageType]bool{}
	for _, file := range files {
		var captured struct {
			Path string
			Body json.RawMessage
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &captured); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		at := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) // after whenever they were recorded
		b, err := Decode(kind(t, filepath.Base(captured.Path)), captured.Body, at)
		if err != nil || len(b.Rejected) > 0 {
			t.Errorf("%s: rejected %+v, error %v", filepath.Base(file), b.Rejected, err)
		}
		for _, m := range b.Messages {
			seen[m.Type] = true
			check(t, m, at)
			switch m.ID {
			case "m-2": // Node's identify
				if m.UserID != "ada-1" || m.AnonymousID != "anon-7" || m.Traits["email"] != "Ada@Analytical.example" {
					t.Errorf("%s: the identify came as %+v", file, m)
				}
			case "m-3": // Node's track with a time of its own
				want := time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)
				if m.Event != "Products Compared" || !m.OccurredAt.Equal(want) || m.Properties["call_me"] != true {
					t.Errorf("%s: the track came as %+v", file, m)
				}
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("the recorded requests hold only %v", seen)
	}
}
