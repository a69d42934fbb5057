package web

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
)

// agreeForm is the name of the forms that say that findings may stay as they are, or no longer.
const agreeForm = "agree"

// mostAtOnce is how many findings one form may be about.
const mostAtOnce = 20 * decisions.MostPicks

// agreeable lists what of the findings shown somebody may agree to.
func (s *Site) agreeable(p *person, list *theirs) []*findings.Finding {
	var out []*findings.Finding
	for _, x := range list.shown {
		v := list.views[x.ID]
		if v != nil && x.Status == findings.Open && x.Severity != findings.Information && decisions.MayJudge(p.roles, p.ID, x.Deals, v.Concerns, list.heads) == decisions.Theirs {
			out = append(out, x)
		}
	}
	return out
}

// listDigest stands for a whole list in a form.
func listDigest(list []*findings.Finding) string {
	var all []string
	for _, x := range list {
		all = append(all, pick(x.ID, x.Facts))
	}
	slices.Sort(all)
	return decisions.Digest(all)
}

// dayWords is a date of a decision in words.
func dayWords(date string) string {
	d, err := calendar.ParseDate(date)
	if err != nil {
		return date
	}
	return d.Words()
}

// agree notes that findings may stay as they are: those that were ticked, all that a filter shows, or one that somebody else agreed to first.
func (s *Site) agree(w http.ResponseWriter, r *http.Request, p *person) error {
	return s.onFindings(w, r, p, func(f findingFilter, list *theirs) ([]decisions.Decision, error) {
		d := decisions.Decision{Do: decisions.Agree, Until: r.PostForm.Get("until"), Why: strings.TrimSpace(r.PostForm.Get("why")), Private: r.PostForm.Get("private") != ""}
		var chosen []*findings.Finding
		var err error
		switch confirm, all, keep := r.PostForm.Get("confirm"), r.PostForm.Get("all"), r.PostForm.Get("keep"); {
		case keep != "":
			if chosen, d, err = s.kept(r.Context(), list, d, keep); err != nil {
				return nil, err
			}
		case confirm != "":
			if chosen, d, err = s.confirmed(r, list, d, confirm); err != nil {
				return nil, err
			}
		case all != "":
			if !f.together() {
				return nil, badForm()
			}
			if chosen = s.agreeable(p, list); listDigest(chosen) != all {
				return nil, changed()
			}
		default:
			if chosen, err = list.picked(r.PostForm["pick"]); err != nil {
				return nil, err
			}
		}
		if err := s.mayAgree(r, p, list, chosen, d.Private); err != nil {
			return nil, err
		}
		until, bad := calendar.ParseDate(d.Until)
		switch {
		case bad != nil || !until.After(s.today()) || s.today().DaysUntil(until) > longest:
			return nil, refusal{Status: http.StatusBadRequest, Reason: "dates", Title: "This date does not fit", Why: "The last day must lie after today, and a year is the longest. Nothing was changed.", Do: "Go back and choose the day again."}
		case d.Why == "" || utf8.RuneCountInString(d.Why) > decisions.MostWhy:
			return nil, noWhy()
		}
		return parts(d, chosen), nil
	}, "agreed")
}

// endAgreement notes that findings may not stay as they are any longer.
func (s *Site) endAgreement(w http.ResponseWriter, r *http.Request, p *person) error {
	return s.onFindings(w, r, p, func(_ findingFilter, list *theirs) ([]decisions.Decision, error) {
		chosen, err := list.picked([]string{r.PostForm.Get("end")})
		if err == nil {
			err = s.mayAgree(r, p, list, chosen, chosen[0].Agreed != nil && chosen[0].Agreed.Private)
		}
		if err == nil && chosen[0].Status != findings.Accepted {
			err = changed()
		}
		return parts(decisions.Decision{Do: decisions.EndAgree}, chosen), err
	}, "agreement-ended")
}

// onFindings takes a form on findings: who sent it, what they may see now, and what that comes to.
func (s *Site) onFindings(w http.ResponseWriter, r *http.Request, p *person, read func(findingFilter, *theirs) ([]decisions.Decision, error), notice string) error {
	form, err := s.form(r, agreeForm)
	if err != nil {
		return err
	}
	if !s.seesFindings(p) {
		return notYours("Only those who deal with a clause of the policy, and those who lead on online safety, decide on what does not match it.")
	}
	f := filterOf(r.PostForm)
	list, err := s.findingsOf(r.Context(), p, f)
	if err != nil {
		return err
	}
	made, err := read(f, list)
	if err != nil {
		return err
	}
	return s.decide(w, r, p, form, made, f.path(), notice)
}

// confirmed is the finding that somebody else agreed to first, with their date and reason. What was shown, and when it ends, are in the form.
func (s *Site) confirmed(r *http.Request, list *theirs, d decisions.Decision, confirm string) ([]*findings.Finding, decisions.Decision, error) {
	i := strings.LastIndexByte(confirm, ' ')
	if i < 0 {
		return nil, d, badForm()
	}
	chosen, err := list.picked([]string{confirm[:i]})
	if err != nil {
		return nil, d, err
	}
	first, err := (&findings.Keeper{Store: s.Main}).FirstOf(r.Context(), chosen[0], s.Clock())
	if err != nil {
		return nil, d, err
	}
	if first == nil || s.Policy.Calendar.Date(first.Until).String() != confirm[i+1:] {
		return nil, d, changed()
	}
	d.Until, d.Why, d.Private = confirm[i+1:], first.Why, first.Private
	return chosen, d, nil
}

