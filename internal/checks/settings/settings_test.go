package settingscheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/findings"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

var units = []seen.Unit{
	{ID: "root", Path: "/"}, {ID: "pupils", Path: "/Pupils"}, {ID: "y6", Path: "/Pupils/Year 6"}, {ID: "6b", Path: "/Pupils/Year 6/6B"}, {ID: "y5", Path: "/Pupils/Year 5"}, {ID: "staff", Path: "/Staff"},
}

// newInput has the pupils ann and dan in 6B and ben in Year 5, the teacher tess, and wants Chat off for pupils.
func newInput() Input {
	d := school.New(school.Rules{OrgUnits: []string{"/Pupils", "/Staff"}}, []string{"school.example"})
	add := func(id, unit string, change func(*seen.Account)) {
		a := seen.Account{ID: id, Address: id + "@school.example", Unit: unit, Created: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}
		if change != nil {
			change(&a)
		}
		d.AddAccount(a)
	}
	add("ann", "/Pupils/Year 6/6B", nil)
	add("dan", "/Pupils/Year 6/6B", nil)
	add("ben", "/pupils/year 5", nil)
	add("tess", "/Staff", nil)
	add("off", "/Pupils/Year 6/6B", func(a *seen.Account) { a.SwitchedOff = true })
	add("guest", "/Pupils/Year 6/6B", func(a *seen.Account) { a.Guest = true })
	group := func(id string, known bool, members ...string) {
		var list []seen.Member
		for _, m := range members {
			list = append(list, seen.Member{Address: m + "@school.example", Type: "USER"})
		}
		d.AddGroup(seen.Group{ID: id, Address: id + "@school.example"}, list, known)
	}
	group("chatters", true, "ann", "tess")
	group("club", true, "ann")
	group("teachers", true, "tess")
	group("leavers", true, "off", "guest")
	group("empty", true)
	group("hidden", false, "ann")
	return Input{
		Who: d, Kinds: school.NewKinds(d, school.Populations{Pupils: []string{"/Pupils"}}), Units: units,
		Asks: []Ask{{Clause: "A12", Severity: "high", Deals: "workspace_admin", Units: []string{"/Pupils"}, Want: []settings.Want{chatOff}}},
	}
}

var chatOff = settings.Want{Setting: chat, Field: settings.Service, Values: []string{di}}

const (
	chat  = "chat.service_status"
	drive = "drive_and_docs.external_sharing"
	en    = settings.Enabled
	di    = settings.Disabled
)

func policy(typ, unit, group string, order float64, values ...any) seen.Setting {
	s := seen.Setting{Name: fmt.Sprint(typ, unit, group, order), Type: typ, Unit: unit, Group: group, Order: order, Values: map[string]any{}}
	for i := 0; i < len(values); i += 2 {
		s.Values[values[i].(string)] = values[i+1]
	}
	return s
}

func chatIs(unit, group, is string, order float64) seen.Setting {
	return policy(chat, unit, group, order, settings.Service, is)
}

func licensed(s seen.Setting, licences ...string) seen.Setting { s.Licenses = licences; return s }

func told(r Result) []string {
	out := []string{}
	for _, o := range r.Observed {
		out = append(out, strings.TrimPrefix(o.Subject, "setting/")+": "+strings.Join(o.Facts, ", "))
	}
	return out
}

func unknown(r Result) []string {
	out := []string{}
	for _, u := range r.Unknown {
		out = append(out, fmt.Sprintf("%s %s/%s %d: %s", u.Clause, u.Setting, u.Field, u.Count, u.Why))
	}
	return out
}

const (
	noDefault = "nobody set it, and what holds then is not known"
	oddity    = "Google has a policy of this setting of which we do not understand whom it is for"
	needs     = "it depends on licences, which could not be read"
	aList     = "its value is a list or an object, which is not compared"
	hidden    = "it could not be read who is in a group that has it otherwise"
	leftOut   = "it could not be read who is in the groups left out"
)

