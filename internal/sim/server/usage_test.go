package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	reports "google.golang.org/api/admin/reports/v1"
	gmail "google.golang.org/api/gmail/v1"
	"google.golang.org/api/option"

	. "esafetybot/internal/sim/server"
	"esafetybot/internal/sim/world"
)

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		lag, code int
		date      string
	}{
		{0, 200, "2026-10-31"}, {0, 400, "2026-11-01"}, {1, 200, "2026-10-31"}, {3, 400, "2026-10-31"}, {3, 200, "2026-10-30"}, {-1, 200, "2026-11-01"},
	} {
		e := startWorld(t, office(t), Options{UsageLag: tt.lag})
		e.w.SetNow(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)) // just the second in California
		code, body := e.raw(ann, auth("admin.reports.usage.readonly"), "GET", "/admin/reports/v1/usage/users/all/dates/"+tt.date, "")
		if code != tt.code || code == 400 && (!strings.Contains(body, `"reason": "invalid"`) || !strings.Contains(body, "is not yet available")) {
			t.Errorf("%+v: %d %s", tt, code, body)
		}
		e.w.SetNow(time.Date(2026, 11, 2, 7, 0, 0, 0, time.UTC)) // still the first
		if code, _ := e.raw(ann, auth("admin.reports.usage.readonly"), "GET", "/admin/reports/v1/usage/users/all/dates/2026-10-31", ""); tt.lag == 0 && code != 400 {
			t.Errorf("before midnight in California: %d", code)
		}
	}
	e := startWorld(t, office(t), Options{})
	e.w.Advance(24 * time.Hour)
	r, err := reports.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client(ann, reports.AdminReportsUsageReadonlyScope)))
	if err != nil {
		t.Fatal(err)
	}
	n, pages := 0, 0
	err = r.UserUsageReport.Get("all", "2026-10-30").Parameters("gmail:num_emails_sent").MaxResults(3).Pages(context.Background(), func(p *reports.UsageReports) error {
		pages++
		for _, u := range p.UsageReports {
			n++
			if len(u.Parameters) != 1 || u.Entity.ProfileId == "" || u.Entity.CustomerId != "C01" || u.Date != "2026-10-30" {
				t.Errorf("report: %+v", u)
			}
		}
		return nil
	})
	if err != nil || n != 4 || pages != 2 {
		t.Errorf("%d reports on %d pages, %v", n, pages, err)
	}
	for _, tt := range []struct {
		date, user, unit, filters, parameters string
		reports, warnings                     int
	}{
		{"2026-10-30", "all", "", "", "gmail:is_gmail_enabled", 4, 0},
		{"2026-10-30", "all", "id:upupils", "", "gmail:is_gmail_enabled", 2, 0},
		{"2026-10-30", "bob@school.example", "", "", "gmail:is_gmail_enabled", 1, 0},
		{"2026-10-30", "all", "", "gmail:num_emails_sent>0", "gmail:is_gmail_enabled", 1, 0},
		{"2026-10-30", "all", "", "gmail:num_emails_sent<1,gmail:is_gmail_enabled==false", "gmail:is_gmail_enabled", 3, 0},
		{"2026-10-30", "all", "", "", "gmail:is_gmail_enabled,accounts:is_2sv_enrolled", 4, 1},
		{"2026-10-20", "all", "", "", "gmail:is_gmail_enabled,accounts:is_2sv_enrolled", 0, 2},
	} {
		get := r.UserUsageReport.Get(tt.user, tt.date).Parameters(tt.parameters)
		if tt.unit != "" {
			get = get.OrgUnitID(tt.unit)
		}
		if tt.filters != "" {
			get = get.Filters(tt.filters)
		}
		p, err := get.Do()
		if err != nil || len(p.UsageReports) != tt.reports || len(p.Warnings) != tt.warnings {
			t.Errorf("%+v: %+v %v", tt, p, err)
		}
	}
	_, err = r.UserUsageReport.Get("all", "2026-10-30").OrgUnitID("id:nowhere").Do()
	want(t, "an unknown unit", err, 400, "invalid")
}

