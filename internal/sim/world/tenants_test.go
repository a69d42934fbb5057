package world_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	. "esafetybot/internal/sim/world"
)

// TestHandMadeTenants loads and saves the hand-made tenants: the permissions of every item must come through as they were typed.
func TestHandMadeTenants(t *testing.T) {
	dirs, err := filepath.Glob("../testdata/tenants/*/files.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range dirs {
		w, err := Load(filepath.Dir(path))
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(filepath.Dir(path)), err)
			continue
		}
		out := t.TempDir()
		if err := w.Save(out); err != nil {
			t.Fatal(err)
		}
		for name, keys := range map[string][]string{"files.jsonl": {"permissions", "parents", "driveId", "trashed"}, "users.json": nil, "drives.json": {"orgUnitId", "permissions"}} {
			before, after := things(t, filepath.Join(filepath.Dir(path), name)), things(t, filepath.Join(out, name))
			if len(before) != len(after) {
				t.Errorf("%s: %s has %d, then %d", path, name, len(before), len(after))
			}
			for id, x := range before {
				for _, k := range keys {
					if k == "permissions" && x[k] == nil {
						continue // an owner's own is filled in
					}
					if !same(x[k], after[id][k]) {
						t.Errorf("%s: %s of %s: %v, then %v", path, k, id, x[k], after[id][k])
					}
				}
			}
		}
	}
}

// same compares JSON values; a missing one equals false and the empty list, and what is not said equals what is filled in.
func same(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil || b == false || reflect.ValueOf(b).Kind() == reflect.Slice
	case bool:
		return a == (b == true)
	case string: // a time may be written in another way
		x, err := time.Parse(time.RFC3339Nano, a)
		if y, err2 := time.Parse(time.RFC3339Nano, fmt.Sprint(b)); err == nil && err2 == nil {
			return x.Equal(y)
		}
		return a == b
	case []any:
		l, ok := b.([]any)
		if !ok || len(l) < len(a) {
			return len(a) == 0
		}
		off := len(l) - len(a) // the owner's permission may have been added in front
		for i := range a {
			if !same(a[i], l[i+off]) {
				return false
			}
		}
		return true
	case map[string]any:
		m, ok := b.(map[string]any)
		for k, v := range a {
			if k != "kind" && !same(v, m[k]) {
				return false
			}
		}
		return ok
	}
	return reflect.DeepEqual(a, b)
}

// things reads a file of a tenant as its objects by id.
func things(t *testing.T, path string) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	f, err := os.Open(path)
	if err != nil {
		return out
	}
	defer f.Close()
	d := json.NewDecoder(f)
	for d.More() {
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(path, err)
		}
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, x := range list {
			m, ok := x.(map[string]any)
			if !ok {
				continue
			}
			id, _ := m["id"].(string)
			out[id] = m
		}
	}
	return out
}
