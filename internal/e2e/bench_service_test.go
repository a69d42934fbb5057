package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/store/firestore/emulator"
)

// baseImage is what the image is built on (gcr.io/distroless/static-debian12:nonroot), compressed, bytes, rounded up.
const baseImage = 1 << 20

// TestBenchService measures the service that people wait for, the review site in a process of its own as on Cloud Run: from its start to its first answer, what it holds
// in memory when nobody asks, and how large its image is.
func TestBenchService(t *testing.T) {
	if os.Getenv("ESAFETYBOT_BENCH") != "1" {
		t.Skip("takes minutes: make bench")
	}
	table := &benchTable{t: t}
	defer func() { fmt.Printf("\n%s\n", table) }()
	binary := shippedBinary(t)
	layer, size := compressed(t, binary)
	table.head("The review site alone (esafetybot site)")
	table.plain("the program", mib(size))
	table.counted(fmt.Sprintf("its image, compressed: %s, in 40 MiB", mib(layer+baseImage)), float64(layer+baseImage)/(40<<20), 1)

	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 1, Now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	site, stop := benchServe(t, sc, server.Options{})
	defer stop()
	var starts []time.Duration
	resident := 0
	for range 15 {
		took, held := coldStart(t, binary, site)
		starts, resident = append(starts, took), max(resident, held)
	}
	slices.Sort(starts)
	table.plain("fastest and slowest start", fmt.Sprintf("%d and %d ms", starts[0].Milliseconds(), starts[len(starts)-1].Milliseconds()))
	table.timed("median start, in 300 ms", starts[len(starts)/2].Seconds()/0.3, 1)
	table.timed(fmt.Sprintf("idle, resident: %s, in 40 MiB", mib(resident)), float64(resident)/(40<<20), 1)
}

// shippedBinary builds the program with the flags of .ko.yaml.
func shippedBinary(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "esafetybot")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -buildid=", "-o", path, "../../cmd/esafetybot")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return path
}

// compressed is how large a file is as an image's layer, and as it is; bytes.
func compressed(t testing.TB, path string) (layer, size int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	n, err := io.Copy(z, f)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Len(), int(n)
}

// coldStart starts the site, waits for its first answer, lets it be for a while and looks at what it holds, in bytes.
func coldStart(t testing.TB, binary string, site *benchSite) (took time.Duration, resident int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	addr := filepath.Join(t.TempDir(), "addr")
	cmd := exec.CommandContext(ctx, binary, "site", "--policy", site.path("policy.yaml"), "--state", "firestore:bench-school/main", "--decisions", "firestore:bench-school/decisions",
		"--base-url", "https://review.school.example", "--oidc-client-id", "bench", "--oidc-issuer", site.base, "--listen", "127.0.0.1:0", "--addr-file", addr,
		"--site-key", site.path("site.key"))
	cmd.Env = append(os.Environ(), "FIRESTORE_EMULATOR_HOST="+emulator.Host(t), "ESAFETYBOT_OIDC_CLIENT_SECRET=bench")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer cancel()
	for {
		if ctx.Err() != nil {
			t.Fatalf("the site does not answer: %s", errs.String())
		}
		if at, err := os.ReadFile(addr); err == nil && len(at) > 0 {
			base := strings.TrimSpace(string(at))
			if !strings.HasPrefix(base, "http") {
				base = "http://" + base
			}
			resp, err := http.Get(base + "/sign-in")
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode < 500 {
					break
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
	took = time.Since(begun)
	time.Sleep(3 * time.Second)
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return took, kb << 10
}
