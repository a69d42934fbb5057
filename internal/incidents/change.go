package incidents

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// Open reads an entry and records that somebody did, the first time. From then on it is not passed on for want of a reader.
func (l *Log) Open(ctx context.Context, by By, id string) (*Entry, error) {
	var out *Entry
	err := l.change(ctx, by, id, func(e *Entry, _ actor, _ *store.Batch) error {
		out = e
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Correction is what was wrong in an entry. What is empty or nil stays as it is.
type Correction struct {
	Kind          Kind
	About         About
	Concerns      []string // to be added
	Pupil         string   // the hash of the address of a pupil's account ([pseudonym.Of]), to be added
	ConcernsRoles []policy.Role
	Item          *string
	Reference     *string
	Note          *string
}

// Correct puts an entry right. Whom it is about can be corrected upwards by whoever reads it (nobody, pupil, not sure, adult), and then those
// who could read it before no longer can; downwards only by the headteacher or the chair (ErrMay otherwise). Those whom it concerns can be
// added to only: an entry that names somebody by mistake is closed, and raised anew.
func (l *Log) Correct(ctx context.Context, by By, id string, c Correction) error {
	return l.change(ctx, by, id, func(e *Entry, me actor, b *store.Batch) error {
		if e.State != Open {
			return fmt.Errorf("%w: it is closed; reopen it first", ErrState)
		}
		if err := l.correct(e, me, b, c); err != nil {
			return err
		}
		if _, ok := l.reads(by, e); ok && len(e.Opened) == 0 { // who corrected it has read it as it is now
			e.Opened = []Mark{{me.Who, e.Routed}}
		}
		return nil
	})
}

func (l *Log) correct(e *Entry, me actor, b *store.Batch, c Correction) error {
	now := l.now()
	var what []string
	if c.Kind != "" && c.Kind != e.Kind {
		if _, ok := c.Kind.Info(); !ok {
			return fmt.Errorf("%w: choose what sort of thing it is", ErrForm)
		}
		what = append(what, "kind: "+e.Kind.Title()+", now "+c.Kind.Title())
		e.Kind, e.Settled = c.Kind, nil
	}
	about := e.About
	if c.About != "" {
		if !slices.Contains(Abouts, c.About) {
			return fmt.Errorf("%w: choose whom it is about; “not sure” is an answer", ErrForm)
		}
		about = c.About
	}
	if info, _ := e.Kind.Info(); info.Always != "" {
		about = info.Always
	}
	if about.rank() < e.About.rank() && !me.top {
		return fmt.Errorf("%w: only the headteacher or the chair of governors can say that it is about %s after all; if it was a mistake, close it and raise it anew", ErrMay, about.Title())
	}
	known, roles := len(e.Concerns), len(e.Roles)
	if err := l.concern(e, c.Concerns, c.ConcernsRoles); err != nil {
		return err
	}
	before := e.About
	if about != before {
		what = append(what, "about: "+before.Title()+", now "+about.Title())
	}
	e.About = about
	if err := e.words(b, c, &what); err != nil {
		return err
	}
	if err := l.linked(e); err != nil {
		return err
	}
	concerns := len(e.Concerns) != known || len(e.Roles) != roles
	if concerns {
		what = append(what, "whom it concerns")
	}
	if about != before || concerns { // others read it now: they begin from the beginning
		e.Routed, e.Opened = now, nil
	}
	if c.Pupil != "" {
		pupils := len(e.Pupils)
		if err := l.namePupil(e, c.Pupil); err != nil {
			return err
		}
		if len(e.Pupils) != pupils {
			what = append(what, "which pupil's account")
		}
	}
	if len(what) > 0 {
		e.happened(now, me.Who, WasCorrected, strings.Join(what, "; "))
	}
	return nil
}

// words corrects what tells nothing about who may read.
func (e *Entry) words(b *store.Batch, c Correction, what *[]string) error {
	if c.Note != nil {
		note, err := text("the note", *c.Note, MaxNote, false)
		if err != nil {
			return err
		}
		if note != e.Note {
			e.Note = note
			*what = append(*what, "the note")
		}
	}
	if c.Reference != nil {
		ref, err := reference(*c.Reference)
		if err != nil {
			return err
		}
		if ref != e.Reference {
			e.Reference = ref
			*what = append(*what, "reference: "+ref)
		}
	}
	if c.Item != nil {
		it, err := item(*c.Item)
		if err != nil {
			return err
		}
		if it != e.Item {
			e.release(b)
			*what = append(*what, "the item it links to")
			e.Item = it
			e.hold(b)
		}
	}
	return nil
}

// Settle says how what the clock asks for was done ([Info].Answers); the clock stops. Whether the regulator is told of a data breach the
// headteacher decides (the chair, where it went to the chair).
func (l *Log) Settle(ctx context.Context, by By, id, answer string) error {
	return l.change(ctx, by, id, func(e *Entry, me actor, _ *store.Batch) error {
		a, ok := e.Kind.answer(answer)
		switch {
		case !ok:
			return fmt.Errorf("%w: %q is no answer for a %s", ErrForm, answer, e.Kind.Title())
		case e.State != Open:
			return fmt.Errorf("%w: it is closed; reopen it first", ErrState)
		case a.Head && !me.top:
			return fmt.Errorf("%w: the headteacher decides whether the regulator is told", ErrMay)
		case e.Settled != nil && e.Settled.Answer == answer:
			return nil
		}
		e.Settled = &Settled{Answer: answer, At: l.now()}
		e.happened(e.Settled.At, me.Who, WasSettled, a.Title)
		return nil
	})
}

// Close ends an entry: who was told, and what we learnt, each at most MaxClosing characters and neither empty. The note is cleared, and its item
// is frozen no longer.
func (l *Log) Close(ctx context.Context, by By, id, whoTold, learnt string) error {
	told, err := text("“who was told”", whoTold, MaxClosing, true)
	if err != nil {
		return err
	}
	lesson, err := text("“what we learnt”", learnt, MaxClosing, true)
	if err != nil {
		return err
	}
	return l.change(ctx, by, id, func(e *Entry, me actor, b *store.Batch) error {
		info, _ := e.Kind.Info()
		undecided := e.Settled == nil && slices.ContainsFunc(info.Answers, func(a Answer) bool { return a.Head })
		switch {
		case e.State != Open:
			return fmt.Errorf("%w: it is closed already", ErrState)
		case undecided:
			return fmt.Errorf("%w: the headteacher has not said yet whether the regulator is told", ErrState)
		}
		now := l.now()
		e.State, e.Note = Closed, ""
		e.Closings = append(e.Closings, Closing{now, me.Who, told, lesson})
		e.release(b)
		e.happened(now, me.Who, WasClosed, "")
		return nil
	})
}

// Reopen opens a closed entry again: those who were told are told again, and its item is frozen. The note says why; it may be empty.
func (l *Log) Reopen(ctx context.Context, by By, id, note string) error {
	note, err := text("the note", note, MaxNote, false)
	if err != nil {
		return err
	}
	return l.change(ctx, by, id, func(e *Entry, me actor, b *store.Batch) error {
		if e.State != Closed {
			return fmt.Errorf("%w: it is open already", ErrState)
		}
		now := l.now()
		e.State, e.Note, e.Since, e.Routed = Open, note, now, now
		// Whoever reopens it has read it. The others have not, as it is now.
		e.Opened = []Mark{{me.Who, now}}
		e.hold(b)
		e.happened(now, me.Who, WasReopened, "")
		return nil
	})
}

// Notice is a letter that is to be sent: of one entry, to those who are to be told and were not yet. The letter says only that there is something
// to look at on the signed-in site.
type Notice struct {
	Entry string // id
	To    []Told
	e     *Entry
}

// Notices lists what is to be told now of the open entries of a shelf.
func (l *Log) Notices(ctx context.Context, s Shelf) ([]Notice, error) {
	var out []Notice
	for e, err := range l.all(ctx, s, Open) {
		if err != nil {
			return nil, err
		}
		n := Notice{Entry: e.ID, e: e}
		for _, t := range l.Told(e) {
			// Told before it came to them this time is told of something else.
			knows := func(m Mark) bool { return m.same(t.who()) && !m.At.Before(e.Routed) }
			if !slices.ContainsFunc(e.Told, knows) && !slices.ContainsFunc(e.Opened, knows) {
				n.To = append(n.To, t)
			}
		}
		if len(n.To) > 0 {
			out = append(out, n)
		}
	}
	return out, nil
}

// MarkTold adds to the batch in which the letters are made that these people were told. A batch that comes too late, because the entry was changed
// since, is refused by the store: ask for the notices again.
func (l *Log) MarkTold(b *store.Batch, n Notice) error {
	now, e := l.now(), *n.e
	e.Told, e.History = slices.Clone(e.Told), slices.Clone(e.History)
	for _, t := range n.To {
		e.Told = append(e.Told, Mark{t.who(), now})
		e.History = append(e.History, Event{At: now, Who: Who{Role: Program}, What: WasTold, Whom: t.who()})
	}
	return e.put(b)
}
