package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/policy"
	"esafetybot/internal/records"
)

// recordForm is the name of the forms that enter something in a record, renew it or end it.
const recordForm = "record"

type recordsPage struct {
	Lists          []recordList
	Token          string
	First, Latest  string // dates that an entry may hold until
	MostWhat, Most int    // characters of a text
}

type recordList struct {
	records.Kind
	Entries []recordEntry
	Form    string
}

type recordEntry struct {
	ID, What, Where, Until string
	Over                   bool   // its date has passed
	Past                   bool   // a newer one has taken its place
	Noted                  string // what the worker has not taken up yet; "" is nothing
	May                    bool   // it can be renewed and ended
	Form                   string

	until calendar.Date
	made  time.Time
}

// lists are the records that the policy asks for and somebody keeps, in the order in which they are shown.
func (s *Site) lists(p *person) []records.Kind {
	asks := records.Asks(s.Policy)
	return slices.DeleteFunc(slices.Clone(records.Kinds), func(k records.Kind) bool {
		return !records.Keeps(k.Name, p.roles) || !slices.ContainsFunc(asks, func(a records.Ask) bool { return a.Record == k.Name })
	})
}

// entered is what the records hold, with what people noted that the worker has not taken up yet; by record.
func (s *Site) entered(ctx context.Context) (map[string][]recordEntry, error) {
	book, err := records.Open(ctx, s.Main)
	if err != nil {
		return nil, err
	}
	out := map[string][]recordEntry{}
	at := func(record, id string) *recordEntry {
		for i := range out[record] {
			if out[record][i].ID == id {
				return &out[record][i]
			}
		}
		return nil
	}
	for _, e := range book.All() {
		if e.Ended == nil {
			out[e.Record] = append(out[e.Record], recordEntry{ID: e.ID, What: e.What, Where: e.Where, until: e.Until(), made: e.Made(), May: true, Form: formID()})
		}
	}
	var waits []decisions.Decision
	for _, kind := range []string{decisions.Record, decisions.Renew, decisions.EndRecord} {
		list, err := s.unjudged(ctx, kind)
		if err != nil {
			return nil, err
		}
		waits = append(waits, list...)
	}
	slices.SortStableFunc(waits, func(a, b decisions.Decision) int { return a.At.Compare(b.At) })
	for _, d := range waits {
		until, err := calendar.ParseDate(d.Until)
		if d.Check() != nil || err != nil && d.Do != decisions.EndRecord {
			continue // the worker will say so
		}
		e := at(d.Record, d.Entry)
		switch {
		case d.Do == decisions.Record && at(d.Record, d.ID) == nil:
			out[d.Record] = append(out[d.Record], recordEntry{ID: d.ID, What: d.What, Where: d.Where, until: until, made: d.At, Noted: "Entered just now: it is taken up within minutes, and can be changed then."})
		case d.Do == decisions.Renew && e != nil:
			e.until, e.Noted = until, "Renewed just now: it is taken up within minutes."
		case d.Do == decisions.EndRecord && e != nil:
			e.May, e.Noted = false, "Ended just now: it is taken up within minutes, and then gone from here."
		}
	}
	today := s.today()
	for record, list := range out {
		kind, _ := records.KindOf(record)
		for i := range list {
			list[i].Past = kind.Newest && slices.ContainsFunc(list, func(e recordEntry) bool {
				return cmp.Or(e.made.Compare(list[i].made), strings.Compare(e.ID, list[i].ID)) > 0
			})
			list[i].Until, list[i].Over = list[i].until.Words(), list[i].until.Before(today) && !list[i].Past
		}
		slices.SortStableFunc(list, func(a, b recordEntry) int {
			return cmp.Or(b.until.DaysUntil(a.until), strings.Compare(a.What, b.What), strings.Compare(a.ID, b.ID))
		})
	}
	return out, nil
}

// recordsOver counts the entries whose date has passed, of the records that somebody keeps.
func (s *Site) recordsOver(ctx context.Context, p *person) (int, error) {
	lists := s.lists(p)
	if len(lists) == 0 {
		return 0, nil
	}
	entered, err := s.entered(ctx)
	n := 0
	for _, k := range lists {
		for _, e := range entered[k.Name] {
			n += boolInt(e.Over && e.May)
		}
	}
	return n, err
}

// records shows the records that somebody keeps.
func (s *Site) records(w http.ResponseWriter, r *http.Request, p *person) error {
	lists := s.lists(p)
	if len(lists) == 0 {
		return s.notKept()
	}
	entered, err := s.entered(r.Context())
	if err != nil {
		return err
	}
	page := recordsPage{
		Token: s.SignIn.Token(r.Context(), recordForm), First: s.today().AddDays(1).String(), Latest: records.Latest(s.today()).String(), MostWhat: decisions.MostWhat, Most: decisions.MostWhere,
	}
	for _, k := range lists {
		page.Lists = append(page.Lists, recordList{Kind: k, Entries: entered[k.Name], Form: formID()})
	}
	return s.page(w, r, p, "records", "Records", page)
}

// notKept refuses who keeps no such record. Where the policy asks for none there is no page.
func (s *Site) notKept() error {
	if len(records.Asks(s.Policy)) == 0 {
		return noPage()
	}
	return refusal{
		Status: http.StatusForbidden, Reason: "not-yours", Title: "This is not yours to decide", Why: "Somebody else keeps this record. Nothing was changed.",
		Do: "If you think that you should keep it, ask the " + s.Policy.Title(policy.RoleOfficer) + ".",
	}
}

// changeRecord notes that somebody enters something, renews it or ends it.
func (s *Site) changeRecord(do, notice string) func(http.ResponseWriter, *http.Request, *person) error {
	return func(w http.ResponseWriter, r *http.Request, p *person) error {
		form, err := s.form(r, recordForm)
		if err != nil {
			return err
		}
		d := decisions.Decision{At: s.Clock(), By: p.By, Do: do, Record: r.PostForm.Get("record")}
		if !slices.ContainsFunc(s.lists(p), func(k records.Kind) bool { return k.Name == d.Record }) {
			return s.notKept()
		}
		if do == decisions.Record {
			d.What, d.Where = oneLine(r.PostForm.Get("what")), oneLine(r.PostForm.Get("where"))
			if n := utf8.RuneCountInString(d.What); n == 0 || n > decisions.MostWhat || utf8.RuneCountInString(d.Where) > decisions.MostWhere {
				return refusal{Status: http.StatusBadRequest, Reason: "text", Title: "This is too much, or nothing", Why: "An entry needs a few words on what it is, and has no room for a story. Nothing was changed.", Do: "Go back and write it in one line each."}
			}
		} else if d.Entry = r.PostForm.Get("entry"); d.Entry == "" {
			return badForm()
		}
		if do != decisions.EndRecord {
			until, err := calendar.ParseDate(r.PostForm.Get("until"))
			if err != nil || !records.Fits(s.today(), until) {
				return refusal{Status: http.StatusBadRequest, Reason: "dates", Title: "This date does not fit", Why: "The last day must lie after today, and two years is the longest. Nothing was changed.", Do: "Go back and choose the day again."}
			}
			d.Until = until.String()
		}
		if d.Check() != nil {
			return badForm()
		}
		if d.Entry != "" {
			book, err := records.Open(r.Context(), s.Main)
			if err != nil {
				return err
			}
			if _, there := book.Get(d.Record, d.Entry); !there {
				return changed()
			}
		}
		return s.decide(w, r, p, form, []decisions.Decision{d}, "/records", notice)
	}
}

// oneLine is a text without line breaks and spaces that nobody sees.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
