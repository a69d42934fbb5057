package devices

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// now is noon on Wednesday 18 November 2026.
var now = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

func directory() *school.Directory {
	d := school.New(school.Rules{OrgUnits: []string{"/Oak"}}, []string{"school.example"})
	d.AddAccount(seen.Account{ID: "ann", Address: "ann@school.example", Aliases: []string{"a@school.example"}, Unit: "/Oak/Staff"})
	d.AddAccount(seen.Account{ID: "elm", Address: "elm@school.example", Unit: "/Elm"})
	d.AddAccount(seen.Account{ID: "gus", Address: "gus@school.example", Unit: "/Oak", Guest: true})
	return d
}

func mobile(id string, change func(*seen.Device)) seen.Device {
	d := seen.Device{Kind: Mobile, ID: id, Users: []string{"ann@school.example"}, Status: "APPROVED", LastSync: now, Encryption: "Not encrypted", Passcode: "Off"}
	change(&d)
	return d
}

func chromebook(id string, change func(*seen.Device)) seen.Device {
	d := seen.Device{Kind: Chromebook, ID: id, Unit: "/Oak/Pupils", Status: "ACTIVE", LastSync: now, Boot: "Dev", Until: now.AddDate(0, 0, -1)}
	change(&d)
	return d
}

func same(*seen.Device) {}

func input(devices []seen.Device, rules ...string) Input {
	return Input{
		Now: now, Calendar: &calendar.Calendar{Location: time.UTC}, Who: directory(), Devices: slices.Values(devices),
		Asks: []Ask{{Clause: "A14", Severity: "medium", Deals: "workspace_admin", Rules: rules, SyncedWithinDays: 365}},
	}
}

func told(r Result) []string {
	var out []string
	for _, o := range r.Observed {
		out = append(out, strings.TrimPrefix(o.Rule, "devices.")+" "+o.Subject+": "+strings.Join(o.Facts, ", "))
	}
	for _, u := range r.Unknown {
		out = append(out, fmt.Sprintf("? %s %d", u.Rule, u.Count))
	}
	return out
}

func TestRules(t *testing.T) {
	every := []string{Unencrypted, NoPasscode, UpdateExpired, DeveloperMode}
	for _, c := range []struct {
		name   string
		device seen.Device
		want   []string
	}{
		{"a phone with nothing right", mobile("1", same), []string{"no-passcode mobile/1: passcode-off", "unencrypted mobile/1: not-encrypted"}},
		{"a phone with all right", mobile("1", func(d *seen.Device) { d.Encryption, d.Passcode = "Encrypted", "On" }), nil},
		{"not encrypted only", mobile("1", func(d *seen.Device) { d.Encryption, d.Passcode = "NOT_ENCRYPTED", "ON" }), []string{"unencrypted mobile/1: not-encrypted"}},
		{"no passcode only", mobile("1", func(d *seen.Device) { d.Encryption, d.Passcode = "ENCRYPTED", "o-f f" }), []string{"no-passcode mobile/1: passcode-off"}},
		{"a phone that says nothing", mobile("1", func(d *seen.Device) { d.Encryption, d.Passcode = "", "N/A" }), []string{"? no-passcode 1", "? unencrypted 1"}},
		{"a phone that says what nobody understands", mobile("1", func(d *seen.Device) { d.Encryption, d.Passcode = "Activating", "Sufficient" }), []string{"? no-passcode 1", "? unencrypted 1"}},
		{"a Chromebook with nothing right", chromebook("1", same), []string{"developer-mode chromebook/1: developer-mode", "update-expired chromebook/1: until 2026-11-17"}},
		{"a Chromebook with all right", chromebook("1", func(d *seen.Device) { d.Boot, d.Until = "Verified", now.Add(time.Hour) }), nil},
		{"developer mode in capitals", chromebook("1", func(d *seen.Device) { d.Boot, d.Until = "DEV", now }), []string{"developer-mode chromebook/1: developer-mode"}},
		{"updates ended a moment ago", chromebook("1", func(d *seen.Device) { d.Boot, d.Until = "Verified", now.Add(-time.Millisecond) }), []string{"update-expired chromebook/1: until 2026-11-18"}},
		{"the date is that of UTC", chromebook("1", func(d *seen.Device) {
			d.Boot, d.Until = "Verified", time.Date(2026, 7, 1, 0, 30, 0, 0, time.FixedZone("summer", 3600))
		}), []string{"update-expired chromebook/1: until 2026-06-30"}},
		{"a Chromebook that says nothing", chromebook("1", func(d *seen.Device) { d.Boot, d.Until = "", time.Time{} }), []string{"? developer-mode 1", "? update-expired 1"}},
		{"something else", chromebook("1", func(d *seen.Device) { d.Kind = "printer" }), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, told(Check(input([]seen.Device{c.device}, every...)))); diff != "" {
				t.Errorf("findings (-want +have):\n%s", diff)
			}
		})
	}
}

