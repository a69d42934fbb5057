package jobs

import (
	"context"
	"fmt"
	"iter"
	"time"

	"esafetybot/internal/classdojo"
	"esafetybot/internal/classdojo/mailbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
)

// dojoMailScope is the gap of the mailbox that gets ClassDojo's mails.
const dojoMailScope = seen.Scope("dojo-mailbox")

// mailSince is for how long back ClassDojo's mails are read in each run: as long as the relay takes them. What was told before is known by its key, so that no cursor can be lost.
const mailSince = 31 * 24 * time.Hour

// dojoBox is a mailbox at Google that gets ClassDojo's mails. Only those that say that they are ClassDojo's are asked for.
type dojoBox struct {
	google  Google
	address string
	after   time.Time
}

// Messages implements mailbox.Box.
func (b dojoBox) Messages(ctx context.Context) iter.Seq2[[]byte, error] {
	return b.google.Mail(ctx, b.address, fmt.Sprintf("from:classdojo.com after:%d", b.after.Unix()))
}

// readDojoMail keeps what the mailbox's mails tell, and says in words which may have told something and could not be understood; "" if there is none. That it could not be read is a gap.
func (r *commentsRun) readDojoMail(ctx context.Context) (told string, err error) {
	d := r.Env.Policy.ClassDojo
	if d.Mailbox == "" {
		return "", nil
	}
	after := r.Now.Add(-mailSince)
	if start := r.start(); start.After(after) {
		after = start
	}
	source := &mailbox.Source{Box: dojoBox{r.Env.Google, d.Mailbox, after}}
	var events []classdojo.Event
	var failed error
	for e, err := range source.Events(ctx) {
		if err != nil {
			failed = err
			continue
		}
		events = append(events, e)
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if failed != nil {
		r.more = append(r.more, seen.Gap{Scope: dojoMailScope, Reason: r.Env.Google.Reason(failed), Detail: failed.Error()})
	}
	if _, err := classdojo.Tell(ctx, r.Store, r.lease.Commit, events); err != nil {
		return "", err
	}
	return source.Tally().Doubtful().Words(), nil
}

// restsOnDojo tells whether a means rests on the mailbox that gets ClassDojo's mails.
func restsOnDojo(m policy.Means) bool {
	w, ok := m.With.(*policy.CommentsWith)
	return ok && w.At(policy.PlaceClassDojo)
}
