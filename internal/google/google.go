// Package google reads a school's Google Workspace, and makes the few changes that the action log asks for.
//
// A [Client] has one or two files per API that the program uses (drive, directory with people and devices, reports with usage, groupssettings,
// cloudidentity, licensing, classroom, blogger, gmail), one for all changes (write.go; announcements in Classroom in announcements.go), one for
// notification channels (watch.go), one place that signs in (auth.go) and one transport (transport.go)
// that every request goes through, token requests included.
//
// The contract:
//
//   - Readers are streams (iter.Seq2): they follow every page, hold one page at a time, and end at the first error. What was
//     yielded before the error was read properly; the caller may not take the rest for absent. The last error says why: [Reason].
//   - The transport alone retries and paces. A request that failed here was tried as often as makes sense; trying again at once is wrong.
//   - A write that Google may or may not have done is repeated only where twice is once (a state is set, something is deleted by its id); else
//     it returns [ErrUnsure], and the caller looks at the live object.
//   - Every reader asks for the least scope and for no other with it, because Google refuses a whole set of scopes when one is missing.
//   - Errors and log lines name API methods and Google's ids, never an address, a name or a title.
//
// Subjects (the accounts acted as) are given by address. [Client.As] keeps a subject's token for several readers; without it each
// reader fetches its own. A token is forgotten when the last user of it is done, so that memory does not grow with the number of owners.
package google

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2/jwt"
	directory "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/blogger/v3"
	"google.golang.org/api/classroom/v1"
	"google.golang.org/api/cloudidentity/v1"
	"google.golang.org/api/drive/v3"
	"google.golang.org/api/gmail/v1"
	"google.golang.org/api/groupssettings/v1"
	"google.golang.org/api/licensing/v1"
	"google.golang.org/api/option"
)

// A Config is everything a Client depends on. Credentials (or CredentialsFile) and Admin are needed, the rest has defaults.
type Config struct {
	Credentials     []byte // a service account's key file (JSON)
	CredentialsFile string // or its path; or [Keyless] and the address of a service account
	Admin           string // address of the administrator acted as for Directory, Reports, Classroom, licences, group settings, policies and the list of shared drives
	Endpoint        string // base URL of a simulated Google; "" for Google's own hosts

	HTTP    http.RoundTripper // what requests finally go through; nil for a pool of connections of our own
	Workers int               // requests in flight at once; 0 means 8
	Quota   Quotas            // zero means what Google publishes
	After   *Client           // whose use of the project's quota goes on, in place of Quota: another school's, looked at before in this process; nil if there is none
	Retry   Retry             // zero means the defaults of [Retry]

	// Clock and Sleep are the time that pacing, waits and tokens pass in, not the time at the school: a Clock that
	// stands still while Sleep really sleeps would make every wait longer than the one before. Nil means real time.
	Clock func() time.Time
	Sleep func(context.Context, time.Duration) error
	Rand  func() float64 // in [0,1), for jitter; nil means math/rand
	Log   *slog.Logger   // retries, at level debug; nil means silence
}

// A Client reads one school. It is safe for concurrent use.
type Client struct {
	admin   string
	jwt     *jwt.Config // one of these two is nil
	keyless *keyless
	now     func() time.Time
	t       *transport
	workers int

	mu  sync.Mutex
	ids map[string]*identity

	customerLock sync.Mutex // held while it is asked for
	customer     string     // see customerID

	drive     *drive.Service
	directory *directory.Service
	reports   *reports.Service
	settings  *groupssettings.Service
	identity  *cloudidentity.Service
	gmail     *gmail.Service
	classroom *classroom.Service
	blogger   *blogger.Service
	licensing *licensing.Service
}

