package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
	"esafetybot/internal/store/storetest"
)

const childEnv = "ESAFETYBOT_BOLT_CHILD"

// TestMain is also the child that TestKilled kills and the other process of TestInUse.
func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

var things = &store.Collection{Name: "things", Indexed: []string{"at"}, Queries: []store.Query{{Name: "at", Range: "at"}}}

// write is batch n: a counter, two documents that belong together, and the end of two older ones.
func write(ctx context.Context, s store.Store, n int64) error {
	var b store.Batch
	b.Put(things, "n", n-1, nil, []byte(strconv.FormatInt(n, 10)))
	for i := range 2 {
		b.Create(things, fmt.Sprintf("%06d-%d", n, i), map[string]string{"at": fmt.Sprintf("%06d", n)}, make([]byte, 3000))
		if n > 10 {
			b.Delete(things, fmt.Sprintf("%06d-%d", n-10, i), 1)
		}
	}
	return s.Commit(ctx, &b)
}

// whole reads how many batches are there, and checks that they are there completely.
func whole(t *testing.T, path string) int64 {
	t.Helper()
	s, err := bolt.Open(path, "school", bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	d, err := s.Get(t.Context(), things, "n")
	if errors.Is(err, store.ErrNotFound) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(string(d.Body), 10, 64)
	if err != nil || n != d.Version {
		t.Fatalf("the counter says %q at version %d", d.Body, d.Version)
	}
	var want, byKey, byField []string
	for k := max(1, n-9); k <= n; k++ {
		want = append(want, fmt.Sprintf("%06d-0", k), fmt.Sprintf("%06d-1", k))
	}
	for _, q := range []struct {
		ask store.Ask
		to  *[]string
	}{{store.Ask{To: "n"}, &byKey}, {store.Ask{Query: "at"}, &byField}} {
		docs, err := storetest.All(t.Context(), s, things, q.ask)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			*q.to = append(*q.to, d.Key)
		}
	}
	if a, b, c := strings.Join(want, " "), strings.Join(byKey, " "), strings.Join(byField, " "); a != b || a != c {
		t.Fatalf("after batch %d there should be\n%s\nhave by key\n%s\nby field\n%s", n, a, b, c)
	}
	if err := write(t.Context(), s, n+1); err != nil { // and it goes on
		t.Fatal(err)
	}
	return n
}

