package needed

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/findings"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

var noon = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

func asked() Question {
	return Question{Finding: "x", Opened: noon, Facts: []string{"a", "b"}, Of: "kim", Asked: noon, Due: noon.AddDate(0, 0, 7)}
}

// A question is about a finding as it was when it was asked.
func TestAbout(t *testing.T) {
	for name, c := range map[string]struct {
		q    func(*Question)
		f    func(*findings.Finding)
		want bool
	}{
		"as it was":      {nil, nil, true},
		"answered":       {func(q *Question) { q.Answer = Stop }, nil, true},
		"ended":          {func(q *Question) { q.Ended = Changed }, nil, false},
		"another":        {nil, func(f *findings.Finding) { f.ID = "y" }, false},
		"agreed to":      {nil, func(f *findings.Finding) { f.Status = findings.Accepted }, false},
		"put right":      {nil, func(f *findings.Finding) { f.Status = findings.Resolved }, false},
		"opened anew":    {nil, func(f *findings.Finding) { f.Opened = noon.Add(time.Second) }, false},
		"a fact more":    {nil, func(f *findings.Finding) { f.Facts = []string{"a", "b", "c"} }, false},
		"a fact less":    {nil, func(f *findings.Finding) { f.Facts = []string{"a"} }, false},
		"in London time": {nil, func(f *findings.Finding) { f.Opened = noon.In(time.FixedZone("", 3600)) }, true},
	} {
		q, f := asked(), findings.Finding{ID: "x", Opened: noon, Facts: []string{"a", "b"}, Status: findings.Open}
		if c.q != nil {
			c.q(&q)
		}
		if c.f != nil {
			c.f(&f)
		}
		if have := q.About(&f); have != c.want {
			t.Errorf("%s: %v", name, have)
		}
	}
}

func TestLate(t *testing.T) {
	q := asked()
	if q.Late(q.Due) || !q.Late(q.Due.Add(time.Second)) {
		t.Error("the moment until which there is time")
	}
	answered, ended := asked(), asked()
	answered.Answer, ended.Ended = Keep, Passed
	for _, q := range []Question{answered, ended} {
		if q.Waits() || q.Late(q.Due.AddDate(1, 0, 0)) {
			t.Errorf("it waits: %+v", q)
		}
	}
}

// What is asked is found by whom it is asked of; two who write at once do not overwrite each other.
func TestKept(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	commit := func(stage func(b *store.Batch) error) error {
		b := &store.Batch{}
		if err := stage(b); err != nil {
			t.Fatal(err)
		}
		return s.Commit(t.Context(), b)
	}
	if q, err := Of(t.Context(), s, "x"); q != nil || err != nil {
		t.Fatal(q, err)
	}
	if err := commit(asked().Again(nil).Stage); err != nil {
		t.Fatal(err)
	}
	if err := commit(asked().Again(nil).Stage); !errors.Is(err, store.ErrConflict) {
		t.Errorf("asked twice at once: %v", err)
	}
	one, err := Of(t.Context(), s, "x")
	if err != nil {
		t.Fatal(err)
	}
	two := *one
	one.Answer = Stop
	if err := commit(one.Stage); err != nil {
		t.Fatal(err)
	}
	two.Answer = Keep
	if err := commit(two.Stage); !errors.Is(err, store.ErrConflict) {
		t.Errorf("answered twice at once: %v", err)
	}
	for id, want := range map[string]int{"kim": 1, "lou": 0, "": 0} {
		if list, err := To(t.Context(), s, id); len(list) != want || err != nil {
			t.Errorf("asked of %q: %v %v", id, list, err)
		}
	}
	now, err := Of(t.Context(), s, "x")
	if err != nil || now.Answer != Stop {
		t.Fatal(now, err)
	}
	if err := commit(asked().Again(now).Stage); err != nil {
		t.Fatal(err)
	}
	all, err := All(t.Context(), s)
	if err != nil || all["x"].Answer != "" {
		t.Errorf("asked anew, it is answered still: %+v %v", all["x"], err)
	}
	b := &store.Batch{}
	all["x"].StageDrop(b)
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if all, err = All(t.Context(), s); cmp.Diff(map[string]*Question{}, all, cmp.AllowUnexported(Question{})) != "" || err != nil {
		t.Errorf("dropped: %v %v", all, err)
	}
}
