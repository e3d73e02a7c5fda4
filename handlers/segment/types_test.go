package segment

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestEveryFieldOfEveryType: each call with a value of each kind that JSON has in
// each of its fields, alone and in a batch, is taken or refused by the field's name.
func TestEveryFieldOfEveryType(t *testing.T) {
	fields := []string{
		"type", "event", "userId", "anonymousId", "messageId", "previousId", "groupId", "name", "category", "timestamp", "originalTimestamp", "sentAt", "integrations", "writeKey",
		"properties", "properties.url", "properties.products", "traits", "traits.email", "traits.company", "context", "context.page", "context.page.referrer", "context.campaign", "context.campaign.source", "context.traits", "context.timezone",
	}
	values := []string{
		`null`, `true`, `0`, `-1`, `1.5`, `1e308`, `123456789012345678901234567890`, `""`, `" "`, `"text"`, `"2026-01-02T03:04:05Z"`, `[]`, `[1]`, `["a"]`, `[[[]]]`, `{}`, `{"a":1}`, `{"":null}`,
	}
	taken, refused := 0, 0
	for _, typ := range []string{"track", "identify", "page", "screen", "group", "alias"} {
		for _, field := range fields {
			for _, value := range values {
				object := map[string]any{"type": typ, "userId": "ada", "previousId": "before", "event": "Replied"}
				at, names := object, strings.Split(field, ".")
				for _, name := range names[:len(names)-1] {
					inner := map[string]any{}
					at[name], at = inner, inner
				}
				at[names[len(names)-1]] = json.RawMessage(value)
				body, err := json.Marshal(object)
				if err != nil {
					t.Fatal(err)
				}
				alone, err := Decode(kind(t, typ), body, received)
				if err != nil {
					t.Errorf("%s: %v", body, err)
					continue
				}
				batch, err := Decode(Many, fmt.Appendf(nil, `{"batch":[%s]}`, body), received)
				if err != nil || len(alone.Messages)+len(alone.Rejected) != 1 || len(batch.Messages)+len(batch.Rejected) != 1 || field != "type" && len(batch.Messages) != len(alone.Messages) {
					t.Errorf("%s: alone %+v, in a batch %+v %v", body, alone, batch, err)
					continue
				}
				for _, m := range alone.Messages {
					taken++
					check(t, m, received)
				}
				for _, r := range alone.Rejected {
					refused++
					if !strings.Contains(r.Error, names[0]) && !strings.Contains(r.Error, "userId") {
						t.Errorf("%s is refused without the field's name: %s", body, r.Error)
					}
				}
			}
		}
	}
	if taken < 1000 || refused < 300 {
		t.Errorf("%d were taken, %d refused", taken, refused)
	}
}
