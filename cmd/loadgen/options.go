package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// options are what the flags and the environment say, checked.
type options struct {
	URL      *url.URL // of a loopback address
	WriteKey string
	APIKey   string   // "": nothing is counted afterwards
	Emails   []string // who looks at boards; all have Password
	Password string

	Clients  int
	Rate     float64 // messages a second, all clients together; 0: closed loop
	Batches  []int   // messages a request, each size as often as the others; 1: a call of its own
	For      time.Duration
	Messages int64 // 0: no bound
	WarmUp   time.Duration
	Patience time.Duration

	Leads     int
	Known     int
	New       float64 // percent
	Anonymous float64 // percent
	Skew      float64
	Buyers    int
	Buying    float64 // percent
	Traits    float64 // percent
	Prefix    string

	Boards int
	Probes float64 // a second
	Looks  float64 // a second
	Claims float64 // a second

	Check float64 // share, 0 to 1
	JSON  bool

	run string // begins nothing that an earlier run sent
}

// wrongUsage is what is wrong with a flag, in words.
type wrongUsage struct{ text string }

func (e *wrongUsage) Error() string { return e.text + "; --help lists the flags" }

func wrong(format string, a ...any) error { return &wrongUsage{fmt.Sprintf(format, a...)} }

// raw are flags as they were given, where they still have to be read.
type raw struct{ url, emails, batches string }

func flags(o *options, r *raw, getenv func(string) string) *flag.FlagSet {
	fs := flag.NewFlagSet("loadgen", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&r.url, "url", "http://localhost:8080", "`ADDRESS` of the server, on this machine")
	fs.StringVar(&o.WriteKey, "write-key", getenv("WRITE_KEY"), "`KEY` of the kind write or server; else WRITE_KEY of the environment")
	fs.StringVar(&o.APIKey, "api-key", getenv("API_KEY"), "`KEY` of the kind api, to count what is there afterwards; else API_KEY; without it nothing is counted")
	fs.StringVar(&r.emails, "email", getenv("EMAIL"), "`ADDRESSES` with commas of reps who look at boards, all with the password in PASSWORD; one rep has 24 streams at most")

	fs.IntVar(&o.Clients, "clients", 64, "`CONNECTIONS` that send at once")
	fs.Float64Var(&o.Rate, "rate", 0, "`MESSAGES` a second of all clients together, sent when their time comes whether or not earlier ones are answered (open loop); 0: each client sends as soon as its last request is answered (closed loop)")
	fs.StringVar(&r.batches, "batch", "100", "`MESSAGES` a request, 1 to 2500, or several sizes with commas, each as often as the others; 1 is a call of its own (/v1/track, …)")
	fs.DurationVar(&o.For, "for", 10*time.Second, "`TIME` for which to send, with the warm-up")
	fs.Int64Var(&o.Messages, "messages", 0, "`MESSAGES` after which to end sooner; 0: no such bound")
	fs.DurationVar(&o.WarmUp, "warm-up", 0, "`TIME` at the beginning that no rate and no latency counts")
	fs.DurationVar(&o.Patience, "patience", 30*time.Second, "`TIME` for which to go on trying, after the end, what was refused with 429 or 503 or not answered")

	fs.IntVar(&o.Leads, "leads", 10_000, "`LEADS` that the traffic is about")
	fs.IntVar(&o.Known, "known", 0, "`LEADS` of them that the server knows already; the others begin with an identify")
	fs.Float64Var(&o.New, "new", 0, "`PERCENT` of the messages that are about one more lead, never heard of before")
	fs.Float64Var(&o.Anonymous, "anonymous", 5, "`PERCENT` of the leads that are not known already and look at a few pages before they say who they are")
	fs.Float64Var(&o.Skew, "skew", 0.3, "`EXPONENT` of Zipf's law over the leads, 0 (all alike) to 0.9")
	fs.IntVar(&o.Buyers, "buyers", 100, "`LEADS` that do what buyers do and come onto boards; the others only read")
	fs.Float64Var(&o.Buying, "buying", 2, "`PERCENT` of the messages that are of buyers buying")
	fs.Float64Var(&o.Traits, "traits", 2, "`PERCENT` of the messages that are an identify with a changed trait")
	fs.StringVar(&o.Prefix, "prefix", "load", "`TEXT` that the user ids begin with: small letters, digits and -")

	fs.IntVar(&o.Boards, "boards", 0, "`STREAMS` of boards to have open; wants --email")
	fs.Float64Var(&o.Probes, "probes", 1, "`LEADS` a second who raise their hand, to see how long until the open boards show them")
	fs.Float64Var(&o.Looks, "looks", 0, "`PAGES` a second: the board as a page; wants --email")
	fs.Float64Var(&o.Claims, "claims", 0, "`CLAIMS` a second, each released at once; wants --email and --looks")

	fs.Float64Var(&o.Check, "check", 1, "`SHARE` of the leads whose activities are counted afterwards, 0 to 1")
	fs.BoolVar(&o.JSON, "json", false, "print the report as JSON")
	return fs
}

