package reports

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	gomail "github.com/emersion/go-message/mail"

	"esafetybot/internal/mail"
	"esafetybot/internal/quantity"
)

//go:embed index.html.tmpl
var indexHTML string

var indexTemplate = template.Must(template.New("index").Parse(indexHTML))

// IndexOptions is what a page over a folder of messages says besides what is in them.
type IndexOptions struct {
	Title    string            // "Example Primary, half a term"
	Intro    string            // one or two sentences
	Who      map[string]string // what a person is, by lower-case address: "workspace administrator"
	Location *time.Location    // for times; nil is UTC
	// First are the files of the folder to open first, chosen from what was received; nil is none.
	First func([]Received) []IndexLink
}

// IndexLink is a file in the folder.
type IndexLink struct {
	Name string // file name, relative to the folder
	Text string
}

// Received is what one person got, as found in the folder.
type Received struct {
	Address, Name, Who string
	Mails              []ReceivedMail // oldest first
}

// ReceivedMail is one message of the folder.
type ReceivedMail struct {
	At      time.Time
	Subject string
	EML     string // file names, relative to the folder
	HTML    string // "" if the message has none
	Text    string
	Files   []string // what lies beside it, and what was attached

	pictures []string // that its HTML shows, beside it
}

// Index writes index.html into a folder of .eml files (as mail.Dir leaves it), and beside each message a copy of its HTML and
// its plain text for a browser. It returns who got what, people by address. Files that are no messages of ours are left alone.
// It can be run again: the same folder gives the same page.
func Index(dir string, opt IndexOptions) ([]Received, error) {
	loc := opt.Location
	if loc == nil {
		loc = time.UTC
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("index of the mail folder: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	by := map[string]*Received{}
	for _, name := range names {
		if !strings.HasSuffix(name, ".eml") {
			continue
		}
		m, to, err := unfold(dir, name)
		if err != nil {
			return nil, fmt.Errorf("index of the mail folder: %s: %w", name, err)
		}
		if m == nil {
			continue
		}
		stem := strings.TrimSuffix(name, ".eml")
		for _, n := range names {
			if strings.HasPrefix(n, stem+"-") && !slices.Contains(m.Files, n) && !slices.Contains(m.pictures, n) {
				m.Files = append(m.Files, n)
			}
		}
		slices.Sort(m.Files)
		m.At = m.At.In(loc)
		for _, a := range to {
			key := strings.ToLower(a.Address)
			r := by[key]
			if r == nil {
				r = &Received{Address: a.Address, Name: a.Name, Who: opt.Who[key]}
				by[key] = r
			}
			r.Mails = append(r.Mails, *m)
		}
	}
	var list []Received
	for _, r := range by {
		sort.SliceStable(r.Mails, func(i, j int) bool { return r.Mails[i].At.Before(r.Mails[j].At) })
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b Received) int {
		return strings.Compare(strings.ToLower(a.Address), strings.ToLower(b.Address))
	})

	var buf bytes.Buffer
	if err := indexTemplate.Execute(&buf, indexPage(list, opt)); err != nil {
		return nil, fmt.Errorf("index of the mail folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), buf.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("index of the mail folder: %w", err)
	}
	return list, nil
}

// Unfold writes, beside a message of ours in a folder, its HTML, its plain text, and what it shows and what was attached, and says what they are called.
func Unfold(dir, name string) (*ReceivedMail, error) {
	m, _, err := unfold(dir, name)
	if err == nil && m == nil {
		err = fmt.Errorf("%s is no message of ours", name)
	}
	return m, err
}

// unfold reads one message and writes its copies. It answers nil for a message that is not ours.
func unfold(dir, name string) (*ReceivedMail, []*gomail.Address, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // only read
	r, err := gomail.CreateReader(f)
	if err != nil {
		return nil, nil, err
	}
	if r.Header.Get(mail.HeaderID) == "" {
		return nil, nil, nil
	}
	m := &ReceivedMail{EML: name}
	var page []byte    // the HTML
	var shows []string // what stands for each picture, in the message and beside it
	stem := strings.TrimSuffix(name, ".eml")
	var errs []error
	var to, cc []*gomail.Address
	m.Subject, err = r.Header.Subject()
	errs = append(errs, err)
	m.At, err = r.Header.Date()
	errs = append(errs, err)
	to, err = r.Header.AddressList("To")
	errs = append(errs, err)
	cc, err = r.Header.AddressList("Cc")
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, nil, err
	}
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return m, append(to, cc...), m.show(dir, page, shows)
		}
		if err != nil {
			return nil, nil, err
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			return nil, nil, err
		}
		out := ""
		switch h := p.Header.(type) {
		case *gomail.AttachmentHeader:
			n, err := h.Filename()
			if err != nil || n == "" {
				continue
			}
			out = mail.BesideName(name, n)
			m.Files = append(m.Files, out)
		case *gomail.InlineHeader:
			t, _, err := h.ContentType()
			switch {
			case err == nil && t == "text/html":
				m.HTML, page = stem+".html", body
			case err == nil && strings.HasPrefix(t, "image/"):
				id := strings.Trim(h.Get("Content-Id"), "<>")
				local, _, _ := strings.Cut(id, "@")
				out = mail.BesideName(name, local)
				m.pictures = append(m.pictures, out)
				shows = append(shows, `"cid:`+id+`"`, `"`+html.EscapeString((&url.URL{Path: "./" + out}).String())+`"`)
			case err == nil && t == "text/plain":
				out = stem + ".txt"
				m.Text = out
				body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
			}
		}
		if out == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, out), body, 0o600); err != nil {
			return nil, nil, err
		}
	}
}