func TestLookedAt(t *testing.T) {
	day := time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		device seen.Device
		want   bool
	}{
		{"of another address of ours", mobile("1", func(d *seen.Device) { d.Users = []string{"x@home.example", "a@school.example"} }), true},
		{"of another school", mobile("1", func(d *seen.Device) { d.Users = []string{"elm@school.example"} }), false},
		{"of a guest", mobile("1", func(d *seen.Device) { d.Users = []string{"gus@school.example"} }), false},
		{"of a stranger", mobile("1", func(d *seen.Device) { d.Users = []string{"x@home.example"} }), false},
		{"of nobody", mobile("1", func(d *seen.Device) { d.Users = nil }), false},
		{"approved, in another case", mobile("1", func(d *seen.Device) { d.Status = "Approved" }), true},
		{"blocked", mobile("1", func(d *seen.Device) { d.Status = "BLOCKED" }), false},
		{"heard of a year ago", mobile("1", func(d *seen.Device) { d.LastSync = day.AddDate(0, 0, -365) }), true},
		{"heard of before that", mobile("1", func(d *seen.Device) { d.LastSync = day.AddDate(0, 0, -365).Add(-time.Second) }), false},
		{"never heard of", mobile("1", func(d *seen.Device) { d.LastSync = time.Time{} }), false},
		{"a unit of the school", chromebook("1", func(d *seen.Device) { d.Unit = "/oak" }), true},
		{"a unit of another school", chromebook("1", func(d *seen.Device) { d.Unit = "/Elm/Pupils" }), false},
		{"taken out of use", chromebook("1", func(d *seen.Device) { d.Status = "DEPROVISIONED" }), false},
		{"a Chromebook heard of a year ago", chromebook("1", func(d *seen.Device) { d.LastSync = day.AddDate(0, 0, -365) }), true},
		{"a Chromebook heard of before that", chromebook("1", func(d *seen.Device) { d.LastSync = day.AddDate(0, 0, -366) }), false},
	} {
		if have := len(Check(input([]seen.Device{c.device}, Unencrypted, DeveloperMode)).Observed) == 1; have != c.want {
			t.Errorf("%s: looked at %v, want %v", c.name, have, c.want)
		}
	}
	in := input([]seen.Device{mobile("1", func(d *seen.Device) { d.LastSync = now.AddDate(-5, 0, 0) })}, Unencrypted)
	in.Asks[0].SyncedWithinDays = 3650
	if r := Check(in); len(r.Observed) != 1 {
		t.Error("the policy's number of days does not count")
	}
	// 23:30 UTC in summer is the next day at the school.
	in = input([]seen.Device{mobile("1", func(d *seen.Device) { d.LastSync = time.Date(2026, 11, 16, 23, 30, 0, 0, time.UTC) })}, Unencrypted)
	in.Calendar.Location, in.Asks[0].SyncedWithinDays = time.FixedZone("east", 3600), 1
	if r := Check(in); len(r.Observed) != 1 {
		t.Error("days are not those of the school's time zone")
	}
}

