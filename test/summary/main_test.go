package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const events = `{"Action":"start","Package":"hotleads/lead"}
{"Action":"run","Package":"hotleads/lead","Test":"TestClaim"}
{"Action":"output","Package":"hotleads/lead","Test":"TestClaim","Output":"=== RUN   TestClaim\n"}
{"Action":"output","Package":"hotleads/lead","Test":"TestClaim","Output":"--- PASS: TestClaim (0.00s)\n"}
{"Action":"pass","Package":"hotleads/lead","Test":"TestClaim"}
{"Action":"output","Package":"hotleads/lead","Test":"TestReturn","Output":"=== RUN   TestReturn\n"}
{"Action":"output","Package":"hotleads/lead","Test":"TestReturn","Output":"    life_test.go:12: the reason is lost\n"}
{"Action":"output","Package":"hotleads/lead","Test":"TestReturn","Output":"--- FAIL: TestReturn (0.00s)\n"}
{"Action":"fail","Package":"hotleads/lead","Test":"TestReturn"}
{"Action":"output","Package":"hotleads/lead","Test":"TestStuck","Output":"=== RUN   TestStuck\n"}
{"Action":"output","Package":"hotleads/lead","Test":"TestStuck","Output":"panic: out of leads\n"}
{"Action":"output","Package":"hotleads/lead","Output":"FAIL\thotleads/lead\t0.010s\n"}
{"Action":"fail","Package":"hotleads/lead"}
{"Action":"output","Package":"hotleads/store","Test":"TestRace","Output":"    pg_test.go:9: left out: Postgres: not set\n"}
{"Action":"output","Package":"hotleads/store","Test":"TestRace","Output":"--- SKIP: TestRace (0.00s)\n"}
{"Action":"skip","Package":"hotleads/store","Test":"TestRace"}
{"Action":"output","Package":"hotleads/store","Output":"PASS\n"}
{"Action":"output","Package":"hotleads/store","Output":"ok  \thotleads/store\t0.020s\n"}
{"Action":"pass","Package":"hotleads/store"}
{"ImportPath":"hotleads/cmd","Action":"build-output","Output":"cmd/main.go:3: undefined: x\n"}
{"Action":"output","Package":"hotleads/cmd","Output":"FAIL\thotleads/cmd [build failed]\n"}
{"Action":"fail","Package":"hotleads/cmd"}
`

func TestSummary(t *testing.T) {
	var out strings.Builder
	err := run(strings.NewReader(events), &out)
	const want = `    life_test.go:12: the reason is lost
--- FAIL: TestReturn (0.00s)
panic: out of leads
FAIL	hotleads/lead	0.010s
ok  	hotleads/store	0.020s
cmd/main.go:3: undefined: x
FAIL	hotleads/cmd [build failed]

3 packages, 1 tests passed, 3 failed, 1 left out, 0s
left out: Postgres: not set (hotleads/store TestRace)
`
	got := regexp.MustCompile(`, \d+s\n`).ReplaceAllString(out.String(), ", 0s\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if err == nil || !strings.Contains(err.Error(), "hotleads/lead TestReturn, hotleads/lead, hotleads/cmd") {
		t.Errorf("error %v, want one that names what failed", err)
	}
	if err := run(strings.NewReader(""), &out); err == nil {
		t.Error("no test at all must not pass")
	}
}
