package hooks_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/hooks"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
	"esafetybot/internal/store/firestore/emulator"
	"esafetybot/internal/store/stores"
)

func TestMain(m *testing.M) { os.Exit(emulator.Run(m)) }

// load is so many pushes a second for some seconds, over loopback: three in ten are repeats, one in ten is forged, one in ten of ours carries garbage.
type load struct {
	rate, seconds int
}

// result is what became of them.
type result struct {
	distinct int // pushes of ours, each counted once
	took     []time.Duration
	wrong    int // answers that are not what they should be
}

func (l load) run(t *testing.T, s store.Store) (result, hooks.Counts) {
	t.Helper()
	key := strings.Repeat("k", hooks.MinKey)
	r, err := hooks.New(hooks.Config{Stores: map[string]store.Store{"school.example": s}, Keys: []string{key}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(ln) }() // ends with Close
	defer func() { _ = srv.Close() }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	url := "http://" + ln.Addr().String() + hooks.GooglePath

	c := hooks.Channel{ID: "channel-1", School: "school.example", Application: hooks.Drive, Event: "change_document_visibility", Expires: time.Now().Add(time.Hour)}
	token, err := c.Token(key)
	if err != nil {
		t.Fatal(err)
	}
	var (
		out result
		mu  sync.Mutex
		all sync.WaitGroup
		rnd = rand.New(rand.NewPCG(1, 2)) //nolint:gosec // which pushes are repeats needs no secret
	)
	send := func(number int, token, body string, want int) {
		req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		for name, v := range map[string]string{"X-Goog-Channel-Id": c.ID, "X-Goog-Channel-Token": token, "X-Goog-Resource-State": c.Event, "X-Goog-Message-Number": fmt.Sprint(number)} {
			req.Header.Set(name, v)
		}
		began := time.Now()
		resp, err := client.Do(req)
		took := time.Since(began)
		code := 0
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			code = resp.StatusCode
		}
		mu.Lock()
		defer mu.Unlock()
		out.took = append(out.took, took)
		if code != want {
			out.wrong++
		}
	}
	tick := time.NewTicker(time.Second / time.Duration(l.rate))
	defer tick.Stop()
	for range l.rate * l.seconds {
		<-tick.C
		number, tok, want := out.distinct+2, token, http.StatusOK
		body := fmt.Sprintf(`{"kind":"admin#reports#activity","id":{"time":%q},"events":[{"name":"change_document_visibility","parameters":[{"name":"doc_id","value":"1iLsmUun0nA8q7aGR1Ls9D%d"}]}]}`, time.Now().UTC().Format(time.RFC3339), number)
		switch n := rnd.IntN(10); {
		case n < 3 && out.distinct > 0:
			number = 2 + rnd.IntN(out.distinct)
		case n == 3:
			tok, want = strings.Replace(token, "|drive|", "|admin|", 1), http.StatusUnauthorized
		default:
			out.distinct++
			if n == 4 {
				body = "garbage"
			}
		}
		all.Go(func() { send(number, tok, body, want) })
	}
	all.Wait()
	return out, r.Counts()
}

// check compares what was kept with what was pushed.
func (l load) check(t *testing.T, s store.Store) []time.Duration {
	t.Helper()
	have, counts := l.run(t, s)
	n := 0
	for _, err := range s.Find(t.Context(), hooks.Hints, store.Ask{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != have.distinct || have.wrong > 0 || counts.Taken != int64(n) || counts.Unsigned == 0 || counts.Twice == 0 || counts.Unread == 0 {
		t.Errorf("%d hints of %d pushes, %d answered wrongly: %+v", n, have.distinct, have.wrong, counts)
	}
	slices.Sort(have.took)
	return have.took
}

func openBolt(t *testing.T) store.Store {
	t.Helper()
	s, err := bolt.Open(filepath.Join(t.TempDir(), "state-hints.db"), "school.example", bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A second of the load that TestBenchPushes runs for a minute.
func TestManyPushes(t *testing.T) { load{rate: 300, seconds: 1}.check(t, openBolt(t)) }

// watchMachine measures what no program can do anything about while something else is measured: until the disk has a small write, and how late somebody is woken. It returns the 99th percentiles of both.
func watchMachine(t *testing.T) (end func() (disk, awake time.Duration)) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "beside"))
	if err != nil {
		t.Fatal(err)
	}
	var disks, wakes []time.Duration
	over := make(chan struct{})
	var all sync.WaitGroup
	every := func(pause time.Duration, do func()) {
		all.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(pause):
					do()
				}
			}
		})
	}
	every(50*time.Millisecond, func() {
		began := time.Now()
		if _, err := f.WriteAt(make([]byte, 4096), 0); err != nil {
			t.Error(err)
		}
		if err := f.Sync(); err != nil {
			t.Error(err)
		}
		disks = append(disks, time.Since(began))
	})
	every(5*time.Millisecond, func() {
		const nap = time.Millisecond
		began := time.Now()
		time.Sleep(nap)
		wakes = append(wakes, time.Since(began)-nap)
	})
	worst := func(list []time.Duration) time.Duration {
		if len(list) == 0 {
			return 0
		}
		slices.Sort(list)
		return list[int(0.99*float64(len(list)-1))].Round(10 * time.Microsecond)
	}
	return func() (disk, awake time.Duration) {
		close(over)
		all.Wait()
		_ = f.Close()
		return worst(disks), worst(wakes)
	}
}

// TestBenchPushes is run by make bench: 500 pushes a second for a minute, and on the emulator as many as that takes. The goals, on bolt and a quiet machine: 5 ms in the middle, 50 ms for all but one in a hundred.
func TestBenchPushes(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("not run: 500 pushes a second for a minute (make bench)")
	}
	tell := func(t *testing.T, took []time.Duration) {
		t.Helper()
		at := func(share float64) time.Duration {
			return took[int(share*float64(len(took)-1))].Round(10 * time.Microsecond)
		}
		t.Logf("%d pushes: median %s, 99th percentile %s, longest %s (goals on bolt: 5ms and 50ms)", len(took), at(0.5), at(0.99), at(1))
	}
	t.Run("bolt", func(t *testing.T) {
		machine := watchMachine(t)
		took := load{rate: 500, seconds: 60}.check(t, openBolt(t))
		disk, awake := machine()
		tell(t, took)
		t.Logf("meanwhile on this machine: that the disk has one small write, 99th percentile %s; that a process whose turn has come is woken, %s late", disk, awake)
	})
	t.Run("Firestore's emulator", func(t *testing.T) {
		t.Setenv("FIRESTORE_EMULATOR_HOST", emulator.Host(t))
		s, err := stores.Open(t.Context(), "firestore:demo-esafetybot/hints", fmt.Sprintf("school-%d", time.Now().UnixNano()), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		tell(t, load{rate: 50, seconds: 30}.check(t, s)) // the emulator takes no more; Firestore does
	})
}
