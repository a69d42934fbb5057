package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/mail"
)

// soon is how long before the last term ends that next year's dates are asked for, in days.
const soon = 60

// calendar looks whether term dates are known for now and for some time to come.
func (x *examination) calendar(context.Context) {
	c := x.Policy.Calendar
	today := c.Date(x.Now)
	covered := c.Covered()
	const without = "every deadline in school days, and everything bound to terms"
	switch err := c.Covers(today); {
	case covered.IsZero():
		x.fails("calendar", "The policy has no term dates", without, "put this school year's terms under calendar in the policy")
	case err != nil && today.Before(covered.First):
		x.unknown("calendar", "The first term in the policy begins on "+covered.First.Words()+"; until then what is due in school days could not be checked", "put the term that today is in, if there is one, into the policy too")
	case err != nil:
		x.fails("calendar", "The term dates ended on "+covered.Last.Words(), without, "put the next school year's terms under calendar in the policy")
	default:
		x.works("calendar", "Term dates are known until "+covered.Last.Words())
		if today.DaysUntil(covered.Last) < soon || today.Month >= time.May && today.Month <= time.August && covered.Last.Before(calendar.Date{Year: today.Year, Month: time.September, Day: 1}) {
			x.unknown("calendar/next", "Nothing is known after "+covered.Last.Words(), "put next year's terms into the policy when the school has set them")
		}
	}
}

// mail looks at the way out for mails, and sends one where somebody asked for it.
func (x *examination) mail(ctx context.Context) {
	switch x.Mail.Scheme {
	case "dir":
		dir := x.Mail.Path
		if info, err := os.Stat(dir); err == nil && !info.IsDir() {
			x.fails("mail", "Mails should go into the folder "+dir+", which is a file", "no mail is written", "name a folder with --mail dir:PATH")
			return
		}
		for up := filepath.Dir(dir); missingDir(dir) && up != dir; up = filepath.Dir(dir) {
			dir = up // the first mail makes what is missing
		}
		if err := writable(dir); err != nil {
			x.fails("mail", "Mails should go into the folder "+x.Mail.Path+", which cannot be written to: "+plain(err), "no mail is written", "let this user write there, or name another folder with --mail dir:PATH")
			return
		}
		x.works("mail", "Mails go into the folder "+x.Mail.Path+"; nobody gets one yet")
	case "gmail":
		if x.TestMail == "" {
			x.unknown("mail", "Mails go out from "+x.Mail.From+"; whether they arrive was not tried", "try it with --test-mail and your own address")
		}
	case "smtp":
		if x.TestMail == "" {
			x.unknown("mail", "Mails go out through the server "+x.Mail.SMTP.Host+"; whether it takes them was not tried", "try it with --test-mail and your own address")
		}
	}
	if x.TestMail == "" {
		return
	}
	if err := x.testMail(ctx); err != nil {
		what, next := said(err)
		if next == "" {
			next = "look at --mail, at the password in ESAFETYBOT_SMTP_PASSWORD, and whether the server lets this machine in"
			if x.Mail.Scheme == "gmail" {
				next = "look at the sender's address (--mail gmail:SENDER), and whether the scopes for mail are granted (--fix-list)"
			}
		}
		x.fails("mail/test", "The test mail could not be sent: "+what, "nothing, but nobody gets mail", next)
		return
	}
	if x.Mail.Scheme == "dir" {
		x.works("mail/test", "The test mail is in the folder "+x.Mail.Path+", as a file: open it")
		return
	}
	x.works("mail/test", "A test mail was handed over for "+x.TestMail)
	x.unknown("mail/arrived", "Whether the test mail arrived only its reader can say", "look into the mailbox, and among the spam")
}

// missingDir tells whether there is no such folder.
func missingDir(dir string) bool {
	_, err := os.Stat(dir)
	return errors.Is(err, os.ErrNotExist)
}

// testMail sends one mail by the very way that a run's mails go.
func (x *examination) testMail(ctx context.Context) error {
	domain := x.Policy.School.Domains[0]
	id := fmt.Sprintf("doctor-%d.%s@%s", x.Now.UnixNano(), strings.ToLower(x.Policy.Key()), domain) // schools of a trust may share the domain
	m := mail.Message{
		From: netmail.Address{Name: x.Policy.School.Name, Address: x.From}, To: []netmail.Address{{Address: x.TestMail}},
		Subject:   "A test mail of esafetybot",
		Text:      "This is a test. If you can read it, mail from esafetybot reaches you.\n\nNothing was found and nothing has to be done.\n",
		MessageID: id, Date: x.Now.In(x.Policy.School.Location),
	}
	m.HTML = "<p>This is a test. If you can read it, mail from esafetybot reaches you.</p><p>Nothing was found and nothing has to be done.</p>"
	raw, err := m.Bytes()
	if err != nil {
		return err
	}
	parcel := mail.Parcel{ID: id, Created: x.Now, Raw: raw}
	token, err := x.Sender.Stage(ctx, parcel, false)
	if err != nil {
		return err
	}
	return x.Sender.Release(ctx, parcel, token)
}

