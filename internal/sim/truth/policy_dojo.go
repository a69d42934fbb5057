package truth

import (
	"fmt"
	"slices"
)

// DojoPolicy is the block `classdojo` of a policy, as far as any rule asks about it: whether there is a relay or a mailbox is said
// as something that cannot be seen, not as a finding.
type DojoPolicy struct {
	Classes []DojoClass
	// SchoolStory says that the school has one.
	SchoolStory bool
	// LookWithin is how many school days may pass without a look where comments are on.
	LookWithin int
}

// DojoClass is an entry of its `classes`. Teachers are addresses.
type DojoClass struct {
	ID       string   `yaml:"id"`
	Teachers []string `yaml:"teachers"`
}

// storyID is the id that the School Story goes by among the dojo classes.
const storyID = "school"

// dojoDoc is the block as it is written.
type dojoDoc struct {
	Classes     []DojoClass `yaml:"classes"`
	SchoolStory any         `yaml:"school_story"` // false and no are a text or not, as the reader of YAML likes
	LookWithin  string      `yaml:"look_within"`
}

// readDojo takes in the block; nil where the policy has none.
func (p *Policy) readDojo(doc *dojoDoc) error {
	if doc == nil {
		return nil
	}
	p.Dojo = &DojoPolicy{Classes: doc.Classes, SchoolStory: doc.SchoolStory != false && doc.SchoolStory != "no", LookWithin: 10}
	if doc.LookWithin == "" {
		return nil
	}
	within, err := parseDue(doc.LookWithin)
	if err != nil || within.Unit != "school days" {
		return fmt.Errorf("classdojo: look_within: %q is no number of school days", doc.LookWithin)
	}
	p.Dojo.LookWithin = within.N
	return nil
}

// storyRole is the role whose people look after the School Story, and look into the classes.
func (p Policy) storyRole() string {
	if len(p.Roles["leaders"]) > 0 {
		return "leaders"
	}
	return "headteacher"
}

// dojoClasses are the dojo classes, the School Story the last of them if there is one.
func (p Policy) dojoClasses() []DojoClass {
	if p.Dojo == nil {
		return nil
	}
	out := slices.Clone(p.Dojo.Classes)
	if p.Dojo.SchoolStory {
		story := DojoClass{ID: storyID}
		for _, person := range p.Roles[p.storyRole()] {
			story.Teachers = append(story.Teachers, person.Address)
		}
		out = append(out, story)
	}
	return out
}
