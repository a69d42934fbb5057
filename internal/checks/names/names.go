// Package names judges whether titles, and what stands on the school's blogs, name pupils who should not be named there.
//
// It is pure: from the accounts, the pupils' roll, what is public, classes and posts, blogs, the policy's clauses and the time it yields findings, reads
// nothing but the streams it is given and keeps nothing. The meaning of each rule and word is docs/name-rules.md; how names are found in a text is package names.
//
// No finding, count or error repeats a name, a title or a text: who is meant stands in the facts by id.
package names

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/findings"
	"esafetybot/internal/names"
	"esafetybot/internal/rolls"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// Means is the check's name before the dot of a rule.
const Means = "names"

// The rules, by their name in a policy file.
const (
	FullName     = "full-name"
	NotToPublish = "not-to-publish"
)

// An Ask is one entry of a clause's met_by that names this check, defaults filled in.
type Ask struct {
	Clause     string
	Severity   string
	Rules      []string
	Deals      map[string]string // rule → the role that deals with what it finds
	Classes    bool              // full-name: look at names of classes
	Posts      bool              // full-name: look at titles of posts
	LeaverDays int
}

// Input is everything a judgement rests on.
type Input struct {
	Now   time.Time
	Today calendar.Date
	Asks  []Ask

	Accounts []*seen.Person
	Kinds    *school.Kinds
	Pupils   *rolls.Matching          // nil without a pupils' roll
	Others   []*rolls.Matching        // the rolls of staff and others
	Left     map[string]calendar.Date // accounts whose row is gone from the pupils' roll → since when

	// Who says who is outside, for Shares: what stands in the picture of Drive, everything that may be public among it. Nil Shares could not be read.
	Who     *school.Directory
	Shares  iter.Seq2[seen.Share, error]
	Classes []Class
	Blogs   []Blog // those that the policy lists and somebody can read
}

// A Class is one class in use.
type Class struct {
	ID, Name string
	Posts    []seen.Post // published; of the kinds that have a title
}

// Result is what the check yields.
type Result struct {
	Observed []findings.Observed // sorted by clause, rule and subject
	// Doubtful are the ids that findings would have of which nobody can tell whether they are any: the name is an adult's too. What was found of them before stays.
	Doubtful map[string]bool
	// Shares are what on Drive has a name in its title, by subject, without titles and grants.
	Shares map[string]seen.Share
	// Broken are the blogs whose texts broke off, with the error: nothing is said of them.
	Broken  map[string]error
	Unknown []Unknown
}

// Why something is not known.
const (
	SameAsAdult = "same-as-adult" // a name that was found is also that of an adult
	NoFullName  = "no-full-name"  // no first and last name is known of a pupil
	OnlyFull    = "only-full"     // the first name of a pupil who is not to be published is too short or too common to be looked for alone
)

// Unknown is how many titles and posts of blogs, or pupils, a clause's rule cannot say anything of.
type Unknown struct {
	Clause, Rule, Why string
	Count             int
}