func TestForwardingAndGmail(t *testing.T) {
	e := startWorld(t, office(t), Options{})
	g, err := gmail.NewService(context.Background(), option.WithEndpoint(e.url+"/"), option.WithHTTPClient(e.client(ann, gmail.GmailSettingsBasicScope)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := g.Users.Settings.GetAutoForwarding("me").Do()
	if err != nil || !f.Enabled || f.EmailAddress != "x@home.example" || f.Disposition != "archive" {
		t.Errorf("forwarding: %+v %v", f, err)
	}
	if err := e.w.SetForwarding(ann, ""); err != nil {
		t.Fatal(err)
	}
	if f, err = g.Users.Settings.GetAutoForwarding(ann).Do(); err != nil || f.Enabled {
		t.Errorf("forwarding off: %+v %v", f, err)
	}
	_, err = g.Users.Settings.GetAutoForwarding("bob@school.example").Do()
	want(t, "another's", err, 403, "forbidden")
	// bob is in /Pupils/Year 4, where Gmail is off, and in team (g1).
	licence := "entity.licenses.exists(license, license in ['/product/101031/sku/1010310008'])"
	for _, tt := range []struct {
		name  string
		value string
		query world.PolicyQuery
		on    bool
	}{
		{"nothing more", "", world.PolicyQuery{}, false},
		{"his group switches on", "ENABLED", world.PolicyQuery{Group: "groups/g1", SortOrder: 9}, true},
		{"beaten by the unit", "ENABLED", world.PolicyQuery{Group: "groups/g1", SortOrder: 1.5}, false},
		{"a group around his", "ENABLED", world.PolicyQuery{Group: "groups/g2", SortOrder: 9}, true},
		{"another group", "ENABLED", world.PolicyQuery{Group: "groups/g3", SortOrder: 9}, false},
		{"his own unit", "ENABLED", world.PolicyQuery{OrgUnit: "orgUnits/upupilsyear4", SortOrder: 9}, true},
		{"a unit that is gone", "ENABLED", world.PolicyQuery{OrgUnit: "orgUnits/gone", SortOrder: 9}, false},
		{"his licence", "ENABLED", world.PolicyQuery{OrgUnit: "orgUnits/u", Query: licence, SortOrder: 9}, true},
		{"not with his licence", "ENABLED", world.PolicyQuery{OrgUnit: "orgUnits/u", Query: "!" + licence, SortOrder: 9}, false},
		{"another licence", "ENABLED", world.PolicyQuery{OrgUnit: "orgUnits/u", Query: strings.ReplaceAll(licence, "0008", "0001"), SortOrder: 9}, false},
	} {
		w := office(t)
		for _, id := range []string{"g2", "g3"} {
			if err := w.CreateGroup(&world.Group{ID: id, Email: id + "@school.example"}, nil, ann); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.AddMember("g2", &world.Member{Email: "team@school.example"}, ann); err != nil {
			t.Fatal(err)
		}
		if tt.value != "" {
			p, err := world.NewPolicy("settings/gmail.service_status", map[string]string{"serviceState": tt.value}, tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.SetPolicy(p, ann); err != nil {
				t.Fatal(err)
			}
		}
		e := startWorld(t, w, Options{})
		code, body := e.raw("bob@school.example", auth("gmail.readonly"), "GET", "/gmail/v1/users/me/settings/autoForwarding", "")
		if on := code == 200; on != tt.on || !on && !strings.Contains(body, "failedPrecondition") {
			t.Errorf("%s: %d %s", tt.name, code, body)
		}
	}
	// A group cannot switch off.
	p, err := world.NewPolicy("settings/gmail.service_status", map[string]string{"serviceState": "DISABLED"}, world.PolicyQuery{Group: "groups/g2", SortOrder: 9})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.w.CreateGroup(&world.Group{ID: "g2", Email: "staff@school.example"}, nil, ann); err != nil {
		t.Fatal(err)
	}
	if err := e.w.AddMember("g2", &world.Member{Email: ann}, ann); err != nil {
		t.Fatal(err)
	}
	if err := e.w.SetPolicy(p, ann); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Users.Settings.GetAutoForwarding("me").Do(); err != nil {
		t.Errorf("a group that switches off: %v", err)
	}
}
