package truth

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The log comes in any order and tells things more than once; neither changes what is found. And one more comment of a
// pupil makes no finding go away.
func TestTheLogInAnyOrder(t *testing.T) {
	dir := filepath.Join(tenants, "comments")
	tenant, err := LoadTenant(dir)
	if err != nil {
		t.Fatal(err)
	}
	policies, err := LoadPolicies(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{First: time.Date(2026, 10, 19, 5, 0, 0, 0, time.UTC)}
	all := tenant.Activities["classroom"]
	rapid.Check(t, func(t *rapid.T) {
		some := slices.Clone(all[:rapid.IntRange(0, len(all)).Draw(t, "told")])
		want := o.ComputeFrom(told(tenant, some), policies)
		again := slices.Clone(some)
		for range rapid.IntRange(0, min(3, len(some))).Draw(t, "twice") {
			again = append(again, rapid.SampledFrom(some).Draw(t, "record"))
		}
		if len(again) > 0 {
			again = rapid.Permutation(again).Draw(t, "order")
		}
		got := o.ComputeFrom(told(tenant, again), policies)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		// One more comment of a pupil, now.
		pupil := all[len(all)-1]
		pupil.ID.Time = tenant.Now
		more := o.ComputeFrom(told(tenant, append(slices.Clone(some), pupil)), policies)
		for name, list := range want.Policies {
			for _, f := range list {
				if !slices.ContainsFunc(more.Policies[name], func(g Finding) bool { return cmp.Equal(f, g) }) {
					t.Fatalf("%s: %v was found, and is not after another comment", name, f)
				}
			}
		}
	})
}

// told is the tenant with another log of Classroom.
func told(tenant *Tenant, log []Activity) *Tenant {
	out := *tenant
	out.Activities = map[string][]Activity{"classroom": log}
	return &out
}
