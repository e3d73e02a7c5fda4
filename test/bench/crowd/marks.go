package crowd

import (
	"bytes"
	"slices"
	"strconv"
	"time"
)

var (
	stampMark  = []byte("@t=")
	numberMark = []byte("@n=")
)

// Stamp is the moment as a text that watchers find. Put it at the beginning of
// what is published.
func Stamp(now time.Time) string {
	return string(stampMark) + strconv.FormatInt(now.UnixNano(), 10) + ";"
}

// Number is a text that says which change this is, and which one it was made
// from: of two that come after each other on a stream, the later one is made
// from the earlier one, or something is missing between them.
func Number(n, from int64) string {
	return string(numberMark) + strconv.FormatInt(n, 10) + ";" + strconv.FormatInt(from, 10) + ";"
}

// after reads the number behind a mark, up to its semicolon; rest is what follows.
func after(line, mark []byte) (n int64, rest []byte, ok bool) {
	i := bytes.Index(line, mark)
	if i < 0 {
		return 0, nil, false
	}
	return leading(line[i+len(mark):])
}

func leading(line []byte) (n int64, rest []byte, ok bool) {
	end := bytes.IndexByte(line, ';')
	if end < 0 {
		return 0, nil, false
	}
	n, err := strconv.ParseInt(string(line[:end]), 10, 64)
	return n, line[end+1:], err == nil
}

// latencyOf is what the nanoseconds come to. It sorts them.
func latencyOf(all []int64) Latency {
	if len(all) == 0 {
		return Latency{}
	}
	slices.Sort(all)
	ms := func(share float64) float64 { return float64(all[int(share*float64(len(all)-1))]) / 1e6 }
	return Latency{Count: len(all), P50: ms(0.5), P99: ms(0.99), Max: ms(1)}
}

// near is how far behind the first text the second one may begin.
const near = 400

// shows tells whether a line holds a text and, near behind it, another one.
func shows(line, first, then []byte) bool {
	for {
		i := bytes.Index(line, first)
		if i < 0 {
			return false
		}
		line = line[i+len(first):]
		if bytes.Contains(line[:min(len(line), near+len(then))], then) {
			return true
		}
	}
}
