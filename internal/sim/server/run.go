package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"esafetybot/internal/sim/world"
)

// Config is what `sim serve` can be told.
type Config struct {
	Tenant      string        // folder of the tenant
	Addr        string        // where to listen; "" is 127.0.0.1:0
	Now         time.Time     // the clock's start; zero takes the tenant's
	Speed       float64       // how fast the tenant's clock runs; 0 stands still until /sim/clock moves it
	AuditLag    time.Duration // how long audit records take to show; Google's are minutes
	Spread      time.Duration // how long changes of users, members and applications take to show to reads, in the tenant's time
	UsageLag    int           // how many days late usage reports come; 0 is two, less than 0 is none
	NoQuotas    bool          // do not enforce quotas
	Faults      string        // as ParseFaults reads it
	Latency     time.Duration // added to every request
	FailSubject []string      // addresses whose calls always fail with 403
	Proxy       bool          // serve Google's own host names through an HTTP CONNECT proxy; Addr is then the proxy's
	CAOut       string        // file for the proxy's own certificate authority (PEM)
	Credentials string        // file for a service-account key that works against this server
	OIDCClients []string      // sites that sign people in besides the tenant's, as ParseOIDCClient reads them
	AutoLogin   bool          // sign in the account that a site names in login_hint without asking
	PlainHooks  bool          // let notification channels lead to http on loopback, which Google never does
	AddrFile    string        // file for the base URL (or the proxy's URL)
	Out         io.Writer     // gets a line when ready, and how to try it where a key was asked for; nil is os.Stdout
	Log         *slog.Logger  // nil discards
}

// DefaultAuditLag is how long audit records take where nothing else is said.
const DefaultAuditLag = 5 * time.Minute

// Run loads the tenant and serves it until the context ends. Everything that the flags ask to be written is written before the line
// is printed that says where it listens. An error names what could not be read, written or bound.
func Run(ctx context.Context, c Config) error {
	w, err := world.Load(c.Tenant)
	if err != nil {
		return fmt.Errorf("simulated school: %w", err)
	}
	if w.Settings.Now.IsZero() && c.Now.IsZero() {
		return fmt.Errorf("simulated school: %s names no time; write \"now\" into tenant.json or give --now", c.Tenant)
	}
	if !c.Now.IsZero() {
		w.Settings.Now = c.Now
	}
	if c.Speed < 0 {
		return fmt.Errorf("simulated school: speed %g: the clock cannot run backwards", c.Speed)
	}
	if c.Speed > 0 {
		from, real := w.Settings.Now, time.Now()
		w.SetClock(func() time.Time { return from.Add(time.Duration(float64(time.Since(real)) * c.Speed)) })
	}
	faults, err := ParseFaults(c.Faults)
	if err != nil {
		return err
	}
	o := Options{Log: c.Log, AuditLag: c.AuditLag, SpreadDelay: c.Spread, UsageLag: c.UsageLag, Quotas: !c.NoQuotas, Faults: faults, Latency: c.Latency, FailSubject: map[string]int{}}
	o.AutoLogin, o.PlainHooks = c.AutoLogin, c.PlainHooks
	for _, text := range c.OIDCClients {
		client, err := ParseOIDCClient(text)
		if err != nil {
			return err
		}
		o.OIDCClients = append(o.OIDCClients, client)
	}
	for _, a := range c.FailSubject {
		o.FailSubject[a] = 403
	}
	s, err := New(w, o)
	if err != nil {
		return err
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("simulated school: %w", err)
	}
	defer l.Close()
	base := "http://" + l.Addr().String()
	tokenURI := base + "/token"
	run := func() error { return s.serve(ctx, l) }
	if c.Proxy {
		if host, ok := l.Addr().(*net.TCPAddr); !ok || !host.IP.IsLoopback() {
			return errors.New("simulated school: the proxy stands in for Google, so it listens on loopback only")
		}
		p, err := s.NewProxy()
		if err != nil {
			return err
		}
		if err := write(c.CAOut, p.CA(), 0o644); err != nil {
			return err
		}
		tokenURI = "https://oauth2.googleapis.com/token"
		run = func() error { return p.Serve(ctx, l) }
	}
	if c.Credentials != "" {
		key, err := s.Credentials(tokenURI)
		if err != nil {
			return err
		}
		if err := write(c.Credentials, key, 0o600); err != nil {
			return err
		}
	}
	if err := write(c.AddrFile, []byte(base+"\n"), 0o644); err != nil {
		return err
	}
	out := c.Out
	if out == nil {
		out = os.Stdout
	}
	what := "The simulated school answers at " + base
	if c.Proxy {
		what = "The simulated school stands in for Google behind the proxy " + base
	}
	fmt.Fprintln(out, what)
	now := w.Now().UTC().Format(time.RFC3339)
	if c.Proxy && c.Credentials != "" && c.CAOut != "" {
		fmt.Fprintf(out, "There it is %[1]s. Try it: HTTPS_PROXY=%[3]s SSL_CERT_FILE=%[4]s esafetybot doctor --policy FILE --google-credentials %[2]s --now %[1]s, then “run” with the same\n", now, c.Credentials, base, c.CAOut)
	} else if c.Proxy {
		fmt.Fprintln(out, "A program that is to take it for Google needs the proxy's certificate authority (--ca-out FILE) and a key (--credentials-out FILE).")
	} else if c.Credentials != "" {
		fmt.Fprintf(out, "There it is %[1]s. Try it: esafetybot doctor --policy FILE --google-credentials %[2]s --google-endpoint %[3]s --now %[1]s, then “run” with the same\n", now, c.Credentials, base)
	}
	if c.Speed > 0 {
		go s.keepPushing(ctx)
	}
	return run()
}

// keepPushing sends the messages of notification channels as they fall due by a clock that runs, until the context ends.
func (s *Server) keepPushing(ctx context.Context) {
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.kick()
		}
	}
}

// write puts a file in place at once, so that nobody who waits for it reads half of it; no path writes nothing.
func write(path string, b []byte, mode os.FileMode) error {
	if path == "" {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".sim-*")
	if err != nil {
		return fmt.Errorf("simulated school: %w", err)
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("simulated school: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}

// tlsConfig is the server side of the proxy's connections.
func tlsConfig(get func(host string) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) { return get(h.ServerName) },
	}
}