func readOptions(args []string, getenv func(string) string) (options, error) {
	o := options{Password: getenv("PASSWORD"), run: strings.ToLower(rand.Text())[:8]}
	var r raw
	fs := flags(&o, &r, getenv)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, wrong("%v", err)
	}
	if fs.NArg() > 0 {
		return o, wrong("%q is no flag", fs.Arg(0))
	}
	for _, read := range []func() error{
		func() (err error) { o.URL, err = loopback(r.url); return err },
		func() (err error) { o.Batches, err = sizes(r.batches); return err },
		func() error {
			o.Emails = strings.FieldsFunc(r.emails, func(c rune) bool { return c == ',' || c == ' ' })
			return nil
		},
		o.check,
	} {
		if err := read(); err != nil {
			return o, err
		}
	}
	return o, nil
}

// loopback reads an address of this machine: loadgen is no weapon.
func loopback(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, wrong("--url %q: wants http:// and a host", address)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, wrong("--url %q is not of this machine: wants localhost, 127.0.0.1 or [::1]", address)
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), "80")
	}
	u.Path = ""
	return u, nil
}

// mostBatch is how many messages a batch may have.
const mostBatch = 2500

func sizes(list string) ([]int, error) {
	var all []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > mostBatch {
			return nil, wrong("--batch %q: wants numbers from 1 to %d with commas", list, mostBatch)
		}
		all = append(all, n)
	}
	return all, nil
}

func (o *options) check() error {
	percent := func(v float64) bool { return v >= 0 && v <= 100 }
	rate := func(v float64) bool { return v >= 0 && v <= 1e7 }
	looking := o.Boards > 0 || o.Looks > 0 || o.Claims > 0
	for _, c := range []struct {
		ok   bool
		want string
	}{
		{o.WriteKey != "", "--write-key or WRITE_KEY is missing: hotleads key add --kind write --name load"},
		{o.Clients >= 1 && o.Clients <= 10_000, "--clients wants 1 to 10000"},
		{rate(o.Rate), "--rate wants 0 or more messages a second"},
		{o.For > 0 && o.WarmUp >= 0 && o.WarmUp < o.For, "--for wants a time over 0 and over --warm-up"},
		{o.Messages >= 0, "--messages wants 0 or more"},
		{o.Patience >= 0, "--patience wants a time"},
		{o.Leads >= 1 && o.Leads <= 100_000_000, "--leads wants 1 to 100000000"},
		{o.Known >= 0 && o.Known <= o.Leads, "--known wants 0 to --leads"},
		{percent(o.New) && percent(o.Anonymous) && percent(o.Buying) && percent(o.Traits), "--new, --anonymous, --buying and --traits want 0 to 100 percent"},
		{o.Skew >= 0 && o.Skew <= 0.9, "--skew wants 0 to 0.9"},
		{o.Buyers >= 0 && o.Buyers <= o.Leads, "--buyers wants 0 to --leads"},
		{o.Prefix != "" && strings.Trim(o.Prefix, "abcdefghijklmnopqrstuvwxyz0123456789-") == "", "--prefix wants small letters, digits and -"},
		{o.Boards >= 0 && rate(o.Probes) && rate(o.Looks) && rate(o.Claims), "--boards, --probes, --looks and --claims want 0 or more"},
		{!looking || len(o.Emails) > 0 && o.Password != "", "--boards, --looks and --claims want --email, and PASSWORD in the environment"},
		{o.Claims == 0 || o.Looks > 0, "--claims wants --looks: a page shows whom to claim"},
		{o.Check >= 0 && o.Check <= 1 && !math.IsNaN(o.Check), "--check wants a share from 0 to 1"},
	} {
		if !c.ok {
			return wrong("%s", c.want)
		}
	}
	return nil
}

// help is the list of flags.
func help() string {
	var b strings.Builder
	b.WriteString(`Usage: loadgen [flags]

Sends a server on this machine the activities of many leads, opens boards beside
it, reports rates and latencies, and counts by the API what was lost or doubled.
Exit status: 0 done, 1 failed or something was lost or doubled, 2 wrong usage.

  WRITE_KEY=… API_KEY=… loadgen --clients 64 --batch 100 --for 30s
  WRITE_KEY=… API_KEY=… EMAIL=rep@example.com PASSWORD=… loadgen --rate 5000 --batch 1,20 --boards 20 --looks 5 --claims 5

Flags:
`)
	flags(&options{}, &raw{}, func(string) string { return "" }).VisitAll(func(f *flag.Flag) {
		unit, text := flag.UnquoteUsage(f)
		fmt.Fprintf(&b, "  --%s\n        %s", strings.TrimSpace(f.Name+" "+unit), text)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(&b, " (%s)", f.DefValue)
		}
		b.WriteByte('\n')
	})
	return b.String()
}
