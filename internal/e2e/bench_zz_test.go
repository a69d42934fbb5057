package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
)

func TestZZ(t *testing.T) {
	sc, err := generate.Bench(generate.BenchOptions{Owners: benchOwners, FilesPerOwner: benchFiles, Groups: benchGroups, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var at []time.Time
	var what []string
	site, stop := benchServe(t, sc, server.Options{Quotas: true, Latency: benchLatency, OnRequest: func(n int, r *http.Request) {
		mu.Lock()
		at = append(at, time.Now())
		what = append(what, r.URL.Path)
		mu.Unlock()
	}})
	defer stop()
	for range 3 {
		at, what = nil, nil
		site.forget()
		start := time.Now()
		m := site.run(benchBinary(t), benchWorkers)
		b := map[int]int{}
		last := 0
		for i := range at {
			k := int(at[i].Sub(start) / (100 * time.Millisecond))
			b[k]++
			last = max(last, k)
		}
		for k := 0; k <= last; k++ {
			fmt.Printf("%d ", b[k])
		}
		fmt.Printf("\nwall %v cpu %v ratio %.3f last request %v\n", m.wall, m.cpu, m.wall.Seconds()/(float64(m.calls())*.05/16), at[len(at)-1].Sub(start))
	}
}
