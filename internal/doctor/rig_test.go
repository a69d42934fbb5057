package doctor

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/mail"
	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
)

// A rig is a simulated school, served, with the setup of one of its policies.
type rig struct {
	Setup
	world *world.World
	dir   string
	key   []byte
	base  string

	asMade policy.Policy // the policy as the school was made with it
}

// newRig serves a school whose service account is delegated these scopes; nil is all.
func newRig(t *testing.T, which string, scopes []string, o server.Options) *rig {
	t.Helper()
	sc, err := generate.Generate(generate.Options{Pupils: 30, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{world: sc.World, dir: t.TempDir()}
	if err := sc.Write(r.dir); err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(filepath.Join(r.dir, which+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// The school has a host of a blog whose account is switched off, and a teacher on ClassDojo who is gone: see TestPlanted.
	r.asMade = *p
	p.Blogs = slices.Clone(p.Blogs)
	for i := range p.Blogs {
		p.Blogs[i].Hosts = []string{p.People[policy.RoleHead][0].Address}
	}
	if d := p.ClassDojo; d != nil {
		mended := *d
		mended.Classes = slices.Clone(d.Classes)
		for i := range mended.Classes {
			mended.Classes[i].Teachers = []string{p.People[policy.RoleHead][0].Address}
		}
		p.ClassDojo = &mended
	}
	if scopes == nil {
		for _, n := range Needs(p, true) {
			scopes = append(scopes, n.Scope)
		}
	}
	for i := range r.world.Settings.Clients {
		r.world.Settings.Clients[i].Scopes = slices.Clone(scopes)
	}
	if len(r.world.Settings.Clients) == 0 {
		r.world.Settings.Clients = []world.Client{{ClientID: "100000000000000000001", Email: "esafetybot@project.example", Scopes: scopes}}
	}
	srv, err := server.New(r.world, o)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(srv)
	t.Cleanup(hs.Close)
	if r.key, err = srv.Credentials(hs.URL + "/token"); err != nil {
		t.Fatal(err)
	}
	r.base = hs.URL
	admin, _ := p.Address(policy.RoleAdmin)
	state := "bolt:" + filepath.Join(r.dir, "state.db")
	r.Setup = Setup{
		Policy: p, Admin: admin, Now: sc.World.Settings.Now, ClientID: "100000000000000000001",
		State: Place{URI: state, Holds: findings.Findings, Open: func(ctx context.Context) (store.Store, error) {
			return stores.Open(ctx, state, p.School.Domains[0], nil)
		}},
		Mail: mail.Destination{Scheme: "dir", Path: filepath.Join(r.dir, "mail")}, Sender: mail.NewDir(filepath.Join(r.dir, "mail")),
		From: "esafetybot@" + p.School.Domains[0], HTTP: http.DefaultClient,
	}
	r.Client = r.client(t, admin)
	return r
}

func (r *rig) client(t *testing.T, admin string) *google.Client {
	t.Helper()
	c, err := google.New(t.Context(), google.Config{Credentials: r.key, Admin: admin, Endpoint: r.base,
		Retry: google.Retry{Tries: 2, Each: 5 * time.Second, Base: time.Millisecond, Cap: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// examine runs the doctor.
func (r *rig) examine(t *testing.T) *Report {
	t.Helper()
	rep, err := Examine(t.Context(), r.Setup)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range rep.Items {
		if i.What == "" || strings.HasSuffix(i.What, ".") || i.Status == Fails && (i.Next == "" || i.Without == "") {
			t.Errorf("%s does not say what, what for and what to do: %+v", i.Key, i)
		}
	}
	var text strings.Builder
	if err := rep.Write(&text, 100); err != nil {
		t.Fatal(err)
	}
	for _, h := range headings {
		if !strings.Contains(text.String(), h.title) {
			t.Errorf("the heading %q is missing", h.title)
		}
	}
	if testing.Verbose() {
		t.Log("\n" + text.String())
	}
	return rep
}

// keys lists the keys of a status.
func keys(r *Report, s Status) []string {
	var out []string
	for _, i := range r.Of(s) {
		out = append(out, i.Key)
	}
	return out
}

func (r *rig) item(t *testing.T, rep *Report, key string) Item {
	t.Helper()
	for _, i := range rep.Items {
		if i.Key == key {
			return i
		}
	}
	t.Fatalf("nothing is said of %s: %v", key, keys(rep, Fails))
	return Item{}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// drafts is the Gmail part of a client, for one mailbox.
type drafts struct {
	c  *google.Client
	as string
}

func (d drafts) CreateDraft(ctx context.Context, raw []byte) (string, error) {
	return d.c.CreateDraft(ctx, d.as, raw)
}
func (d drafts) DraftExists(ctx context.Context, id string) (bool, error) {
	return d.c.DraftExists(ctx, d.as, id)
}
func (d drafts) SendDraft(ctx context.Context, id string) error { return d.c.SendDraft(ctx, d.as, id) }
func (d drafts) FindDraft(ctx context.Context, id string) (string, bool, error) {
	return d.c.FindDraft(ctx, d.as, id)
}
