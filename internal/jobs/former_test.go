package jobs

import (
	"testing"
	"time"

	"esafetybot/internal/checkins"
	"esafetybot/internal/closures"
	"esafetybot/internal/findings"
	"esafetybot/internal/outbox"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
)

// former are documents as the first version of each shape wrote them, taken from this repository's history where fields were added since.
var former = []struct {
	c      *store.Collection
	key    string
	fields map[string]string
	body   string
}{
	// Before writes were counted, changes were made and retention deleted.
	{runs.Records, "2026-09-14T06:30:00.000000000Z|sharing|1", map[string]string{"job": SharingJob, "started": "2026-09-14T06:30:00.000000000Z"},
		`{"id":"2026-09-14T06:30:00.000000000Z|sharing|1","job":"sharing","policy":"a1b2c3d4e5f6","started":"2026-09-14T06:30:00Z","ended":"2026-09-14T06:31:00Z","scopes":3,"read":3,"touched":0,"gaps":null,"calls":{"drive.files.list":3},"changes":{"opened":1}}`},
	{Leases, SharingJob, nil, `{"holder":"school-server/1/1","until":"2026-09-14T06:45:00Z"}`},
	// Before a finding had private agreements and second persons.
	{findings.Findings, "A1~sharing.public~file~f1", map[string]string{"means": "sharing", "status": "open"},
		`{"id":"A1~sharing.public~file~f1","clause":"A1","rule":"sharing.public","subject":"file/f1","facts":["anyone reader"],"severity":"high","deals_with_it":"workspace_admin","status":"open","first_seen":"2026-09-14T06:30:00Z","opened":"2026-09-14T06:30:00Z"}`},
	// Before an event said who made it and how the finding stood after it.
	{findings.Events, "A1~sharing.public~file~f1~1", map[string]string{"means": "sharing", "at": "2026-09-14T06:30:00.000000000Z"},
		`{"finding":"A1~sharing.public~file~f1","at":"2026-09-14T06:30:00Z","to":"open","how":"found","facts":["anyone reader"],"run":"r","policy":"a1b2c3d4e5f6"}`},
	// Before an answer said when it was taken up.
	{checkins.Answers, "filtering", nil, `[{"id":"d1","at":"2026-09-14T06:30:00Z","by":"kim","answer":"yes"}]`},
	// Before a school could be open after all.
	{closures.Closures, "closed", nil, `[{"date":"2026-11-18","at":"2026-11-18T07:00:00Z","by":"head"}]`},
	// Before it was known that a message came back.
	{outbox.Letters, outbox.Key("it@school.example", "oversharing", "2026-09-14"), map[string]string{"recipient": outbox.RecipientID("it@school.example"), "created": "2026-09-14T06:31:00.000000000Z"},
		`{"recipient":"` + outbox.RecipientID("it@school.example") + `","kind":"oversharing","period":"2026-09-14","message_id":"m@school.example","parts":1,"state":"sent","created":"2026-09-14T06:31:00Z"}`},
}

// TestFormerDocuments: what older versions wrote is read, and a run of today goes on from it.
func TestFormerDocuments(t *testing.T) {
	s := openStore(t)
	for _, f := range former {
		b := &store.Batch{}
		b.Create(f.c, f.key, f.fields, []byte(f.body))
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(f.key, err)
		}
	}
	if r, err := Latest(t.Context(), s, SharingJob); err != nil || r == nil || r.ReadFull != 3 || !r.OK(nil) {
		t.Errorf("a run: %+v %v", r, err)
	}
	if next, err := runs.NewestNext(t.Context(), s); err != nil || next != nil {
		t.Errorf("something is due next, by a version that knew of no such thing: %v %v", next, err)
	}
	if f, err := (&findings.Keeper{Store: s}).Get(t.Context(), "A1~sharing.public~file~f1"); err != nil || f.Status != findings.Open || f.Deals != "workspace_admin" {
		t.Errorf("a finding: %+v %v", f, err)
	}
	for e, err := range (&findings.Keeper{Store: s}).EventsSince(t.Context(), "sharing", time.Time{}) {
		if err != nil || e.To != findings.Open {
			t.Errorf("an event: %+v %v", e, err)
		}
	}
	if book, err := checkins.Open(t.Context(), s); err != nil || len(book.All()["filtering"]) != 1 {
		t.Errorf("an answer: %v", err)
	}
	if book, err := closures.Open(t.Context(), s); err != nil || !book.Has(date("2026-11-18")) {
		t.Errorf("a day on which the school was closed: %v", err)
	}
	if e, ok, err := outbox.Reader(s).Get(t.Context(), "it@school.example", "oversharing", "2026-09-14"); err != nil || !ok || e.State != outbox.Sent || !e.Back.IsZero() {
		t.Errorf("a message: %+v %v", e, err)
	}
	now := place(t, "2026-09-14 09:00")
	lease, err := Take(t.Context(), s, SharingJob, "here", false, func() time.Time { return now })
	if err != nil || lease.version != 2 {
		t.Errorf("a lease: %v", err)
	}
}