// TestShared: of the Chromebooks in units that two schools share it is said that nobody looks at them, where a clause would have them looked at.
func TestShared(t *testing.T) {
	who := school.New(school.Rules{
		OrgUnits: []string{"/Shared", "/Oak"}, TrustDomains: []string{"elm.example"}, Neighbours: []school.Neighbour{{Units: []string{"/Shared"}, Domains: []string{"elm.example"}}},
	}, []string{"school.example", "elm.example"})
	shared := func(change func(*seen.Device)) seen.Device {
		return chromebook("1", func(d *seen.Device) { d.Unit = "/Shared/Pupils"; change(d) })
	}
	for _, c := range []struct {
		name   string
		device seen.Device
		rules  []string
		want   bool
	}{
		{"shared", shared(same), []string{DeveloperMode}, true},
		{"another rule is asked for too", shared(same), []string{Unencrypted, DeveloperMode}, true},
		{"the school's own", chromebook("1", same), []string{DeveloperMode}, false},
		{"nobody's", shared(func(d *seen.Device) { d.Unit = "/Attic" }), []string{DeveloperMode}, false},
		{"taken out of use", shared(func(d *seen.Device) { d.Status = "DEPROVISIONED" }), []string{DeveloperMode}, false},
		{"not heard of for long", shared(func(d *seen.Device) { d.LastSync = now.AddDate(-2, 0, 0) }), []string{DeveloperMode}, false},
		{"no rule about Chromebooks", shared(same), []string{Unencrypted}, false},
		{"no rule", shared(same), nil, false},
		{"a phone", mobile("1", func(d *seen.Device) { d.Unit, d.Status = "/Shared/Pupils", "ACTIVE" }), []string{Unencrypted}, false},
	} {
		in := input([]seen.Device{c.device}, c.rules...)
		in.Who = who
		if have := in.Shared(c.device); have != c.want {
			t.Errorf("%s: %v, want %v", c.name, have, c.want)
		}
	}
}

func TestAsks(t *testing.T) {
	devices := []seen.Device{mobile("2", same), mobile("1", same), mobile("3", func(d *seen.Device) { d.Encryption = "" }), mobile("4", func(d *seen.Device) { d.Encryption = "N/A" })}
	in := input(devices, Unencrypted)
	in.Asks = append(in.Asks, Ask{Clause: "A14", Severity: "medium", Deals: "workspace_admin", Rules: []string{Unencrypted}, SyncedWithinDays: 365},
		Ask{Clause: "A01", Severity: "low", Deals: "head", Rules: []string{Unencrypted, NoPasscode}, SyncedWithinDays: 365})
	r := Check(in)
	var have []string
	for _, o := range r.Observed {
		have = append(have, strings.Join([]string{o.Clause, o.Rule, o.Subject, o.Severity, o.Deals}, " "))
	}
	want := []string{
		"A01 devices.no-passcode mobile/1 low head", "A01 devices.no-passcode mobile/2 low head", "A01 devices.no-passcode mobile/3 low head", "A01 devices.no-passcode mobile/4 low head",
		"A01 devices.unencrypted mobile/1 low head", "A01 devices.unencrypted mobile/2 low head",
		"A14 devices.unencrypted mobile/1 medium workspace_admin", "A14 devices.unencrypted mobile/2 medium workspace_admin",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("findings (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]Unknown{{"A01", Unencrypted, 2}, {"A14", Unencrypted, 2}}, r.Unknown); diff != "" {
		t.Errorf("unknown (-want +have):\n%s", diff)
	}
}

func TestBlind(t *testing.T) {
	in := input([]seen.Device{mobile("1", same), mobile("2", func(d *seen.Device) { d.Encryption = "" })}, Unencrypted, NoPasscode)
	in.Blind = map[string]bool{Unencrypted: true}
	want := []string{"no-passcode mobile/1: passcode-off", "no-passcode mobile/2: passcode-off"}
	if diff := cmp.Diff(want, told(Check(in))); diff != "" {
		t.Errorf("findings (-want +have):\n%s", diff)
	}
}