// child writes batch after batch and says so.
func child(path string) error {
	s, err := bolt.Open(path, "school", bolt.Options{Command: "the child"})
	if err != nil {
		return err
	}
	d, err := s.Get(context.Background(), things, "n")
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for n := d.Version + 1; ; n++ {
		if err := write(context.Background(), s, n); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func start(t *testing.T, path string) (*exec.Cmd, io.ReadCloser) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// TestKilled kills a writing process again and again: every batch that it acknowledged is there, and no half one.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	rnd := rand.New(rand.NewPCG(5, 5))
	written := int64(0) // by whole, after the last kill
	for range 12 {
		cmd, out := start(t, path)
		lines := bufio.NewScanner(out)
		acknowledged := written
		for stop := rnd.IntN(25); lines.Scan(); stop-- {
			if stop == 0 {
				time.Sleep(time.Duration(rnd.IntN(3000)) * time.Microsecond)
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			n, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				break // the last line may be cut
			}
			acknowledged = n
		}
		_ = cmd.Wait() // killed
		n := whole(t, path)
		if n < acknowledged {
			t.Fatalf("batch %d was acknowledged, there are %d", acknowledged, n)
		}
		written = n + 1
	}
}

// TestPowerCut puts together files as a power cut leaves them: some of the pages of a commit have reached the disk, and
// then, after the fsync between, all of them and a part of the page that makes them count.
func TestPowerCut(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	s, err := bolt.Open(path, "school", bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	read := func() []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	page := os.Getpagesize() // as bbolt's
	rnd := rand.New(rand.NewPCG(6, 6))
	cut := func(data []byte) int64 {
		file := filepath.Join(dir, "cut.db")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return whole(t, file)
	}
	for n := int64(1); n <= 25; n++ {
		before := read()
		if err := write(t.Context(), s, n); err != nil {
			t.Fatal(err)
		}
		after := read()
		for range 2 {
			some := bytes.Clone(after)
			copy(some[:2*page], before[:2*page]) // the two meta pages are written last
			for at := 2 * page; at+page <= len(before); at += page {
				if rnd.IntN(2) == 0 {
					copy(some[at:at+page], before[at:at+page])
				}
			}
			if n > 1 {
				if have := cut(some); have != n-1 {
					t.Errorf("cut before commit %d: %d batches", n, have)
				}
			}
		}
		torn := bytes.Clone(after)
		for meta := range 2 { // only one of them differs
			half := meta*page + rnd.IntN(100)
			copy(torn[half:(meta+1)*page], before[half:(meta+1)*page])
		}
		if have := cut(torn); have != n && have != n-1 {
			t.Errorf("meta page of commit %d torn: %d batches", n, have)
		}
		if have := cut(after); have != n {
			t.Errorf("copied after commit %d: %d batches", n, have)
		}
	}
}

// TestInUse: another process is told within a second who holds the file, and gets it when that one is gone.
func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	cmd, out := start(t, path)
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the child writes nothing")
	}
	began := time.Now()
	_, err := bolt.Open(path, "school", bolt.Options{})
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s to say so", took)
	}
	host, _ := os.Hostname()
	want := fmt.Sprintf("the child, process %d on %s, since ", cmd.Process.Pid, host)
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(fmt.Sprint(err), want) || !strings.Contains(fmt.Sprint(err), "stop it") {
		t.Errorf("have %v, want %q", err, want)
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	if _, err := bolt.Open(path, "school", bolt.Options{}); !errors.Is(err, store.ErrInUse) || time.Since(began) > time.Second {
		t.Errorf("without a note: after %s %v", time.Since(began), err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	whole(t, path)
	if _, err := os.Stat(path + ".lock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the note stays after Close: %v", err)
	}
	f, err := bolt.OpenFile(path, bolt.Options{Command: "this test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.OpenFile(path, bolt.Options{}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("twice in one process: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestWrongFiles(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("not a state file "), 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{garbage: "is not one", filepath.Join(dir, "none", "x.db"): "create it", dir: "opening", "": "no path"} {
		if _, err := bolt.Open(path, "school", bolt.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: have %v, want %q", path, err, want)
		}
	}
	if _, err := bolt.Open(filepath.Join(dir, "x.db"), "a/b", bolt.Options{}); !errors.Is(err, store.ErrBadKey) {
		t.Errorf("bad school: %v", err)
	}
}

// TestLaterIndexes builds an index over more documents than one transaction takes.
func TestLaterIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := bolt.Open(path, "school", bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	plain := &store.Collection{Name: "things", Indexed: []string{"at"}}
	const n = 9000
	var b store.Batch
	for i := range n {
		b.Create(plain, fmt.Sprintf("%06d", i), map[string]string{"at": fmt.Sprintf("%06d", n-i)}, nil)
		if len(b.Ops) == store.MaxBatchWrites || i == n-1 {
			if err := s.Commit(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			b = store.Batch{}
		}
	}
	for round := range 2 { // the second after an older program has dropped it
		docs, err := storetest.All(t.Context(), s, things, store.Ask{Query: "at"})
		if err != nil || len(docs) != n || docs[0].Key != fmt.Sprintf("%06d", n-1) {
			t.Fatalf("round %d: %d documents, %v", round, len(docs), err)
		}
		var b store.Batch
		b.Put(plain, "000000", int64(round+1), map[string]string{"at": "999999"}, nil)
		if err := s.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
}
