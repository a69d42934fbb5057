// Package server answers like Google for the simulated school: one http.Handler for Drive, Directory, Reports, Groups Settings, Gmail,
// Classroom, Blogger, licences and Cloud Identity, the token endpoint, signing people in (OpenID Connect) and the discovery documents, plus /sim/
// for tests.
//
// Which requests are accepted at all comes from Google's discovery documents (package discovery); what they see and change is a
// [world.World]. [New] makes a Server for tests, [Run] a whole process with flags' worth of configuration and, on demand, a proxy that serves
// the same under Google's own host names.
//
// Nothing here logs names, titles or addresses: requests are counted by method and by the subject's Directory id.
package server

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"esafetybot/internal/sim/discovery"
	"esafetybot/internal/sim/world"
)

// Options of a Server. The zero value is right for tests: no quotas, no faults, no lag, no latency.
type Options struct {
	Log         *slog.Logger                 // nil discards
	Real        func() time.Time             // real time, for tokens and quotas; nil is time.Now
	AuditLag    time.Duration                // how long after the act an audit record shows, in the tenant's time; each record takes half to one and a half of it
	Quotas      bool                         // enforce Google's quotas
	Faults      Faults                       // what goes wrong
	SpreadDelay time.Duration                // how long changes of users, members and applications through the API take to show to reads, in the tenant's time; each takes half to one and a half of it
	UsageLag    int                          // how many days late usage reports come; 0 is two, less than 0 is none
	Latency     time.Duration                // added to every request
	FailSubject map[string]int               // address → status (401, 403 or 500) that all their API calls get
	OnRequest   func(n int, r *http.Request) // called before each request is served, n counts from 1
	Key         *rsa.PrivateKey              // of the service account; nil makes one when needed
	OIDCClients []world.OIDCClient           // sites that sign people in, besides the tenant's; those of the same id take the tenant's place
	OIDCKey     *rsa.PrivateKey              // signs ID tokens; nil makes one when needed
	AutoLogin   bool                         // a login_hint signs that account in at once, unless prompt=select_account
	PlainHooks  bool                         // notification channels may lead to http on loopback, which Google never does
	Hooks       http.RoundTripper            // what messages of notification channels go through; nil is http.DefaultTransport
}

// Server is the simulated Google.
type Server struct {
	world   *world.World
	opts    Options
	log     *slog.Logger
	api     *discovery.Catalogue
	pages   pager
	quota   quotas
	spread  spread
	push    pushes
	faults  *injector
	clients []world.Client
	issuer  *issuer
	count   atomic.Int64
	deaf    func() // hears of no more records

	keyOnce sync.Once
	rsaKey  *rsa.PrivateKey
	keyErr  error

	mu     sync.Mutex
	tokens map[string]session
	stats  Stats
}

// Stats is what was asked, as GET /sim/requests tells it.
type Stats struct {
	Total    int            `json:"total"`
	Methods  map[string]int `json:"methods"`  // by method id, oauth2.token for tokens
	Subjects map[string]int `json:"subjects"` // by Directory id
	Status   map[string]int `json:"status"`   // by status code; 0 for answers that broke off
	Faults   map[string]int `json:"faults"`   // injected ones by kind
}

func newStats() Stats {
	return Stats{Methods: map[string]int{}, Subjects: map[string]int{}, Status: map[string]int{}, Faults: map[string]int{}}
}

// defaultClient stands in for a tenant that names no service account: it is delegated every scope.
var defaultClient = world.Client{ClientID: "100000000000000000001", Email: "esafetybot@project.example"}

// New makes a server for the tenant.
func New(w *world.World, o Options) (*Server, error) {
	c, err := discovery.Load()
	if err != nil {
		return nil, err
	}
	s := &Server{world: w, opts: o, log: o.Log, api: c, faults: newInjector(o.Faults), clients: w.Settings.Clients, tokens: map[string]session{}, stats: newStats()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.opts.FailSubject = map[string]int{}
	for a, code := range o.FailSubject {
		s.opts.FailSubject[lower(a)] = code
	}
	if s.opts.Real == nil {
		s.opts.Real = time.Now
	}
	if s.opts.Hooks == nil {
		s.opts.Hooks = http.DefaultTransport
	}
	if len(s.clients) == 0 {
		d := defaultClient
		for _, m := range c.Methods() {
			if m.ID != signJWT { // its scope is of Google Cloud, and nobody's to delegate
				d.Scopes = append(d.Scopes, m.Scopes...)
			}
		}
		s.clients = []world.Client{d}
	}
	if s.issuer, err = newIssuer(w, o); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "page tokens/%d/%s", w.Settings.Seed, w.Settings.Customer.ID))
	s.pages.key = sum[:]
	s.quota = quotas{now: s.opts.Real, model: w.Settings.Project.Quota}
	s.deaf = w.OnRecord(s.hear)
	return s, nil
}

// Close has the server hear no more of what happens in its tenant, as when another serves it from now on: nothing is pushed any more.
func (s *Server) Close() { s.deaf() }

func (s *Server) real() time.Time { return s.opts.Real() }

