// Package firestore is a store in Google's Firestore (Native mode), for the deployment on Cloud Run.
//
// A document lies at schools/{school}/{collection}/{key} and has these fields:
//
//	f  map of the indexed fields, strings
//	b  the body, bytes
//	v  the version, s the schema version, integers
//	t  the mark of the batch that wrote it, bytes
//
// b, v, s and t are to be exempted from indexing (Exempt), and the composite indexes that the declared queries need
// are to be made (Indexes); Terraform does both. Equality alone needs no composite index.
//
// A commit reads the versions of what it replaces or deletes (not the bodies) and then writes under the condition that
// nothing has changed since; what is only created is not read at all. A batch with requirements is a transaction. When
// an answer is lost the documents are read again: the mark says whether the batch was written, so that it is neither
// repeated nor reported as somebody else's change. A batch of deletions alone leaves no mark; if its documents are
// gone after a lost answer, that is success. Everything is tried a limited number of times (see Options.Attempts).
//
// A Find reads pages as of the moment of its first, for as long as Firestore keeps that (an hour).
//
// Facts: https://firebase.google.com/docs/firestore/quotas, and for the protocol
// https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1.
package firestore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	vkit "cloud.google.com/go/firestore/apiv1"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"esafetybot/internal/store"
)

// Options for connecting. The zero value is good for production.
type Options struct {
	Emulator string            // host:port of an emulator, reached without credentials; "" is Google
	Dial     []grpc.DialOption // more for the connection, such as interceptors
	Logger   *slog.Logger      // told of what is tried again; nil is nobody
	Now      func() time.Time  // nil is time.Now
	Attempts int               // how often one thing is tried; 0 is 8, which takes up to about ten seconds of waiting
}

// Client is a connection to one database, which may hold any number of schools.
type Client struct {
	api  *vkit.Client
	root string // projects/P/databases/D
	o    Options
}

// Connect connects to a database; "" names the default one. Nothing is sent yet, so a wrong project shows only when it is used.
func Connect(ctx context.Context, project, database string, o Options) (*Client, error) {
	if project == "" {
		return nil, errors.New("no project for Firestore: give one, as in firestore:my-project")
	}
	if database == "" {
		database = "(default)"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Attempts == 0 {
		o.Attempts = 8
	}
	root := fmt.Sprintf("projects/%s/databases/%s", project, database)
	dial := append([]grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32))}, o.Dial...)
	var options []option.ClientOption
	if o.Emulator != "" {
		dial = append(dial, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(owner{}))
		conn, err := grpc.NewClient(o.Emulator, dial...)
		if err != nil {
			return nil, fmt.Errorf("connecting to the Firestore emulator at %s: %w", o.Emulator, err)
		}
		options = append(options, option.WithGRPCConn(conn))
	} else {
		for _, d := range dial {
			options = append(options, option.WithGRPCDialOption(d))
		}
	}
	api, err := vkit.NewClient(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to Firestore %s: %w", root, err)
	}
	api.CallOptions = &vkit.CallOptions{} // no retries but ours: those would hide that an answer was lost
	return &Client{api: api, root: root, o: o}, nil
}

// owner is what the emulator takes for somebody who may do everything.
type owner struct{}

func (owner) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

func (owner) RequireTransportSecurity() bool { return false }

// Close ends the connection, for all schools.
func (c *Client) Close() error { return c.api.Close() }

// School opens one school's state. Closing it leaves the connection open.
func (c *Client) School(school string) (store.Store, error) {
	if err := store.CheckKey(school); err != nil {
		return nil, fmt.Errorf("school: %w", err)
	}
	return &db{Client: c, parent: c.root + "/documents/schools/" + school}, nil
}

// Open connects for one school alone; closing the store ends the connection.
func Open(ctx context.Context, project, database, school string, o Options) (store.Store, error) {
	c, err := Connect(ctx, project, database, o)
	if err != nil {
		return nil, err
	}
	s, err := c.School(school)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	s.(*db).owns = true
	return s, nil
}

// db is one school.
type db struct {
	*Client
	parent string
	owns   bool // closing it closes the client
	closed atomic.Bool
}

func (d *db) ready(ctx context.Context) error {
	if d.closed.Load() {
		return store.ErrClosed
	}
	return ctx.Err()
}

func (d *db) path(c *store.Collection, key string) string { return d.parent + "/" + c.Name + "/" + key }

// Close implements store.Store.
func (d *db) Close() error {
	if d.closed.Swap(true) || !d.owns {
		return nil
	}
	return d.Client.Close()
}

// Get implements store.Store.
func (d *db) Get(ctx context.Context, c *store.Collection, key string) (store.Doc, error) {
	if err := store.CheckGet(c, key); err != nil {
		return store.Doc{}, err
	}
	if err := d.ready(ctx); err != nil {
		return store.Doc{}, err
	}
	path := d.path(c, key)
	found, _, err := d.read(ctx, []string{path}, nil, false, nil)
	if err != nil {
		return store.Doc{}, fmt.Errorf("collection %q, key %q: %w", c.Name, key, err)
	}
	if found[path] == nil {
		return store.Doc{}, store.NotFound(c, key)
	}
	return decode(c, key, found[path])
}