// show writes the HTML, with the pictures that lie beside it in the place of those in the message.
func (m *ReceivedMail) show(dir string, page []byte, shows []string) error {
	if m.HTML == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, m.HTML), []byte(strings.NewReplacer(shows...).Replace(string(page))), 0o600)
}

type indexView struct {
	Title, Intro string
	People       []indexPerson
	First        []indexFile
	Mails        int
}

type indexPerson struct {
	Name, Address, Who, ID string
	Count                  string
	Days                   []indexMail
}

type indexMail struct {
	Day, Time, Subject string
	Open               string
	Files              []indexFile
}

type indexFile struct{ Href, Text string }

func indexPage(list []Received, opt IndexOptions) indexView {
	v := indexView{Title: clean(opt.Title, 100), Intro: clean(opt.Intro, 600)}
	if v.Title == "" {
		v.Title = "Mails and reports"
	}
	href := func(name string) string { return (&url.URL{Path: "./" + name}).String() }
	for n, r := range list {
		p := indexPerson{Name: clean(r.Name, 80), Address: clean(r.Address, 120), Who: clean(r.Who, 80), ID: fmt.Sprint("p", n+1), Count: quantity.Of(len(r.Mails), "mail", "mails")}
		for i := len(r.Mails) - 1; i >= 0; i-- { // the newest first
			m := r.Mails[i]
			d := indexMail{Day: m.At.Format("Mon 2 January 2006"), Time: m.At.Format("15:04"), Subject: clean(m.Subject, 160), Open: href(m.EML)}
			if m.HTML != "" {
				d.Open = href(m.HTML)
			}
			if m.Text != "" {
				d.Files = append(d.Files, indexFile{href(m.Text), "plain text"})
			}
			for _, f := range m.Files {
				text := strings.TrimPrefix(f, strings.TrimSuffix(m.EML, ".eml")+"-")
				d.Files = append(d.Files, indexFile{href(f), text})
			}
			d.Files = append(d.Files, indexFile{href(m.EML), "as sent (.eml)"})
			p.Days = append(p.Days, d)
		}
		v.Mails += len(r.Mails)
		v.People = append(v.People, p)
	}
	if opt.First != nil {
		for _, l := range opt.First(list) {
			v.First = append(v.First, indexFile{href(l.Name), clean(l.Text, 160)})
		}
	}
	return v
}
