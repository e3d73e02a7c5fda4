package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

func TestAgreement(t *testing.T) {
	env := database(t)
	fails := func(want string, args ...string) {
		t.Helper()
		r := hotleads(t, env, "", append([]string{"agreement"}, args...)...)
		if r.status != statusFailed || r.out != "" || !strings.Contains(r.err, want) || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%v: %+v, want %q", args, r, want)
		}
	}
	says := func(want string, args ...string) string {
		t.Helper()
		out := done(t, env, "", append([]string{"agreement"}, args...)...)
		if !strings.Contains(out, want) {
			t.Errorf("%v: %q, want %q", args, out, want)
		}
		return out
	}
	first := says("\n  \"scoring\": {\n", "show")
	if !json.Valid([]byte(first)) || !strings.HasSuffix(first, "}\n") {
		t.Errorf("not JSON alone: %s", first)
	}
	fails("there is no draft", "show", "--draft")
	fails("version 2 of the agreement was not found", "show", "--version", "2")
	fails("there is no draft to sign", "sign", "--as", "sales")
	says("Agreement 1 is in force already.", "activate")

	// One line, other numbers, no line break at the end: kept to the byte, shown for people.
	var line bytes.Buffer
	if err := json.Compact(&line, []byte(strings.Replace(first, `"threshold": 48`, `"threshold": 5.0e1`, 1))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "draft.json")
	if err := os.WriteFile(file, append([]byte("\ufeff"), line.Bytes()...), 0o600); err != nil {
		t.Fatal(err)
	}
	says("It waits for the signature of marketing and sales.", "draft", file)
	if got := says("", "show", "--draft", "--raw"); got != line.String() {
		t.Errorf("the draft is not what was proposed: %s", got)
	}
	shown := says(`"threshold": 5.0e1,`, "show", "--draft")
	fails("the draft is not signed by marketing and not by sales", "activate")
	says("It waits for the signature of sales.", "sign", "--as", "marketing")
	if out := done(t, env, shown, "agreement", "draft", "-"); !strings.Contains(out, "proposed already: nothing changed. It waits for the signature of sales.") {
		t.Errorf("what is shown is another draft: %s", out)
	}
	fails("not signed by sales", "activate")
	fails("another draft", "sign", "--as", "sales", "--hash", "00")
	sum := sha256.Sum256(line.Bytes())
	says("Both sides have signed it", "sign", "--as", "sales", "--hash", hex.EncodeToString(sum[:]))
	says("is signed for sales", "sign", "--as", "sales")
	says("Agreement 2 is in force.", "activate")
	says("Agreement 2 is in force already.", "activate")
	says(`"threshold": 5.0e1,`, "show")
	if got := says("", "show", "--version", "1"); got != first {
		t.Error("version 1 has changed")
	}
	status := decode[statusView](t, says("", "status", "--json"))
	if status.Version != 2 || status.Hash != hex.EncodeToString(sum[:]) || status.Draft != nil || len(status.Signatures) != 2 || status.Signatures[1].By != "operator" || status.Signatures[1].Via != "cli" {
		t.Errorf("%+v", status)
	}
	s := openDatabase(t, env)
	acts, err := s.Acts(t.Context(), lead.ActSearch{What: "agreement.", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var deeds []lead.Deed
	for _, a := range acts {
		if a.Actor.Kind != lead.ByOperator {
			t.Errorf("%+v", a)
		}
		deeds = append(deeds, a.What)
	}
	if diff := cmp.Diff([]lead.Deed{lead.AgreementActivated, lead.AgreementSigned, lead.AgreementSigned, lead.AgreementDrafted}, deeds); diff != "" {
		t.Error(diff)
	}
}

func TestABadAgreementIsRefusedLineByLine(t *testing.T) {
	env := database(t)
	text := done(t, env, "", "agreement", "show")
	text = strings.Replace(strings.Replace(text, `"threshold": 48`, `"treshold": 48`, 1), `"points": 40`, `"points": "ten"`, 1)
	r := hotleads(t, env, text, "agreement", "draft", "-")
	want := `hotleads agreement draft: scoring.treshold: unknown key; did you mean "threshold"?
hotleads agreement draft: scoring.behaviour[0].points: "ten" is not a number
hotleads agreement draft: scoring.threshold: missing; wants a number
`
	if diff := cmp.Diff(result{statusFailed, "", want}, r, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	for name, test := range map[string]struct {
		args, stdin string
		status      int
		want        string
	}{
		"no file said":       {"draft", "", 2, "say which file"},
		"no such file":       {"draft none.json", "", 1, "none.json"},
		"a folder":           {"draft .", "", 1, "is a directory"},
		"nothing":            {"draft -", "", 1, "the text ends in the middle"},
		"cut off":            {"draft -", text[:500], 1, "the text ends in the middle"},
		"too much":           {"draft -", strings.Repeat(" ", 3<<20), 1, "at most 1024 fit"},
		"no side":            {"sign", "", 2, `--as: got "", want marketing or sales`},
		"another side":       {"sign --as finance", "", 2, `got "finance"`},
		"draft and version":  {"show --draft --version 1", "", 2, "say one of them"},
		"no number":          {"show --version one", "", 2, "version"},
		"a negative version": {"show --version -1", "", 2, "--version"},
		"an argument":        {"activate now", "", 2, `got "now"`},
		"no draft":           {"show --draft", "", 1, "there is no draft"},
	} {
		r := hotleads(t, env, test.stdin, append([]string{"agreement"}, strings.Fields(test.args)...)...)
		if r.status != test.status || r.out != "" || !strings.Contains(r.err, test.want) || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: %+v, want status %d and %q", name, r, test.status, test.want)
		}
	}
}
