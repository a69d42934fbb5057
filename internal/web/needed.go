package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/needed"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// neededForm is the name of the form on which somebody says whether what they shared is still needed.
const neededForm = "still-needed"

// mostShared is how many things the page lists; when they are answered it lists the next.
const mostShared = 40

// answerStates are what the findings can be filtered by: what became of asking whoever shared it.
var answerStates = []option{
	{"", "anything"}, {"back", "back to decide on"}, {needed.Stop, "it can stop"}, {needed.Keep, "it is still needed"}, {needed.Unsure, "they are not sure"}, {"silent", "no answer in time"}, {"waiting", "asked, waits for an answer"},
	{"can", "somebody can be asked"},
}

// askedState is what became of asking about a finding, as [answerStates] has it; "" if nothing was asked, or that ended.
func askedState(q *needed.Question, x *findings.Finding, now time.Time) string {
	switch {
	case q == nil || !q.About(x):
		return ""
	case q.Answer != "":
		return q.Answer
	case q.Late(now):
		return "silent"
	}
	return "waiting"
}

// fits tells whether a finding is one of those that a filter on answers asks for.
func (t *theirs) fits(want string, x *findings.Finding, v *views.Finding, now time.Time) bool {
	state := askedState(t.asked[x.ID], x, now)
	switch want {
	case "":
		return true
	case "back":
		return state != "" && state != "waiting"
	case "can":
		return state == "" && v != nil && v.Ask != "" && x.Status == findings.Open
	}
	return state == want
}

// mayAskAbout tells whether somebody may have whoever shared something asked about it. Whether the finding is theirs is judged before.
func (t *theirs) mayAskAbout(p *person, x *findings.Finding, v *views.Finding, now time.Time) bool {
	return v != nil && v.Ask != "" && v.Ask != p.ID && x.Status == findings.Open && askedState(t.asked[x.ID], x, now) != "waiting"
}

// askRow says on the page of findings what was asked and answered, and who can be asked.
func (s *Site) askRow(row *findingRow, p *person, list *theirs, x *findings.Finding, v *views.Finding) {
	if v == nil || x.Status != findings.Open {
		return
	}
	q, now := list.asked[x.ID], s.Clock()
	state := askedState(q, x, now)
	if state != "" || q != nil && q.Ended != "" {
		row.Asked = "Asked " + p.name(q.Of) + " on " + s.day(q.Asked) + ": "
	}
	switch {
	case state == needed.Keep:
		row.Asked += "“I still need it until " + dayWords(q.Until) + ": " + q.Why + "”"
		if until, err := calendar.ParseDate(q.Until); err == nil && until.After(s.today()) && row.May && row.First == "" {
			row.KeepPick, row.KeepUntil = row.Pick+" "+q.Until, dayWords(q.Until)
		}
	case state == needed.Stop:
		row.Asked += "“It can stop.”"
		row.MayStop = mayChangeClause(s, x)
	case state == needed.Unsure:
		row.Asked += "“I am not sure.”"
	case state == "silent":
		row.Asked += "no answer by " + s.day(q.Due) + "."
	case state == "waiting":
		row.Asked += "waits for an answer until " + s.day(q.Due) + "."
	case q != nil && q.Ended == needed.Changed:
		row.Asked += "this ended, as other people have access by now."
	case q != nil && q.Ended == needed.Passed:
		row.Asked += "this ended, as somebody else has it by now, or they can no longer be asked."
	}
	if q != nil && q.Answer != needed.Keep && q.Why != "" && state != "" {
		row.Asked += " They add: “" + q.Why + "”"
	}
	switch {
	case state == "waiting" || !row.May:
	case list.mayAskAbout(p, x, v, now):
		row.CanAsk = p.name(v.Ask)
	case v.NotAsk != "":
		row.NotAsk = v.NotAsk
	}
}

// mayChangeClause tells whether the policy lets the program propose a change about a finding.
func mayChangeClause(s *Site, x *findings.Finding) bool {
	c, _ := s.Policy.Clause(x.Clause)
	_, rule, _ := strings.Cut(x.Rule, ".")
	return slices.ContainsFunc(c.MetBy, func(m policy.Means) bool {
		return m.Kind == policy.Check && m.Built() && m.Name == findings.Means(x.Rule) && slices.Contains(m.Rules(), rule) && m.OutcomeOf(rule) != policy.Report
	})
}