// Check judges. The error is that of reading Shares.
func Check(in Input) (Result, error) {
	res := Result{Doubtful: map[string]bool{}, Shares: map[string]seen.Share{}, Broken: map[string]error{}}
	lookouts := map[int]*lookout{} // by for how long leavers are looked for
	for _, a := range in.Asks {
		lookouts[a.LeaverDays] = nil
	}
	for days := range lookouts {
		lookouts[days] = in.lookout(days)
	}
	var judges []*judge
	for _, a := range in.Asks {
		judges = append(judges, &judge{Ask: a, lookout: lookouts[a.LeaverDays], res: &res, doubt: map[string]int{}})
	}
	if in.Shares != nil {
		for s, err := range in.Shares {
			if err != nil {
				return Result{}, err
			}
			if s.Tree != "" || !sharing.IsPublic(in.Who, in.Now, s) {
				continue
			}
			for _, j := range judges {
				if j.look(place{subject: s.Subject(), public: true, missing: s.Lost}, s.Title) {
					plain := s
					plain.Title, plain.Grants, plain.Open = "", nil, nil
					res.Shares[s.Subject()] = plain
				}
			}
		}
	}
	for _, c := range in.Classes {
		for _, j := range judges {
			if j.Classes {
				j.look(place{subject: "course/" + c.ID}, c.Name)
			}
			if !j.Posts {
				continue
			}
			for _, p := range c.Posts {
				j.look(place{subject: "post/" + c.ID + "-" + p.ID}, p.Title)
			}
		}
	}
	for _, b := range in.Blogs {
		res.blog(b, judges)
	}
	for _, j := range judges {
		j.count()
	}
	slices.SortFunc(res.Observed, func(a, b findings.Observed) int {
		return cmp.Or(cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	return res, nil
}

// judge is one ask at work.
type judge struct {
	Ask
	*lookout
	res   *Result
	doubt map[string]int // rule → titles and posts of blogs that nobody can tell of
}

// place is where a text stands.
type place struct {
	subject string
	public  bool
	missing bool // not where it was
}

// look judges one title, and tells whether anybody's name is in it.
func (j *judge) look(p place, title string) bool {
	var d document
	hit := j.read(&d, p.public, title, "")
	j.tell(p, d)
	return hit
}

// document is what was found in the texts of one, by rule.
type document struct {
	facts map[string][]string
	doubt map[string]bool // somebody is named, or an adult
}

// read looks through one text of a document, and tells whether anybody's name is in it. part is the fact that says where in the document such a text stands, if that is told.
func (j *judge) read(d *document, public bool, text, part string) bool {
	hits := j.matcher.Find(text)
	for _, rule := range j.Rules {
		for _, h := range hits {
			who := j.wanted[h.Person]
			switch {
			case rule == NotToPublish && (!public || !who.unpublished):
			case rule == FullName && h.Kind == names.FirstNameAlone:
			case h.Kind == names.CouldNotTell:
				if d.doubt == nil {
					d.doubt = map[string]bool{}
				}
				d.doubt[rule] = true
			default:
				if d.facts == nil {
					d.facts = map[string][]string{}
				}
				if d.facts[rule] = append(d.facts[rule], who.fact); part != "" {
					d.facts[rule] = append(d.facts[rule], part)
				}
			}
		}
	}
	return len(hits) > 0
}

// tell yields what was found in a document whose texts are all read.
func (j *judge) tell(p place, d document) {
	for _, rule := range j.Rules {
		switch {
		case len(d.facts[rule]) > 0:
			j.res.Observed = append(j.res.Observed, findings.Observed{
				Clause: j.Clause, Rule: Means + "." + rule, Subject: p.subject, Facts: findings.Normalise(d.facts[rule]), Severity: j.Severity, Deals: j.Deals[rule], Missing: p.missing,
			})
		case d.doubt[rule]:
			j.doubt[rule]++
			j.res.Doubtful[findings.ID(j.Clause, Means+"."+rule, p.subject)] = true
		}
	}
}

// count says in numbers what could not be told, and who cannot be found.
func (j *judge) count() {
	for _, rule := range j.Rules {
		say := func(why string, n int) {
			if n > 0 {
				j.res.Unknown = append(j.res.Unknown, Unknown{Clause: j.Clause, Rule: rule, Why: why, Count: n})
			}
		}
		say(SameAsAdult, j.doubt[rule])
		nameless, common := 0, 0
		for i, w := range j.wanted {
			can := j.matcher.Findable(i)
			switch {
			case rule == NotToPublish && !w.unpublished:
			case rule == NotToPublish && !can.Alone && can.FullName:
				common++
			case !can.FullName && (rule == FullName || !can.Alone):
				nameless++
			}
		}
		say(NoFullName, nameless)
		say(OnlyFull, common)
	}
}

// wanted is somebody who is looked for.
type wanted struct {
	fact        string // pupil/ID or roll/KEY
	unpublished bool   // not to be published
}

// lookout finds the pupils that are looked for.
type lookout struct {
	matcher *names.Matcher
	wanted  []wanted // the first of those whom the matcher knows; adults follow
}

// lookout gathers whose names matter: pupils, those among them who left no more than some days ago, and adults.
func (in Input) lookout(leaverDays int) *lookout {
	l := &lookout{}
	var pupils, adults []names.Person
	lately := func(left calendar.Date) bool { return left.DaysUntil(in.Today) <= leaverDays }
	for _, p := range in.Accounts {
		if !in.Kinds.School(&p.Account) {
			continue
		}
		called := []names.Name{names.Of(p.Given, p.Family, p.Name)}
		row, pupil := in.pupil(p)
		switch {
		case !pupil:
			if p.Active() {
				adults = append(adults, names.Person{Names: called, Adult: true})
			}
			continue
		case p.Active(), row != nil && !row.Leaver(in.Today), row != nil && lately(row.Left):
		default:
			if row != nil || !lately(in.Left[p.ID]) { // who has not left has no date, and that is longer ago than any
				continue
			}
		}
		no := false
		if row != nil {
			called, no = append(called, names.Written(row.Name)), row.Publish.Says == rolls.No
		}
		pupils = append(pupils, names.Person{Names: called, Alone: no})
		l.wanted = append(l.wanted, wanted{"pupil/" + p.ID, no})
	}
	if in.Pupils != nil {
		for i, row := range in.Pupils.Roll.Rows {
			if account, _ := in.Pupils.Account(i); account != "" || row.Leaver(in.Today) && !lately(row.Left) {
				continue
			}
			no := row.Publish.Says == rolls.No
			pupils = append(pupils, names.Person{Names: []names.Name{names.Written(row.Name)}, Alone: no})
			l.wanted = append(l.wanted, wanted{"roll/" + row.Key, no})
		}
	}
	l.matcher = names.New(slices.Concat(pupils, adults))
	return l
}

// pupil tells whether a school account is a pupil's, and which row of the pupils' roll is theirs.
func (in Input) pupil(p *seen.Person) (row *rolls.Row, pupil bool) {
	if in.Pupils != nil {
		if row, _ = in.Pupils.Row(p.ID); row != nil {
			return row, true
		}
	}
	listed := slices.ContainsFunc(in.Others, func(m *rolls.Matching) bool {
		r, _ := m.Row(p.ID)
		return r != nil
	})
	return nil, !listed && in.Kinds.Kind(&p.Account) == school.Pupil
}