func TestDiffers(t *testing.T) {
	sharing := func(unit, is string, order float64) seen.Setting {
		return policy(drive, unit, "", order, "externalSharingMode", is)
	}
	wantDrive := func(in *Input) {
		in.Asks[0].Want = []settings.Want{{Setting: drive, Field: "externalSharingMode", Values: []string{"DISALLOWED", "ALLOWLISTED_DOMAINS"}}}
	}
	wantField := func(typ, field string, want ...string) func(*Input) {
		return func(in *Input) { in.Asks[0].Want = []settings.Want{{Setting: typ, Field: field, Values: want}} }
	}
	eight := 8.0
	wantLength := func(in *Input) {
		in.Asks[0].Want = []settings.Want{{Setting: "security.password", Field: "minimumLength", AtLeast: &eight}}
	}
	for _, c := range []struct {
		name     string
		policies []seen.Setting
		change   func(*Input)
		want     []string
		unknown  []string
	}{
		{"nobody set it: a service is off", nil, nil, nil, nil},
		{"set at the root: told of the unit that the clause names", []seen.Setting{chatIs("root", "", en, 1)}, nil, []string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
		{"set at the unit", []seen.Setting{chatIs("pupils", "", en, 1)}, nil, []string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/pupils"}, nil},
		{"set below", []seen.Setting{chatIs("root", "", di, 1), chatIs("y6", "", en, 2)}, nil, []string{"y6/chat.service_status/serviceState: ENABLED set-in unit/y6"}, nil},
		{"overridden three levels down", []seen.Setting{chatIs("root", "", en, 1), chatIs("pupils", "", di, 2), chatIs("y6", "", en, 3), chatIs("6b", "", di, 4)}, nil, []string{"y6/chat.service_status/serviceState: ENABLED set-in unit/y6"}, nil},
		{"on here, and on below by its own", []seen.Setting{chatIs("root", "", en, 1), chatIs("6b", "", en, 4)}, nil,
			[]string{"6b/chat.service_status/serviceState: ENABLED set-in unit/6b", "pupils/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
		{"elsewhere", []seen.Setting{chatIs("staff", "", en, 1)}, nil, nil, nil},
		{"a deleted unit", []seen.Setting{chatIs("gone", "", en, 1)}, nil, nil, nil},
		{"the unit is not there", []seen.Setting{chatIs("root", "", en, 1)}, func(in *Input) { in.Asks[0].Units = []string{"/Nobody"} }, nil, nil},
		{"the unit in another case", []seen.Setting{chatIs("root", "", en, 1)}, func(in *Input) { in.Asks[0].Units = []string{"/PUPILS/year 5"} }, []string{"y5/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
		{"two units, one in the other", []seen.Setting{chatIs("root", "", en, 1)}, func(in *Input) { in.Asks[0].Units = []string{"/Pupils", "/Pupils/Year 6"} },
			[]string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root", "y6/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
		{"all of it", []seen.Setting{chatIs("y5", "", en, 1)}, func(in *Input) { in.Asks[0].Units = []string{"/"} }, []string{"y5/chat.service_status/serviceState: ENABLED set-in unit/y5"}, nil},
		{"an excepted unit below", []seen.Setting{chatIs("y6", "", en, 1)}, func(in *Input) { in.Asks[0].Except.Units = []string{"/Pupils/year 6"} }, nil, nil},
		{"an excepted unit, but another is as well", []seen.Setting{chatIs("pupils", "", en, 1)}, func(in *Input) { in.Asks[0].Except.Units = []string{"/Pupils/Year 6"} }, []string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/pupils"}, nil},
		{"a documented default", nil, wantDrive, []string{"pupils/drive_and_docs.external_sharing/externalSharingMode: ALLOWED default"}, nil},
		{"a documented default below what is set", []seen.Setting{sharing("pupils", "DISALLOWED", 1)}, wantDrive, nil, nil},
		{"the second of two values", []seen.Setting{sharing("pupils", "ALLOWLISTED_DOMAINS", 1)}, wantDrive, nil, nil},
		{"set without the field: its default, where it is set", []seen.Setting{policy(drive, "y6", "", 2), sharing("pupils", "DISALLOWED", 1)}, wantDrive, []string{"y6/drive_and_docs.external_sharing/externalSharingMode: ALLOWED default"}, nil},
		{"for everybody, in no unit", []seen.Setting{sharing("", "ALLOWED", 1)}, wantDrive, []string{"pupils/drive_and_docs.external_sharing/externalSharingMode: ALLOWED set-in unit/"}, nil},
		{"no default is known", nil, wantField("classroom.teacher_permissions", "whoCanCreateClasses", "VERIFIED_TEACHERS_ONLY"), nil, []string{"A12 classroom.teacher_permissions/whoCanCreateClasses 4: " + noDefault}},
		{"no default is known, and set without the field", []seen.Setting{policy("x.y", "root", "", 1, "g", "A")}, wantField("x.y", "f", "B"), nil, []string{"A12 x.y/f 4: " + noDefault}},
		{"two reasons", []seen.Setting{policy("x.y", "y6", "", 1, "f", []any{})}, wantField("x.y", "f", "B"), nil, []string{"A12 x.y/f 2: " + noDefault, "A12 x.y/f 2: " + aList}},
		{"for everybody, and the clause is about all", []seen.Setting{chatIs("", "", en, 1)}, func(in *Input) { in.Asks[0].Units = []string{"/"} }, []string{"root/chat.service_status/serviceState: ENABLED set-in unit/"}, nil},
		{"no default is known, set for some", []seen.Setting{policy("x.y", "y6", "", 1, "f", "A")}, wantField("x.y", "f", "B"), []string{"y6/x.y/f: A set-in unit/y6"}, []string{"A12 x.y/f 2: " + noDefault}},
		{"a truth value", []seen.Setting{policy("x.y", "root", "", 1, "f", true)}, wantField("x.y", "f", "false"), []string{"pupils/x.y/f: true set-in unit/root"}, nil},
		{"a list", []seen.Setting{policy("x.y", "root", "", 1, "f", []any{"A"})}, wantField("x.y", "f", "A"), nil, []string{"A12 x.y/f 4: " + aList}},
		{"long enough", []seen.Setting{policy("security.password", "root", "", 1, "minimumLength", 8.0)}, wantLength, nil, nil},
		{"too short", []seen.Setting{policy("security.password", "root", "", 1, "minimumLength", 7.5)}, wantLength, []string{"pupils/security.password/minimumLength: 7.5 set-in unit/root"}, nil},
		{"long enough by default", nil, wantLength, nil, nil},
		{"an odd policy", []seen.Setting{chatIs("root", "", en, 1), {Type: chat, Unit: "staff", Odd: true}}, nil, nil, []string{"A12 chat.service_status/serviceState 1: " + oddity}},
		{"an odd policy of another setting", []seen.Setting{chatIs("root", "", en, 1), {Type: "x.y", Unit: "staff", Odd: true}}, nil, []string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},

		{"licences nobody has", []seen.Setting{licensed(chatIs("root", "", en, 1), "P/1")}, func(in *Input) { in.Licenses = map[string][]string{} }, nil, nil},
		{"licences that somebody there has", []seen.Setting{licensed(chatIs("root", "", en, 1), "P/1")}, func(in *Input) { in.Licenses = map[string][]string{"ann": {"P/2", "P/1", "P/2"}} },
			[]string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root licence P/1+P/2"}, nil},
		{"licences that somebody elsewhere has", []seen.Setting{licensed(chatIs("root", "", en, 1), "P/1")}, func(in *Input) { in.Licenses = map[string][]string{"tess": {"P/1"}} }, nil, nil},
		{"licences of somebody switched off, or no account of ours", []seen.Setting{licensed(chatIs("root", "", en, 1), "P/1")}, func(in *Input) { in.Licenses = map[string][]string{"off": {"P/1"}, "guest": {"P/1"}} }, nil, nil},
		{"licences that no policy of the setting names do not tell anybody apart", []seen.Setting{chatIs("root", "", en, 1)}, func(in *Input) { in.Licenses = map[string][]string{"ben": {"P/1"}, "ann": {"P/1"}} },
			[]string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
		{"two sets of licences in one unit", []seen.Setting{licensed(chatIs("root", "", en, 1), "P/1", "P/2")}, func(in *Input) { in.Licenses = map[string][]string{"ann": {"P/1"}, "dan": {"P/2"}} },
			[]string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root licence P/1, ENABLED set-in unit/root licence P/2"}, nil},
		{"off by licence only", []seen.Setting{chatIs("root", "", en, 1), licensed(chatIs("pupils", "", di, 2), "P/1")}, func(in *Input) { in.Licenses = map[string][]string{"ann": {"P/1"}} },
			[]string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
		{"known by licence only", []seen.Setting{licensed(policy("x.y", "root", "", 1, "f", "A"), "P/1")}, func(in *Input) {
			in.Licenses = map[string][]string{"ann": {"P/1"}}
			wantField("x.y", "f", "B")(in)
		}, []string{"pupils/x.y/f: A set-in unit/root licence P/1"}, []string{"A12 x.y/f 4: " + noDefault}},
		{"licences not read", []seen.Setting{licensed(chatIs("root", "", en, 1), "P/1")}, nil, nil, []string{"A12 chat.service_status/serviceState 1: " + needs}},

		{"two entries of a clause are one finding", []seen.Setting{chatIs("root", "", en, 1)}, func(in *Input) { in.Asks = append(in.Asks, in.Asks[0]) }, []string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
		{"two clauses are two", []seen.Setting{chatIs("root", "", en, 1)}, func(in *Input) { in.Asks = append(in.Asks, in.Asks[0]); in.Asks[1].Clause = "A1" },
			[]string{"pupils/chat.service_status/serviceState: ENABLED set-in unit/root", "pupils/chat.service_status/serviceState: ENABLED set-in unit/root"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newInput()
			if c.change != nil {
				c.change(&in)
			}
			compare(t, in, c.policies, c.want, c.unknown)
		})
	}
}

func compare(t *testing.T, in Input, policies []seen.Setting, want, unsure []string) {
	t.Helper()
	in.Policies = settings.New(policies, units)
	r := Check(in)
	if diff := cmp.Diff(append([]string{}, want...), told(r)); diff != "" {
		t.Errorf("findings (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff(append([]string{}, unsure...), unknown(r)); diff != "" {
		t.Errorf("unknown (-want +have):\n%s", diff)
	}
	w := in.Asks[0].Want[0]
	for _, at := range []string{"pupils", "group:g"} {
		if r.Sees("A12", "setting/"+at+"/"+w.Setting+"/"+w.Field) != (len(unsure) == 0) {
			t.Errorf("sees the setting at %s: %v", at, len(unsure) > 0)
		}
	}
	if !r.Sees("A12", "setting/pupils/other.type/f") || !r.Sees("B9", "setting/pupils/"+w.Setting+"/"+w.Field) {
		t.Error("does not see another setting, or for another clause")
	}
}

func TestGroups(t *testing.T) {
	off := chatIs("root", "", di, 1)
	for _, c := range []struct {
		name     string
		policies []seen.Setting
		change   func(*Input)
		want     []string
		unknown  []string
	}{
		{"a group that wins over a unit", []seen.Setting{off, chatIs("root", "chatters", en, 2)}, nil, []string{"group:chatters/chat.service_status/serviceState: ENABLED set-in group/chatters"}, nil},
		{"where no unit says anything", []seen.Setting{chatIs("root", "chatters", en, 2)}, nil, []string{"group:chatters/chat.service_status/serviceState: ENABLED set-in group/chatters"}, nil},
		{"two groups of different order", []seen.Setting{off, chatIs("root", "chatters", en, 2), chatIs("root", "club", en, 3)}, nil,
			[]string{"group:chatters/chat.service_status/serviceState: ENABLED set-in group/chatters", "group:club/chat.service_status/serviceState: ENABLED set-in group/club"}, nil},
		{"a group that loses", []seen.Setting{chatIs("pupils", "", di, 3), chatIs("root", "chatters", en, 2)}, nil, nil, nil},
		{"as strong is not stronger", []seen.Setting{chatIs("pupils", "", di, 2), chatIs("root", "chatters", en, 2)}, nil, nil, nil},
		{"a group that loses for one unit only", []seen.Setting{chatIs("root", "", di, 1), chatIs("y6", "", di, 3), chatIs("root", "chatters", en, 2)}, nil, nil, nil},
		{"a group as wanted", []seen.Setting{policy(drive, "root", "chatters", 1, "externalSharingMode", "DISALLOWED"), policy(drive, "root", "", 0, "externalSharingMode", "DISALLOWED")}, func(in *Input) {
			in.Asks[0].Want = []settings.Want{{Setting: drive, Field: "externalSharingMode", Values: []string{"DISALLOWED"}}}
		}, nil, nil},
		{"a group that would switch off what is wanted on", []seen.Setting{chatIs("root", "", en, 1), chatIs("root", "chatters", di, 2)}, func(in *Input) {
			in.Asks[0].Want = []settings.Want{{Setting: chat, Field: settings.Service, Values: []string{en}}}
		}, nil, nil},
		{"a group without the field", []seen.Setting{policy(drive, "root", "", 1, "externalSharingMode", "DISALLOWED"), policy(drive, "root", "chatters", 2)}, func(in *Input) {
			in.Asks[0].Want = []settings.Want{{Setting: drive, Field: "externalSharingMode", Values: []string{"DISALLOWED"}}}
		}, []string{"group:chatters/drive_and_docs.external_sharing/externalSharingMode: ALLOWED set-in group/chatters"}, nil},
		{"a group with a list", []seen.Setting{policy("x.y", "root", "", 1, "f", "A"), policy("x.y", "root", "chatters", 2, "f", []any{})}, func(in *Input) {
			in.Asks[0].Want = []settings.Want{{Setting: "x.y", Field: "f", Values: []string{"A"}}}
		}, nil, []string{"A12 x.y/f 1: " + aList}},
		{"nobody in it", []seen.Setting{chatIs("root", "empty", en, 2)}, nil, nil, nil},
		{"only teachers in it", []seen.Setting{chatIs("root", "teachers", en, 2)}, nil, nil, nil},
		{"only accounts that do not count", []seen.Setting{chatIs("root", "leavers", en, 2)}, nil, nil, nil},
		{"a group that is not there", []seen.Setting{chatIs("root", "gone", en, 2)}, nil, nil, nil},
		{"a group of a unit, and somebody of it there", []seen.Setting{chatIs("6b", "chatters", en, 2)}, nil, []string{"group:chatters/chat.service_status/serviceState: ENABLED set-in group/chatters"}, nil},
		{"a group of a unit, and nobody of it there", []seen.Setting{chatIs("y5", "chatters", en, 2)}, nil, nil, nil},
		{"a licence that nobody of it has", []seen.Setting{licensed(chatIs("root", "chatters", en, 2), "P/1")}, func(in *Input) { in.Licenses = map[string][]string{"tess": {"P/1"}} }, nil, nil},
		{"a licence that somebody of it has", []seen.Setting{licensed(chatIs("root", "chatters", en, 2), "P/1")}, func(in *Input) { in.Licenses = map[string][]string{"ann": {"P/1"}} },
			[]string{"group:chatters/chat.service_status/serviceState: ENABLED set-in group/chatters"}, nil},
		{"the stronger policy of the unit is for others", []seen.Setting{licensed(chatIs("root", "", di, 3), "P/1"), chatIs("root", "chatters", en, 2)}, func(in *Input) { in.Licenses = map[string][]string{"ann": {"P/2"}} },
			[]string{"group:chatters/chat.service_status/serviceState: ENABLED set-in group/chatters"}, nil},
		{"an excepted unit", []seen.Setting{chatIs("root", "chatters", en, 2)}, func(in *Input) { in.Asks[0].Except.Units = []string{"/Pupils/Year 6"} }, nil, nil},
		{"an excepted group", []seen.Setting{chatIs("root", "chatters", en, 2)}, func(in *Input) { in.Asks[0].Except.Groups = []string{"club@school.example"} }, nil, nil},
		{"a unit that is not there, with an account in it", []seen.Setting{chatIs("root", "chatters", en, 2)}, func(in *Input) {
			in.Asks[0].Units = []string{"/Pupils/New"}
			a, _ := in.Who.AccountByID("ann")
			a.Unit = "/Pupils/New"
		}, nil, nil},
		{"members not known", []seen.Setting{chatIs("root", "hidden", en, 2)}, nil, nil, []string{"A12 chat.service_status/serviceState 1: " + hidden}},
		{"members not known, but as wanted", []seen.Setting{chatIs("root", "hidden", di, 2)}, nil, nil, nil},
		{"who is left out is not known", []seen.Setting{chatIs("root", "chatters", en, 2)}, func(in *Input) { in.Asks[0].Except.Groups = []string{"hidden@school.example"} }, nil, []string{"A12 chat.service_status/serviceState 1: " + leftOut}},
		{"who is left out is not known, and no group sets it", []seen.Setting{off}, func(in *Input) { in.Asks[0].Except.Groups = []string{"hidden@school.example"} }, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := newInput()
			if c.change != nil {
				c.change(&in)
			}
			compare(t, in, c.policies, c.want, c.unknown)
		})
	}
}

func TestObserved(t *testing.T) {
	in := newInput()
	in.Asks = append(in.Asks, Ask{Clause: "A1", Severity: "low", Deals: "deputy", Units: []string{"/Pupils"}, Want: []settings.Want{chatOff, {Setting: chat, Field: settings.Service, Values: []string{"X", "Y"}}}})
	in.Policies = settings.New([]seen.Setting{chatIs("root", "", en, 1), chatIs("root", "club", en, 2)}, units)
	r := Check(in)
	at, group := "setting/pupils/chat.service_status/serviceState", "setting/group:club/chat.service_status/serviceState"
	unitFacts, groupFacts := []string{"ENABLED set-in unit/root"}, []string{"ENABLED set-in group/club"}
	want := []findings.Observed{
		{Clause: "A12", Rule: "settings.differs", Subject: group, Facts: groupFacts, Severity: "high", Deals: "workspace_admin"},
		{Clause: "A12", Rule: "settings.differs", Subject: at, Facts: unitFacts, Severity: "high", Deals: "workspace_admin"},
		{Clause: "A1", Rule: "settings.differs", Subject: group, Facts: groupFacts, Severity: "low", Deals: "deputy"},
		{Clause: "A1", Rule: "settings.differs", Subject: at, Facts: unitFacts, Severity: "low", Deals: "deputy"},
	}
	if diff := cmp.Diff(want, r.Observed); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	path := "Apps → Google Workspace → Google Chat → Service status"
	about := map[string]About{
		at:    {Setting: chat, Field: settings.Service, Want: []string{"DISABLED", "X or Y"}, Unit: "pupils", Path: path},
		group: {Setting: chat, Field: settings.Service, Want: []string{"DISABLED", "X or Y"}, Group: "club", Path: path},
	}
	if diff := cmp.Diff(about, r.About); diff != "" {
		t.Errorf("about (-want +have):\n%s", diff)
	}
}

func TestBaseline(t *testing.T) {
	in := newInput()
	in.Asks[0].Baseline = settings.PrimaryPupils
	in.Asks[0].Want = []settings.Want{{Setting: "gmail.service_status", Field: settings.Service, Values: []string{di}}}
	want, _, _ := settings.Baseline(settings.PrimaryPupils)
	types := Types(in.Asks)
	if !slices.IsSorted(types) || !slices.Contains(types, "gmail.service_status") || !slices.Contains(types, want[0].Setting) || len(slices.Compact(slices.Clone(types))) != len(types) {
		t.Errorf("types %v", types)
	}
	in.Policies = settings.New(nil, units)
	r := Check(in)
	// Of a new account, the defaults that we know and that a primary school does not want.
	expect := []string{
		"pupils/calendar.secondary_calendar_max_allowed_external_sharing/maxAllowedExternalSharing: EXTERNAL_ALL_INFO_READ_ONLY default",
		"pupils/drive_and_docs.external_sharing/allowReceivingExternalFiles: true default",
		"pupils/drive_and_docs.external_sharing/externalSharingMode: ALLOWED default",
	}
	if diff := cmp.Diff(expect, told(r)); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
	for _, w := range want {
		_, known := settings.Default(w.Setting, w.Field)
		if r.Sees("A12", "setting/pupils/"+w.Setting+"/"+w.Field) != known {
			t.Errorf("%s %s: known %v", w.Setting, w.Field, known)
		}
	}
}

// What cannot be said is told once for each clause, setting, field and reason.
func TestUnknownApart(t *testing.T) {
	in := newInput()
	in.Asks[0].Units = []string{"/Pupils/Year 5"}
	in.Asks[0].Want = []settings.Want{{Setting: "x.y", Field: "f", Values: []string{"A"}}, {Setting: "x.y", Field: "g", Values: []string{"A"}}, {Setting: "x.z", Field: "f", Values: []string{"A"}}, {Setting: "x.y", Field: "f", Values: []string{"B"}}}
	in.Asks = append(in.Asks, in.Asks[0])
	in.Asks[1].Clause, in.Asks[1].Want = "A13", in.Asks[0].Want[:1]
	in.Policies = settings.New(nil, units)
	want := []string{"A12 x.y/f 2: " + noDefault, "A12 x.y/g 1: " + noDefault, "A12 x.z/f 1: " + noDefault, "A13 x.y/f 1: " + noDefault}
	if diff := cmp.Diff(want, unknown(Check(in))); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestBlind(t *testing.T) {
	in := newInput()
	r := Check(in)
	if diff := cmp.Diff([]string{"A12 / 1: the settings could not be read"}, unknown(r)); diff != "" || len(r.Observed) > 0 {
		t.Errorf("(-want +have):\n%s", diff)
	}
	if r.Sees("A12", "setting/pupils/chat.service_status/serviceState") || !r.Sees("B1", "setting/pupils/chat.service_status/serviceState") {
		t.Error("what is seen when nothing could be read")
	}
}

// Whatever the policies are: a finding has facts that are sorted and not as wanted, its subject is one of the units or groups asked for, and where units are as wanted for everybody and no group speaks, there is none.
func TestPropertyShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := newInput()
		var policies []seen.Setting
		for i := range rapid.IntRange(0, 7).Draw(t, "policies") {
			s := chatIs(rapid.SampledFrom([]string{"root", "pupils", "y6", "6b", "staff", "gone"}).Draw(t, "unit"), rapid.SampledFrom([]string{"", "", "chatters", "club", "teachers"}).Draw(t, "group"),
				rapid.SampledFrom([]string{en, di}).Draw(t, "is"), float64(i))
			if rapid.IntRange(0, 3).Draw(t, "licensed") == 0 {
				s.Licenses = []string{"P/1"}
			}
			policies = append(policies, s)
		}
		in.Licenses = map[string][]string{}
		if rapid.Bool().Draw(t, "ann is licensed") {
			in.Licenses["ann"] = []string{"P/1"}
		}
		in.Policies = settings.New(policies, units)
		have := Check(in)
		in.Policies = settings.New(rapid.Permutation(policies).Draw(t, "another order"), units)
		if diff := cmp.Diff(told(have), told(Check(in))); diff != "" {
			t.Fatalf("the order matters:\n%s", diff)
		}
		on := false
		for _, u := range []string{"/Pupils", "/Pupils/Year 6", "/Pupils/Year 6/6B", "/Pupils/Year 5"} {
			on = on || in.Policies.Effective(chat, settings.Service, settings.Holder{Unit: u}).Text == en
		}
		on = on || in.Policies.Effective(chat, settings.Service, settings.Holder{Unit: "/Pupils/Year 6/6B", Groups: []string{"chatters", "club"}, Licenses: in.Licenses["ann"]}).Text == en
		on = on || in.Policies.Effective(chat, settings.Service, settings.Holder{Unit: "/Pupils/Year 6/6B", Licenses: in.Licenses["ann"]}).Text == en
		if on != (len(have.Observed) > 0) {
			t.Fatalf("on for somebody: %v, found %v", on, told(have))
		}
		for _, o := range have.Observed {
			if len(o.Facts) == 0 || !slices.IsSorted(o.Facts) || slices.ContainsFunc(o.Facts, func(f string) bool { return !strings.HasPrefix(f, en+" ") }) || strings.Contains(o.Subject, "staff") || strings.Contains(o.Subject, "teachers") {
				t.Fatalf("found %+v", o)
			}
		}
	})
}
