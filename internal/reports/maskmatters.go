package reports

import (
	"regexp"
	"strings"
)

// matterMask masks what is said about accounts, classes, devices and settings. Much of it is the program's own phrases ("the
// account is switched off"), in which a name is not looked for: a leaver's account called "Test Account", or a pupil called May,
// would hide them all.
type matterMask struct {
	mask *Mask
	also *Mask // of the pupils that the matters themselves are about
}

// newMatterMask also learns the names of the people in the matters who may be pupils.
func newMatterMask(mask *Mask, matters []Matter, right []MatterRight) matterMask {
	var names []PupilName
	add := func(p Person) {
		if p.Pupil && p.Name != "" {
			names = append(names, PupilName{Full: clean(p.Name, 200)})
		}
	}
	for _, m := range matters {
		add(m.Who)
	}
	for _, r := range right {
		add(r.Who)
	}
	m := matterMask{mask: mask}
	if len(names) > 0 {
		m.also = NewMask(names)
	}
	return m
}

var (
	addressIn = regexp.MustCompile(`[^\s<>(),;:“”"']+@[^\s<>(),;:“”"']+`)
	dateIn    = regexp.MustCompile(`\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b(?: \d{4})?`)
	willBe    = regexp.MustCompile(`\b(?:will|may) (?:be|belong|still|no longer|only|edit)\b`)
	ownWord   = regexp.MustCompile(`[\pL\pM]+`)
	// placeIn is where, in what is said of a setting, the words of the catalogue end and the school's begin.
	placeIn = regexp.MustCompile(`\b(?:in /|(?:for|by|of) the group )`)
)

// own are the words of the phrases in which details and changes are written, as they are spelt there; none is a usual name.
var own = map[string]bool{}

func init() {
	for _, w := range strings.Fields(`
		A An The Google Google's Workspace Gmail Classroom Chromebook Chromebooks Year Reception Nursery Admin Undoing This Undo Somebody Apps Drive Docs Security Service Settings Status
		a about account accounts address addresses adds administrator again agreement ago all allow allowed an another any anybody app are as asks at available back be because been behind
		belong belongs blocked but by calls can cannot change changed check class classes comes could day days date default delete deleted developer device did differ different does
		else enabled encrypted end ended enters everybody everywhere every existing file found from gone got group groups had has have here how id in into is it its itself key last lately leaked leaving left
		length licence licences line lines list locked long longer lock mail makes matches means meant member members mode more moved moves must name named needs never no nobody none not
		now of off on once one only open opened or other outside own owner owner's parent passcode password passwords person people policy program pupil pupil's pupils putting
		reads really record recovery removed removes report reports role roll row same says school seemed seems sent session set shared shares short should sign signed since sign-in signs some somebody stands
		staff stays still super suspicious switched switches taken teacher than that the their them there they third this through to tick too two two-step undone undoing unit
		Blogger Calendar Chat DISABLED ENABLED Groups Keep Maps Marketplace Meet Photos Play Sites Takeout Tasks YouTube
		anything asking browser business calendar calendars chat chats classroom data decided directory domain domains external finding free history host installing joining keeping letting locations
		making managing meeting meetings nobody's opening organisation publishing recording service services sharing signing starting trusted video web
		units until up update updates usage use used uses verification was weeks what when where which who whoever with word words working wrong year
	`) {
		own[w] = true
	}
}

// holds tells whether text holds a pupil's name besides the program's own words.
func (m matterMask) holds(text string) bool {
	text = willBe.ReplaceAllString(dateIn.ReplaceAllString(text, " · "), " · ")
	text = ownWord.ReplaceAllStringFunc(text, func(w string) string {
		if own[w] {
			return "·"
		}
		return w
	})
	return m.mask.Holds(text) || m.also.Holds(text)
}

// text is a detail or a sentence as it may be shown; false if it may not. Addresses of people outside are not shown, nor any
// that holds a name.
func (m matterMask) text(s string, outside bool, limit int) (string, bool) {
	s = m.addresses(clean(s, 2*limit), outside)
	if m.holds(s) {
		return "", false
	}
	return clean(s, limit), true
}

func (m matterMask) addresses(s string, outside bool) string {
	return addressIn.ReplaceAllStringFunc(s, func(a string) string {
		if outside || m.mask.holdsAddress(a) || m.also.holdsAddress(a) {
			return "a private address" + a[len(strings.TrimRight(a, ".!?")):] // the end of the sentence is not the address's
		}
		return a
	})
}

// notShown stands for a name that may not be shown, inside a sentence of the program's own.
const notShown = "(name not shown)"

// say is a text as it may be shown: the program's own words with each name masked by itself, or, without names, a text of unknown
// origin. Shown is "" if nothing may be; whole is whether all of it is shown.
func (m matterMask) say(s string, names *Names, outside bool, limit int) (shown string, whole bool) {
	if names == nil {
		return m.text(s, outside, limit)
	}
	whole = true
	shown = names.fill(s, func(name string) string {
		name = m.addresses(clean(name, 80), outside)
		if m.mask.Holds(name) || m.also.Holds(name) {
			whole = false
			return notShown
		}
		return name
	})
	return clean(shown, limit), whole
}

// setting is the same for what is said of a setting.
func (m matterMask) setting(s string, names *Names, limit int) (shown string, whole bool) {
	if names == nil {
		return m.place(s, limit)
	}
	return m.say(s, names, false, limit)
}

// place is text about a setting as it may be shown, or as much of it: the words of the catalogue, without the unit or group that holds a name.
// Shown is "" if nothing may be; whole is whether all of it is shown.
func (m matterMask) place(s string, limit int) (shown string, whole bool) {
	if shown, ok := m.text(s, false, limit); ok {
		return shown, true
	}
	at := placeIn.FindStringIndex(s)
	if at == nil {
		return "", false
	}
	instead := "for one of the groups"
	if strings.HasPrefix(s[at[0]:], "in ") {
		instead = "in one of the units"
	}
	shown, _ = m.text(s[:at[0]]+instead, false, limit)
	return shown, false
}
