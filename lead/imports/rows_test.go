package imports

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// read reads a whole file: rows as "line: cell|cell", refused ones as "line! reason".
func read(t *testing.T, text string) (*Reader, []string) {
	t.Helper()
	r, err := NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		row, refused, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return r, out
		case err != nil:
			return r, append(out, "failed: "+err.Error())
		case refused != nil:
			out = append(out, fmt.Sprintf("%d! %v", row.Line, refused))
		default:
			out = append(out, fmt.Sprintf("%d: %s", row.Line, strings.Join(row.Cells, "|")))
		}
	}
}

func inUTF16(s string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		if lo, hi := byte(u), byte(u>>8); big {
			b.Write([]byte{hi, lo})
		} else {
			b.Write([]byte{lo, hi})
		}
	}
	return b.String()
}

func TestReaderOfHostileFiles(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for name, test := range map[string]struct {
		text     string
		encoding string
		sep      byte
		rows     []string
	}{
		"plain":                     {"a,b\n1,2\n", nameUTF8, ',', []string{"2: 1|2"}},
		"no line end at the end":    {"a,b\n1,2", nameUTF8, ',', []string{"2: 1|2"}},
		"a byte order mark":         {"\xef\xbb\xbfa,b\n1,ü\n", nameBOM, ',', []string{"2: 1|ü"}},
		"CRLF":                      {"a,b\r\n1,2\r\n\r\n3,4\r\n", nameUTF8, ',', []string{"2: 1|2", "4: 3|4"}},
		"CR alone":                  {"a,b\r1,2\r3,4", nameUTF8, ',', []string{"2: 1|2", "3: 3|4"}},
		"semicolons":                {"a;b\n1,5;2\n2,5;3\n", nameUTF8, ';', []string{"2: 1,5|2", "3: 2,5|3"}},
		"semicolons, commas in all": {"a, of b;c\n1, of 2;3\nx;y\n", nameUTF8, ';', []string{"2: 1, of 2|3", "3: x|y"}},
		"tabs":                      {"a\tb\n1\t2, 3\n", nameUTF8, '\t', []string{"2: 1|2, 3"}},
		"bars":                      {"a|b\n1|2\n", nameUTF8, '|', []string{"2: 1|2"}},
		"the line Excel adds":       {"sep=;\r\na;b\r\n1;2\r\n", nameUTF8, ';', []string{"3: 1|2"}},
		"one column":                {"a\n1\n2\n", nameUTF8, ',', []string{"2: 1", "3: 2"}},
		"Latin-1":                   {"a,b\nM\xfcller,1\nfine,2\n", nameWindows, ',', []string{"2: Müller|1", "3: fine|2"}},
		"Windows-1252":              {"a,b\n\x80 5,\x93hi\x94\n", nameWindows, ',', []string{"2: € 5|“hi”"}},
		"Latin-1, far behind":       {"a,b\n" + strings.Repeat("x,y\n", 70_000) + "M\xfcller,1\n", nameWindows, ',', nil},
		"UTF-8, one broken row":     {"a,b\nMüller,1\nM\xfcller,2\nGröße,3\n", nameUTF8, ',', []string{"2: Müller|1", "3! it is not UTF-8, as the file's other rows are", "4: Größe|3"}},
		"UTF-16, little-endian":     {inUTF16("a;b\n1;ü😀\n", false), nameUTF16LE, ';', []string{"2: 1|ü😀"}},
		"UTF-16, big-endian":        {inUTF16("a;b\n1;ü\n", true), nameUTF16BE, ';', []string{"2: 1|ü"}},
		"quotes":                    {"a,b\n\"1, \"\"one\"\"\",\"2\n\n2\"\n", nameUTF8, ',', []string{"2: 1, \"one\"|2\n\n2"}},
		"CRLF within quotes":        {"a,b\r\n\"1\r\n2\",3\r\n4,5\r\n", nameUTF8, ',', []string{"2: 1\n2|3", "4: 4|5"}},
		"spaces about quotes":       {"a, \"b\" ,c\n1, \"2, 2\" ,3\n", nameUTF8, ',', []string{"2: 1|2, 2|3"}},
		"a quote within a cell":     {"a,b\n5\" pipe,2\n", nameUTF8, ',', []string{"2: 5\" pipe|2"}},
		"a quote that ends early":   {"a,b\n\"1\"x,2\n3,4\n", nameUTF8, ',', []string{"2! the quotes are wrong: a quote ends in the midst of a cell", "3: 3|4"}},
		"a quote never closed":      {"a,b\n1,\"2\n3,4\n5,6\n", nameUTF8, ',', []string{"2! a quote opens in line 2, cell 2, and is not closed before the end of the file", "3: 3|4", "4: 5|6"}},
		"a quote closed by another": {"a,b\n1,\"2\n3,\"4\"\n5,6\n", nameUTF8, ',', []string{"2! a quote opens in line 2, cell 2, and ends in the midst of a cell in line 3", "3: 3|4", "4: 5|6"}},
		"two quotes never closed":   {"a,b\n1,\"2\n3,4\n5,\" 6\n7,8\n", nameUTF8, ',', []string{"2! a quote opens in line 2, cell 2, and ends in the midst of a cell in line 4", "3: 3|4", "4! a quote opens in line 4, cell 2, and is not closed before the end of the file", "5: 7|8"}},
		"short, long, empty":        {"a,b\n1\n1,2,3\n,\n\n \n4,5\n", nameUTF8, ',', []string{"2! it has 1 cell, the head has 2", "3! it has 3 cells, the head has 2", "7: 4|5"}},
		"NUL":                       {"a,b\n1\x00,2\n3,4\n", nameUTF8, ',', []string{"2! it holds a NUL character", "3: 3|4"}},
		"control characters":        {"a,b\n1\x0b2\x1b[31m,\u0085x\n", nameUTF8, ',', []string{"2: 1 2 [31m| x"}},
		"a stray CR":                {"a,b\n1\r2,3\n", nameUTF8, ',', []string{"2: 1 2|3"}},
		"10,000 characters":         {"a,b\n" + long + ",2\n", nameUTF8, ',', []string{"2: " + long + "|2"}},
		"a line without end":        {"a,b\n1,2\n" + strings.Repeat("x", maxRow+9) + ",2\n3,4\n", nameUTF8, ',', []string{"2: 1|2", "3! the line is over 1048576 bytes", "4: 3|4"}},
		"only a head":               {"a,b", nameUTF8, ',', nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, rows := read(t, test.text)
			if r.Encoding() != test.encoding || r.Separator() != test.sep {
				t.Errorf("it is taken for %s with %q", r.Encoding(), r.Separator())
			}
			if got, want := strings.Join(rows, "\n"), strings.Join(test.rows, "\n"); test.rows != nil && got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	_, rows := read(t, "a,b\n1,\"2\n"+strings.Repeat("3,4"+strings.Repeat(" ", 100)+"\n", maxRow/100))
	if len(rows) != 1+maxRow/100 || !strings.Contains(rows[0], "line 2, cell 2, and is not closed within 1048576 bytes") {
		t.Errorf("%d rows behind a quote that is not closed, the first %q", len(rows), rows[0])
	}
}

func TestReaderRefusesFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "the file is empty",
		"\n\n \n":                     "the file is empty",
		"\xef\xbb\xbf":                "the file is empty",
		"a\x00,\x00b\x00\n\x00":       "UTF-16 without a byte order mark",
		strings.Repeat("a,", 1001):    "the head has 1002 columns, at most 1000",
		"\"a,b\n1,2\n":                "the head can't be read: line 1: a quote opens in line 1, cell 1",
		"PK\x03\x04\x00\x00\x00\x00x": "the head can't be read: line 1: it holds a NUL character",
	} {
		if _, err := NewReader(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %q", text, err, want)
		}
	}
}

