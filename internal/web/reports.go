package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	gomail "github.com/emersion/go-message/mail"

	"esafetybot/internal/incidents"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/reports"
	"esafetybot/internal/termly"
)

// sentKind is one of the reports that are kept as sent, and who may read them again.
type sentKind struct {
	Kind, Title string
	To          policy.Role   // who got it
	Copies      []policy.Role // who got a copy, or may read it as they did
}

// sentKinds are the reports that are kept as sent, by the outbox's names of them. What is about the headteacher's own account is in the chair's list, and nobody else reads that.
var sentKinds = []sentKind{
	{"weekly", "Weekly e-mails", policy.RoleOfficer, []policy.Role{policy.RoleSafeguarding, policy.RoleSafeguardingDeps}},
	{"termly", "Termly reports", policy.RoleHead, nil},
	{"termly", "Termly reports", policy.RoleGovernor, nil},
	{"monthly", "Monthly lists", policy.RoleHead, nil},
	{"monthly-chair", "Monthly lists", policy.RoleChair, nil},
}

// reads are the kinds that somebody may read again.
func (p *person) reads() []sentKind {
	return slices.DeleteFunc(slices.Clone(sentKinds), func(k sentKind) bool { return !p.plays(append([]policy.Role{k.To}, k.Copies...)...) })
}

// seesReports tells whether the page of the reports is of use to somebody.
func (p *person) seesReports() bool { return len(p.reads()) > 0 || p.leads() }

// is tells whether an address is somebody's own.
func (p *person) is(address string) bool {
	h := pseudonym.Of(address)
	return h == p.By.Hash || slices.Contains(p.hashes, h)
}

type reportsPage struct {
	Leads bool
	Lists []sentList
}

type sentList struct {
	Title string
	Sent  []sentReport
}

type sentReport struct{ Path, Title, When string }

// sent lists the letters of a kind that somebody may read, the newest first. A list that went to one person is read by that person only; copies of the weekly e-mail are read as what the officer got.
func (s *Site) sent(ctx context.Context, p *person, k sentKind) ([]outbox.Entry, error) {
	box, out := outbox.Reader(s.Main), []outbox.Entry(nil)
	for _, who := range s.Policy.Person(k.To) {
		if len(k.Copies) == 0 && !p.is(who.Address) {
			continue
		}
		for e, err := range box.To(ctx, who.Address) {
			if err != nil {
				return nil, err
			}
			if e.Kind == k.Kind && e.State != outbox.GivenUp && !slices.ContainsFunc(out, func(x outbox.Entry) bool { return x.Period == e.Period }) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b outbox.Entry) int { return b.Created.Compare(a.Created) })
	return out, nil
}

// reports lists what was sent to somebody, and offers the inspection copy to those who lead.
func (s *Site) reports(w http.ResponseWriter, r *http.Request, p *person) error {
	if !p.seesReports() {
		return noPage()
	}
	page := reportsPage{Leads: p.leads()}
	for _, k := range p.reads() {
		entries, err := s.sent(r.Context(), p, k)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(page.Lists, func(l sentList) bool { return l.Title == k.Title })
		if i < 0 {
			page.Lists, i = append(page.Lists, sentList{Title: k.Title}), len(page.Lists)
		}
		for _, e := range entries {
			page.Lists[i].Sent = append(page.Lists[i].Sent, sentReport{Path: "/reports/" + e.Kind + "/" + e.Period, Title: s.periodWords(e), When: s.day(e.Created)})
		}
	}
	return s.page(w, r, p, "reports", "Reports", page)
}

// periodWords says what a report is of.
func (s *Site) periodWords(e outbox.Entry) string {
	switch e.Kind {
	case "weekly":
		return "How we stood on " + e.Created.In(s.Policy.School.Location).Format("2 January 2006")
	case "termly":
		year, term, _ := strings.Cut(e.Period, "-")
		return upper(strings.ReplaceAll(term, "-", " ")) + " term of the school year that began in " + year
	}
	if t, err := time.Parse("2006-01", e.Period); err == nil {
		return "What was agreed to and changed up to the end of " + t.Format("January 2006")
	}
	return e.Period
}

// report shows a report as it was sent.
func (s *Site) report(w http.ResponseWriter, r *http.Request, p *person) error {
	for _, k := range p.reads() {
		if k.Kind != r.PathValue("kind") {
			continue
		}
		entries, err := s.sent(r.Context(), p, k)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Period != r.PathValue("period") {
				continue
			}
			f, err := outbox.Reader(s.Main).Read(r.Context(), e)
			if err != nil {
				return err
			}
			page, err := pageOf(f.Raw)
			if err != nil {
				return fmt.Errorf("the report %s of %s: %w", e.Kind, e.Period, err)
			}
			return document(w, page)
		}
	}
	return noPage()
}

// inspectionPath is the page of the inspection copy.
const inspectionPath = "/reports/inspection"

// inspection shows the termly report with its annex as of now. It is sent to nobody and kept nowhere.
func (s *Site) inspection(w http.ResponseWriter, r *http.Request, p *person) error {
	if !p.leads() {
		return notYours("Only those who lead on online safety make an inspection copy.")
	}
	in, err := termly.Source{Store: s.Main, Policy: s.Policy, Reminders: termly.Kept(s.Main, s.Policy), Beside: []incidents.By{{ID: p.ID, Address: p.Address}}}.Report(r.Context(), s.Clock())
	if err != nil {
		return err
	}
	in.Inspection = true
	out, err := reports.Termly(in)
	if err != nil {
		return err
	}
	return document(w, out.HTML)
}

// document sends a page that is no page of the site: a report, which carries its own styles, as mail does. It may load nothing, run nothing and send nothing.
func document(w http.ResponseWriter, page string) error {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(page))
	return nil
}

// mostPage is the size above which a letter's part is not read, in bytes.
const mostPage = 4 << 20

// pageOf is the HTML of a message, with its pictures in it.
func pageOf(raw []byte) (string, error) {
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	page, pictures := "", []string(nil)
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		h, ok := part.Header.(*gomail.InlineHeader)
		if !ok {
			continue
		}
		kind, _, err := h.ContentType()
		if err != nil {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(part.Body, mostPage))
		if err != nil {
			return "", err
		}
		switch {
		case kind == "text/html":
			page = string(body)
		case kind == "image/png":
			pictures = append(pictures, `"cid:`+strings.Trim(h.Get("Content-Id"), "<>")+`"`, `"data:image/png;base64,`+base64.StdEncoding.EncodeToString(body)+`"`)
		}
	}
	return cmp.Or(strings.NewReplacer(pictures...).Replace(page), "<!DOCTYPE html><title>Report</title><p>This report has no page; it was sent as plain text."), nil
}
