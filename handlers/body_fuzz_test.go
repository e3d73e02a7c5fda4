package handlers

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"hotleads/handlers/segment"
	"hotleads/lead"
)

// FuzzBody holds that whatever is sent as a body, compressed or not, is read up to
// a byte over the limit, or refused with a status of the client's.
func FuzzBody(f *testing.F) {
	var whole bytes.Buffer
	w := gzip.NewWriter(&whole)
	_, _ = w.Write([]byte(`{"userId":"ada","event":"Replied"}`))
	_ = w.Close()
	f.Add("gzip", whole.Bytes())
	f.Add("gzip", whole.Bytes()[:20])
	f.Add("gzip", append(whole.Bytes(), whole.Bytes()...))
	f.Add("", []byte(`{}`))
	f.Add("identity", []byte{})
	f.Add("br", []byte{0x8b})
	const limit = 1 << 10
	f.Fuzz(func(t *testing.T, encoding string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/v1/track", bytes.NewReader(body))
		r.Header.Set("Content-Encoding", encoding)
		got, _, err := new(Intake).readCall(httptest.NewRecorder(), r, limit, "")
		if err != nil {
			if refused, ok := errors.AsType[*intakeRefusal](err); !ok || refused.status < 400 || refused.status >= 500 || refused.Error() == "" {
				t.Errorf("%q with %q: %v", body, encoding, err)
			}
			return
		}
		if len(got) > limit+1 {
			t.Errorf("%d bytes were read", len(got))
		}
		if encoding == "" && !bytes.Equal(got, body[:min(len(body), limit+1)]) {
			t.Errorf("%q was read as %q", body, got)
		}
		if _, err := segment.Decode(segment.Kind(lead.Track), got, lead.Now()); err == nil && len(got) == 0 {
			t.Error("nothing was decoded as something")
		}
	})
}
