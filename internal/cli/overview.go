package cli

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	"esafetybot/internal/jobs"
	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/quantity"
	"esafetybot/internal/store"
	"esafetybot/internal/store/stores"
)

const (
	// trustKey is under what the trust's own part of the state is kept, beside its schools': no school can be called so.
	trustKey = "_trust"
	// trustHost stands for {school} in the address of the trust's own pages.
	trustHost = "trust"
)

// openKey opens one part of a place of state.
func (o *options) openKey(ctx context.Context, uri, key string) (store.Store, error) {
	if o.task == nil {
		return stores.Open(ctx, uri, key, o.logger())
	}
	if o.task.places[uri] == nil {
		set, err := stores.OpenSet(ctx, uri, o.logger())
		if err != nil {
			return nil, err
		}
		o.task.places[uri] = set
	}
	return o.task.places[uri].School(key)
}

// forTrust are the options with which the trust itself is written to: its mails in a folder of their own, its name before each line.
func (o *options) forTrust() *options {
	s := *o
	s.baseURL = strings.ReplaceAll(o.baseURL, schoolMark, trustHost)
	if strings.HasPrefix(o.mail, "dir:") {
		s.mail = strings.TrimSuffix(o.mail, "/") + "/" + trustHost
	}
	s.logTo = o.std.Err
	s.std.Out, s.std.Err = &prefixed{to: o.std.Out, name: trustHost + ": "}, &prefixed{to: o.std.Err, name: trustHost + ": "}
	return &s
}

// overview makes and sends the overview for the trust's safeguarding lead, if it is due. Every task of a trust does so: whoever is first sends it.
func (o *options) overview(ctx context.Context, t *policy.Trust, clock func() time.Time, quiet bool) (err error) {
	if t.SafeguardingLead.Address == "" || len(t.Schools) == 0 {
		return nil
	}
	own := o.forTrust()
	s, err := own.openKey(ctx, o.state, trustKey)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	box, sender, err := own.trustPost(t, s)
	if err != nil {
		return err
	}
	env := jobs.TrustEnv{
		Trust: t, Store: s, Clock: clock, Holder: holder(), Exclusive: !strings.HasPrefix(o.state, "firestore:"), Log: own.logger(),
		School: func(ctx context.Context, p *policy.Policy) (store.Store, error) { return own.openAt(ctx, o.state, p) },
	}
	if strings.Contains(o.baseURL, schoolMark) {
		env.Site = strings.TrimSuffix(own.baseURL, "/") + "/"
	}
	_, err = jobs.Overview(ctx, env, box, func(ctx context.Context, box *outbox.Outbox) error {
		by, err := sender()
		if err != nil {
			return err
		}
		r, err := box.Deliver(ctx, by, clock())
		tellGivenUp(env.Log, r)
		if err == nil {
			err = r.Err()
		}
		if !quiet && r.Sent > 0 {
			fmt.Fprintf(own.std.Out, "%s sent to %s\n", quantity.Of(r.Sent, "message", "messages"), own.mail)
		}
		return err
	})
	return err
}

// trustPost is the trust's outbox, and what makes who delivers from it.
func (o *options) trustPost(t *policy.Trust, s store.Store) (*outbox.Outbox, func() (mail.Sender, error), error) {
	to, err := mail.ParseAddressable(o.mail)
	if err != nil {
		return nil, nil, usageError{err}
	}
	first := t.Schools[0]
	from := o.from
	if from == "" {
		domain := first.School.Domains[0]
		if len(first.Trust.Domains) > 0 {
			domain = first.Trust.Domains[0]
		}
		from = "esafetybot@" + domain
	}
	if to.Scheme == "gmail" {
		from = to.From
	}
	box, err := outbox.New(s, outbox.Options{Location: first.School.Location, School: trustKey, From: netmail.Address{Name: t.Name, Address: from}})
	return box, func() (mail.Sender, error) {
		switch to.Scheme {
		case "gmail":
			client := o.before()
			if client == nil {
				return nil, errors.New("the overview of the trust was not sent, since no school could be signed in for: see what is said of the schools")
			}
			return mail.NewGmail(drafts{client, from}), nil
		case "smtp":
			to.SMTP.Password = o.std.Getenv("ESAFETYBOT_SMTP_PASSWORD")
			return mail.NewSMTP(to.SMTP), nil
		}
		return mail.NewDir(to.Path), nil
	}, err
}
