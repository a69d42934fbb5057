package doctor

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
	"esafetybot/internal/settings"
)

// An Answer is what a domain says to one question of docs/live-domain.md. It holds numbers, dates, and words that are Google's own: nothing that somebody
// at the school typed, no address, no id.
type Answer struct {
	Question string `json:"question"` // the number there, "48", or several: "61, 62"
	About    string `json:"about"`
	Answer   string `json:"answer"`
}

// What is looked at of each, so that a probe takes minutes at a large school too.
const (
	probeOwners  = 20   // Drives
	probeItems   = 300  // items of each
	probeClasses = 20   // classes
	probeRecords = 2000 // records of a log
)

// Probe answers those of the open questions that a program can answer by reading. What it may not read it says. The error is that of a context that ended.
func Probe(ctx context.Context, s Setup) ([]Answer, error) {
	p := &prober{Setup: s}
	for i, step := range []func(context.Context){p.signIn, p.accounts, p.driveItems, p.sharedDrives, p.logs, p.usage, p.classes, p.devices, p.policies, p.blogs} {
		if s.Progress != nil {
			s.Progress("asking", i, 10)
		}
		step(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return p.answers, nil
}

type prober struct {
	Setup
	answers []Answer
	owners  []seen.Person
}

func (p *prober) say(question, about, format string, args ...any) {
	p.answers = append(p.answers, Answer{question, about, fmt.Sprintf(format, args...)})
}

// could tells whether something could be read; if not it says so as the answer.
func (p *prober) could(err error, question, about string) bool {
	if err == nil {
		return true
	}
	what, _ := said(err)
	if i := strings.Index(what, "https://"); i >= 0 {
		what = strings.TrimSpace(what[:i]) + " it takes"
	}
	p.say(question, about, "not known: %s", what)
	return false
}

// word is one of Google's words: short and plain. Anything else may be something that somebody typed.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z_ -]{0,39}$`)

// A tally counts words.
type tally map[string]int

func (t tally) add(w string) {
	switch {
	case w == "":
		w = "(empty)"
	case !word.MatchString(w):
		w = "(another text)"
	}
	t[w]++
}

func (t tally) String() string {
	var out []string
	for _, w := range slices.Sorted(maps.Keys(t)) {
		out = append(out, fmt.Sprintf("%s %d", w, t[w]))
	}
	if out == nil {
		return "none"
	}
	return strings.Join(out, ", ")
}

func (p *prober) signIn(ctx context.Context) {
	var yes, no []string
	for _, n := range Needs(p.Policy, p.Mail.Scheme == "gmail") {
		x := examination{Setup: p.Setup}
		if p.Client.Granted(ctx, x.subject(n.Scope), n.Scope) == nil {
			yes = append(yes, n.Short())
		} else {
			no = append(no, n.Short())
		}
	}
	p.say("1", "a token for each scope by itself", "%d given, %d refused%s", len(yes), len(no), list(": ", no))
}

func list(lead string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	return lead + strings.Join(words, ", ")
}

func (p *prober) accounts(ctx context.Context) {
	var all, off, guests, never, numbered, super int
	for a, err := range p.Client.People(ctx) {
		if !p.could(err, "36, 53, 57", "the list of accounts") {
			return
		}
		all++
		switch {
		case a.Guest:
			guests++
		case !a.Active():
			off++
		case len(p.owners) < probeOwners:
			p.owners = append(p.owners, a)
		}
		if a.LastLogin.IsZero() {
			never++
		}
		if len(a.Numbers) > 0 {
			numbered++
		}
		if a.Admin {
			super++
		}
	}
	p.say("36", "guests of the domain", "%d of %d accounts are marked as guests; %d are switched off; %d are super administrators", guests, all, off, super)
	p.say("53", "accounts that never signed in", "%d of %d have no last sign-in", never, all)
	p.say("57", "numbers of people", "%d of %d accounts have one in externalIds", numbered, all)
	domains, err := p.Client.Domains(ctx)
	if p.could(err, "37", "domains") {
		missing := 0
		for _, d := range p.Policy.School.Domains {
			if !slices.Contains(domains, d) {
				missing++
			}
		}
		p.say("37", "domains", "Google names %d; of the %d in the policy %d are not among them", len(domains), len(p.Policy.School.Domains), missing)
	}
	types, groups := tally{}, 0
	for g, err := range p.Client.Groups(ctx) {
		if !p.could(err, "34, 35", "groups") {
			return
		}
		groups++
		if groups > probeClasses {
			continue
		}
		for m, err := range p.Client.Members(ctx, g.ID) {
			if err != nil {
				break
			}
			types.add(m.Type)
			if m.ID == "" {
				types.add("without an id")
			}
		}
	}
	p.say("34, 35", "members of groups", "%d groups; types of the members of the first %d: %s", groups, min(groups, probeClasses), types)
}

// targetAudience is how the domain of a target audience is said to end.
const targetAudience = ".audience.googledomains.com"

func (p *prober) driveItems(ctx context.Context) {
	var drives, refused, items, hidden, inherited, both, links, otherLinks, published, audience, ended, expired, incomplete int
	for _, o := range p.owners {
		n := 0
		done := p.Client.Hold(o.Address)
		for it, err := range p.Client.OwnedItems(ctx, o.Address) {
			if err != nil {
				refused++
				if google.Reason(err) == seen.Partial {
					incomplete++
				}
				break
			}
			if n++; n > probeItems {
				break
			}
			items++
			if !it.GrantsSeen {
				hidden++
			}
			for _, g := range it.Grants {
				if g.Inherited != "" {
					inherited++
				}
				if g.Inherited != "" && g.Own != "" {
					both++
				}
				if g.Type == "anyone" && g.ID == "anyoneWithLink" {
					links++
				} else if g.Type == "anyone" {
					otherLinks++
				}
				if g.View == "published" {
					published++
				}
				if strings.HasSuffix(g.Domain, targetAudience) {
					audience++
				}
				if g.Deleted {
					ended++
				}
				if !g.Until.IsZero() && g.Until.Before(p.Now) {
					expired++
				}
			}
		}
		done()
		drives++
	}
	p.say("6, 93", "what is inherited in My Drive", "of the items in %d Drives %d were looked at: %d grants say that they are inherited, %d are inherited and raised on the item; of %d items the grants were hidden", drives, items, inherited, both, hidden)
	p.say("8", "the id of a link's grant", "%d are called anyoneWithLink, %d otherwise", links, otherLinks)
	p.say("12", "incompleteSearch", "%d of %d Drives; %d could not be read", incomplete, drives, refused)
	p.say("14", "published Sites and open forms", "%d grants with view published", published)
	p.say("15", "target audiences", "%d grants whose domain ends as assumed", audience)
	p.say("16, 17", "grants of deleted accounts, and past their end", "%d and %d", ended, expired)
}

func (p *prober) sharedDrives(ctx context.Context) {
	all, unit := 0, 0
	for d, err := range p.Client.Drives(ctx) {
		if !p.could(err, "19", "shared drives") {
			return
		}
		all++
		if d.Unit != "" {
			unit++
		}
	}
	p.say("19", "org units of shared drives", "%d of %d say theirs", unit, all)
}

// logs tells which events came in the last week, and how old the newest record is.
func (p *prober) logs(ctx context.Context) {
	for _, l := range []struct{ app, question string }{{"drive", "23, 29"}, {"admin", "30, 52, 74"}, {"login", "50, 51"}, {"token", "54"}, {"classroom", "59, 60"}} {
		names, n := tally{}, 0
		var newest time.Time
		about, good := "the log "+l.app, true
		for e, err := range p.Client.Events(ctx, l.app, "", p.Now.AddDate(0, 0, -7), p.Now) {
			if good = p.could(err, l.question, about); !good {
				break
			}
			if newest.Before(e.Time) {
				newest = e.Time
			}
			names.add(e.Name)
			if n++; n == probeRecords {
				break
			}
		}
		switch {
		case !good:
		case n == 0:
			p.say(l.question, about, "no record in seven days")
		default:
			p.say(l.question, about, "the newest record is %s old; of the newest %d events of seven days: %s", p.Now.Sub(newest).Round(time.Minute), n, names)
		}
	}
}

func (p *prober) usage(ctx context.Context) {
	params := []string{"accounts:password_strength", "accounts:password_length_compliance", "gmail:is_gmail_enabled"}
	for back := 1; back <= 7; back++ {
		date := p.Now.AddDate(0, 0, -back).UTC().Format(time.DateOnly)
		counts := map[string]tally{}
		lines := 0
		for u, err := range p.Client.Usage(ctx, date, params) {
			if p.Client.NoUsage(err) {
				break
			}
			if !p.could(err, "48, 49, 73", "usage reports") {
				return
			}
			lines++
			for _, name := range params {
				if counts[name] == nil {
					counts[name] = tally{}
				}
				counts[name].add(u.Values[name])
			}
		}
		if lines == 0 {
			continue
		}
		p.say("49", "usage reports", "the newest is %d days old, with %d accounts", back, lines)
		for i, q := range []string{"48", "48", "73"} {
			p.say(q, params[i], "%s", counts[params[i]])
		}
		return
	}
	p.say("48, 49, 73", "usage reports", "none of the last seven days")
}

func (p *prober) classes(ctx context.Context) {
	states := tally{}
	var all, folders, asked, members, addresses, teachers, titled, attached int
	var membersErr, titledErr, attachedErr error
	for c, err := range p.Client.Courses(ctx) {
		if !p.could(err, "58, 96, 102, 103", "classes") {
			return
		}
		all++
		states.add(c.State)
		if c.Folder != "" {
			folders++
		}
		if c.State != "ACTIVE" || asked == probeClasses {
			continue
		}
		asked++
		for m, err := range p.Client.ClassMembers(ctx, c.ID) {
			if err != nil {
				membersErr = err
				break
			}
			members++
			if m.Address != "" {
				addresses++
			}
			if m.Teacher {
				teachers++
			}
		}
		n, err := length(p.Client.Titled(ctx, c.ID))
		titled, titledErr = titled+n, worse(titledErr, err)
		n, err = length(p.Client.Attached(ctx, c.ID))
		attached, attachedErr = attached+n, worse(attachedErr, err)
	}
	p.say("102", "classes and their folders", "%d classes (%s), %d tell their folder", all, states, folders)
	if p.could(membersErr, "58", "members of classes") {
		p.say("58", "members of classes", "%d in %d classes, %d of them teachers, %d with an address", members, asked, teachers, addresses)
	}
	if p.could(titledErr, "96", "classwork and materials of classes") {
		p.say("96", "classwork and materials of classes", "%d in %d classes", titled, asked)
	}
	if p.could(attachedErr, "103", "posts of classes, with what is attached") {
		p.say("103", "posts of classes, with what is attached", "%d in %d classes", attached, asked)
	}
}

// length counts a stream.
func length[T any](seq func(func(T, error) bool)) (n int, err error) {
	for _, err := range seq {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func worse(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (p *prober) devices(ctx context.Context) {
	encryption, passcode, boot := tally{}, tally{}, tally{}
	mobiles, books, dated := 0, 0, 0
	good := true
	for d, err := range p.Client.Mobiles(ctx) {
		if good = p.could(err, "61, 62", "mobile devices"); !good {
			break
		}
		mobiles++
		encryption.add(d.Encryption)
		passcode.add(d.Passcode)
	}
	if good {
		p.say("61, 62", "mobile devices", "%d; encryptionStatus: %s; devicePasswordStatus: %s", mobiles, encryption, passcode)
	}
	for d, err := range p.Client.Chromebooks(ctx) {
		if !p.could(err, "63, 64", "Chromebooks") {
			return
		}
		books++
		boot.add(d.Boot)
		if !d.Until.IsZero() {
			dated++
		}
	}
	p.say("63, 64", "Chromebooks", "%d; of %d it is told when updates end; bootMode: %s", books, dated, boot)
}

func (p *prober) policies(ctx context.Context) {
	types := map[string]int{}
	all, odd, byGroup, byLicense, gmail := 0, 0, 0, 0, 0
	for s, err := range p.Client.Settings(ctx, nil) {
		if !p.could(err, "65", "settings") {
			return
		}
		all++
		types[s.Type]++
		if s.Odd {
			odd++
		}
		if s.Group != "" {
			byGroup++
		}
		if len(s.Licenses)+len(s.NotLicenses) > 0 {
			byLicense++
		}
		if s.Type == settings.GmailService {
			gmail++
		}
	}
	var unset []string
	for _, t := range settings.Types() {
		if types[t] == 0 {
			unset = append(unset, t)
		}
	}
	p.say("65, 68", "settings", "%d policies of %d types; %d for groups, %d for licences, %d whose query is not understood", all, len(types), byGroup, byLicense, odd)
	p.say("69", "whether Gmail is on", "%d policies say it", gmail)
	p.say("70", "settings that nobody ever set, of those we know", "%d of %d%s", len(unset), len(settings.Types()), list(": ", unset))
	p.say("71", "types that we are not sure of", "api_controls.unconfigured_third_party_apps %d, directory.external_directory_sharing %d", types["api_controls.unconfigured_third_party_apps"], types["directory.external_directory_sharing"])
}

func (p *prober) blogs(ctx context.Context) {
	x := examination{Setup: p.Setup}
	blogs, err := p.Client.Blogs(ctx, x.blogHost())
	if p.could(err, "89, 90", "blogs by delegation") {
		p.say("89, 90", "blogs by delegation", "yes; %d blogs of whom the policy names first, or of the administrator", len(blogs))
	}
}

// WriteProbe tells answers, at most width characters a line. The error is w's.
func WriteProbe(w io.Writer, answers []Answer, width int) error {
	var b strings.Builder
	wrap(&b, "", "", "What this domain answers to open questions of docs/live-domain.md (the numbers are the rows there). Numbers and Google's own words only: no names, no addresses, no titles.", width)
	b.WriteByte('\n')
	for _, a := range answers {
		wrap(&b, a.Question+"  ", "    ", a.About+": "+a.Answer+".", width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
