package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// steadyMemory is what the process may take before its garbage is collected: what a run holds at once is a fraction of it, whatever
// the size of the school.
const steadyMemory = 32 << 20

// SteadyMemory gives the whole process a budget of memory instead of Go's rule, "twice what is in use": a small run then collects its
// garbage less often, and a large one takes no more memory than a small one as long as what it holds fits. When it does not, the budget grows to twice
// what is held, as Go would have it. Whoever sets GOGC or GOMEMLIMIT has their way. Call it once, from main.
func SteadyMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(steadyMemory)
	debug.SetGCPercent(-1)
	afterCollection(steadyMemory)
}

// afterCollection fits the budget, now limit, after the next collection, and so on.
func afterCollection(limit int64) {
	// An object that nobody holds is cleaned up after the next collection: there is no other way to hear of one.
	runtime.AddCleanup(new([16]byte), func(limit int64) {
		if want := budget(); want != limit {
			debug.SetMemoryLimit(want)
			limit = want
		}
		afterCollection(limit)
	}, limit)
}

// budget is twice what is held, besides what Go takes for itself, and no less than steadyMemory.
func budget() int64 {
	s := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(s)
	n := make([]int64, len(s))
	for i := range s {
		if s[i].Value.Kind() != metrics.KindUint64 {
			return steadyMemory // a Go that no longer tells
		}
		n[i] = int64(s[i].Value.Uint64())
	}
	own := n[1] - n[2] - n[3] - n[4] - n[5]
	return max(steadyMemory, 2*n[0]+own)
}