// generated is a CSV file of any length that nobody holds in memory.
type generated struct {
	rows, made int
	left       []byte
}

func (g *generated) Read(p []byte) (int, error) {
	for len(g.left) == 0 {
		switch {
		case g.made > g.rows:
			return 0, io.EOF
		case g.made == 0:
			g.left = []byte("Email,Name,Note\n")
		default:
			g.left = fmt.Appendf(g.left[:0], "lead%d@example.com,\"Lead, %d\",%s\n", g.made, g.made, strings.Repeat("-", g.made%100))
		}
		g.made++
	}
	n := copy(p, g.left)
	g.left = g.left[n:]
	return n, nil
}

// Reading takes the memory of a row, not of the file.
func TestReaderKeepsNothing(t *testing.T) {
	const rows, most = 200_000, 4 << 20
	r, err := NewReader(&generated{rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMapping([]byte("identity: {email: Email}\ntraits: {name: Name}"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Bind(r.Head(), nil)
	if err != nil {
		t.Fatal(err)
	}
	heap := func() int {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return int(s.HeapAlloc)
	}
	before, now := heap(), time.Now()
	for n := range rows {
		row, refused, err := r.Next()
		if err != nil || refused != nil {
			t.Fatal(refused, err)
		}
		if n%10 != 0 {
			continue
		}
		if _, err := p.Message(row.Cells, now); err != nil {
			t.Fatal(err)
		}
		if n%50_000 == 0 {
			if grown := heap() - before; grown > most {
				t.Fatalf("after %d rows the heap has grown by %d bytes", n, grown)
			}
		}
	}
	runtime.KeepAlive(r)
}

func BenchmarkReader(b *testing.B) {
	r, err := NewReader(&generated{rows: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(r.Offset() / int64(b.N))
}

func TestNearestColumns(t *testing.T) {
	head := []string{"Prospect ID", "E-Mail", "Phone number", "Created on", "Lead Source"}
	for name, want := range map[string]string{
		"email": `did you mean "E-Mail"?`, "ProspectID": `did you mean "Prospect ID"?`, "Phone": `did you mean "Phone number"?`,
		"Lead Sorce": `did you mean "Lead Source"?`, "Umsatz": "it has Prospect ID, E-Mail, Phone number, Created on, Lead Source",
	} {
		if got := instead(name, head); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A file that is none has a head as long as a line may be: a refusal repeats its beginning.
func TestRefusalsAreShort(t *testing.T) {
	long := strings.Repeat("näme;", 50_000)
	m := &Mapping{}
	m.Identity.Email, m.Identity.UserID, m.Traits.All = Column{Name: "Email"}, Column{Name: long}, true
	_, missing := m.Bind([]string{long, "other"}, nil)
	_, twice := m.Bind([]string{long, "Email", long}, nil)
	plain := &Mapping{}
	plain.Identity.Email = Column{Name: "Email"}
	p, err := plain.Bind([]string{"Email"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, cell := p.Message([]string{long}, time.Now())
	for about, err := range map[string]error{"a column that is not there": missing, "a column twice": twice, "a cell": cell} {
		if err == nil || !strings.Contains(err.Error(), "näme;näme") || len(err.Error()) > 400 {
			t.Errorf("%s is refused with %.500v", about, err)
		}
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Ada": "Ada", "=1+1": "'=1+1", "@SUM(A1)": "'@SUM(A1)", "+49 30 123": "+49 30 123", "-5": "-5", "-5.5": "-5.5",
		"+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "\tx": "'\tx", "-1+1": "'-1+1", "<b>": "<b>",
	} {
		if got := again(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
	for in, want := range map[string]string{"": "", "Ada": "Ada", "+49 30 123": "'+49 30 123", "-5": "'-5", "\x00=1": "'\x00=1", "＝1": "'＝1"} {
		if got := Harmless(in); got != want {
			t.Errorf("in an export, %q: got %q", in, got)
		}
	}
}
