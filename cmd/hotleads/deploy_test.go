package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// document reads a file of the repository.
func document(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// service is what a test wants to know of a service in compose.yaml.
type service struct {
	Image       string
	Build       any
	Command     []string
	Environment map[string]string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck struct {
		Test    []string
		Disable bool
	}
	ReadOnly bool     `yaml:"read_only"`
	CapDrop  []string `yaml:"cap_drop"`
	Ports    []string
	Networks yaml.Node // names, or each with its addresses
}

// composition is what a test wants to know of compose.yaml.
type composition struct {
	Services map[string]service
	Networks map[string]struct {
		IPAM struct {
			Config []struct {
				Subnet  netip.Prefix
				IPRange netip.Prefix `yaml:"ip_range"`
				Gateway netip.Addr
			}
		}
	}
}

func composed(t *testing.T) composition {
	t.Helper()
	var c composition
	if err := yaml.Unmarshal([]byte(document(t, "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// isCommand tells whether words begin with a command of the binary.
func isCommand(words ...string) bool {
	return slices.ContainsFunc(commands(), func(c command) bool { return c.name == words[0] })
}

// What starts the server in production names settings and commands that there are.
func TestDeploymentsNameWhatThereIs(t *testing.T) {
	known := settingNames()
	ours := func(s service) bool { return strings.HasPrefix(s.Image, "hotleads") }
	services := composed(t).Services
	for name, s := range services {
		if !ours(s) {
			continue
		}
		for setting, value := range s.Environment {
			if !slices.Contains(known, setting) {
				t.Errorf("compose.yaml: %s has a setting %s, which there is not", name, setting)
			}
			if value == "" {
				t.Errorf("compose.yaml: %s has no value for %s", name, setting)
			}
		}
		if len(s.Command) > 0 && !isCommand(s.Command...) {
			t.Errorf("compose.yaml: %s runs %v", name, s.Command)
		}
		if !s.Healthcheck.Disable && (len(s.Healthcheck.Test) < 3 || s.Healthcheck.Test[0] != "CMD" || !isCommand(s.Healthcheck.Test[2:]...)) {
			t.Errorf("compose.yaml: the health of %s is asked by %v", name, s.Healthcheck.Test)
		}
	}
	image := document(t, "Dockerfile")
	for _, m := range regexp.MustCompile(`(?m)^ENV (\w+)=`).FindAllStringSubmatch(image, -1) {
		if !slices.Contains(known, m[1]) {
			t.Errorf("Dockerfile: there is no setting %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)(?:HEALTHCHECK.* CMD \["/hotleads", |^CMD \[)"(\w+)"\]`).FindAllStringSubmatch(image, -1) {
		if !isCommand(m[1]) {
			t.Errorf("Dockerfile: there is no command %s", m[1])
		}
	}
	for file, pattern := range map[string]string{"Procfile": `(?m)^\w+: bin/hotleads (\w+)$`, "docs/deploy/hotleads.service": `(?m)^ExecStart=\S+/hotleads (\w+)$`} {
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(document(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s starts nothing", file)
		}
		for _, m := range found {
			if !isCommand(m[1]) {
				t.Errorf("%s: there is no command %s", file, m[1])
			}
		}
	}
}

// The compose file runs two instances with all that they need, starts them once it
// is there, and gives strangers nothing but the proxy.
func TestComposeIsWhole(t *testing.T) {
	services := composed(t).Services
	for _, name := range []string{"app1", "app2"} {
		s := services[name]
		want := map[string]struct{ Condition string }{"migrate": {"service_completed_successfully"}, "redis": {"service_healthy"}}
		if diff := cmp.Diff(want, s.DependsOn); diff != "" {
			t.Errorf("%s waits for something else:\n%s", name, diff)
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
			t.Errorf("%s may do more than it must", name)
		}
		for _, setting := range []string{"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "TRUSTED_PROXIES"} {
			if s.Environment[setting] == "" {
				t.Errorf("%s lacks %s", name, setting)
			}
		}
		if services["proxy"].DependsOn[name].Condition != "service_healthy" || !strings.Contains(document(t, "docs/deploy/Caddyfile"), name+":8080") {
			t.Errorf("the proxy does not send to %s", name)
		}
	}
	if services["migrate"].DependsOn["postgres"].Condition != "service_healthy" || len(services["postgres"].Healthcheck.Test) == 0 || len(services["redis"].Healthcheck.Test) == 0 {
		t.Error("something does not wait for the stores")
	}
	for name, s := range services {
		if len(s.Ports) > 0 && name != "proxy" {
			t.Errorf("%s is open to strangers: %v", name, s.Ports)
		}
	}
	image := document(t, "Dockerfile")
	for _, want := range []string{"FROM scratch", "USER 65532", "CGO_ENABLED=0", "ca-certificates.crt", "HEALTHCHECK"} {
		if !strings.Contains(image, want) {
			t.Errorf("Dockerfile: no %s", want)
		}
	}
}

// The proxy's address, which instances trust, is one that Docker gives to nobody
// else: it hands out those of the range, lowest first, to who starts first.
func TestComposeAddresses(t *testing.T) {
	c := composed(t)
	config := c.Networks["inside"].IPAM.Config
	var at struct {
		Inside struct {
			Address netip.Addr `yaml:"ipv4_address"`
		}
	}
	networks := c.Services["proxy"].Networks
	if err := networks.Decode(&at); err != nil || len(config) != 1 {
		t.Fatalf("%v, %d networks", err, len(config))
	}
	inside, proxy := config[0], at.Inside.Address
	if !inside.Subnet.Contains(proxy) || !inside.IPRange.IsValid() || inside.IPRange.Contains(proxy) || proxy == inside.Gateway {
		t.Errorf("the proxy is at %s; want an address of %s outside %s", proxy, inside.Subnet, inside.IPRange)
	}
	var builders []string
	for name, s := range c.Services {
		if s.Build != nil {
			builders = append(builders, name)
		}
		if strings.HasPrefix(s.Image, "hotleads") && s.Environment["TRUSTED_PROXIES"] != proxy.String() {
			t.Errorf("%s trusts %q, want the proxy's %s", name, s.Environment["TRUSTED_PROXIES"], proxy)
		}
	}
	if !slices.Equal(builders, []string{"migrate"}) { // two that build one image race for its name
		t.Errorf("the image is built by %v, want migrate alone, for which the others wait", builders)
	}
}

var (
	settingRow  = regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (?:`([^`]*)`)? ?\\|")
	settingLike = regexp.MustCompile("`([A-Z]+(?:_[A-Z]+)+)[`=]")
	metricLike  = regexp.MustCompile(`\bhotleads_[a-z_]+`)
)

// docs/operate.md lists all settings with their defaults, and no document names
// one that there is not.
func TestOperateListsSettings(t *testing.T) {
	section, _, _ := strings.Cut(document(t, "docs/operate.md")[strings.Index(document(t, "docs/operate.md"), "## Settings"):], "## The proxy")
	var want, got [][2]string
	for _, set := range settingTable {
		want = append(want, [2]string{set.name, set.fallback})
	}
	for _, m := range settingRow.FindAllStringSubmatch(section, -1) {
		got = append(got, [2]string{m[1], m[2]})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/operate.md lists other settings than there are (-there +listed):\n%s", diff)
	}
	for _, doc := range []string{"README.md", "SECURITY.md", "docs/operate.md", "docs/threat-model.md", "docs/api.md", "docs/people.md", "docs/intake.md", "docs/import.md"} {
		for _, m := range settingLike.FindAllStringSubmatch(document(t, doc), -1) {
			if !slices.Contains(settingNames(), m[1]) {
				t.Errorf("%s names the setting %s, which there is not", doc, m[1])
			}
		}
	}
}

// docs/operate.md lists all metrics, with their labels, and alerts on none that
// there is not.
func TestOperateListsMetrics(t *testing.T) {
	text := document(t, "docs/operate.md")
	known := map[string][]string{}
	for _, line := range ownMetrics {
		words := strings.Fields(line)
		known[words[0]] = words[1:]
	}
	for _, name := range metricLike.FindAllString(text, -1) {
		if _, ok := known[name]; ok {
			continue
		}
		if _, ok := known[suffix.ReplaceAllString(name, "")]; !ok {
			t.Errorf("docs/operate.md names the metric %s, which there is not", name)
		}
	}
	for name, labels := range known {
		row := regexp.MustCompile("(?m)^\\|.*`" + name + "`.*$").FindString(text)
		if row == "" {
			t.Errorf("docs/operate.md does not list %s", name)
		}
		for _, label := range labels {
			if !strings.Contains(row, "`"+label+"`") {
				t.Errorf("docs/operate.md does not list the label %s of %s", label, name)
			}
		}
	}
	_, alerts, _ := strings.Cut(text, "```yaml\n")
	alerts, _, _ = strings.Cut(alerts, "```")
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(alerts), &rules); err != nil || len(rules.Groups) != 1 || len(rules.Groups[0].Rules) < 10 {
		t.Fatalf("the alerts can't be read: %v", err)
	}
	for _, r := range rules.Groups[0].Rules {
		if r.Alert == "" || r.Expr == "" {
			t.Errorf("an alert without name or expression: %+v", r)
		}
		for _, m := range labelOf.FindAllStringSubmatch(r.Expr, -1) {
			if !slices.Contains([]string{"job", "part", "status", "route", "result", "loop", "db_name"}, m[1]) {
				t.Errorf("%s asks for the label %s", r.Alert, m[1])
			}
		}
	}
}
