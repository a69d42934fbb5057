package firestore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"esafetybot/internal/store"
	"esafetybot/internal/store/firestore"
	"esafetybot/internal/store/firestore/emulator"
	"esafetybot/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(emulator.Run(m)) }

// harness runs on the emulator, which takes messages of 4 MiB only.
func harness(host string, o firestore.Options) storetest.Harness {
	o.Emulator = host
	return storetest.Harness{Persistent: true, Shared: true, Slow: true, MaxCommit: 3 << 20,
		New: func(t *testing.T) func() (store.Store, error) {
			school := rand.Text()
			return func() (store.Store, error) {
				return firestore.Open(context.Background(), "demo-esafetybot", "", school, o)
			}
		}}
}

func TestStore(t *testing.T) {
	storetest.Run(t, harness(emulator.Host(t), firestore.Options{}))
}

// TestBadConnection loses requests and answers, of commits and of reads: nobody must notice.
func TestBadConnection(t *testing.T) {
	rnd := mathrand.New(mathrand.NewPCG(3, 3))
	var mu sync.Mutex
	lost := map[string]int{}
	roll := func(what string) bool {
		mu.Lock()
		defer mu.Unlock()
		if rnd.IntN(12) > 0 {
			return false
		}
		lost[what]++
		return true
	}
	h := harness(emulator.Host(t), firestore.Options{Dial: []grpc.DialOption{
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, resp any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			if strings.HasSuffix(method, "/Rollback") { // else locks stay for longer than this test has time
				return call(ctx, method, req, resp, conn, opts...)
			}
			if roll("request") {
				return status.Error(codes.Unavailable, "request lost")
			}
			if err := call(ctx, method, req, resp, conn, opts...); err != nil {
				return err
			}
			if roll("answer") {
				return status.Error(codes.Unavailable, "answer lost")
			}
			return nil
		}),
		grpc.WithStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			if roll("stream") {
				return nil, status.Error(codes.Unavailable, "stream lost")
			}
			s, err := open(ctx, desc, conn, method, opts...)
			if err == nil && roll("middle of a stream") {
				return &cut{ClientStream: s}, nil
			}
			return s, err
		}),
	}})
	h.Lossy = true
	h.Only = []string{"Documents", "Expectations", "Atomic", "Claims", "Pages", "Model"}
	storetest.Run(t, h)
	for _, what := range []string{"request", "answer", "stream", "middle of a stream"} {
		if lost[what] == 0 {
			t.Errorf("no %s was ever lost: %v", what, lost)
		}
	}
}

// cut is a stream that ends after its first message.
type cut struct {
	grpc.ClientStream
	n int
}

func (c *cut) RecvMsg(m any) error {
	if c.n++; c.n > 1 {
		return status.Error(codes.Unavailable, "cut")
	}
	return c.ClientStream.RecvMsg(m)
}

var things = &store.Collection{Name: "things", Indexed: []string{"at", "kind", "first-seen"}, Queries: []store.Query{
	{Name: "at", Range: "at"},
	{Name: "kind", Equal: []string{"kind"}},
	{Name: "kind-seen", Equal: []string{"kind"}, Range: "first-seen"},
	{Name: "seen-kind", Equal: []string{"kind"}, Range: "first-seen"},
	{Name: "latest", Equal: []string{"kind", "at"}, Range: "first-seen", Desc: true},
}}

