package server_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	reports "google.golang.org/api/admin/reports/v1"
	drive "google.golang.org/api/drive/v3"

	. "esafetybot/internal/sim/server"
)

// outcomes asks the same things of a server with these faults, in this order, and tells what came of each.
func outcomes(t *testing.T, f Faults, order []int) map[int]string {
	t.Helper()
	e := serving(t, Options{Faults: f})
	token, err := e.s.Token("ann@school.example", drive.DriveScope)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Timeout: 5 * time.Second}
	out := map[int]string{}
	for _, i := range order {
		req, err := http.NewRequest("GET", fmt.Sprintf("%s/drive/v3/files?q=name+%%3D+'%d'&fields=files(id)", e.url, i), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := c.Do(req)
		if err != nil {
			out[i] = "broken"
			continue
		}
		out[i] = fmt.Sprint(resp.StatusCode, resp.Header.Get("Retry-After"))
		resp.Body.Close()
	}
	return out
}

func TestFaultsAreDeterministic(t *testing.T) {
	f := Faults{Rate: 0.3, Seed: 7, Kinds: []string{"429", "403", "500", "503", "drop"}}
	var up, down []int
	for i := range 60 {
		up, down = append(up, i), append([]int{i}, down...)
	}
	a, b := outcomes(t, f, up), outcomes(t, f, down)
	bad := map[string]int{}
	for i := range 60 {
		if a[i] != b[i] {
			t.Errorf("request %d: %s in one order, %s in the other", i, a[i], b[i])
		}
		bad[a[i]]++
	}
	if n := 60 - bad["200"]; n < 8 || n > 30 || len(bad) < 4 {
		t.Errorf("have %v", bad)
	}
	f.Routes = []string{"reports"}
	for _, o := range outcomes(t, f, up) {
		if o != "200" {
			t.Fatalf("a fault on another route: %s", o)
		}
	}
}

func TestFaultKinds(t *testing.T) {
	for _, tt := range []struct{ kind, want string }{{"drop", "EOF"}, {"truncate", "unexpected EOF"}, {"slow", ""}, {"timeout", "deadline"}} {
		e := serving(t, Options{})
		w := e.w
		s, err := New(w, Options{Faults: Faults{Rate: 1, Kinds: []string{tt.kind}, Routes: []string{"drive"}, Slow: time.Millisecond, Hang: 2 * time.Second}, Key: testKey()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		addr := make(chan string, 1)
		go func() { serveOn(ctx, t, s, addr) }()
		e.s, e.url = s, "http://"+<-addr
		ctx2, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err = e.drive("ann@school.example").Files.List().Context(ctx2).Do()
		cancel()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.kind, err)
		}
		for until := time.Now().Add(5 * time.Second); s.Requests().Faults[tt.kind] == 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(until) { // net/http may send a GET twice, and counts when the handler ends
				t.Errorf("%s: not counted", tt.kind)
				break
			}
		}
		stop()
	}
}

func TestAuditFaults(t *testing.T) {
	w := school(t)
	for range 400 {
		if err := w.ViewFile("L", "bob@school.example"); err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Minute)
	}
	count := func(e *env) (n, distinct int) {
		t.Helper()
		seen := map[string]bool{}
		err := e.reports().Activities.List("all", "drive").Pages(context.Background(), func(l *reports.Activities) error {
			for _, a := range l.Items {
				n++
				seen[fmt.Sprint(a.Id.Time, a.Id.UniqueQualifier)] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, len(seen)
	}
	f := Faults{Rate: 0.1, Seed: 3, Kinds: []string{"lost-audit"}}
	_, a := count(startWorld(t, w, Options{Faults: f}))
	_, b := count(startWorld(t, w, Options{Faults: f}))
	if a != b || a > 385 || a < 330 {
		t.Errorf("lost: %d, then %d of 400", a, b)
	}
	f.Kinds = []string{"dup-audit"}
	if n, d := count(startWorld(t, w, Options{Faults: f})); d != 400 || n < 415 {
		t.Errorf("doubled: %d records, %d distinct", n, d)
	}
	f.Kinds = []string{"late-audit"}
	e := startWorld(t, w, Options{Faults: f})
	_, d := count(e)
	w.Advance(7 * time.Hour)
	if _, later := count(e); d > 398 || later != 400 {
		t.Errorf("late: %d, later %d", d, later)
	}
}

func TestIncompleteSearch(t *testing.T) {
	e := serving(t, Options{Faults: Faults{Rate: 1, Kinds: []string{"incomplete"}}})
	l, err := e.drive("bob@school.example").Files.List().Do()
	if err != nil || !l.IncompleteSearch || len(l.Files) == 4 {
		t.Errorf("have %+v %v", l, err)
	}
}

func TestFailSubject(t *testing.T) {
	e := serving(t, Options{FailSubject: map[string]int{"bob@school.example": 403}})
	_, err := e.drive("bob@school.example").Files.List().Do()
	want(t, "the failing subject", err, 403, "forbidden")
	_, err = e.drive("ann@school.example").Files.List().Do()
	want(t, "another", err, 0, "")
	if r := e.s.Requests(); r.Methods["drive.files.list"] != 2 || r.Methods["oauth2.token"] != 2 || r.Subjects["101"] != 1 {
		t.Errorf("requests: %+v", r)
	}
}

func TestQuotasAreEnforced(t *testing.T) {
	now := time.Now()
	e := serving(t, Options{Quotas: true, Real: func() time.Time { return now }})
	token, err := e.s.Token("ann@school.example", "https://www.googleapis.com/auth/cloud-identity.policies.readonly")
	if err != nil {
		t.Fatal(err)
	}
	get := func() int {
		t.Helper()
		resp, err := bearer(token).Get(e.url + "/v1/policies")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	n := 0
	for ; get() == 200; n++ {
	}
	if now = now.Add(time.Minute); n != 60 || get() != 200 {
		t.Errorf("%d calls in a minute", n)
	}
	if now = now.Add(time.Hour); get() != 401 {
		t.Error("a token lives for more than an hour")
	}
}
