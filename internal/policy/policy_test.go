package policy

import (
	"testing"
)

const small = `school: {name: Example Primary, timezone: Europe/London, domains: [school.example], trusted_domains: [trust.example]}
people:
  headteacher: head@school.example
  workspace_admin: {address: IT@school.example, days: [tue, thu]}
calendar:
  terms: [{name: Autumn, first: 2026-09-02, last: 2026-12-18, half_term: [2026-10-26, 2026-10-30]}]
clauses:
  - id: A23
    says: No personal data leaves the school.
    deals_with_it: workspace_admin
    met_by:
      - {check: sharing, with: {rules: [public, public-link]}, severity: high, due: 1 working day}
      - check: devices
        severity: medium
`

func TestParseSmall(t *testing.T) {
	p, err := Parse("p.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := p.Address(RoleAdmin); !ok || a != "it@school.example" {
		t.Errorf("address %q, %v", a, ok)
	}
	w, ok := p.Clauses[0].MetBy[0].With.(*SharingWith)
	if !ok || len(w.Rules) != 2 {
		t.Errorf("with %+v", p.Clauses[0].MetBy[0].With)
	}
}