// afterCommit opens a store of which each Commit that reaches Firestore is followed by what then says.
func afterCommit(t *testing.T, then *func(err error) error, attempts int) store.Store {
	t.Helper()
	h := harness(emulator.Host(t), firestore.Options{Attempts: attempts, Dial: []grpc.DialOption{grpc.WithUnaryInterceptor(
		func(ctx context.Context, method string, req, resp any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			err := call(ctx, method, req, resp, conn, opts...)
			if f := *then; f != nil && strings.HasSuffix(method, "/Commit") {
				return f(err)
			}
			return err
		})}})
	s, err := h.New(t)()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestLostAnswer takes the answer away once, and lets somebody else act before we look again.
func TestLostAnswer(t *testing.T) {
	var then func(error) error
	s := afterCommit(t, &then, 0)
	commit := func(build func(b *store.Batch)) error {
		var b store.Batch
		build(&b)
		return s.Commit(t.Context(), &b)
	}
	for i, test := range []struct {
		name  string
		ours  func(b *store.Batch, k string)
		other func(b *store.Batch, k string) // in between; nil is nobody
		want  error
	}{
		{"create", func(b *store.Batch, k string) { b.Create(things, k+"new", nil, nil) }, nil, nil},
		{"put", func(b *store.Batch, k string) { b.Put(things, k, 1, nil, nil) }, nil, nil},
		{"delete", func(b *store.Batch, k string) { b.Delete(things, k, 1) }, nil, nil},
		{"with a requirement", func(b *store.Batch, k string) { b.Require(things, k, 1); b.Create(things, k+"new", nil, nil) }, nil, nil},
		{"the requirement fails afterwards",
			func(b *store.Batch, k string) { b.Require(things, k, 1); b.Create(things, k+"new", nil, nil) },
			func(b *store.Batch, k string) { b.Put(things, k, 1, nil, nil) }, nil},
		{"overwritten afterwards",
			func(b *store.Batch, k string) { b.Put(things, k, 1, nil, nil) },
			func(b *store.Batch, k string) { b.Put(things, k, 2, nil, nil) }, store.ErrUnknown},
		{"one of two overwritten afterwards",
			func(b *store.Batch, k string) { b.Put(things, k, 1, nil, nil); b.Create(things, k+"new", nil, nil) },
			func(b *store.Batch, k string) { b.Put(things, k, 2, nil, nil) }, nil},
		{"made again after deletion",
			func(b *store.Batch, k string) { b.Delete(things, k, 1) },
			func(b *store.Batch, k string) { b.Create(things, k, nil, nil) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := fmt.Sprintf("k%d", i)
			if err := commit(func(b *store.Batch) { b.Create(things, k, nil, nil) }); err != nil {
				t.Fatal(err)
			}
			then = func(err error) error {
				then = nil
				if err != nil {
					return err
				}
				if test.other != nil {
					if err := commit(func(b *store.Batch) { test.other(b, k) }); err != nil {
						t.Error(err)
					}
				}
				return status.Error(codes.Unavailable, "answer lost")
			}
			if err := commit(func(b *store.Batch) { test.ours(b, k) }); !errors.Is(err, test.want) {
				t.Errorf("have %v, want %v", err, test.want)
			}
		})
	}
}

// TestNeverAnswered has every answer of a commit lost, and one attempt only.
func TestNeverAnswered(t *testing.T) {
	then := func(error) error { return status.Error(codes.Unavailable, "answer lost") }
	s := afterCommit(t, &then, 1)
	var b store.Batch
	b.Create(things, "k", nil, nil)
	if err := s.Commit(t.Context(), &b); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("have %v, want that nobody knows", err)
	}
	if d, err := s.Get(t.Context(), things, "k"); err != nil || d.Version != 1 {
		t.Errorf("afterwards: %v, %v", d, err)
	}
}

