package classdojo

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/rolls"
)

// Columns of a CSV file, by their headings. Kind and count may be left out, and either class or link. Other columns are not looked at.
const (
	ColClass = "class" // ClassDojo's id of the class, or "School Story"
	ColLink  = "link"  // address of the class's page, a Story or a post, as the browser shows it
	ColKind  = "kind"  // story, comment, portfolio, pending or messages; empty: what the link is about, else story
	ColWhen  = "when"  // a date, or a date and time of day
	ColCount = "count" // how many; empty: 1
)

// Limits of a file.
const (
	MaxFile      = 1 << 20 // bytes
	MaxRows      = 10_000
	mostMistakes = 10 // told of one file
)

// ParseCSV reads a list that somebody wrote of what they saw on ClassDojo, in the order of the file. Times of day are those of a clock in loc; a day without one counts to its end, but not beyond
// now, so that nothing that happened on the day is taken to have been looked at before. The error lists up to ten mistakes, each with line and column, and never what stands in a cell. A cell
// that a spreadsheet would take for a formula is only a text that is none of the words, dates and numbers expected: nothing is ever worked out.
//
// The same row read again is the same event, also from another file; two alike rows of one file are two.
func ParseCSV(data []byte, loc *time.Location, now time.Time) ([]Event, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("the ClassDojo list cannot be used: it is larger than %d KiB; split it", MaxFile>>10)
	}
	text, err := rolls.Text(data)
	if err != nil {
		return nil, fmt.Errorf("the ClassDojo list cannot be used: %w", err)
	}
	if loc == nil {
		loc = time.UTC
	}
	p := listParser{loc: loc, now: now.UTC().Truncate(time.Second), at: map[string]int{}, alike: map[string]int{}}
	p.read(text)
	if len(p.mistakes) > 0 {
		return nil, fmt.Errorf("the ClassDojo list cannot be used: %w", errors.Join(p.mistakes...))
	}
	return p.events, nil
}

type listParser struct {
	loc      *time.Location
	now      time.Time
	at       map[string]int // column → its place in a line
	events   []Event
	alike    map[string]int // how often a row stood there
	mistakes []error
}

func (p *listParser) wrong(line, column int, format string, args ...any) {
	if len(p.mistakes) == mostMistakes {
		return
	}
	where := fmt.Sprintf("line %d", line)
	if column > 0 {
		where += fmt.Sprintf(", column %d", column)
	}
	p.mistakes = append(p.mistakes, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (p *listParser) read(text string) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = rolls.Separator(text)
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = r.Comma != '\t'
	for first := true; ; first = false {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.quoting(err)
			return
		}
		line, _ := r.FieldPos(0)
		if first {
			p.headings(line, fields)
			if len(p.mistakes) > 0 {
				return
			}
			continue
		}
		p.row(line, fields)
		if len(p.events) > MaxRows {
			p.wrong(line, 0, "there are more than %d rows: split the list", MaxRows)
			return
		}
	}
	if len(p.events) == 0 {
		p.wrong(1, 0, "there are no rows under the headings")
	}
}

// quoting notes a mistake in the quotation marks, after which the rest cannot be trusted.
func (p *listParser) quoting(err error) {
	var e *csv.ParseError
	if !errors.As(err, &e) {
		p.mistakes = append(p.mistakes, errors.New("the list cannot be taken apart into rows"))
		return
	}
	p.wrong(e.Line, e.Column, "a quotation mark stands where none may be: write it twice and put the whole cell in quotation marks")
}

func (p *listParser) headings(line int, fields []string) {
	for i, f := range fields {
		switch name := strings.ToLower(clean(f)); name {
		case ColClass, ColLink, ColKind, ColWhen, ColCount:
			if _, twice := p.at[name]; twice {
				p.wrong(line, i+1, "the heading %q stands there twice", name)
			}
			p.at[name] = i
		}
	}
	has := func(column string) bool { _, ok := p.at[column]; return ok }
	if !has(ColWhen) {
		p.wrong(line, 0, "there is no heading %q; the first line of the list names its columns: class, link, kind, when, count", ColWhen)
	}
	if !has(ColClass) && !has(ColLink) {
		p.wrong(line, 0, "there is neither a heading %q nor %q: one of them is needed", ColClass, ColLink)
	}
}

// clean takes off spaces, and the apostrophe with which spreadsheets keep a cell from being a formula.
func clean(cell string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(cell), "'"))
}

