package emulator

import (
	"context"
	"errors"
	"io"
	"sync"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Bill counts what Firestore would charge for: https://firebase.google.com/docs/firestore/pricing.
type Bill struct {
	mu                     sync.Mutex
	reads, writes, deletes int
	stored                 map[string]int // bytes by document, without Firestore's own of some hundred for each
}

// NewBill starts at nothing.
func NewBill() *Bill { return &Bill{stored: map[string]int{}} }

// Dial has a connection counted: for firestore.Options.
func (b *Bill) Dial() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(b.unary), grpc.WithChainStreamInterceptor(b.stream)}
}

func (b *Bill) unary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, conn, opts...)
	c, ok := req.(*firestorepb.CommitRequest)
	if err != nil || !ok {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range c.GetWrites() {
		if name := w.GetDelete(); name != "" {
			b.deletes++
			delete(b.stored, name)
			continue
		}
		b.writes++
		b.stored[w.GetUpdate().GetName()] = proto.Size(w.GetUpdate())
	}
	return nil
}

func (b *Bill) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := open(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, err
	}
	return &billed{ClientStream: s, bill: b}, nil
}

// billed is a stream of what is read.
type billed struct {
	grpc.ClientStream
	bill *Bill
	n    int
	done bool
}

func (s *billed) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	s.bill.mu.Lock()
	defer s.bill.mu.Unlock()
	if err != nil {
		if errors.Is(err, io.EOF) && s.n == 0 && !s.done {
			s.bill.reads++ // a query that finds nothing
		}
		s.done = true
		return err
	}
	read := false
	switch x := m.(type) {
	case *firestorepb.RunQueryResponse:
		read = x.GetDocument() != nil
	case *firestorepb.BatchGetDocumentsResponse:
		read = x.GetResult() != nil // one that is missing too
	}
	if read {
		s.n++
		s.bill.reads++
	}
	return nil
}

// Use is what a while used, in documents.
type Use struct{ Reads, Writes, Deletes int }

// Take is what was used since it was last asked.
func (b *Bill) Take() Use {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := Use{b.reads, b.writes, b.deletes}
	b.reads, b.writes, b.deletes = 0, 0, 0
	return out
}

// Stored is how many bytes the documents have that stand now.
func (b *Bill) Stored() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.stored {
		n += x
	}
	return n
}