// site asks the review site for something that only it has.
func (x *examination) site(ctx context.Context) {
	if x.BaseURL == "" {
		x.unknown("site", "No address of a review site is given, so mails hold no links to one; questions are then answered with “esafetybot checkins answer”", "give --base-url once “esafetybot serve” runs")
		return
	}
	const without = "links in mails, answers, decisions and concerns"
	u, err := url.Parse(x.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		x.fails("site", "The site's address is no address of a page", without, "write --base-url https://review.school.example")
		return
	}
	if host := u.Hostname(); u.Scheme == "http" && host != "localhost" && host != "127.0.0.1" && host != "::1" {
		x.fails("site/tls", "The site's address begins with http, so what people read there could be read on the way", without, "put something that speaks TLS in front, and write https")
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(x.BaseURL, "/")+"/style.css", nil)
	if err != nil {
		x.fails("site", "The site's address is no address of a page", without, "write --base-url https://review.school.example")
		return
	}
	resp, err := x.HTTP.Do(req)
	if err != nil {
		x.fails("site", "Nothing answers at "+u.Host, without, "start “esafetybot serve”, and look whether the name leads to this machine and its certificate is good")
		return
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/css") {
		x.fails("site", fmt.Sprintf("Something answers at %s, but not the review site (HTTP %d)", u.Host, resp.StatusCode), without, "look at where the name leads, and at what passes requests on to “esafetybot serve”")
		return
	}
	x.works("site", "The review site answers at "+u.Host)
	x.signIn(ctx, u)
}

// signIn begins to sign in, as far as that goes without a person: where the site sends people, and where they are to come back to.
func (x *examination) signIn(ctx context.Context, site *url.URL) {
	const without = "links in mails, answers, decisions and concerns: nobody can sign in"
	base := strings.TrimRight(site.String(), "/")
	stay := *x.HTTP
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/sign-in", nil)
	if err != nil {
		return // the address was good a moment ago
	}
	resp, err := stay.Do(req)
	if err != nil {
		x.fails("site/sign-in", "The review site did not answer when somebody began to sign in", without, "try again; if it stays, look at what “esafetybot serve” says")
		return
	}
	defer func() { _ = resp.Body.Close() }()
	to, err := resp.Location()
	if err != nil || to.Query().Get("client_id") == "" {
		x.fails("site/sign-in", fmt.Sprintf("The review site does not send people on to sign in (HTTP %d)", resp.StatusCode), without, "look at what “esafetybot serve” says: it must reach "+issuerHost)
		return
	}
	back := base + "/sign-in/done"
	if have := to.Query().Get("redirect_uri"); have != back {
		x.fails("site/sign-in", "The review site calls itself by another address than --base-url, so nobody comes back to it from signing in", without, "give “esafetybot serve” and “esafetybot doctor” the same --base-url")
		return
	}
	x.unknown("site/sign-in", "The review site sends people to "+to.Host+" to sign in; whether its OAuth client is known there shows when somebody does",
		"open "+base+" and sign in once; if the page says redirect_uri_mismatch, enter "+back+" as an authorised redirect URI of the OAuth client")
}

// issuerHost is who signs people in.
const issuerHost = "accounts.google.com"

// hooks says whether Google is asked to tell what happens. Nothing fails without it.
func (x *examination) hooks(context.Context) {
	switch {
	case x.HooksTrouble != nil:
		x.fails("hooks", "The receivers cannot be used: "+x.HooksTrouble.Error(), "nothing: what happens is then found when the jobs look", "correct --hooks-url and its keys, or leave both out")
	case x.HooksURL == "":
		x.unknown("hooks", "No receivers are given, so what happens is found when the jobs look, and not within minutes; nothing is missed", "give --hooks-url once receivers run, if it should be known sooner")
	default:
		x.unknown("hooks", "Google is asked to tell what happens to "+x.HooksURL+"/google; whether that can be reached from outside only Google can try", "run “esafetybot run hooks”, which says what Google does not do")
	}
}
