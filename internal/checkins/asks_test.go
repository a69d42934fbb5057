package checkins

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/policy"
)

func TestAsks(t *testing.T) {
	p := &policy.Policy{
		People: policy.People{policy.RoleITSupport: {{Address: "desk@support.example", Days: []time.Weekday{time.Tuesday}}}, policy.RolePageHost: {{Address: "office@school.example", Days: []time.Weekday{time.Friday}}}},
		Staff:  policy.Population{Days: map[string][]time.Weekday{"office@school.example": {time.Monday}}},
		Clauses: []policy.Clause{{ID: "A15", DealsWithIt: policy.RoleOfficer, MetBy: []policy.Means{
			{Kind: policy.CheckIn, Name: "filtering", Ask: policy.RoleITSupport, Every: "term", Severity: "medium", Due: calendar.Deadline{Count: 5, Unit: calendar.WorkingDays}},
			{Kind: policy.CheckIn, Name: "website", Ask: policy.RolePageHost, Every: "week"},
			{Kind: policy.CheckIn, Name: "meetings", Ask: policy.RoleAdmin, Every: "term"}, // whom nobody plays
			{Kind: policy.CheckIn, Name: "class-dojo", Ask: policy.RoleClassTeacher, Every: "half term"},
			{Kind: policy.Record, Name: "filtering"},
		}}},
	}
	want := []Ask{
		{Clause: "A15", Severity: "medium", Deals: "esafety_officer", Name: "filtering", Role: "it_support", Every: "term", Due: calendar.Deadline{Count: 5, Unit: calendar.WorkingDays}, Days: []time.Weekday{time.Tuesday}},
		{Clause: "A15", Deals: "esafety_officer", Name: "website", Role: "page_host", Every: "week", Days: []time.Weekday{time.Monday}},
		{Clause: "A15", Deals: "esafety_officer", Name: "meetings", Role: "workspace_admin", Every: "term"},
	}
	if diff := cmp.Diff(want, Asks(p)); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
}

// Every check-in that a policy may name has a question of its own.
func TestQuestions(t *testing.T) {
	for name, q := range questions {
		if q.Title == "" || q.Question == "" || q.Look == "" || q.Question[len(q.Question)-1] != '?' {
			t.Errorf("%s: %+v", name, q)
		}
	}
	for name, want := range map[string]string{"filtering": "The web filter", "odd-thing": "Odd thing"} {
		if q := (Ask{Name: name}).About(); q.Title != want || q.Dojo != nil {
			t.Errorf("%s: %+v", name, q)
		}
	}
}
