package imports

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// charset is how the file's characters are stored.
type charset int

const (
	undecided charset = iota // nothing but ASCII so far
	inUTF8
	inWindows // Windows-1252, of which Latin-1 is a part
)

// The names of encodings, as reports show them.
const (
	nameUTF8    = "UTF-8"
	nameBOM     = "UTF-8 with a byte order mark"
	nameWindows = "Windows-1252 (Latin-1)"
	nameUTF16LE = "UTF-16, little-endian"
	nameUTF16BE = "UTF-16, big-endian"
)

// errUTF16: without its mark the two kinds of UTF-16 can only be guessed.
var errUTF16 = errors.New("the file looks like UTF-16 without a byte order mark: save it as CSV in UTF-8")

// byMark looks at the first bytes of a file. It returns how many of them are a
// byte order mark to be skipped, the encoding's name, and what decodes the file
// to UTF-8 where that is done as a whole.
func byMark(start []byte) (skip int, name string, decoder transform.Transformer, err error) {
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		return 3, nameBOM, nil, nil
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		return 2, nameUTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder(), nil
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		return 2, nameUTF16BE, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder(), nil
	case looksUTF16(start):
		return 0, "", nil, errUTF16
	}
	return 0, nameUTF8, nil, nil
}

// looksUTF16: every second byte of the first characters is NUL.
func looksUTF16(start []byte) bool {
	start = start[:min(len(start), 64)]
	even, odd := 0, 0
	for i, c := range start {
		switch {
		case c != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	return len(start) >= 8 && (even >= len(start)/3 && odd == 0 || odd >= len(start)/3 && even == 0)
}

// charsetOf decides by a part of the file: text in an 8-bit encoding is hardly
// ever valid UTF-8, and a few broken characters don't make UTF-8 something else.
func charsetOf(sample []byte) charset {
	many, broken := 0, 0
	for len(sample) > 0 {
		r, size := utf8.DecodeRune(sample)
		switch {
		case r == utf8.RuneError && size == 1 && !utf8.FullRune(sample):
			sample = nil // the sample ends within a character
			continue
		case r == utf8.RuneError && size == 1:
			broken++
		case size > 1:
			many++
		}
		sample = sample[size:]
	}
	switch {
	case many == 0 && broken == 0:
		return undecided
	case many >= broken:
		return inUTF8
	}
	return inWindows
}

// fromWindows decodes Windows-1252. Its five bytes without a character become
// control characters.
func fromWindows(s string) string {
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		b = utf8.AppendRune(b, charmap.Windows1252.DecodeByte(s[i]))
	}
	return string(b)
}

// counter counts the bytes that were read.
type counter struct {
	io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
