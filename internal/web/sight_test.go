package web

import (
	"testing"

	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
)

// TestUnseenIsWhose: what could not be seen is said to whom it hides something from.
func TestUnseenIsWhose(t *testing.T) {
	everywhere := &policy.CommentsWith{Places: []string{policy.PlaceClassroom, policy.PlaceDocuments, policy.PlaceBlogs}}
	s := &Site{Config: Config{Policy: &policy.Policy{Clauses: []policy.Clause{{ID: "A5", MetBy: []policy.Means{{With: everywhere}}}}}}}
	known := map[string]*moderation.Class{"512": {Name: "4 Oak"}, moderation.BlogKey("9"): {Name: "Our garden"}}
	people := map[string]*person{
		"teacher": {hosts: []string{"512"}, classes: known},
		"host":    {hosts: []string{moderation.BlogKey("9")}, classes: known},
		"dojo":    {hosts: []string{moderation.Dojo("5f1e2d3c4b5a69788796a5b4")}, classes: known},
		"head":    {roles: []policy.Role{policy.RoleHead}, classes: known},
	}
	for _, c := range []struct {
		kind, id string
		says     map[string]string
	}{
		{"log", "classroom", map[string]string{"teacher": "new comments in Classroom", "head": "new comments in Classroom"}},
		{"log", "drive", map[string]string{"teacher": "new comments on documents of classes", "head": "new comments on documents of classes"}},
		{"document", "", map[string]string{"teacher": "new comments on documents of classes", "head": "new comments on documents of classes"}},
		{"document", "1aB", nil},
		{"attached", "512", map[string]string{"teacher": "documents attached to posts in 4 Oak", "head": "documents attached to posts in 4 Oak"}},
		{"class", "512", map[string]string{"teacher": "new comments in 4 Oak", "head": "new comments in 4 Oak"}},
		{"class", "513", map[string]string{"head": "new comments in one of your classes"}},
		{"blog", "9", map[string]string{"host": "new comments on Our garden", "head": "new comments on Our garden"}},
		{"blog", "10", map[string]string{"head": "new comments on one of your blogs"}},
		{"log", "login", nil},
		{"members", "512", nil},
	} {
		for who, p := range people {
			if have := s.unseen(p, c.kind, c.id); have != c.says[who] {
				t.Errorf("%s/%s to %s: %q, want %q", c.kind, c.id, who, have, c.says[who])
			}
		}
	}
	everywhere.Places = []string{policy.PlaceClassroom}
	if have := s.unseen(people["teacher"], "log", "drive"); have != "" {
		t.Errorf("documents that nobody looks at are told of: %q", have)
	}
}
