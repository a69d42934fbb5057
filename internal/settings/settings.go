// Package settings knows the settings of a Google Workspace account and what value holds for whom.
//
// Contract:
//
//   - The catalogue ([Known], [Default], [ClickPath], [Words], [Baseline]) is what docs/settings.md lists; catalogue.yaml is its one source.
//     A setting is named by its type without "settings/", such as chat.service_status, and a field as Google writes it. Values are text
//     as [Text] writes them. Settings that the catalogue does not name can be asked for too: only their default and words are not known.
//   - [Policies] reduces the policies that Google tells, which are only those that somebody set, to the value that holds for a unit,
//     licences and groups, by the rules of docs/account-rules.md, "The effective value of a setting".
//
// Sources: Google's pages "Policy API concepts" and "Settings available in the API" of the Cloud Identity documentation.
package settings

import (
	_ "embed" // the catalogue
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Service is the field of a *.service_status setting, with its two values. A service that no policy names is off.
const (
	Service  = "serviceState"
	Enabled  = "ENABLED"
	Disabled = "DISABLED"
)

// GmailService is the setting that says whether somebody has Gmail.
const GmailService = "gmail.service_status"

const serviceSuffix = ".service_status"

// PrimaryPupils is the baseline for pupils of primary schools.
const PrimaryPupils = "primary-pupils"

// A Want is a value that a setting should have: one of Values, or a number not below AtLeast.
type Want struct {
	Setting  string   `yaml:"setting"`
	Field    string   `yaml:"field"`
	Values   []string `yaml:"values"`
	AtLeast  *float64 `yaml:"at_least"`
	Because  string   `yaml:"because"`  // of a baseline: the reason, for people
	Guidance string   `yaml:"guidance"` // of a baseline: the guidance it follows
}

// Met tells whether a value is as wanted.
func (w Want) Met(value string) bool {
	if w.AtLeast != nil {
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && n >= *w.AtLeast
	}
	return slices.Contains(w.Values, value)
}

// String writes what is wanted: "DISABLED", "A or B", "at least 8".
func (w Want) String() string {
	if w.AtLeast != nil {
		return "at least " + strconv.FormatFloat(*w.AtLeast, 'f', -1, 64)
	}
	return strings.Join(w.Values, " or ")
}

// A Question is asked of a person because Google does not show the answer.
type Question struct {
	ID       string `yaml:"id"`
	Who      string `yaml:"who"` // a role, as the policy file names it
	Question string `yaml:"question"`
	Guidance string `yaml:"guidance"`
}

// A Field is one value of a setting.
type Field struct {
	Name    string        `yaml:"field"`
	Says    string        `yaml:"says"`    // what it decides, for people
	Values  yaml.MapSlice `yaml:"values"`  // possible values, each with what it means; empty: any
	Default *string       `yaml:"default"` // what holds when nobody set it; nil: not known
	Unsure  bool          `yaml:"unsure"`  // the field's name or values could not be verified
}

// A Setting is one type of the catalogue.
type Setting struct {
	Type   string  `yaml:"type"`
	Path   string  `yaml:"path"` // where to click in the Admin console
	Fields []Field `yaml:"fields"`
}

type service struct {
	Type string `yaml:"type"`
	Name string `yaml:"name"`
	Path string `yaml:"path"`
}

type baseline struct {
	Name string `yaml:"name"`
	Want []struct {
		Want  `yaml:",inline"`
		Value string `yaml:"value"`
	} `yaml:"want"`
	Ask []Question `yaml:"ask"`
}

//go:embed catalogue.yaml
var source []byte

// catalogue is made once, from what was compiled in.
var catalogue = mustLoad(source)

type loaded struct {
	order     []string // types, as in the file
	settings  map[string]Setting
	baselines []baseline
}

func mustLoad(text []byte) loaded {
	var file struct {
		Services  []service  `yaml:"services"`
		Settings  []Setting  `yaml:"settings"`
		Baselines []baseline `yaml:"baselines"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		panic("settings: catalogue.yaml: " + err.Error())
	}
	off := Disabled
	l := loaded{settings: map[string]Setting{}, baselines: file.Baselines}
	for i := range l.baselines {
		for j := range l.baselines[i].Want {
			if w := &l.baselines[i].Want[j]; w.Value != "" {
				w.Values = []string{w.Value}
			}
		}
	}
	var all []Setting
	for _, s := range file.Services {
		all = append(all, Setting{Type: s.Type + serviceSuffix, Path: s.Path, Fields: []Field{{
			Name: Service, Says: s.Name, Default: &off,
			Values: yaml.MapSlice{{Key: Enabled, Value: "on"}, {Key: Disabled, Value: "off"}},
		}}})
	}
	for _, s := range append(all, file.Settings...) {
		if _, twice := l.settings[s.Type]; twice {
			panic("settings: catalogue.yaml names " + s.Type + " twice")
		}
		l.settings[s.Type] = s
		l.order = append(l.order, s.Type)
	}
	return l
}

// Known looks a setting up in the catalogue.
func Known(typ string) (Setting, bool) { s, ok := catalogue.settings[typ]; return s, ok }

// Types lists the settings of the catalogue, in its order.
func Types() []string { return slices.Clone(catalogue.order) }

// Field looks up a field of the setting.
func (s Setting) Field(name string) (Field, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Default is what holds when nobody set the field. A service is off, also one that the catalogue does not name.
func Default(typ, field string) (value string, known bool) {
	if f, ok := catalogue.settings[typ].Field(field); ok && f.Default != nil {
		return *f.Default, true
	}
	if field == Service && strings.HasSuffix(typ, serviceSuffix) {
		return Disabled, true
	}
	return "", false
}

// ClickPath is where to change the setting in the Admin console; "" if the catalogue does not know.
func ClickPath(typ string) string { return catalogue.settings[typ].Path }

// Words says what a field decides, for people: "sharing files with people outside"; type and field where the catalogue does not know.
func Words(typ, field string) string {
	if f, ok := catalogue.settings[typ].Field(field); ok {
		return f.Says
	}
	return typ + ", " + field
}

// ValueWords says what a value of a field means, for people: "off", "nobody outside"; the value itself where the catalogue does not know.
func ValueWords(typ, field, value string) string {
	f, _ := catalogue.settings[typ].Field(field)
	for _, v := range f.Values {
		if v.Key == value {
			return fmt.Sprint(v.Value)
		}
	}
	return value
}

// Baseline is a named list of wanted settings, with the questions that Google has no answer to; ok is false if there is none of that name.
func Baseline(name string) (want []Want, ask []Question, ok bool) {
	for _, b := range catalogue.baselines {
		if b.Name == name {
			for _, w := range b.Want {
				want = append(want, w.Want)
			}
			return want, slices.Clone(b.Ask), true
		}
	}
	return nil, nil, false
}

// Baselines lists the names of the baselines.
func Baselines() []string {
	var out []string
	for _, b := range catalogue.baselines {
		out = append(out, b.Name)
	}
	return out
}
