package handlers

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/publicsuffix"
)

// csp lets a page load and send only from and to this server; no inline script
// or style, no frame around it.
const csp = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// permissions are the features of browsers that no page here uses. What a board
// on a wall may need (full screen, keeping the screen on) is not among them.
const permissions = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), " +
	"local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-create=(), serial=(), usb=(), xr-spatial-tracking=()"

// harden sets the headers that every answer carries, whatever becomes of it; a
// handler may only loosen what is said here, and tests know which do.
func (s *server) harden(next echo.HandlerFunc) echo.HandlerFunc {
	hsts := strictTransport(s.BaseURL)
	return func(c echo.Context) error {
		h, r := c.Response().Header(), c.Request()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for what doesn't know frame-ancestors
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if strings.HasPrefix(r.URL.Path, "/v1/") { // pages of customers load these
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		h.Set("Cache-Control", "no-store")
		if s.https(r) {
			h.Set("Strict-Transport-Security", hsts)
		}
		return next(c)
	}
}

// strictTransport is what browsers keep of https: two years, for hosts under this
// one, too, unless it is a whole domain that was bought, whose other hosts are
// not ours to speak for. A host that only the request names gets no such word.
func strictTransport(base string) string {
	const age = "max-age=63072000"
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return age
	}
	if bought, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err != nil || bought == u.Hostname() {
		return age
	}
	return age + "; includeSubDomains"
}
