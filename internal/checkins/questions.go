package checkins

import (
	"strings"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/policy"
)

// Link leads to where something can be looked at.
type Link struct{ Words, URL string }

// Question is what a check-in asks, in words for the person who is asked.
type Question struct {
	Title    string // a few words: "The web filter"
	Question string // answered with yes, no or not sure; yes is as the policy wants it
	Look     string // what to look at before answering
	Links    []Link
	Dojo     []classdojo.Question // what is asked of a class on ClassDojo, in the place of one Question; nil elsewhere
}

// questions by the check-in's name in a policy file. A "yes" always means that all is as the policy wants it.
var questions = map[string]Question{
	"devices": {
		Title: "Devices that Google does not manage", Question: "Are all laptops, computers and memory sticks that hold personal data encrypted, locked with a password and up to date?",
		Look: "Look at the list of devices: encryption switched on, the last update within the last weeks, none missing.",
	},
	"filtering": {
		Title: "The web filter", Question: "Does the web filter work on all devices, is it set for the age of the pupils, and were its reports looked at?",
		Look: "Open the filter's reports since you last answered; try a page that should be blocked on a pupil's device.", Links: []Link{{"Test page of the UK Safer Internet Centre", "https://testfiltering.com/"}},
	},
	"filtering-leaders": {
		Title: "The web filter, tried by a leader", Question: "Have you tried for yourself that the filter blocks what it should, on a pupil's device?",
		Look: "Sign in as a pupil does and try it on two devices in different rooms.", Links: []Link{{"Test page of the UK Safer Internet Centre", "https://testfiltering.com/"}},
	},
	"meetings": {
		Title: "Virtual meetings", Question: "Do virtual meetings with pupils or parents use an invitation and a waiting room, with two adults present?",
		Look: "Ask two colleagues who have held one lately how they set it up.",
	},
	"observations": {
		Title: "Early-years observations", Question: "Was every observation read by the class teacher before it went into a journal, and is there consent for each journal?",
		Look: "Open the list of observations that are not in a journal yet, and the list of consents.",
	},
	"off-site-data": {
		Title: "Data taken or sent off site", Question: "Is personal data that leaves the school encrypted, and were the shared folders looked through for what need not be there?",
		Look: "Ask who took data off site since you last answered, and on what.",
	},
	"shared-devices": {
		Title: "Shared devices", Question: "Are shared devices without a password, such as iPads, cleared after use?",
		Look: "Open three of them: no photographs, no signed-in accounts, no open pages of the last class.",
	},
	"social-media-page": {
		Title: "The school's social-media page", Question: "Is the page still one-way, does it follow nobody, is no pupil named in full, and was permission looked up for each picture?",
		Look: "Open the page as a stranger would: comments and messages switched off; look through what was posted since you last answered.",
	},
	"staff-blogs": {
		Title: "Staff blogs", Question: "Is every staff blog approved, and closed to those who should not read it?",
		Look: "Open each blog of the list of approved ones in a private window: it should ask for a password.",
	},
	"website": {
		Title: "The school's website", Question: "Does the website name no pupil in full, least of all beside a picture, and is there permission for all work that it shows?",
		Look: "Look through the pages and documents that were put up since you last answered.",
	},
}

// About is what it asks.
func (a Ask) About() Question {
	switch {
	case a.Spot != nil:
		return spotQuestion(a)
	case a.Dojo != "":
		return dojoQuestion(a)
	}
	return about(a.Name)
}

func about(name string) Question {
	if q, ok := questions[name]; ok {
		return q
	}
	words := strings.ReplaceAll(name, "-", " ")
	return Question{Title: strings.ToUpper(words[:1]) + words[1:], Question: "Is everything about this as the policy wants it?"}
}

// Asks lists what a policy asks people: each check-in of one person for the whole school, and what is asked of each class on ClassDojo.
func Asks(p *policy.Policy) []Ask {
	var out []Ask
	for _, c := range p.Clauses {
		for _, m := range c.MetBy {
			if m.Kind != policy.CheckIn || !m.Built() {
				continue
			}
			ask := Ask{Clause: c.ID, Severity: m.Severity, Deals: string(c.DealsWithIt), Name: m.Name, Role: string(m.Ask), Every: m.Every, Due: m.Due}
			if m.Name == policy.CheckInClassDojo {
				out = append(out, dojoAsks(p, ask)...)
				continue
			}
			if who := p.Person(m.Ask); len(who) > 0 {
				ask.Days = p.DaysIn(who[0])
			}
			out = append(out, ask)
		}
	}
	return out
}
