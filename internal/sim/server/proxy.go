package server

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Hosts are Google's host names that the proxy stands in for; it refuses every other one.
var Hosts = []string{"www.googleapis.com", "admin.googleapis.com", "oauth2.googleapis.com", "gmail.googleapis.com", "cloudidentity.googleapis.com",
	"accounts.google.com", "drive.googleapis.com", "groupssettings.googleapis.com", "classroom.googleapis.com", "licensing.googleapis.com", "blogger.googleapis.com",
	"iamcredentials.googleapis.com"}

// Proxy is an HTTP CONNECT proxy that answers for Google's host names with certificates of an authority of its own.
type Proxy struct {
	s      *Server
	caPEM  []byte
	ca     *x509.Certificate
	caKey  *ecdsa.PrivateKey
	mu     sync.Mutex
	leaves map[string]*tls.Certificate
	inner  *http.Server
	conns  *handOver
}

// NewProxy makes a proxy in front of the server, with a fresh certificate authority.
func (s *Server) NewProxy() (*Proxy, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	now := time.Now()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Simulated school (not Google)"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 30), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"googleapis.com", "accounts.google.com"},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{s: s, ca: ca, caKey: key, caPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), leaves: map[string]*tls.Certificate{}, conns: newHandOver()}
	p.inner = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	return p, nil
}

// CA is the certificate authority that clients have to trust, as PEM. It is limited to Google's API host names.
func (p *Proxy) CA() []byte { return p.caPEM }

// leaf is the certificate for a host.
func (p *Proxy) leaf(host string) (*tls.Certificate, error) {
	if !slices.Contains(Hosts, host) {
		return nil, fmt.Errorf("proxy: %s is not simulated", host)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.leaves[host]; c != nil {
		return c, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 29), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, p.ca, &key.PublicKey, p.caKey)
	if err != nil {
		return nil, err
	}
	c := &tls.Certificate{Certificate: [][]byte{der, p.ca.Raw}, PrivateKey: key}
	p.leaves[host] = c
	return c, nil
}

// Serve accepts CONNECT requests on l until the context ends.
func (p *Proxy) Serve(ctx context.Context, l net.Listener) error {
	outer := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(p.s.log.Handler(), slog.LevelDebug)}
	done := make(chan error, 1)
	go func() { done <- p.inner.Serve(p.conns) }()
	stop := context.AfterFunc(ctx, func() {
		outer.Close()
		p.inner.Close()
	})
	defer stop()
	if err := outer.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		p.inner.Close()
		return fmt.Errorf("proxy: %w", err)
	}
	p.inner.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("proxy: %w", err)
	}
	return nil
}

// ServeHTTP answers the proxy's own requests: CONNECT to one of Hosts, and /sim/ without a proxy in between.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		if r.URL.Host == "" {
			p.s.serveSim(w, r)
			return
		}
		http.Error(w, "This proxy only takes CONNECT.", http.StatusForbidden)
		return
	}
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil || port != "443" || !slices.Contains(Hosts, host) {
		http.Error(w, "The simulated school does not stand in for this host.", http.StatusForbidden)
		return
	}
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "The connection cannot be taken over.", http.StatusInternalServerError)
		return
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		conn.Close()
		return
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		conn.Close()
		return
	}
	c := conn
	if buf.Reader.Buffered() > 0 {
		c = &bufferedConn{conn, buf.Reader}
	}
	p.conns.hand(tls.Server(c, tlsConfig(func(name string) (*tls.Certificate, error) {
		if name == "" {
			name = host
		}
		return p.leaf(name)
	})))
}

// bufferedConn gives what was read too early first.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(b []byte) (int, error) { return c.r.Read(b) }

// handOver is a listener that is handed its connections.
type handOver struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandOver() *handOver { return &handOver{conns: make(chan net.Conn), done: make(chan struct{})} }

func (h *handOver) hand(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done:
		c.Close()
	}
}

func (h *handOver) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handOver) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handOver) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