// picked are the findings that a form names, as somebody may see them and as they were shown.
func (t *theirs) picked(names []string) ([]*findings.Finding, error) {
	var out []*findings.Finding
	for _, name := range names {
		_, id, _ := strings.Cut(name, " ")
		i := slices.IndexFunc(t.all, func(x *findings.Finding) bool { return x.ID == id })
		switch {
		case id == "":
			return nil, badForm()
		case i < 0:
			return nil, notYours("One of these is not there any more, or somebody else deals with it.")
		case pick(id, t.all[i].Facts) != name:
			return nil, changed()
		case !slices.Contains(out, t.all[i]):
			out = append(out, t.all[i])
		}
	}
	if len(out) == 0 {
		return nil, refusal{Status: http.StatusBadRequest, Reason: "nothing", Title: "Nothing was ticked", Why: "Nothing was changed.", Do: "Go back and tick what you mean."}
	}
	return out, nil
}

// mayAgree refuses what is not theirs to judge, openly or for a private reason. The worker looks again.
func (s *Site) mayAgree(r *http.Request, p *person, list *theirs, chosen []*findings.Finding, private bool) error {
	if len(chosen) == 0 {
		return changed()
	}
	if len(chosen) > mostAtOnce {
		return refusal{Status: http.StatusBadRequest, Reason: "too-many", Title: "These are too many at once", Why: "Nothing was changed.", Do: "Go back and choose fewer with the filters."}
	}
	for _, x := range chosen {
		v, err := list.view(r.Context(), s, x.ID)
		if err != nil {
			return err
		}
		if v == nil {
			return refusal{Status: http.StatusConflict, Reason: "not-shown", Title: "This cannot be decided yet", Why: "What it is about is written down with the next report. Nothing was changed.", Do: "Try again in an hour."}
		}
		right := decisions.MayJudge(p.roles, p.ID, x.Deals, v.Concerns, list.heads)
		if private {
			right = decisions.MayExcept(p.roles, p.ID, v.Concerns)
		}
		switch right {
		case decisions.Self:
			return refusal{
				Status: http.StatusForbidden, Reason: "self", Title: "This concerns yourself", Why: "Nobody decides on what concerns their own account, files or doing. Nothing was changed.",
				Do: "Ask the " + s.Policy.Title(policy.RoleHead) + "; what concerns the " + s.Policy.Title(policy.RoleHead) + " goes to the " + s.Policy.Title(policy.RoleChair) + ".",
			}
		case decisions.NotTheirs:
			if !private && p.excepts() {
				return notYours("Somebody else deals with this. You can agree to it for a private reason only.")
			}
			return notYours("Somebody else deals with this.")
		}
	}
	return nil
}

// parts makes one decision of at most as many findings as one may be about, or several.
func parts(d decisions.Decision, chosen []*findings.Finding) []decisions.Decision {
	var out []decisions.Decision
	for part := range slices.Chunk(chosen, decisions.MostPicks) {
		one := d
		one.Findings = nil
		for _, x := range part {
			one.Findings = append(one.Findings, decisions.Pick{ID: x.ID, Facts: x.Facts})
		}
		out = append(out, one)
	}
	return out
}

func changed() refusal {
	return refusal{Status: http.StatusConflict, Reason: "changed", Title: "This has changed since you looked", Why: "Something is new about it, or somebody else decided. Nothing was changed.", Do: "Go back, load the page anew and look again."}
}

func noWhy() refusal {
	return refusal{
		Status: http.StatusBadRequest, Reason: "no-reason", Title: "Say why", Why: "A decision needs a reason, of at most 300 characters, for whoever asks later. Nothing was changed.", Do: "Go back and write it in the box, without the names of pupils.",
	}
}

// outcome is what became of something that somebody decided.
type outcome struct {
	When, What string
	Result     string
	Details    []string
	Bad        bool
}

// outcomes tells somebody what became of what they decided lately.
func (s *Site) outcomes(heard []decisions.Heard, p *person) []outcome {
	var out []outcome
	for _, d := range heard {
		if d.By.Hash != p.By.Hash && (d.By.ID == "" || d.By.ID != p.ID) || len(out) == 10 {
			continue
		}
		o := outcome{When: d.At.In(s.Policy.School.Location).Format("Monday 2 January, 15:04"), What: didWords(d.Decision), Result: "is taken up within minutes"}
		if j := d.Judgement; j != nil {
			switch o.Result = "taken up"; {
			case !j.Counts:
				o.Result, o.Bad = "not taken up: "+j.Why, true
			case len(j.Items) > 0:
				o.Result, o.Bad = "taken up, but not for "+quantity.Of(len(j.Items), "of them", "of them"), true
			}
			for _, why := range j.Items {
				if !slices.Contains(o.Details, why) {
					o.Details = append(o.Details, why)
				}
			}
			slices.Sort(o.Details)
		}
		out = append(out, o)
	}
	return out
}

// didWords says what was decided.
func didWords(d decisions.Decision) string {
	switch d.Do {
	case decisions.Agree:
		return "agreed to " + quantity.Of(len(d.Findings), "finding", "findings") + " until " + dayWords(d.Until)
	case decisions.Cover:
		return "named who stands in until " + dayWords(d.Until)
	case decisions.EndCover:
		return "said that somebody no longer stands in"
	case decisions.AskOwner:
		return "asked whoever shared " + quantity.Of(len(d.Findings), "thing", "things")
	case decisions.EndAgree:
		return "ended the agreement on " + quantity.Of(len(d.Findings), "finding", "findings")
	case decisions.Approve:
		return "approved " + quantity.Of(len(d.Changes), "change", "changes")
	case decisions.ApproveAll:
		return "approved all " + quantity.Of(d.Expect, "change", "changes") + " of a kind"
	case decisions.Decline:
		return "declined " + quantity.Of(len(d.Changes), "change", "changes")
	case decisions.Undo:
		return "asked to undo a change"
	}
	return "decided"
}