func (s *Server) key() (*rsa.PrivateKey, error) {
	s.keyOnce.Do(func() {
		if s.rsaKey = s.opts.Key; s.rsaKey == nil {
			s.rsaKey, s.keyErr = rsa.GenerateKey(rand.Reader, 2048)
		}
	})
	return s.rsaKey, s.keyErr
}

// call is one API request on its way.
type call struct {
	s       *Server
	r       *http.Request
	m       *discovery.Method
	path    map[string]string
	query   url.Values
	mask    *mask
	body    []byte
	session session
	user    *world.User // the subject; nil for the service account itself

	media      string         // the MIME type of an answer that is not JSON but what is in a file; see filesMedia
	incomplete bool           // an injected fault: files.list leaves some out and says so
	lists      map[any][]byte // rendered lists of permissions, by world.File.SharedList: siblings mostly have the same
}

// handler answers a method: the JSON of its result, nil for an empty answer; or what is in a file, see call.media.
type handler struct {
	read  func(*call) ([]byte, *apiError) // inside World.View
	write func(*call) ([]byte, *apiError) // outside, may change the tenant
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := s.count.Add(1)
	defer s.kick()
	if s.opts.OnRequest != nil {
		s.opts.OnRequest(int(n), r)
	}
	path := r.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, "/sim/"):
		s.serveSim(w, r)
		return
	case strings.HasPrefix(path, "/discovery/") || path == "/$discovery/rest":
		s.serveDiscovery(w, r)
		return
	}
	if strings.HasPrefix(path, metadataPath) {
		s.serveMetadata(w, r)
		return
	}
	m, params, upload, known := s.api.Match(r.Method, path)
	method, subject := "unknown", ""
	token := path == "/token" || path == "/o/oauth2/token" || path == "/oauth2/v4/token"
	if token {
		method = "oauth2.token"
	} else if id := oidcMethods[path]; id != "" {
		method = id
	} else if m != nil {
		method = m.ID
	}
	x, authorised := s.session(r)
	if authorised {
		subject = x.subject
	}
	if s.opts.Latency > 0 {
		select {
		case <-time.After(s.opts.Latency):
		case <-r.Context().Done():
		}
	}
	rec := &recorder{ResponseWriter: w}
	kind, choice := s.faults.request(method, subject, path+"?"+r.URL.RawQuery)
	defer func() { s.note(method, subject, rec.status, kind) }()
	done, cut := s.faults.inject(rec, r, kind, choice)
	if done {
		return
	}
	if cut {
		rec.cut = true
	}
	switch {
	case token:
		s.serveToken(rec, r)
	case oidcMethods[path] != "":
		s.serveOIDC(rec, r, oidcMethods[path])
	case m == nil && known:
		writeError(rec, &apiError{code: 405, status: "UNIMPLEMENTED", reason: "httpMethodNotAllowed", message: "The HTTP method is not allowed here."})
	case m == nil:
		writeError(rec, notFound("Not Found: the simulated school has no method "+r.Method+" of this path."))
	case !authorised:
		writeError(rec, unauthenticated())
	case upload:
		writeError(rec, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "Media uploads are not simulated."})
	default:
		s.serveMethod(rec, &call{s: s, r: r, m: m, path: params, query: r.URL.Query(), session: x, incomplete: kind == "incomplete"})
	}
	if rec.cut {
		rec.breakOff()
	}
}

// serveMethod checks a request as Google does, charges it, and answers it.
func (s *Server) serveMethod(w http.ResponseWriter, c *call) {
	if err := c.admit(); err != nil {
		writeError(w, err)
		return
	}
	var (
		b   []byte
		err *apiError
	)
	s.world.PublishDue()
	h := handlers[c.m.ID]
	switch {
	case h.read != nil:
		s.world.View(func() { b, err = h.read(c) })
	case h.write != nil:
		b, err = h.write(c)
	default:
		err = &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: c.m.ID + " is not simulated."}
	}
	if err != nil {
		writeError(w, err)
		return
	}
	if c.media != "" {
		c.serveMedia(w, b)
		return
	}
	if b == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if c.mask != nil {
		b, _ = c.mask.filter(make([]byte, 0, len(b)), b)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Vary", "Origin, X-Origin, Referer")
	w.Write(b)
}