// askOwner notes that whoever shared something is to be asked: of those that were ticked, or of all that a filter shows.
func (s *Site) askOwner(w http.ResponseWriter, r *http.Request, p *person) error {
	return s.onFindings(w, r, p, func(f findingFilter, list *theirs) ([]decisions.Decision, error) {
		var chosen []*findings.Finding
		var err error
		if all := r.PostForm.Get("all"); all != "" {
			if !f.together() {
				return nil, badForm()
			}
			if chosen = s.askableOf(p, list); listDigest(chosen) != all {
				return nil, changed()
			}
		} else if chosen, err = list.picked(r.PostForm["pick"]); err != nil {
			return nil, err
		}
		if err := s.mayAgree(r, p, list, chosen, false); err != nil {
			return nil, err
		}
		for _, x := range chosen {
			v, err := list.view(r.Context(), s, x.ID)
			if err != nil {
				return nil, err
			}
			if !list.mayAskAbout(p, x, v, s.Clock()) {
				return nil, refusal{
					Status: http.StatusConflict, Reason: "not-askable", Title: "Nobody can be asked about one of these", Why: "It says so with each: it is a pupil's, say, or it was asked already. Nobody was asked anything.",
					Do: "Go back and tick only those at which it says who can be asked.",
				}
			}
		}
		return parts(decisions.Decision{Do: decisions.AskOwner}, chosen), nil
	}, "asked")
}

// askableOf lists what of the findings shown somebody may have asked about.
func (s *Site) askableOf(p *person, list *theirs) []*findings.Finding {
	var out []*findings.Finding
	for _, x := range s.agreeable(p, list) {
		if list.mayAskAbout(p, x, list.views[x.ID], s.Clock()) {
			out = append(out, x)
		}
	}
	return out
}