// TestLongFind goes on after the moment of its first page can no longer be read.
func TestLongFind(t *testing.T) {
	late := time.Duration(0)
	h := harness(emulator.Host(t), firestore.Options{Now: func() time.Time { return time.Now().Add(late) }})
	s, err := h.New(t)()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var b store.Batch
	const n = store.MaxBatchWrites
	for i := range n {
		b.Create(things, fmt.Sprintf("%04d", i), map[string]string{"at": fmt.Sprintf("%04d", i)}, nil)
	}
	if err := s.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for d, err := range s.Find(t.Context(), things, store.Ask{Query: "at"}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[d.Key]++
		if len(seen) == 1 { // which moves to the end, and would come again
			late = 2 * time.Hour
			var b store.Batch
			b.Put(things, d.Key, 1, map[string]string{"at": "9999"}, nil)
			if err := s.Commit(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(seen) != n || seen["0000"] != 1 {
		t.Errorf("%d documents of %d, the moved one %d times", len(seen), n, seen["0000"])
	}
}

// TestLargestRequest measures what the emulator would not take: Firestore's limit is 10 MiB a request.
func TestLargestRequest(t *testing.T) {
	size := 0
	s, err := firestore.Open(t.Context(), "demo-esafetybot", "", strings.Repeat("s", store.MaxKey), firestore.Options{
		Emulator: "127.0.0.1:1", Dial: []grpc.DialOption{grpc.WithUnaryInterceptor( // nobody is asked
			func(_ context.Context, _ string, req, _ any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
				size = proto.Size(req.(*firestorepb.CommitRequest))
				return nil
			})}})
	if err != nil {
		t.Fatal(err)
	}
	c := &store.Collection{Name: strings.Repeat("c", 100)}
	for i := range store.MaxIndexed {
		c.Indexed = append(c.Indexed, fmt.Sprintf("f%d", i))
	}
	var b store.Batch
	f := map[string]string{}
	for _, name := range c.Indexed {
		f[name] = strings.Repeat("v", 200)
	}
	for i := range store.MaxBatchWrites {
		b.Create(c, fmt.Sprintf("%0500d", i), f, make([]byte, 14000))
	}
	if b.Size() > store.MaxBatchBytes || b.Size() < store.MaxBatchBytes-200_000 {
		t.Fatalf("the batch has %d bytes", b.Size())
	}
	if err := errors.Join(s.Commit(t.Context(), &b), s.Close()); err != nil {
		t.Fatal(err)
	}
	if size == 0 || size > 10<<20 {
		t.Errorf("request of %d bytes, Firestore takes %d", size, 10<<20)
	}
}

func TestIndexes(t *testing.T) {
	have, err := firestore.Indexes(things, store.Chunks(things))
	if err != nil {
		t.Fatal(err)
	}
	want := []firestore.Index{
		{Collection: "things", Fields: []firestore.IndexField{{Path: "f.at"}, {Path: "f.kind"}, {Path: "f.`first-seen`", Desc: true}}},
		{Collection: "things", Fields: []firestore.IndexField{{Path: "f.kind"}, {Path: "f.`first-seen`"}}},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("-want +have\n%s", diff)
	}
	if _, err := firestore.Indexes(&store.Collection{Name: "Bad"}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("have %v", err)
	}
	if n := len(firestore.Exempt(things, store.Chunks(things))); n != 8 {
		t.Errorf("%d exemptions", n)
	}
}

func TestUnreachable(t *testing.T) {
	s, err := firestore.Open(t.Context(), "p", "d", "school", firestore.Options{Emulator: "127.0.0.1:1", Attempts: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Get(t.Context(), things, "k")
	if err == nil || !strings.Contains(err.Error(), "projects/p/databases/d") {
		t.Errorf("have %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := firestore.Open(t.Context(), "", "", "school", firestore.Options{}); err == nil {
		t.Error("opened without a project")
	}
	if _, err := firestore.Open(t.Context(), "p", "", "a/b", firestore.Options{Emulator: "127.0.0.1:1"}); !errors.Is(err, store.ErrBadKey) {
		t.Errorf("have %v", err)
	}
}

// TestCreatorWhoMayNotRead is a receiver, whose role lets it create and nothing else: what was created before is a conflict, without a look.
func TestCreatorWhoMayNotRead(t *testing.T) {
	var lose bool
	h := harness(emulator.Host(t), firestore.Options{Dial: []grpc.DialOption{
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, resp any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			err := call(ctx, method, req, resp, conn, opts...)
			if lose {
				lose = false
				return status.Error(codes.Unavailable, "answer lost")
			}
			return err
		}),
		grpc.WithStreamInterceptor(func(context.Context, *grpc.StreamDesc, *grpc.ClientConn, string, grpc.Streamer, ...grpc.CallOption) (grpc.ClientStream, error) {
			return nil, status.Error(codes.PermissionDenied, "may not read")
		}),
	}})
	s, err := h.New(t)()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	create := func(key string) error {
		b := &store.Batch{}
		b.Create(things, key, nil, nil)
		return s.Commit(t.Context(), b)
	}
	if err := create("a"); err != nil {
		t.Error(err)
	}
	if err := create("a"); !errors.Is(err, store.ErrConflict) {
		t.Error("the second time:", err)
	}
	lose = true
	if err := create("b"); !errors.Is(err, store.ErrUnknown) {
		t.Error("after a lost answer:", err)
	}
	if err := create("b"); !errors.Is(err, store.ErrConflict) {
		t.Error("asked again:", err)
	}
}
