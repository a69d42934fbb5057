package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// How long lies between two starts of the worker by one receiver, and how long a worker stays.
const (
	GapUrgent = 50 * time.Second
	startFor  = 5 * time.Second // how long a push may wait for a start
	// Stay is how long a worker that had something to do is there, from its own start: it looks for what is urgent once more when that is over. It is longer than the gap, so that a
	// push that comes too soon for another start is found by the run that was started last; and it costs nothing, because Google charges a minute for every start.
	Stay = GapUrgent + 5*time.Second
)

// Starter starts the worker's Cloud Run job when something urgent waits; everything else is looked at first by the next start that the clock makes. The first urgent hint starts it; those that come soon after share one more start, when the
// gap is over, and are found by the worker that was started ([Stay]). A start that fails costs nothing but time: the next tick of the worker's clock finds the hints.
type Starter struct {
	// Start asks for one run of the worker ([RunJob]).
	Start func(context.Context) error
	Now   func() time.Time
	Log   *slog.Logger
	// After calls f once a time has passed; nil is time.AfterFunc.
	After func(d time.Duration, f func()) (stop func() bool)

	mu    sync.Mutex
	last  time.Time // when a start was last asked for
	due   time.Time // when the start that is put off is to be; zero is none
	stop  func() bool
	ended bool
}

// Nudge hears that a hint was kept. Where it starts the worker it comes back when that is done, since a receiver on Cloud Run has no time of its own
// between requests; for the same reason a start that was put off may come with the next push, or when the receiver ends.
func (s *Starter) Nudge(urgent bool) {
	s.mu.Lock()
	now := s.Now()
	at := s.last.Add(GapUrgent)
	switch {
	case s.ended, !urgent && (s.due.IsZero() || s.due.After(now)):
		s.mu.Unlock()
	case s.last.IsZero() || !at.After(now) || !s.due.IsZero() && !s.due.After(now):
		s.begin(now)
	case s.due.IsZero() || at.Before(s.due):
		s.due = at
		if s.stop != nil {
			s.stop()
		}
		s.stop = s.after(at.Sub(now), s.late)
		s.mu.Unlock()
	default: // a start that is put off takes this hint too
		s.mu.Unlock()
	}
}

func (s *Starter) after(d time.Duration, f func()) func() bool {
	if s.After != nil {
		return s.After(d, f)
	}
	return time.AfterFunc(d, f).Stop
}

// late is the start that was put off.
func (s *Starter) late() {
	s.mu.Lock()
	now := s.Now()
	if s.ended || s.due.IsZero() || s.due.After(now) {
		s.mu.Unlock()
		return
	}
	s.begin(now)
}

// Close does at once what was put off; it is for the end of the process.
func (s *Starter) Close() {
	s.mu.Lock()
	s.ended = true
	if s.due.IsZero() {
		s.mu.Unlock()
		return
	}
	s.begin(s.Now())
}

// begin starts the worker, and unlocks.
func (s *Starter) begin(now time.Time) {
	s.last, s.due = now, time.Time{}
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), startFor)
	defer cancel()
	if err := s.Start(ctx); err != nil {
		s.Log.Warn("the worker could not be started; its next tick finds what waits", "error", err)
	}
}

// Addresses of Google Cloud, for [RunJob].
const (
	runAPI      = "https://run.googleapis.com"
	metadataAPI = "http://metadata.google.internal"
)

// jobName is the full name of a Cloud Run job.
var jobName = regexp.MustCompile(`^projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/jobs/[a-z0-9-]+$`)

// RunJob starts a Cloud Run job by jobs.run of the Run Admin API (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/run), as what this
// process runs as on Google Cloud: its token comes from the metadata server.
type RunJob struct {
	Client        *http.Client
	Job           string // projects/P/locations/R/jobs/J
	run, metadata string // addresses; "" is Google's
}

// NewRunJob checks the name of a job.
func NewRunJob(job string) (*RunJob, error) {
	if !jobName.MatchString(job) {
		return nil, fmt.Errorf("%q is not the name of a Cloud Run job: it looks like projects/P/locations/R/jobs/esafetybot-worker", job)
	}
	return &RunJob{Client: &http.Client{Timeout: startFor}, Job: job, run: runAPI, metadata: metadataAPI}, nil
}

// Start asks for one run. Nothing is sent again: whoever asked does that later, if it still matters.
func (j *RunJob) Start(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.metadata+"/computeMetadata/v1/instance/service-accounts/default/token", http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Metadata-Flavor", "Google")
	var token struct {
		Access string `json:"access_token"`
	}
	if err := j.do(req, &token); err != nil {
		return fmt.Errorf("the metadata server gives no token: %w", err)
	}
	if token.Access == "" {
		return errors.New("the metadata server gives an empty token")
	}
	if req, err = http.NewRequestWithContext(ctx, http.MethodPost, j.run+"/v2/"+j.Job+":run", strings.NewReader("{}")); err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token.Access)
	req.Header.Set("Content-Type", "application/json")
	if err := j.do(req, nil); err != nil {
		return fmt.Errorf("the Run Admin API does not start %s: %w; the receiver's account needs the role Cloud Run Invoker on that job", j.Job, err)
	}
	return nil
}

// do sends a request and reads the answer into v. An error holds the status, and nothing of what was sent or answered.
func (j *RunJob) do(req *http.Request, v any) error {
	resp, err := j.Client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || v == nil && resp.StatusCode/100 == 2 {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	if json.Unmarshal(text, v) != nil {
		return errors.New("the answer cannot be read")
	}
	return nil
}