// kept is the finding of which whoever shared it says that it is still needed, with their date and reason, for somebody who agrees with them. What was shown, and until when, are in the form.
func (s *Site) kept(ctx context.Context, list *theirs, d decisions.Decision, keep string) ([]*findings.Finding, decisions.Decision, error) {
	i := strings.LastIndexByte(keep, ' ')
	if i < 0 {
		return nil, d, badForm()
	}
	chosen, err := list.picked([]string{keep[:i]})
	if err != nil {
		return nil, d, err
	}
	q, err := needed.Of(ctx, s.Main, chosen[0].ID)
	if err != nil {
		return nil, d, err
	}
	if q == nil || !q.About(chosen[0]) || q.Answer != needed.Keep || q.Until != keep[i+1:] {
		return nil, d, changed()
	}
	d.Until, d.Why = q.Until, cut("Whoever shared it says: "+q.Why, decisions.MostWhy)
	return chosen, d, nil
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

type sharedPage struct {
	Waiting, Said     []sharedRow
	More, MoreSaid    int
	Tomorrow, Longest string
	Token             string
	Officer           string
}

// sharedRow is something that somebody shared and is asked about.
type sharedRow struct {
	N                                    int // tells the labels of a page apart
	Pick, Form                           string
	Title, What, Since, Due, Link, Where string
	With                                 []string
	Late                                 bool
	Said, Then                           string // what they answered, and what happens now
	Noted                                bool   // they answered just now
	Stop                                 bool   // they said that it can stop, and nobody else stops it for them
	finding                              *findings.Finding
	due                                  time.Time
}

// sharedOf lists what somebody is asked about and may answer: what waits first, the earliest deadline first.
func (s *Site) sharedOf(ctx context.Context, p *person) ([]sharedRow, error) {
	asked, err := needed.To(ctx, s.Main, p.ID)
	if err != nil || len(asked) == 0 {
		return nil, err
	}
	noted, err := s.notedAnswers(ctx, p)
	if err != nil {
		return nil, err
	}
	k := &findings.Keeper{Store: s.Main}
	var out []sharedRow
	for _, q := range asked {
		f, err := k.Get(ctx, q.Finding)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		v, err := views.OfFinding(ctx, s.Main, q.Finding)
		if err != nil {
			return nil, err
		}
		if !q.About(f) || v == nil || q.Waits() && v.Ask != p.ID {
			continue
		}
		row := sharedRow{
			Pick: pick(f.ID, f.Facts), Form: formID(), Title: v.Title, What: v.What, Link: v.Link, Where: v.Where, Due: s.day(q.Due), Late: q.Late(s.Clock()), finding: f, due: q.Due,
		}
		if !f.Since.IsZero() {
			row.Since = s.day(f.Since)
		}
		for _, w := range v.With {
			row.With = append(row.With, w.Who)
		}
		answer, until, why := q.Answer, q.Until, q.Why
		if d, ok := noted[f.ID]; ok {
			answer, until, why, row.Noted = d.Answer, d.Until, d.Why, true
		}
		switch answer {
		case needed.Keep:
			row.Said, row.Then = "I still need it until "+dayWords(until)+": "+why, "Whoever looks after the school's Google account decides on it. Until then nothing changes."
		case needed.Stop:
			row.Said, row.Then = "It can stop.", "You can stop it yourself, as it says below; nobody has to wait for anybody."
			row.Stop = true
			if mayChangeClause(s, f) {
				row.Then = "It will be stopped once somebody has looked at it. You can also stop it yourself, as it says below."
			}
		case needed.Unsure:
			row.Said, row.Then = "I am not sure.", "Somebody looks at it with you. Until then nothing changes."
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b sharedRow) int { return a.due.Compare(b.due) })
	return out, nil
}

// notedAnswers is what somebody answered and the worker has not judged yet, the newest answer to each finding.
func (s *Site) notedAnswers(ctx context.Context, p *person) (map[string]decisions.Decision, error) {
	out := map[string]decisions.Decision{}
	waits, err := s.unjudged(ctx, decisions.OwnerAnswer)
	for _, d := range waits {
		if p.ID != "" && d.By.ID == p.ID && len(d.Findings) == 1 {
			out[d.Findings[0].ID] = d
		}
	}
	return out, err
}

// shared shows somebody what they shared and are asked about.
func (s *Site) shared(w http.ResponseWriter, r *http.Request, p *person) error {
	rows, err := s.sharedOf(r.Context(), p)
	if err != nil {
		return err
	}
	page := sharedPage{Tomorrow: s.today().AddDays(1).String(), Longest: s.today().AddDays(longest).String(), Token: s.SignIn.Token(r.Context(), neededForm), Officer: s.Policy.Title(policy.RoleOfficer)}
	for i, row := range rows {
		row.N = i
		switch {
		case row.Said != "" && len(page.Said) == mostShared:
			page.MoreSaid++
		case row.Said != "":
			page.Said = append(page.Said, row)
		case len(page.Waiting) == mostShared:
			page.More++
		default:
			page.Waiting = append(page.Waiting, row)
		}
	}
	return s.page(w, r, p, "shared", "Still needed?", page)
}

// sharedMenu leads whoever is asked about something that they shared to the page for it.
func (s *Site) sharedMenu(ctx context.Context, p *person) []menuItem {
	if asked, err := needed.To(ctx, s.Main, p.ID); err != nil || len(asked) == 0 {
		return nil
	}
	return []menuItem{{Title: "Still needed?", Path: "/shared"}}
}

// sharedWaits counts what somebody is asked about and has not answered.
func (s *Site) sharedWaits(ctx context.Context, p *person) (int, error) {
	rows, err := s.sharedOf(ctx, p)
	n := 0
	for _, row := range rows {
		n += boolInt(row.Said == "")
	}
	return n, err
}

// answerShared notes what somebody says of something that they shared. It is theirs alone to say.
func (s *Site) answerShared(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.form(r, neededForm)
	if err != nil {
		return err
	}
	name := r.PostForm.Get("finding")
	d := decisions.Decision{Do: decisions.OwnerAnswer, Answer: r.PostForm.Get("answer"), Why: strings.TrimSpace(r.PostForm.Get("why"))}
	if !slices.Contains(needed.Answers, d.Answer) {
		return badForm()
	}
	rows, err := s.sharedOf(r.Context(), p)
	if err != nil {
		return err
	}
	_, id, _ := strings.Cut(name, " ")
	i := slices.IndexFunc(rows, func(row sharedRow) bool { return row.finding.ID == id })
	switch {
	case i < 0:
		return refusal{
			Status: http.StatusForbidden, Reason: "not-asked", Title: "You are not asked about this any more", Why: "It was put right or decided on since, or it is asked of somebody else. Nothing was changed.", Do: "Go back and load the page anew.",
		}
	case rows[i].Pick != name:
		return changed()
	case utf8.RuneCountInString(d.Why) > decisions.MostWhy:
		return noWhy()
	}
	if d.Answer == needed.Keep {
		until, bad := calendar.ParseDate(r.PostForm.Get("until"))
		switch {
		case bad != nil || !until.After(s.today()) || s.today().DaysUntil(until) > longest:
			return refusal{Status: http.StatusBadRequest, Reason: "dates", Title: "This date does not fit", Why: "The last day must lie after today, and a year is the longest. Nothing was changed.", Do: "Go back and choose the day again."}
		case d.Why == "":
			return noWhy()
		}
		d.Until = until.String()
	}
	f := rows[i].finding
	d.Findings = []decisions.Pick{{ID: f.ID, Facts: f.Facts}}
	return s.decide(w, r, p, form, []decisions.Decision{d}, "/shared", "shared-"+d.Answer)
}
