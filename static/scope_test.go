package static

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The scripts of a bundle share one scope. Two functions of one name are no error of the
// language there: the later one takes the place of the earlier one without a word.
func TestScriptsOfABundleShareNoName(t *testing.T) {
	for bundle, files := range map[string][]string{"app.js": scripts, "tv.js": wallScripts, "worker.js": worker} {
		of := map[string]string{} // by name: the file that declares it
		for _, file := range files {
			names, err := declared(string(read("app/" + file + ".js")))
			if err != nil {
				t.Fatalf("%s.js: %v", file, err)
			}
			for _, name := range names {
				if other := of[name]; other != "" {
					t.Errorf("%s: %s.js declares %s, and %s.js did", bundle, file, name, other)
				}
				of[name] = file
			}
		}
		if len(of) < 10 {
			t.Errorf("in %s only %d names were found", bundle, len(of))
		}
	}
}

func TestDeclared(t *testing.T) {
	for source, want := range map[string][]string{
		"const a = 1, b = x => { const c = 2; return c; };\nlet d, e = [1, 2], f;\nvar g;":        {"a", "b", "d", "e", "f", "g"},
		"function a(b, c = {d: 1}) { let e; function f() {} }\nasync function g() {}\nclass H {}": {"H", "a", "g"},
		"function* a() {}\nlet $b_1 = c;": {"$b_1", "a"},
		"const a = '} const b = 1;', c = `${\"`\".d}` + \"{\\\"\"; // const e = 1\n/* let f; */ let g, // h\n i;": nil,
		"const a = '} const b = 1;', c = `${{d}}` + \"{\\\"\"; // const e = 1\n/* let f; */ let g, // h\n i;":     {"a", "c", "g", "i"},
		"const a = /[/}'\"]\\/{/.test(b), c = 4 / 2 / 1, d = (1) / 2;\nlet e = x => /\\(/.exec(x);":               {"a", "c", "d", "e"},
		"if (x) { const a = 1; }\nfor (const b of c) d();\n(() => { let e; })();\nf({let: 1, class: 2});":         {},
	} {
		if got, err := declared(source); (err != nil) != (want == nil) || !slices.Equal(got, want) {
			t.Errorf("%q declares %q (%v), want %q", source, got, err, want)
		}
	}
	for _, source := range []string{"const {a} = b;", "let [a] = b;", "function a() {", "}", "const a = 'b\n", "const a = `b", "const a = 1\nlet b;"} {
		if got, err := declared(source); err == nil {
			t.Errorf("%q is read as if it declared %q", source, got)
		}
	}
}

var (
	// What may hold brackets and words that are none: texts, comments, and regular expressions,
	// which begin where no division can.
	opaque = regexp.MustCompile(`(?s)([(,=:\[!&|?{;>]\s*|\breturn\s+)/(?:[^/*\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])*/` +
		`|//[^\n]*|/\*.*?\*/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\x60(?:[^\x60\\]|\\.)*\x60`)
	innermost = regexp.MustCompile(`\([^][(){}]*\)|\[[^][(){}]*\]|\{[^][(){}]*\}`)
	leftOver  = regexp.MustCompile(`[][(){}'"\x60]`)
	variables = regexp.MustCompile(`(?:^|[\s;¤])(?:const|let|var)\s+([^;]*)`)
	variable  = regexp.MustCompile(`^([\w$]+)\s*(?:=|$)`)
	named     = regexp.MustCompile(`(?:^|[\s;¤])(?:function\b\s*\*?|class\b)\s*([\w$]+)`)
	statement = regexp.MustCompile(`(?:^|[\s;¤])(?:const|let|var|function|class|if|for)\s`)
)

// declared are the names that a script declares outside of all brackets, sorted. It knows as much of the
// language as ours need, and says so where they use more.
func declared(source string) ([]string, error) {
	flat := opaque.ReplaceAllString(source, "$1 ")
	for innermost.MatchString(flat) {
		flat = innermost.ReplaceAllString(flat, "¤")
	}
	if at := leftOver.FindStringIndex(flat); at != nil {
		return nil, fmt.Errorf("what begins or ends here can't be read: %.60q", flat[at[0]:])
	}
	var names []string
	for _, list := range variables.FindAllStringSubmatch(flat, -1) {
		for text := range strings.SplitSeq(list[1], ",") {
			m := variable.FindStringSubmatch(strings.TrimSpace(text))
			if m == nil || statement.MatchString(text) {
				return nil, fmt.Errorf("a declaration that can't be read: %.60q", text)
			}
			names = append(names, m[1])
		}
	}
	for _, m := range named.FindAllStringSubmatch(flat, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names, nil
}
