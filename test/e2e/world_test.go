// Package e2e runs the product as its users do: the binary, its commands, real
// clients from npm, real browsers. What it does is told in README.md ("The main
// job, end to end").
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotleads/test/testenv"
)

const password = "correct horse battery"

// world is an installation in a folder of its own: a binary, its data, a server.
type world struct {
	*testing.T
	bin, dir, url string
	env           []string
	server        *exec.Cmd
	log           *testenv.Output
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "hotleads")
	build := exec.Command("go", "build", "-o", bin, "hotleads/cmd/hotleads")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	addr := freeAddr(t)
	w := &world{T: t, bin: bin, dir: dir, url: "http://" + addr}
	w.env = []string{"DATABASE_URL=sqlite:" + filepath.Join(dir, "data", "hotleads.db"), "ADDR=" + addr, "HOME=" + dir, "PATH=" + os.Getenv("PATH"), "LOG_LEVEL=warn"}
	return w
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run is a command of the binary; it must succeed.
func (w *world) run(stdin string, args ...string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.bin, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = w.env, w.dir, strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		w.Fatalf("hotleads %s: %v\n%s%s", strings.Join(args, " "), err, &out, &errs)
	}
	w.Logf("hotleads %s\n%s%s", strings.Join(args, " "), &out, &errs)
	return strings.TrimSpace(out.String())
}

// start runs the server until it is ready.
func (w *world) start() {
	w.Helper()
	w.log = &testenv.Output{}
	w.server = exec.Command(w.bin, "serve")
	w.server.Env, w.server.Dir, w.server.Stdout, w.server.Stderr = w.env, w.dir, w.log, w.log
	if err := w.server.Start(); err != nil {
		w.Fatal(err)
	}
	server := w.server
	w.Cleanup(func() { // ended already, if the test came to its end
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 400 {
		res, err := http.Get(w.url + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		<-tick.C
	}
	w.Fatalf("the server never became ready\n%s", w.log)
}

// stop ends the server as an operator does.
func (w *world) stop() {
	w.Helper()
	began := time.Now()
	if err := w.server.Process.Signal(syscall.SIGTERM); err != nil {
		w.Fatal(err)
	}
	if err := w.server.Wait(); err != nil {
		w.Errorf("the server ended with %v\n%s", err, w.log)
	}
	if took := time.Since(began); took > 5*time.Second {
		w.Errorf("the server took %v to stop", took)
	}
}

// api reads the JSON API.
func (w *world) api(key, path string) map[string]any {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.url+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		w.Fatalf("%s: %d %v", path, res.StatusCode, err)
	}
	return out
}

// person sits at a browser.
type person struct {
	*world
	name       string
	ctx        context.Context
	complaints func() []string
}

// signIn opens a browser and signs somebody in through the page.
func (w *world) signIn(name string) person {
	w.Helper()
	ctx := testenv.Browser(w, testenv.Screen{})
	p := person{w, name, ctx, testenv.Complaints(w, ctx)}
	p.do(chromedp.Navigate(w.url+"/login"),
		chromedp.SendKeys(chromedp.CSS("#email"), strings.ToLower(name)+"@vendor.example"),
		chromedp.SendKeys(chromedp.CSS("#password"), password),
		chromedp.Click(chromedp.CSS("form[action='/login'] button")),
		chromedp.WaitVisible(chromedp.CSS("#connection")))
	p.until("the board is live", `document.querySelector('#connection[data-state=live]')`)
	// A reload would forget this.
	p.script(`window.neverReloaded = true`)
	return p
}

func (p person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
}

// until waits for an expression of the page to become true.
func (p person) until(what, js string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+js+")")); err != nil {
		page, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		p.Fatalf("%s never sees that %s (%v): %s\n%s\n%s", p.name, what, err, js, page, p.log)
	}
}

func (p person) script(js string) string {
	p.Helper()
	out, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil {
		p.Fatalf("%s: %s: %v", p.name, js, err)
	}
	return out
}

// click presses a button of a lead's row as a finger does.
func (p person) click(id, move string) {
	p.Helper()
	p.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`#lead-%s button[data-move="%s"]`, id, move))))
}

// shot keeps a picture where HOTLEADS_PICTURES says.
func (p person) shot(name string) {
	p.Helper()
	dir := os.Getenv("HOTLEADS_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		p.Fatal(err)
	}
}
