package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"esafetybot/internal/cli"
	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/telemetry"
	"esafetybot/internal/telemetry/otlp"
)

// collector is an OpenTelemetry collector that keeps what it is told.
type collector struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	spans   []*traces.Span
	numbers map[string][]*metrics.Metric // the newest of each
	text    strings.Builder              // all of it, as text
}

func newCollector(t testing.TB) *collector {
	c := &collector{t: t, numbers: map[string][]*metrics.Metric{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP takes a message of OTLP over HTTP.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			c.t.Error(err)
			return
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		c.t.Error(err)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	switch r.URL.Path {
	case "/v1/traces":
		m := &coltrace.ExportTraceServiceRequest{}
		c.read(raw, m)
		for _, of := range m.GetResourceSpans() {
			for _, s := range of.GetScopeSpans() {
				for _, x := range s.GetSpans() {
					c.spans = append(c.spans, proto.Clone(x).(*traces.Span))
					x.TraceId, x.SpanId, x.ParentSpanId = nil, nil, nil // random letters may be anything
				}
			}
		}
		c.text.WriteString(protojson.Format(m))
	case "/v1/metrics":
		m := &colmetrics.ExportMetricsServiceRequest{}
		c.read(raw, m)
		for _, of := range m.GetResourceMetrics() {
			for _, s := range of.GetScopeMetrics() {
				for _, x := range s.GetMetrics() {
					c.numbers[x.GetName()] = append(c.numbers[x.GetName()], x)
				}
			}
		}
		c.text.WriteString(protojson.Format(m))
	default:
		c.t.Errorf("%s is no path of OTLP", r.URL.Path)
	}
}

func (c *collector) read(raw []byte, m proto.Message) {
	if err := proto.Unmarshal(raw, m); err != nil {
		c.t.Error(err)
	}
}

// attr is an attribute's text; "" where there is none.
func attr(list []*common.KeyValue, key string) string {
	for _, a := range list {
		if a.GetKey() == key {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// sum adds up the newest points of a number by one of their attributes.
func (c *collector) sum(name, by string) map[string]int64 {
	out := map[string]int64{}
	list := c.numbers[name]
	if len(list) == 0 {
		return out
	}
	last := list[len(list)-1]
	for _, p := range slices.Concat(last.GetSum().GetDataPoints(), last.GetGauge().GetDataPoints()) {
		out[attr(p.GetAttributes(), by)] += p.GetAsInt()
	}
	return out
}

// everything is what the school has that names somebody or something, by what it is.
func (s *campus) everything() map[string]string {
	out := map[string]string{}
	add := func(what string, words ...string) {
		for _, w := range words {
			// Shorter ones, and words that the program has for its own work, say nothing.
			if len(w) > 4 && !slices.Contains([]string{"drive", "files", "sharing", "reports", "account", "classroom"}, strings.ToLower(w)) {
				out[w] = what
			}
		}
	}
	w := s.watches[0]
	add("the school", w.policy.School.Name, w.policy.Key())
	add("a domain", w.policy.School.Domains...)
	s.world.View(func() {
		for _, u := range slices.Concat(s.world.Users(), s.world.DeletedUsers()) {
			add("an account", append(u.Addresses(), u.ID, u.Name.FullName, u.Name.FamilyName, u.OrgUnitPath)...)
		}
		for _, g := range s.world.Groups() {
			add("a group", g.ID, g.Email, g.Name)
		}
		for _, f := range s.world.Files() {
			add("a file", f.ID, f.Name)
			for _, p := range f.Permissions() {
				add("a grant", p.ID)
			}
		}
		for _, d := range s.world.Drives() {
			add("a shared drive", d.ID, d.Name)
		}
		for _, c := range s.world.Courses() {
			add("a class", c.ID, c.Name)
		}
		for _, d := range s.world.Domains() {
			add("a domain", d.DomainName)
		}
	})
	return out
}

// told opens what this process tells a collector, by the environment alone.
func (c *collector) told(t *testing.T) *otlp.Telling {
	for name, v := range map[string]string{otlp.EndpointVar: c.URL, "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"} {
		t.Setenv(name, v)
	}
	told, err := otlp.Open(t.Context(), os.Getenv, "v0", slog.New(slog.DiscardHandler))
	if err != nil || told == nil {
		t.Fatal("nothing is told: ", err)
	}
	return told
}

// TestCollectorIsToldNoNames: a run of all jobs tells a collector of itself, each job, each request to Google and each mail, and nothing in all of it names anybody or anything of the school:
// whatever the simulated school has, in names, addresses, titles and ids, is looked for.
func TestCollectorIsToldNoNames(t *testing.T) {
	c := newCollector(t)
	tell := c.told(t)
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 1, Now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, sc.World, sc.Policies, server.Options{})
	w := s.only(generate.Classroom)

	ctx, ended := telemetry.Run(tell.In(t.Context()))
	client, err := newClient(ctx, w.policy, s.key, s.base, s.retry, s.logs)
	s.do(err)
	_, _ = runJobs(ctx, w, jobs.Env{Google: client, Clock: s.world.Now, Log: newLog(s.logs), Roll: s.roll}, slices.Concat(jobs.Looking, jobs.Following)...)
	sent, err := w.box.Deliver(ctx, mail.NewDir(t.TempDir()), s.world.Now())
	s.do(err)
	ended(false)
	tell.Close(t.Context())
	c.mu.Lock()
	defer c.mu.Unlock()

	// What is told is all of it: by what the client, the records and the outbox count for themselves.
	spans, trace := map[string]int{}, ""
	for _, span := range c.spans {
		spans[span.GetName()]++
		if id := string(span.GetTraceId()); trace == "" {
			trace = id
		} else if id != trace {
			t.Errorf("one run has more than one trace: %s, %v", span.GetName(), span.GetAttributes())
		}
	}
	if spans["run"] != 1 || len(w.records) < 10 {
		t.Errorf("%d runs were told, and %d jobs left a record", spans["run"], len(w.records))
	}
	requests := map[string]int{}
	for m, n := range c.sum("esafetybot.google.requests", "method") {
		requests[m] = int(n)
		if spans[m] == 0 || spans[m] > int(n) {
			t.Errorf("%s: %d spans of %d requests", m, spans[m], n)
		}
	}
	if d := cmp.Diff(client.Calls(), requests); d != "" {
		t.Errorf("requests to Google differ from those that were told (-sent +told):\n%s", d)
	}
	found := int64(0)
	for job, r := range w.records {
		if spans["job "+job] != 1 {
			t.Errorf("job %s was told %d times", job, spans["job "+job])
		}
		found += int64(r.Changes.Opened)
	}
	open := int64(0)
	for _, n := range c.sum("esafetybot.findings.open", "check") {
		open += n
	}
	if open != found || found == 0 {
		t.Errorf("%d findings are open, told were %d", found, open)
	}
	if n := c.sum("esafetybot.mails", "outcome")["ok"]; int(n) != sent.Sent || spans["mail"] != sent.Sent || n == 0 {
		t.Errorf("%d mails went out, told were %d and %d spans", sent.Sent, n, spans["mail"])
	}
	if n := c.sum("esafetybot.jobs", "outcome"); n["failed"] != 0 || n["ok"]+n["partial"] < 10 {
		t.Errorf("how jobs ended is told as %v", n)
	}

	told := strings.ToLower(strings.ReplaceAll(c.text.String(), "https://opentelemetry.io/schemas/", ""))
	for _, sign := range []string{"@", "://"} {
		if i := strings.Index(told, sign); i >= 0 {
			t.Errorf("an address was told: %s", told[max(0, i-40):min(len(told), i+40)])
		}
	}
	words := s.everything()
	for word, what := range words {
		if strings.Contains(told, strings.ToLower(word)) {
			t.Errorf("%s was told: %q", what, word)
		}
	}
	if len(words) < 1000 {
		t.Errorf("only %d words of the school were looked for", len(words))
	}
}

// TestCommandTellsCollector: the command run tells the collector that its environment names, its log lines are of the same trace, and without a collector nothing is told.
func TestCommandTellsCollector(t *testing.T) {
	c := newCollector(t)
	t.Setenv(otlp.EndpointVar, c.URL)
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 1, Now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, sc.World, sc.Policies, server.Options{})
	s.only(generate.Classroom)
	dir := t.TempDir()
	for name, text := range map[string][]byte{"school.yaml": []byte(sc.Policies[generate.Classroom]), "key.json": s.key} {
		s.do(os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	run := func(getenv func(string) string) (status int, stderr string) {
		var log bytes.Buffer
		status = cli.Main(context.Background(), []string{
			"run", jobs.SettingsJob, "send", "--log-format", "json", "--policy", filepath.Join(dir, "school.yaml"), "--state", "bolt:" + filepath.Join(dir, "state.db"), "--mail", "dir:" + filepath.Join(dir, "mail"),
			"--google-credentials", filepath.Join(dir, "key.json"), "--google-endpoint", s.base, "--now", s.world.Now().UTC().Format(time.RFC3339),
		}, cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: &log, Getenv: getenv})
		return status, log.String()
	}
	_, logs := run(os.Getenv)
	names, trace := map[string]int{}, ""
	c.mu.Lock()
	for _, span := range c.spans {
		names[span.GetName()]++
		trace = hex.EncodeToString(span.GetTraceId())
	}
	before := len(c.spans)
	c.mu.Unlock()
	if names["run"] != 1 || names["job settings"] != 1 || names["job send"] != 1 || names["cloudidentity.policies.list"] == 0 {
		t.Errorf("told was %v", names)
	}
	traced := 0
	for line := range strings.Lines(logs) {
		var l map[string]any
		if json.Unmarshal([]byte(line), &l) == nil && l["message"] == "run finished" && l["logging.googleapis.com/trace"] == trace {
			traced++
		}
	}
	if traced != 1 {
		t.Errorf("not one line says of trace %s that the run is finished: %s", trace, logs)
	}

	if _, logs = run(func(string) string { return "" }); strings.Contains(logs, "/trace") || len(c.spans) != before {
		t.Errorf("it was told although no collector is named: %s", logs)
	}
	if status, logs := run(func(name string) string {
		return map[string]string{otlp.EndpointVar: c.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}[name]
	}); status != 2 || !strings.Contains(logs, "http/protobuf") {
		t.Errorf("another protocol than is spoken ends with %d: %s", status, logs)
	}
}
