package web

import (
	"context"
	"net/http"
	"slices"
	"unicode/utf8"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/memory"
	"esafetybot/internal/reminders"
)

// The names of the forms that confirm a reminder, and say that somebody has read the policy.
const (
	confirmForm = "confirm"
	readForm    = "read-policy"
)

type remindersPage struct {
	Confirm  []confirmItem
	Read     *readItem      // nil where nobody is asked to read the policy
	Coming   []reminderItem // of who leads, all; of others, what they confirm
	Out      []reminderItem
	Unknown  []string // reminders whose days cannot be worked out, and why
	Leads    bool
	MostNote int
}

type confirmItem struct {
	Name, Period, Title, Question, Due string
	Asked                              string // of whom, where it is somebody else
	Overdue                            bool
	Answer, Answered, Note             string // "" if there is none
	Noted                              bool   // the answer was given just now
	Token, Form                        string
}

type readItem struct {
	Since       string // the last review
	Read        string // when they said so; "" if they have not since
	Noted       bool
	Token, Form string
}

type reminderItem struct {
	Title, When, To, Place, State, Reach, Text string
	Missed                                     bool
}

// reminded reads what reminders are judged by, with what people noted that the worker has not taken up yet; nil before the first look, and where the policy has none. The names of the noted ones are by name and period.
func (s *Site) reminded(ctx context.Context) (in *reminders.Input, book *reminders.Book, noted map[string]bool, err error) {
	first, err := memory.FirstLook(ctx, s.Main)
	if err != nil || first.IsZero() || len(reminders.Planned(s.Policy)) == 0 && len(reminders.ReadClauses(s.Policy)) == 0 {
		return nil, nil, nil, err
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if book, err = reminders.Open(ctx, s.Main); err != nil {
		return nil, nil, nil, err
	}
	waits, err := s.unjudged(ctx, decisions.Confirm)
	if err != nil {
		return nil, nil, nil, err
	}
	noted = map[string]bool{}
	for _, d := range waits {
		if d.Check() == nil {
			book.Confirm(d.Reminder, reminders.Confirm{ID: d.ID, At: d.At, Period: d.Period, Answer: d.Answer, Note: d.Note})
			noted[d.Reminder+" "+d.Period] = true
		}
	}
	in = &reminders.Input{
		School: reminders.School{Calendar: cal, Review: s.Policy.Review, FirstLook: first}.Known(), Now: s.Clock(), Reminders: reminders.Planned(s.Policy), Outs: book.Outs(), Confirms: book.Confirms(),
	}
	return in, book, noted, nil
}

// confirms tells whether somebody is asked to confirm a reminder.
func (p *person) confirms(r reminders.Reminder) bool { return r.Ask != "" && p.plays(r.Ask) }

// seesReminders tells whether the page is of use to somebody.
func (s *Site) seesReminders(p *person) bool {
	all := reminders.Planned(s.Policy)
	return p.leads() && len(all) > 0 || slices.ContainsFunc(all, p.confirms) || p.ID != "" && len(reminders.ReadClauses(s.Policy)) > 0
}

// toConfirm lists what somebody is asked to confirm; who leads sees all of it.
func (s *Site) toConfirm(ctx context.Context, in reminders.Input, noted map[string]bool, p *person) []confirmItem {
	loc := s.Policy.School.Location
	next, _ := s.Policy.Review.Next()
	in.Reminders = reminders.Of(s.Policy) // what other parts of the program send they see to themselves
	var out []confirmItem
	for _, st := range in.States() {
		if !p.leads() && !p.confirms(st.Reminder) {
			continue
		}
		title, _, question := st.Of(st.Last.Block, st.Last.Term, s.Policy.Title, next)
		due := in.Due(st)
		c := confirmItem{Name: st.Name, Period: st.Period, Title: title, Question: question, Token: s.SignIn.Token(ctx, confirmForm), Form: formID(), Noted: noted[st.Name+" "+st.Period]}
		if !p.confirms(st.Reminder) {
			c.Asked = s.Policy.Title(st.Ask)
		}
		if !due.IsZero() {
			c.Due, c.Overdue = due.In(loc).Format("Monday 2 January"), st.Waits() && due.Before(s.Clock())
		}
		if x := st.Confirm; x != nil {
			c.Answer, c.Answered, c.Note = confirmWords[x.Answer], x.At.In(loc).Format("Monday 2 January"), x.Note
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b confirmItem) int { return boolInt(a.Answer != "") - boolInt(b.Answer != "") })
	return out
}

var confirmWords = map[string]string{reminders.Done: "done", reminders.NotDone: "not done"}

// readOf is how somebody stands with the policy; nil where they are not asked.
func (s *Site) readOf(ctx context.Context, book *reminders.Book, p *person) (*readItem, error) {
	last := s.Policy.Review.Last
	if p.ID == "" || len(reminders.ReadClauses(s.Policy)) == 0 || last.IsZero() {
		return nil, nil
	}
	at := book.Read(p.ID).At
	waits, err := s.unjudged(ctx, decisions.ReadPolicy)
	if err != nil {
		return nil, err
	}
	r := &readItem{Since: last.Words(), Token: s.SignIn.Token(ctx, readForm), Form: formID()}
	for _, d := range waits {
		if d.By == p.By && d.At.After(at) {
			at, r.Noted = d.At, true
		}
	}
	if !at.Before(last.At(0, 0, s.Policy.School.Location)) {
		r.Read = at.In(s.Policy.School.Location).Format("Monday 2 January 2006")
	}
	return r, nil
}

// reminderLines lists what somebody may see of what is planned and went out this school year.
func (s *Site) reminderLines(in reminders.Input, p *person) []reminders.Line {
	if !p.leads() {
		in.Reminders = slices.DeleteFunc(slices.Clone(in.Reminders), func(r reminders.Reminder) bool { return !p.confirms(r) })
	}
	next, _ := s.Policy.Review.Next()
	start := in.Calendar.YearStart(s.today())
	return slices.DeleteFunc(in.Lines(s.Policy.Title, next), func(l reminders.Line) bool { return l.Day.Before(start) })
}

func (s *Site) reminders(w http.ResponseWriter, r *http.Request, p *person) error {
	if !s.seesReminders(p) {
		return noPage()
	}
	in, book, noted, err := s.reminded(r.Context())
	if err != nil {
		return err
	}
	page := remindersPage{Leads: p.leads(), MostNote: decisions.MostNote}
	if in == nil {
		return s.page(w, r, p, "reminders", "Reminders", page) // nothing was looked at yet
	}
	if page.Read, err = s.readOf(r.Context(), book, p); err != nil {
		return err
	}
	page.Confirm = s.toConfirm(r.Context(), *in, noted, p)
	for _, l := range s.reminderLines(*in, p) {
		item := reminderItem{
			Title: l.Title, When: l.At.In(s.Policy.School.Location).Format("Monday 2 January 2006, 15:04"), To: l.To, Place: l.Place, State: l.State, Reach: l.Reach(), Text: l.Text, Missed: l.State == reminders.Past,
		}
		if l.State == reminders.Coming {
			page.Coming = append(page.Coming, item)
		} else {
			page.Out = append(page.Out, item)
		}
	}
	slices.Reverse(page.Out) // the newest first
	for _, x := range in.Reminders {
		if _, err := in.Occurrences(x); err != nil && (p.leads() || p.confirms(x)) {
			title, _, _ := x.Of("", "", s.Policy.Title, calendar.Date{})
			page.Unknown = append(page.Unknown, title+": "+err.Error())
		}
	}
	return s.page(w, r, p, "reminders", "Reminders", page)
}

// remindersCalendar is what somebody may see as a calendar file.
func (s *Site) remindersCalendar(w http.ResponseWriter, r *http.Request, p *person) error {
	if !p.leads() && !slices.ContainsFunc(reminders.Planned(s.Policy), p.confirms) {
		return noPage()
	}
	in, _, _, err := s.reminded(r.Context())
	if err != nil {
		return err
	}
	if in == nil {
		return noPage()
	}
	data := reminders.ICalendar("Online safety, "+s.Policy.School.Name, s.Clock(), reminders.Events(s.reminderLines(*in, p), s.Policy.School.Domains[0], ""))
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="reminders.ics"`)
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(data)
	return nil
}

// confirmReminder notes what somebody says of a period.
func (s *Site) confirmReminder(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.form(r, confirmForm)
	if err != nil {
		return err
	}
	d := decisions.Decision{
		At: s.Clock(), By: p.By, Do: decisions.Confirm, Reminder: r.PostForm.Get("reminder"), Period: r.PostForm.Get("period"), Answer: r.PostForm.Get("answer"), Note: oneLine(r.PostForm.Get("note")),
	}
	if utf8.RuneCountInString(d.Note) > decisions.MostNote {
		return refusal{Status: http.StatusBadRequest, Reason: "text", Title: "The note is too long", Why: "There is room for a line, such as the dates. Nothing was changed.", Do: "Go back and write it shorter."}
	}
	if d.Check() != nil {
		return badForm()
	}
	in, _, _, err := s.reminded(r.Context())
	if err != nil {
		return err
	}
	if in == nil {
		return changed()
	}
	in.Reminders = reminders.Of(s.Policy)
	about, asked := in.Asked(d.Reminder, d.Period, d.At)
	switch {
	case !asked:
		return changed()
	case !p.leads() && !p.confirms(about):
		return notYours("This is confirmed by somebody else.")
	}
	return s.decide(w, r, p, form, []decisions.Decision{d}, "/reminders", "confirmed")
}

// readPolicy notes that somebody says that they have read the policy.
func (s *Site) readPolicy(w http.ResponseWriter, r *http.Request, p *person) error {
	form, err := s.form(r, readForm)
	if err != nil {
		return err
	}
	if p.ID == "" || len(reminders.ReadClauses(s.Policy)) == 0 {
		return notYours("Only people with an account of the school are asked to read the policy here.")
	}
	return s.decide(w, r, p, form, []decisions.Decision{{Do: decisions.ReadPolicy}}, "/reminders", "has-read")
}

// remindersWait counts what somebody is asked to confirm and has not, and tells whether they are asked to read the policy.
func (s *Site) remindersWait(ctx context.Context, p *person) (confirm int, read bool, err error) {
	if !s.seesReminders(p) {
		return 0, false, nil
	}
	in, book, noted, err := s.reminded(ctx)
	if err != nil || in == nil {
		return 0, false, err
	}
	for _, c := range s.toConfirm(ctx, *in, noted, p) {
		confirm += boolInt(c.Answer == "" && c.Asked == "")
	}
	item, err := s.readOf(ctx, book, p)
	return confirm, item != nil && item.Read == "" && s.mustRead(*in, book, p), err
}

// mustRead tells whether the worker has asked somebody to read the policy since its last review: it knows who is of the staff, and who has signed on paper.
func (s *Site) mustRead(in reminders.Input, book *reminders.Book, p *person) bool {
	had := book.Read(p.ID)
	return had.Stage > 0 && had.For == in.Review.Last.String()
}