// admit refuses what Google would refuse before looking at the tenant.
func (c *call) admit() *apiError {
	if p := c.m.Check(c.query); p != nil {
		reason := map[string]string{"unknown": "badRequest", "invalid": "invalidParameter", "required": "required"}[p.Reason]
		e := badRequest(reason, p.Parameter, p.Message)
		e.details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.BadRequest",
			"fieldViolations": []map[string]string{{"field": p.Parameter, "description": p.Message}}}}
		return e
	}
	media := c.query.Get("alt") == "media" && c.m.MediaDownload
	if alt := c.query.Get("alt"); alt != "" && alt != "json" && !media {
		return &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "Only alt=json is simulated, and alt=media where the method has it."}
	}
	m, err := parseMask(c.query.Get("fields"))
	if err != nil {
		return badRequest("invalidParameter", "fields", err.Error())
	}
	if c.m.Response != nil {
		if bad := m.check(c.m.API, c.m.Response); bad != "" {
			return badRequest("invalidParameter", "fields", "Invalid field selection "+bad)
		}
	}
	c.mask = m
	if !slices.ContainsFunc(c.m.Scopes, func(scope string) bool {
		return slices.Contains(c.session.scopes, scope) && (!media || !metadataScope(scope))
	}) {
		return missingScope(c.m.ID)
	}
	var fail int
	c.s.world.View(func() {
		if c.session.subject == "" {
			return
		}
		if c.user = c.s.world.User(c.session.subject); c.user != nil {
			for _, a := range c.user.Addresses() {
				fail = max(fail, c.s.opts.FailSubject[lower(a)])
			}
		}
	})
	if c.session.subject != "" && c.user == nil {
		return unauthenticated()
	}
	switch {
	case fail >= 500:
		return backendError(fail)
	case fail == http.StatusUnauthorized:
		return unauthenticated()
	case fail > 0:
		return forbidden("forbidden", "The caller does not have permission")
	}
	if c.s.opts.Quotas {
		subject := c.session.subject
		if subject == "" {
			subject = c.session.client
		}
		if e := c.s.quota.spend(c.s.quota.charges(c.m.ID, c.session.client, subject, c.query, c.path)); e != nil {
			return e
		}
	}
	return c.readBody()
}

// maxBody is the most that a request may send; a mail with an attachment fits.
const maxBody = 36 << 20

func (c *call) readBody() *apiError {
	if c.m.Request == nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(c.r.Body, maxBody+1))
	if err != nil {
		return badRequest("badRequest", "", "The request's body could not be read.")
	}
	if len(b) > maxBody {
		return &apiError{code: 413, status: "INVALID_ARGUMENT", reason: "uploadTooLarge", message: "Request is too large."}
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		b = []byte("{}")
	}
	if err := c.m.API.Validate(c.m.Request.Ref, b); err != nil {
		return badRequest("badRequest", "", err.Error())
	}
	c.body = b
	return nil
}

// viewer is the subject as someone who looks at Drive.
func (c *call) viewer() *viewer { return newViewer(c.s.world, c.user) }

// page is the position of the page that is asked for, "" for the first.
func (c *call) page() (string, *apiError) {
	token := c.query.Get("pageToken")
	if token == "" {
		return "", nil
	}
	after, ok := c.s.pages.read(token, c.binding(), c.s.world.Time())
	if !ok {
		return "", invalidParameter("pageToken", token)
	}
	return after, nil
}

func (c *call) binding() []byte { return c.s.pages.binding(c.m.ID, c.session.subject, c.path, c.query) }

func (c *call) nextPage(after string) string {
	return c.s.pages.make(c.binding(), after, c.s.world.Time())
}

// size is the page size that is asked for, within the method's limits.
func (c *call) size(name string, standard, most int) int {
	n, err := strconv.Atoi(c.query.Get(name))
	if err != nil || n <= 0 { // Check saw that it is a number if it is there
		n = standard
	}
	return min(n, most)
}

func (c *call) flag(name string) bool { return c.query.Get(name) == "true" }

// admin reports whether the subject may use the administrator's APIs. delegated ones may read; super asks for a super administrator.
func (c *call) admin(super bool) bool {
	return c.user != nil && (c.s.world.IsAdmin(c.user) || !super && c.user.IsDelegatedAdmin)
}

func (s *Server) note(method, subject string, status int, fault string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Total++
	s.stats.Methods[method]++
	s.stats.Subjects[subject]++
	s.stats.Status[fmt.Sprint(status)]++
	if fault != "" {
		s.stats.Faults[fault]++
	}
}

// Requests is what was asked so far.
func (s *Server) Requests() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{s.stats.Total, maps.Clone(s.stats.Methods), maps.Clone(s.stats.Subjects), maps.Clone(s.stats.Status), maps.Clone(s.stats.Faults)}
}

// recorder keeps the status, and the body of an answer that is to be cut short.
type recorder struct {
	http.ResponseWriter
	status int
	cut    bool
	held   []byte
}

func (r *recorder) WriteHeader(code int) {
	r.status = code
	if !r.cut {
		r.ResponseWriter.WriteHeader(code)
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = 200
	}
	if r.cut {
		r.held = append(r.held, b...)
		return len(b), nil
	}
	return r.ResponseWriter.Write(b)
}

// breakOff sends the first half of the answer and then breaks the connection.
func (r *recorder) breakOff() {
	r.ResponseWriter.Header().Set("Content-Length", fmt.Sprint(max(len(r.held), 2)))
	r.ResponseWriter.WriteHeader(max(r.status, 200))
	r.ResponseWriter.Write(r.held[:len(r.held)/2])
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	r.status = 0
	panic(http.ErrAbortHandler)
}

// Serve listens on addr until the context ends.
func (s *Server) Serve(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("simulated school: %w", err)
	}
	return s.serve(ctx, l)
}

func (s *Server) serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if srv.Shutdown(end) != nil {
			srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("simulated school: %w", err)
	}
	return nil
}
