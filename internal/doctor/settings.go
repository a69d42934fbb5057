package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/google"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/rolls"
	"esafetybot/internal/settings"
)

// asked are the settings that a policy asks about, each with the clauses that do: type and field.
type asked struct {
	typ, field string
	clauses    []string
}

// settingsOf lists the settings that a policy asks about, in its order.
func settingsOf(p *policy.Policy) []asked {
	var out []asked
	add := func(clause, typ, field string) {
		i := slices.IndexFunc(out, func(a asked) bool { return a.typ == typ && a.field == field })
		if i < 0 {
			out, i = append(out, asked{typ: typ, field: field}), len(out)
		}
		if !slices.Contains(out[i].clauses, clause) {
			out[i].clauses = append(out[i].clauses, clause)
		}
	}
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			switch w := m.With.(type) {
			case *policy.PupilEmailWith:
				add(c.ID, settings.GmailService, settings.Service)
			case *policy.SettingsWith:
				if w.Baseline != "" {
					want, _, _ := settings.Baseline(w.Baseline)
					for _, s := range want {
						add(c.ID, s.Setting, s.Field)
					}
				}
				for _, s := range w.Want {
					add(c.ID, s.Setting, s.Field)
				}
			}
		}
	}
	return out
}

// settings looks which of the settings that the policy asks about somebody has ever set. Google shows no others, and not every default is known.
func (x *examination) settings(ctx context.Context) {
	ask := settingsOf(x.Policy)
	if len(ask) == 0 || !x.has(google.ScopePolicies) {
		return // the scope's own line says it
	}
	var types []string
	for _, a := range ask {
		if !slices.Contains(types, a.typ) {
			types = append(types, a.typ)
		}
	}
	set := map[string]bool{}
	for s, err := range x.Client.Settings(ctx, types) {
		if err != nil {
			what, next := said(err)
			x.fails("settings", "The settings could not be read to the end: "+what, "settings and pupils' e-mail", next)
			return
		}
		for field := range s.Values {
			set[s.Type+" "+field] = true
		}
	}
	seen, byDefault := 0, 0
	for _, a := range ask {
		_, known := settings.Default(a.typ, a.field)
		switch {
		case set[a.typ+" "+a.field]:
			seen++
		case known:
			byDefault++
		default:
			where := settings.ClickPath(a.typ)
			if where == "" {
				where = "the Admin console"
			}
			x.add(Item{
				Key: "setting/" + a.typ + "/" + a.field, Status: Unknown, Clauses: a.clauses,
				What:    upper(settings.Words(a.typ, a.field)) + ": nobody ever set it, and what holds then is not known, so it could not be checked",
				Without: "whether it is as the policy asks",
				Next:    "set it once, at any org unit, to what the policy asks: " + where,
			})
		}
	}
	if n := seen + byDefault; n > 0 {
		x.works("settings", quantity.Of(n, "setting", "settings")+" that the policy asks about can be told ("+fmt.Sprint(byDefault)+" by Google's default, because nobody set them)")
	}
}

// maxRoll is more than any roll has, in bytes.
const maxRoll = 16 << 20

// rolls reads each roll as a run would.
func (x *examination) rolls(ctx context.Context) {
	named := namedRolls(x.Policy)
	if len(named) == 0 {
		x.unknown("rolls", "The policy names no roll, so nobody can tell whose account belongs to the school", "export lists of pupils and staff and name them in the policy, if a clause is about accounts")
		return
	}
	for _, r := range named {
		key, where := "roll/"+r.which, r.roll.CSV
		var data []byte
		var err error
		if r.roll.Drive != "" {
			where = "on Drive"
			if x.Client == nil || x.spoilt {
				x.unknown(key, "The roll of "+r.which+" is kept on Drive and was not tried", "")
				continue
			}
			data, err = x.Client.Download(ctx, r.roll.Drive, maxRoll)
		} else {
			data, err = os.ReadFile(filepath.Join(filepath.Dir(x.Policy.Path), filepath.FromSlash(r.roll.CSV)))
		}
		if err != nil {
			what, next := said(err)
			switch {
			case r.roll.Drive != "" && google.IsNotFound(err):
				next = "share the file with " + x.Admin + ", and compare the id with the file's link"
			case os.IsNotExist(err):
				what, next = "it is not there", "export it from the school's information system into the folder of the policy file, with this name; on Google Cloud no file lies there: keep it on Drive, and write roll: {drive: ID} into the policy"
			}
			x.fails(key, "The roll of "+r.which+" ("+where+") cannot be read: "+what, "everything about the accounts of "+r.which, next)
			continue
		}
		roll, err := rolls.Parse(r.which, data, r.roll.Columns)
		if err != nil {
			x.fails(key, "The roll of "+r.which+" ("+where+") is not as it should be: "+err.Error(), "everything about the accounts of "+r.which, "export it again, or correct the columns in the policy")
			continue
		}
		x.works(key, "The roll of "+r.which+" ("+where+") can be read: "+quantity.Of(len(roll.Rows), "person", "people"))
		if len(roll.Odd) > 0 {
			x.unknown(key+"/odd", "In the roll of "+r.which+" there is no date, year or answer where one should stand, in "+quantity.Of(len(roll.Odd), "place", "places"),
				"look at "+oddLines(roll.Odd)+" of the file")
		}
	}
}

// oddLines names the first few lines.
func oddLines(odd []rolls.Odd) string {
	var out []string
	for i, o := range odd {
		if i == 5 {
			out = append(out, "and others")
			break
		}
		out = append(out, strconv.Itoa(o.Line))
	}
	if len(out) == 1 {
		return "line " + out[0]
	}
	return "lines " + strings.Join(out, ", ")
}
