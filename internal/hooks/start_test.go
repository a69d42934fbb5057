package hooks

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// clockwork is a clock with an alarm, moved by hand.
type clockwork struct {
	now    time.Time
	at     time.Time
	ring   func()
	starts []time.Duration // since noon
}

func (c *clockwork) after(d time.Duration, f func()) func() bool {
	c.at, c.ring = c.now.Add(d), f
	return func() bool { c.ring = nil; return true }
}

// pass lets time pass; the alarm rings on the way.
func (c *clockwork) pass(d time.Duration) {
	end := c.now.Add(d)
	for c.ring != nil && !c.at.After(end) {
		c.now = c.at
		f := c.ring
		c.ring = nil
		f()
	}
	c.now = end
}

func newStarter(c *clockwork, fail error) *Starter {
	return &Starter{Now: func() time.Time { return c.now }, After: c.after, Log: slog.New(slog.DiscardHandler), Start: func(context.Context) error {
		c.starts = append(c.starts, c.now.Sub(noon))
		return fail
	}}
}

func TestStarterGathers(t *testing.T) {
	const m = time.Minute
	for _, c := range []struct {
		name string
		do   func(*Starter, *clockwork)
		want []time.Duration
	}{
		{"one", func(s *Starter, _ *clockwork) { s.Nudge(true) }, []time.Duration{0}},
		{"urgent ones, and one that waits for nobody after it", func(s *Starter, c *clockwork) {
			for range 20 {
				s.Nudge(true)
				c.pass(5 * time.Second)
			}
			c.pass(time.Hour)
		}, []time.Duration{0, GapUrgent, 2 * GapUrgent}},
		{"what is not urgent is left to the clock", func(s *Starter, c *clockwork) {
			for range 20 {
				s.Nudge(false)
				c.pass(5 * time.Minute)
			}
		}, nil},
		{"an urgent one among others", func(s *Starter, c *clockwork) {
			s.Nudge(false)
			c.pass(30 * time.Second)
			s.Nudge(true)
			s.Nudge(false)
			c.pass(time.Hour)
		}, []time.Duration{30 * time.Second}},
		{"an alarm that never rang: the next push does it", func(s *Starter, c *clockwork) {
			s.Nudge(true)
			s.Nudge(true)
			c.ring = nil
			c.pass(4 * m)
			s.Nudge(false)
		}, []time.Duration{0, 4 * m}},
		{"the end does what was put off", func(s *Starter, c *clockwork) {
			s.Nudge(true)
			s.Nudge(true)
			c.pass(30 * time.Second)
			s.Close()
			c.pass(time.Hour)
			s.Nudge(true)
		}, []time.Duration{0, 30 * time.Second}},
		{"the end without anything put off", func(s *Starter, _ *clockwork) { s.Close(); s.Nudge(true) }, nil},
	} {
		for _, fail := range []error{nil, errors.New("status 403")} {
			clock := &clockwork{now: noon}
			c.do(newStarter(clock, fail), clock)
			if d := cmp.Diff(c.want, clock.starts); d != "" {
				t.Errorf("%s (%v): %s", c.name, fail, d)
			}
		}
	}
}

// However hints come, two starts are never nearer than the gap, and nothing urgent waits longer than that.
func TestStarterBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &clockwork{now: noon}
		s := newStarter(c, nil)
		type nudge struct {
			at     time.Duration
			urgent bool
		}
		var all []nudge
		for range rapid.IntRange(1, 40).Draw(t, "nudges") {
			n := nudge{c.now.Sub(noon), rapid.Bool().Draw(t, "urgent")}
			all = append(all, n)
			s.Nudge(n.urgent)
			c.pass(time.Duration(rapid.IntRange(0, 300).Draw(t, "seconds")) * time.Second)
		}
		c.pass(time.Hour)
		for i := 1; i < len(c.starts); i++ {
			if c.starts[i]-c.starts[i-1] < GapUrgent {
				t.Fatalf("started at %v", c.starts)
			}
		}
		for _, n := range all {
			if n.urgent && !slices.ContainsFunc(c.starts, func(at time.Duration) bool { return at >= n.at && at <= n.at+GapUrgent }) {
				t.Fatalf("%+v: started at %v", n, c.starts)
			}
		}
	})
}

func TestRunJob(t *testing.T) {
	var asked []string
	code := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Metadata-Flavor")+r.Header.Get("Authorization")+" "+string(body)))
		if r.Method == http.MethodPost {
			w.WriteHeader(code)
		}
		_, _ = io.WriteString(w, `{"access_token":"secret-1","expires_in":3599,"token_type":"Bearer"}`)
	}))
	defer srv.Close()
	j, err := NewRunJob("projects/school-project/locations/europe-west2/jobs/esafetybot-worker")
	if err != nil || j.run != runAPI || j.metadata != metadataAPI {
		t.Fatal(j, err)
	}
	j.run, j.metadata = srv.URL, srv.URL
	if err := j.Start(t.Context()); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{
		"GET /computeMetadata/v1/instance/service-accounts/default/token Google",
		"POST /v2/projects/school-project/locations/europe-west2/jobs/esafetybot-worker:run Bearer secret-1 {}",
	}, asked); d != "" {
		t.Error(d)
	}
	code = http.StatusForbidden
	if err := j.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "403") || !strings.Contains(err.Error(), "Invoker") || strings.Contains(err.Error(), "secret-1") {
		t.Error(err)
	}
	srv.Close()
	if err := j.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "metadata server") {
		t.Error(err)
	}
	for _, name := range []string{"", "esafetybot-worker", "projects/p/locations/r/jobs/j/executions/e", "projects/p/locations/r/jobs/../j"} {
		if _, err := NewRunJob(name); err == nil {
			t.Errorf("%q is the name of a job", name)
		}
	}
}
