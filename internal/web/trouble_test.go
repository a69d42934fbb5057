package web_test

import (
	"context"
	"errors"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/runs"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// TestTroubleShows: who can do something about it sees that a job does not get done, and that the worker does not run at all; nobody else does.
func TestTroubleShows(t *testing.T) {
	const part, silent, unsent = "Part of this program", "the worker of this program does not run", "Mail of this program does not go out"
	for name, c := range map[string]struct {
		leave func(*adminRig)
		want  string
		says  string
	}{
		"all is well": {func(x *adminRig) { x.ran(views.Told{}, "sharing") }, "", ""},
		"a job fails": {func(x *adminRig) {
			x.ran(views.Told{}, "sharing")
			x.known(runs.Trouble{Job: "sharing", Failed: true, Since: adminNow.Add(-2 * time.Hour)})
		}, part, "Looking at what is shared has failed since"},
		"a job does not run in its time": {func(x *adminRig) {
			x.ran(views.Told{}, "sharing")
			x.known(runs.Trouble{Job: "weekly", Due: adminNow.Add(-48 * time.Hour)})
		}, part, "Writing the weekly e-mail has been due since Monday 16 November, 12:00, and was never done."},
		"it is ended each time": {func(x *adminRig) {
			x.begun(adminNow.Add(-30*time.Hour), adminNow.Add(-time.Hour))
			x.known(runs.Trouble{Job: "accounts", Since: adminNow.Add(-30 * time.Hour), Stopped: true})
		}, part, "too little memory"},
		"it began and never came to an end": {func(x *adminRig) { x.begun(adminNow.Add(-30 * time.Hour)) }, silent, "esafetybot doctor"},
		"no worker": {func(x *adminRig) {
			b := &store.Batch{}
			r := runs.Record{ID: "old", Job: "sharing", Started: adminNow.Add(-50 * time.Hour), Ended: adminNow.Add(-49 * time.Hour)}
			if err := r.Add(b); err != nil {
				x.t.Fatal(err)
			}
			if err := x.main.Commit(x.t.Context(), b); err != nil {
				x.t.Fatal(err)
			}
		}, silent, "esafetybot doctor"},
		"mail was just made": {func(x *adminRig) { x.mailed(time.Hour, nil) }, "", ""},
		"mail fails":         {func(x *adminRig) { x.mailed(2*time.Hour, errors.New("no answer")) }, unsent, "1 mail could not be sent; the oldest is of Wednesday 18 November, 10:00."},
		"mail is given up":   {func(x *adminRig) { x.mailed(2*time.Hour, mail.ErrRefused) }, unsent, "esafetybot mail retry"},
		"mail lies":          {func(x *adminRig) { x.mailed(7*time.Hour, nil) }, unsent, "1 of them is tried again"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newAdminRig(t)
			c.leave(x)
			for who, sees := range map[string]bool{"officer": true, "head": true, "it": true, "teacher": false, "office": false} {
				code, page := x.get(who, "/")
				if code != 200 {
					t.Fatalf("%s gets %d", who, code)
				}
				has := strings.Contains(page, part) || strings.Contains(page, silent) || strings.Contains(page, unsent)
				if has != (sees && c.want != "") || sees && (!strings.Contains(page, c.want) || !strings.Contains(page, c.says)) {
					t.Errorf("%s: the page says it: %v", who, has)
				}
			}
		})
	}
}

// known leaves what the worker knows of jobs that do not get done.
func (x *adminRig) known(list ...runs.Trouble) {
	x.t.Helper()
	b := &store.Batch{}
	if err := (runs.Troubles{List: list}).Put(b, 0); err != nil {
		x.t.Fatal(err)
	}
	if err := x.main.Commit(x.t.Context(), b); err != nil {
		x.t.Fatal(err)
	}
}

// begun leaves that a run began at some times, and never came to its end.
func (x *adminRig) begun(at ...time.Time) {
	x.t.Helper()
	for _, at := range at {
		had, version, err := runs.ReadBegun(x.t.Context(), x.main)
		b := &store.Batch{}
		if err == nil {
			err = had.Begin(b, version, at)
		}
		if err == nil {
			err = x.main.Commit(x.t.Context(), b)
		}
		if err != nil {
			x.t.Fatal(err)
		}
	}
}

// mailed leaves a mail that was made some time ago, and that could not be sent if there is an error.
func (x *adminRig) mailed(ago time.Duration, problem error) {
	x.t.Helper()
	x.ran(views.Told{}, "sharing")
	do := func(err error) {
		x.t.Helper()
		if err != nil {
			x.t.Fatal(err)
		}
	}
	box, err := outbox.New(x.main, outbox.Options{Location: x.policy.School.Location, From: netmail.Address{Address: "it@school.example"}})
	do(err)
	b := &store.Batch{}
	_, err = box.Put(x.t.Context(), b, adminNow.Add(-ago), outbox.Letter{To: netmail.Address{Address: "teacher@school.example"}, Kind: "entry", Period: "1", Urgent: true, Subject: "x", Text: "x", HTML: "x"})
	do(err)
	do(x.main.Commit(x.t.Context(), b))
	if problem != nil {
		_, err = box.Deliver(x.t.Context(), refuser{problem}, adminNow.Add(-ago))
		do(err)
	}
}

// refuser takes no mail.
type refuser struct{ err error }

func (r refuser) Stage(context.Context, mail.Parcel, bool) (string, error)   { return "", r.err }
func (r refuser) Waiting(context.Context, mail.Parcel, string) (bool, error) { return true, nil }
func (r refuser) Release(context.Context, mail.Parcel, string) error         { return r.err }