func (p *listParser) row(line int, fields []string) {
	empty := true
	cell := func(column string) (string, int) {
		at, ok := p.at[column]
		if !ok || at >= len(fields) {
			return "", at + 1
		}
		s := clean(fields[at])
		empty = empty && s == ""
		return s, at + 1
	}
	class, classAt := cell(ColClass)
	link, linkAt := cell(ColLink)
	kind, kindAt := cell(ColKind)
	when, whenAt := cell(ColWhen)
	count, countAt := cell(ColCount)
	if empty {
		return
	}
	to := Target{Class: classOf(class)}
	if class != "" && to.Class == "" {
		p.wrong(line, classAt, "this is no class of ClassDojo's: give the 24 letters and digits that stand after “classes/” in the address of the class's page, or “School Story”")
	}
	if link != "" {
		t, ok := ParseLink(link)
		switch {
		case !ok:
			p.wrong(line, linkAt, "this link does not lead to a Story, portfolio or message on ClassDojo: copy it from the address line of the browser")
		case to.Class != "" && to.Class != t.Class:
			p.wrong(line, linkAt, "this link leads to another class than the one in this row")
		default:
			to = t
		}
	} else if class == "" {
		p.wrong(line, 0, "neither class nor link is given")
	}
	e := Event{Kind: to.Kind, Count: 1, From: FromCSV}
	if e.Kind == "" {
		e.Kind = Story
	}
	if kind != "" {
		k, known := kindWords[strings.ToLower(kind)]
		switch {
		case !known:
			p.wrong(line, kindAt, "this is no kind: write story, comment, portfolio, pending or messages")
		case to.Kind != "" && !agree(k, to.Kind):
			p.wrong(line, kindAt, "the link in this row leads to something of another kind")
		default:
			e.Kind = k
		}
	}
	if to.Class == School && (e.Kind == Portfolio || e.Kind == Pending) {
		p.wrong(line, kindAt, "the School Story has no portfolios and no posts that wait for approval")
	}
	if count != "" {
		n, _ := strconv.Atoi(count) // 0 of what is no number, the largest of what is too large
		if n < 1 || n > mostCount {
			p.wrong(line, countAt, "this is no number from 1 to %d", mostCount)
		}
		e.Count = n
	}
	at, said, ok := p.when(when)
	switch {
	case !ok:
		p.wrong(line, whenAt, "this is no date such as 05/10/2026, 05/10/2026 14:30 or 2026-10-05")
	case at.After(p.now):
		p.wrong(line, whenAt, "this is in the future")
	}
	// What a row with a mistake gives is never used: one mistake, and the whole list is refused.
	to.Kind = e.Kind
	e.Class, e.Link, e.At = to.Class, to.Link(), at
	same := strings.Join([]string{string(e.Kind), e.Link, said, strconv.Itoa(e.Count)}, "\n")
	p.alike[same]++
	e.Key = hash("csv", same, strconv.Itoa(p.alike[same]))
	p.events = append(p.events, e)
}

// kindWords are how people write the kinds.
var kindWords = map[string]Kind{
	"story": Story, "class story": Story, "school story": Story, "post": Story, "posts": Story,
	"comment": Comment, "comments": Comment,
	"portfolio": Portfolio, "portfolios": Portfolio,
	"pending": Pending, "waiting": Pending, "to approve": Pending,
	"message": Messages, "messages": Messages,
}

// classOf reads a cell that names a class: its id, or the School Story; "" if it does neither.
func classOf(cell string) string {
	cell = strings.ToLower(cell)
	switch {
	case cell == "school", cell == "school story":
		return School
	case validID(cell):
		return cell
	}
	return ""
}

// withClock are the ways in which a date with a time of day may be written, beside RFC 3339. Days stand before months.
var withClock = []string{"2/1/2006 15:04", "2/1/2006 15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", "2 Jan 2006 15:04", "2 January 2006 15:04"}

// when reads a date or a time. said is what was said in one spelling, whenever the list is read.
func (p *listParser) when(cell string) (at time.Time, said string, ok bool) {
	if t, err := time.Parse(time.RFC3339, cell); err == nil {
		at = t.UTC().Truncate(time.Second)
		return at, at.Format(time.RFC3339), sensible(at)
	}
	for _, layout := range withClock {
		if t, err := time.Parse(layout, cell); err == nil {
			at = calendar.DateOf(t).At(t.Hour(), t.Minute(), p.loc).Add(time.Duration(t.Second()) * time.Second).UTC()
			return at, at.Format(time.RFC3339), sensible(at)
		}
	}
	day, _ := rolls.Date(cell) // of what is no date the zero day, which is not sensible
	at = day.AddDays(1).At(0, 0, p.loc).Add(-time.Second).UTC()
	if day == calendar.DateOf(p.now.In(p.loc)) {
		at = p.now
	}
	return at, day.String(), sensible(at)
}

// sensible tells whether a time could be one of ClassDojo's: it began in 2011.
func sensible(t time.Time) bool { return t.Year() >= 2011 && t.Year() < 2200 }

// File is the source of what a CSV file tells. It reads no file: Data is what stands in it.
type File struct {
	Data     []byte
	Location *time.Location // the school's; nil is UTC
	Now      time.Time
}

// Name is "csv".
func (File) Name() string { return FromCSV }

// Sight is what a list that somebody wrote can tell.
func (File) Sight() Sight {
	return Sight{
		Sees:   "We see what somebody wrote into a list: in which class something happened, when, of which kind and how often.",
		Unseen: []string{"what nobody wrote into the list", "what a post, comment or message says, or who wrote it", "anything after the list was written"},
	}
}

// Events yields the rows, or one error if the file has any mistake: half a list is not taken for a whole one.
func (f File) Events(context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		events, err := ParseCSV(f.Data, f.Location, f.Now)
		if err != nil {
			yield(Event{}, err)
			return
		}
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}