// New returns a Client. It checks the configuration and reads the key file but sends nothing.
func New(ctx context.Context, cfg Config) (*Client, error) {
	var conf *jwt.Config
	var free *keyless
	var err error
	if account, ok := strings.CutPrefix(cfg.CredentialsFile, Keyless); ok && len(cfg.Credentials) == 0 {
		free, err = newKeyless(account, cfg.Endpoint, os.Getenv)
	} else {
		conf, err = credentials(cfg)
	}
	if err != nil {
		return nil, err
	}
	if !strings.Contains(cfg.Admin, "@") {
		return nil, errors.New("google: no administrator to act as: give the address of an administrator of the school's Google Workspace")
	}
	if cfg.Workers <= 0 {
		cfg.Workers = 8
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Float64
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.HTTP == nil {
		pool := http.DefaultTransport.(*http.Transport).Clone()
		pool.MaxIdleConns, pool.MaxIdleConnsPerHost = 2*cfg.Workers, cfg.Workers
		pool.ReadBufferSize = 32 << 10 // a page of files is some 70 KB
		cfg.HTTP = pool
	}
	c := &Client{admin: strings.ToLower(cfg.Admin), jwt: conf, keyless: free, now: cfg.Clock, workers: cfg.Workers, ids: map[string]*identity{}}
	c.t = newTransport(cfg, c.token)
	return c, c.services(ctx, cfg.Endpoint)
}

// services makes the REST clients. All subjects share them: whom a request acts as travels in its context.
func (c *Client) services(ctx context.Context, endpoint string) (err error) {
	base := strings.TrimRight(endpoint, "/")
	if base != "" {
		if u, err := url.Parse(base); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("google: the endpoint %q is no base URL: expected something like http://127.0.0.1:8080", endpoint)
		}
	}
	hc := &http.Client{Transport: c.t}
	// Each API's generated client has its own idea of what a base URL ends with.
	at := func(path string) []option.ClientOption {
		opts := []option.ClientOption{option.WithHTTPClient(hc)}
		if base != "" {
			opts = append(opts, option.WithEndpoint(base+path))
		}
		return opts
	}
	if c.drive, err = drive.NewService(ctx, at("/drive/v3/")...); err != nil {
		return fmt.Errorf("google: drive: %w", err)
	}
	if c.directory, err = directory.NewService(ctx, at("/")...); err != nil {
		return fmt.Errorf("google: directory: %w", err)
	}
	if c.reports, err = reports.NewService(ctx, at("/")...); err != nil {
		return fmt.Errorf("google: reports: %w", err)
	}
	if c.settings, err = groupssettings.NewService(ctx, at("/groups/v1/groups/")...); err != nil {
		return fmt.Errorf("google: groups settings: %w", err)
	}
	if c.identity, err = cloudidentity.NewService(ctx, at("/")...); err != nil {
		return fmt.Errorf("google: cloud identity: %w", err)
	}
	if c.gmail, err = gmail.NewService(ctx, at("/")...); err != nil {
		return fmt.Errorf("google: gmail: %w", err)
	}
	if c.classroom, err = classroom.NewService(ctx, at("/")...); err != nil {
		return fmt.Errorf("google: classroom: %w", err)
	}
	if c.blogger, err = blogger.NewService(ctx, at("/")...); err != nil {
		return fmt.Errorf("google: blogger: %w", err)
	}
	if c.licensing, err = licensing.NewService(ctx, at("/")...); err != nil {
		return fmt.Errorf("google: licensing: %w", err)
	}
	return nil
}

// Workers is how many readers should work side by side: a quarter more than requests may be in flight at once, so that while
// some sign in or look at what they got, the others keep Google busy. The transport sees to it that no more are sent.
func (c *Client) Workers() int { return c.workers + c.workers/4 }

// Calls tells how many requests were sent so far, by API method ("drive.files.list", "oauth2.token"), retries included.
func (c *Client) Calls() map[string]int { return c.t.stats().Calls }

// Stats tells what was sent so far.
func (c *Client) Stats() Stats { return c.t.stats() }

// Stats is a count of requests.
type Stats struct {
	Calls     map[string]int // by API method, retries included
	Total     int            // all of them
	Retries   int            // of these, the second and later tries
	QuotaHits int            // answers that said a quota is used up
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
