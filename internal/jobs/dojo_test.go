package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/census"
	"esafetybot/internal/checkins"
	"esafetybot/internal/checks/comments"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/moderation"
	"esafetybot/internal/outbox"
	"esafetybot/internal/policy"
	"esafetybot/internal/seen"
	"esafetybot/internal/store"
)

const (
	ash = "5f1e2d3c4b5a69788796a5b4"
	elm = "5f1e2d3c4b5a69788796a5b5"
)

// dojoBlock is the classes of the school on ClassDojo: kim, who is in on Wednesdays, is named by another of their addresses; old is switched off.
const dojoBlock = `
classdojo:
  classes:
    - {name: 5 Ash, id: 5f1e2d3c4b5a69788796a5b4, teachers: [kite@school.example, pat@school.example]}
    - {name: 2 Elm, id: 5f1e2d3c4b5a69788796a5b5, teachers: [old@school.example]}
  relay: true
clauses:
  - id: B1
    says: ClassDojo is the channel to families.
    deals_with_it: esafety_officer
    met_by:
      - {check_in: class-dojo, ask: class_teacher, every: week}
      - {check: comments, with: {places: [classdojo]}, severity: medium, due: 2 school days}
`

// onDojo is a run of the job comments at noon on Wednesday 18 November 2026, at a school with ClassDojo.
func onDojo(t testing.TB) *commentsRun {
	t.Helper()
	r := atSchool(t)
	r.Env.Policy = parsed(t, strings.Replace(schoolPolicy, "\nclauses:\n", dojoBlock, 1))
	site := openStore(t)
	r.Site = site
	lease, err := Take(t.Context(), r.Store, CommentsJob, "test", true, func() time.Time { return r.Now })
	if err != nil {
		t.Fatal(err)
	}
	r.lease, r.record, r.asked = lease, &Record{}, map[string]policy.Means{}
	r.keeper = &findings.Keeper{Store: r.Store, Commit: lease.Commit}
	r.left = &Look{Names: map[string]string{}, Said: map[string][]string{}}
	r.memory.First = place(t, "2026-11-02 12:00")
	return r
}

func dojoEvent(kind classdojo.Kind, class, from string, at time.Time) classdojo.Event {
	link := kind
	if kind == classdojo.Comment {
		link = classdojo.Story
	}
	return classdojo.Event{
		Kind: kind, Class: class, Link: classdojo.Target{Kind: link, Class: class}.Link(), At: at.UTC(), Count: 1, From: from,
		Key: classdojo.MessageKey(at.String(), kind, class),
	}
}

// relayed leaves an event as the relay does.
func relayed(t testing.TB, r *commentsRun, e classdojo.Event) {
	t.Helper()
	e.From = classdojo.FromRelay
	if err := (classdojo.Hints{Store: r.Site}).Leave(t.Context(), e, e.At); err != nil {
		t.Fatal(err)
	}
}

func said(moderator, looked string) map[string]string {
	out := map[string]string{"comments": "on", "moderator": moderator, "looked": looked, "channel": "yes"}
	if looked == "" {
		delete(out, "looked")
	}
	return out
}

// Who may answer about a class, and say that they looked through it.
func TestWhoMayAnswerForAClass(t *testing.T) {
	for name, c := range map[string]struct {
		by   decisions.By
		want string
	}{
		"its teacher":          {ours("kim"), ""},
		"by another address":   {by("kim", "kite@school.example"), ""},
		"another teacher":      {ours("lou"), notTheirs},
		"a pupil who is named": {ours("pat"), notKnown},
		"the officer":          {ours("officer"), ""},
		"the head":             {ours("head"), ""},
		"the page's host":      {ours("office"), notTheirs},
		"IT support, outside":  {by("", "helpdesk@support.example"), notTheirs},
		"nobody of ours":       {by("x", "kite@school.example"), notKnown},
	} {
		r := onDojo(t)
		r.book.Class(moderation.Dojo(ash)).Hear(dojoEvent(classdojo.Story, ash, "csv", place(t, "2026-11-17 10:00")))
		d := decisions.Decision{ID: "d", At: place(t, "2026-11-18 11:00"), By: c.by, Do: decisions.Answer, CheckIn: classdojo.CheckIn(ash), Said: said("teacher", "2026-11-17")}
		have, book := try(t, r, d)
		if have != c.want || (have == "") != (len(book.All()[d.CheckIn]) == 1) {
			t.Errorf("%s answers: %q, %v", name, have, book.All())
		}
		looks := decisions.Decision{ID: "d", At: d.At, By: c.by, Do: decisions.Reviewed, Item: classdojo.Item(ash), Saw: place(t, "2026-11-17 10:00")}
		have, _ = try(t, r, looks)
		if have != c.want || (have == "") != (len(r.book.Class(moderation.Dojo(ash)).Posts[moderation.DojoPost].Reviews) == 1) {
			t.Errorf("%s looks: %q", name, have)
		}
	}
}

// What an answer may hold.
func TestWhatIsAnsweredForAClass(t *testing.T) {
	drawn := ""
	for _, a := range checkins.Asks(onDojo(t).Env.Policy) {
		period, _ := checkins.Period(onDojo(t).Env.Policy.Calendar, a.Every, date("2026-11-18"))
		if a.Spot != nil && a.Spot.Holds(period, a.Dojo) {
			drawn = a.Name
		}
	}
	other := map[string]string{"dojo-spot-" + ash: "dojo-spot-" + elm, "dojo-spot-" + elm: "dojo-spot-" + ash}[drawn]
	for _, c := range []struct {
		name   string
		change func(*decisions.Decision)
		want   string
	}{
		{"whole", func(*decisions.Decision) {}, ""},
		{"nobody has looked", func(d *decisions.Decision) { delete(d.Said, "looked") }, ""},
		{"off", func(d *decisions.Decision) { d.Said = map[string]string{"comments": "off", "channel": "yes"} }, ""},
		{"no comments", func(d *decisions.Decision) { delete(d.Said, "comments") }, notForm},
		{"no moderator", func(d *decisions.Decision) { delete(d.Said, "moderator") }, notForm},
		{"no channel", func(d *decisions.Decision) { delete(d.Said, "channel") }, notForm},
		{"another word", func(d *decisions.Decision) { d.Said["comments"] = "perhaps" }, notForm},
		{"another question", func(d *decisions.Decision) { d.Said["who"] = "kim" }, notForm},
		{"looked tomorrow", func(d *decisions.Decision) { d.Said["looked"] = "2026-11-19" }, notForm},
		{"looked soon", func(d *decisions.Decision) { d.Said["looked"] = "soon" }, notForm},
		{"yes besides", func(d *decisions.Decision) { d.Answer = "yes" }, notForm},
		{"yes alone", func(d *decisions.Decision) { d.Answer, d.Said = "yes", nil }, notForm},
		{"nothing", func(d *decisions.Decision) { d.Said = nil }, notForm},
		{"a class that is not in the policy", func(d *decisions.Decision) { d.CheckIn = "class-dojo-" + strings.Repeat("0", 24) }, notThere},
		{"the School Story", func(d *decisions.Decision) {
			d.CheckIn, d.Said = "class-dojo-school", map[string]string{"comments": "on", "moderator": "leader"}
		}, ""},
		{"the School Story, and a channel", func(d *decisions.Decision) { d.CheckIn, d.Said["moderator"] = "class-dojo-school", "leader" }, notForm},
		{"a spot check", func(d *decisions.Decision) { d.CheckIn, d.Answer, d.Said = drawn, "no", nil }, ""},
		{"a spot check of a class that is not drawn", func(d *decisions.Decision) { d.CheckIn, d.Answer, d.Said = other, "no", nil }, notThere},
		{"of a class in another way than asked", func(d *decisions.Decision) { d.CheckIn = drawn }, notForm},
		{"of the filter in another way than asked", func(d *decisions.Decision) { d.CheckIn = "filtering" }, notForm},
	} {
		r := onDojo(t)
		d := decisions.Decision{ID: "d", At: place(t, "2026-11-18 11:00"), By: ours("head"), Do: decisions.Answer, CheckIn: classdojo.CheckIn(ash), Said: said("teacher", "2026-11-17")}
		c.change(&d)
		have, book := try(t, r, d)
		if have != c.want || (have == "") != (len(book.All()) == 1) {
			t.Errorf("%s: %q, want %q; %v", c.name, have, c.want, book.All())
		}
	}
}

// waits runs the part of the job that hears of ClassDojo, and tells what waits.
func waits(t testing.TB, r *commentsRun) []string {
	t.Helper()
	if err := r.hear(t.Context()); err != nil {
		t.Fatal(err)
	}
	in := r.in
	in.Asks, in.Classes = commentsAsks(r.Env.Policy, map[string]policy.Means{}), dojoBook(r.Env.Policy, r.Census, r.book)
	var out []string
	for _, o := range comments.Check(in) {
		out = append(out, o.Rule+" "+o.Subject+": "+strings.Join(o.Facts, ", "))
	}
	return out
}

// What is told waits for the class's teachers, from whichever way it comes, once; until somebody says that they looked.
func TestDojoWaits(t *testing.T) {
	r := onDojo(t)
	at := place(t, "2026-11-17 10:00")
	relayed(t, r, dojoEvent(classdojo.Story, ash, "", at))
	relayed(t, r, dojoEvent(classdojo.Messages, ash, "", at)) // between a family and the school
	relayed(t, r, dojoEvent(classdojo.Story, ash, "", place(t, "2026-10-20 10:00")))
	list := []classdojo.Event{
		dojoEvent(classdojo.Story, ash, classdojo.FromMailbox, at), // the same mail
		dojoEvent(classdojo.Comment, elm, classdojo.FromCSV, place(t, "2026-11-16 09:00")),
		dojoEvent(classdojo.Pending, classdojo.School, classdojo.FromCSV, at),
		dojoEvent(classdojo.Story, strings.Repeat("0", 24), classdojo.FromCSV, at),
		dojoEvent(classdojo.Story, ash, classdojo.FromCSV, place(t, "2026-11-18 13:00")), // to come
	}
	list[2] = dojoEvent(classdojo.Story, classdojo.School, classdojo.FromCSV, at)
	if _, err := classdojo.Tell(t.Context(), r.Store, r.Store.Commit, list); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"comments.no-host dojo/" + elm + ": course/dojo." + elm + ", since 2026-11-16T09:00:00Z",
		"comments.unreviewed dojo/" + ash + ": due 2026-11-25, since 2026-11-17T10:00:00Z",
		"comments.unreviewed dojo/school: due 2026-11-19, since 2026-11-17T10:00:00Z",
	}
	if diff := cmp.Diff(want, waits(t, r)); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
	if diff := cmp.Diff(want, waits(t, r)); diff != "" {
		t.Errorf("heard twice (-want +have):\n%s", diff)
	}
	var unheard []string
	for _, u := range r.left.Unknown {
		if u.Clause != "B1" || u.Rule != comments.Unreviewed || u.Means != comments.Means {
			t.Errorf("%+v", u)
		}
		unheard = append(unheard, u.What)
	}
	if diff := cmp.Diff([]string{"classes on ClassDojo that the policy does not list"}, slices.Compact(unheard)); diff != "" {
		t.Errorf("not heard (-want +have):\n%s", diff)
	}

	// The head looked at the School Story and noted it, kim answered for 5 Ash that they looked today.
	d := decisions.Decision{ID: "d", At: place(t, "2026-11-18 11:00"), By: ours("head"), Do: decisions.Reviewed, Item: "dojo/school", Saw: at}
	if have, _ := try(t, r, d); have != "" {
		t.Fatal(have)
	}
	a := decisions.Decision{At: place(t, "2026-11-18 11:00"), By: ours("kim"), Do: decisions.Answer, CheckIn: classdojo.CheckIn(ash), Said: said("teacher", "2026-11-17")}
	if _, err := decisions.Make(t.Context(), r.Site, "first", a); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[:2], waits(t, r)); diff != "" {
		t.Errorf("who looked yesterday may have looked before (-want +have):\n%s", diff)
	}
	a.Said["looked"] = "2026-11-18"
	if _, err := decisions.Make(t.Context(), r.Site, "second", a); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[:1], waits(t, r)); diff != "" {
		t.Errorf("-want +have:\n%s", diff)
	}
	// A class that goes from the policy is asked of no more.
	gone := *r.Env.Policy.ClassDojo
	gone.Classes = gone.Classes[:1]
	r.Env.Policy.ClassDojo = &gone
	if have := waits(t, r); len(have) != 0 {
		t.Errorf("still waits: %v", have)
	}
	f := &findings.Finding{Subject: "dojo/" + elm, Clause: "B1", Rule: "comments.no-host"}
	if how := r.evidence(f); how != findings.Withdrawn {
		t.Errorf("a class that went is %q", how)
	}
	f.Subject = "dojo/" + ash
	if how := r.evidence(f); how != findings.Fine {
		t.Errorf("a class at which somebody looked is %q", how)
	}
	f.Clause = "A9"
	if how := r.evidence(f); how != findings.Withdrawn {
		t.Errorf("what no clause asks is %q", how)
	}
}

// That nothing was heard is said, and why.
func TestDojoUnheard(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*commentsRun)
		want   []string
	}{
		"a week without a mail": {func(*commentsRun) {}, []string{"the forwarder has told nothing for more than 10 school days: it may have stopped"}},
		"heard lately": {func(r *commentsRun) {
			relayed(t, r, dojoEvent(classdojo.Messages, ash, "", place(t, "2026-11-04 10:00")))
		}, nil},
		"heard long ago": {func(r *commentsRun) { relayed(t, r, dojoEvent(classdojo.Story, ash, "", place(t, "2026-11-03 10:00"))) },
			[]string{"the forwarder has told nothing for more than 10 school days: it may have stopped"}},
		"the program has just begun": {func(r *commentsRun) { r.memory.First = r.Now }, nil},
		"no site":                    {func(r *commentsRun) { r.Site = nil }, []string{"the forwarder's mails are taken by the review site or the receivers, and there are none"}},
		"neither relay nor mailbox": {func(r *commentsRun) { r.Env.Policy.ClassDojo.Relay = false },
			[]string{"neither a forwarder nor a mailbox tells of it, so only what somebody writes into a list is heard"}},
	} {
		r := onDojo(t)
		c.change(r)
		waits(t, r)
		var have []string
		for _, u := range r.left.Unknown {
			have = append(have, u.Why)
		}
		if diff := cmp.Diff(c.want, have); diff != "" {
			t.Errorf("%s (-want +have):\n%s", name, diff)
		}
	}
}

// What somebody else wrote where the relay leaves things is not used, and does not stop the rest.
func TestDojoHintOfSomebodyElse(t *testing.T) {
	r := onDojo(t)
	b := &store.Batch{}
	b.Create(classdojo.Left, "odd", map[string]string{"received": store.Time(r.Now)}, []byte(`{"kind":"looked","class":"school","by":"1"}`))
	if err := r.Site.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	relayed(t, r, dojoEvent(classdojo.Story, ash, "", place(t, "2026-11-17 10:00")))
	if have := waits(t, r); len(have) != 1 {
		t.Errorf("%v", have)
	}
}

// What the check-ins rest on: looks that were noted, and comments that somebody told of.
func TestCheckInsRead(t *testing.T) {
	r := onDojo(t)
	post := r.book.Class(moderation.Dojo(ash)).Post(moderation.DojoPost)
	post.AddReview(moderation.Review{ID: "a", At: place(t, "2026-11-17 10:00"), By: "kim", Saw: place(t, "2026-11-16 10:00")})
	post.AddReview(moderation.Review{ID: "b", At: place(t, "2026-11-13 10:00"), By: "kim", Saw: place(t, "2026-11-17 10:00")})
	post.AddReview(moderation.Review{ID: "c", At: place(t, "2026-11-18 10:00"), By: "kim", Saw: place(t, "2026-11-18 10:00"), Of: moderation.ReviewAnswer})
	if err := r.book.Flush(t.Context(), r.lease.Commit, nil); err != nil {
		t.Fatal(err)
	}
	list := []classdojo.Event{
		dojoEvent(classdojo.Comment, ash, classdojo.FromCSV, place(t, "2026-11-16 09:00")), dojoEvent(classdojo.Comment, ash, classdojo.FromCSV, place(t, "2026-11-19 09:00")),
		dojoEvent(classdojo.Story, ash, classdojo.FromCSV, place(t, "2026-11-17 09:00")),
	}
	if _, err := classdojo.Tell(t.Context(), r.Store, r.lease.Commit, list); err != nil {
		t.Fatal(err)
	}
	in, _, err := checkins.Read(t.Context(), r.Store, r.Env.Policy, r.Env.Policy.Calendar, r.Now, r.memory.First)
	if err != nil {
		t.Fatal(err)
	}
	if have := in.Looked[ash]; have != date("2026-11-16") {
		t.Errorf("somebody looked on %s", have)
	}
	if have := in.Commented[ash]; !have.Equal(place(t, "2026-11-16 09:00")) {
		t.Errorf("somebody told of a comment of %s", have)
	}
}

// post is a Google whose one mailbox holds some mails.
type post struct {
	google
	mails  []string
	fails  error
	asked  *[]string // address and search
	reason seen.Reason
}

func (p post) Mail(_ context.Context, as, search string) iter.Seq2[[]byte, error] {
	*p.asked = append(*p.asked, as+" "+search)
	return func(yield func([]byte, error) bool) {
		for _, m := range p.mails {
			if !yield([]byte(m), nil) {
				return
			}
		}
		if p.fails != nil {
			yield(nil, p.fails)
		}
	}
}

func (p post) Reason(error) seen.Reason { return p.reason }

// dojoMail is a mail of ClassDojo's about a class, as Google received it.
func dojoMail(id, results, link string) string {
	return "Authentication-Results: mx.google.com; dmarc=" + results + " header.from=classdojo.com\r\nReceived: by mx.google.com; Tue, 17 Nov 2026 10:00:00 +0000\r\n" +
		"From: ClassDojo <hello@classdojo.com>\r\nTo: dojo@school.example\r\nSubject: Zyx Wvu\r\nMessage-ID: <" + id + "@classdojo.com>\r\nContent-Type: text/plain\r\n\r\nZyx Wvu " + link + "\r\n"
}

// What the mailbox tells waits; what cannot be told is counted; a mailbox that cannot be read is a gap, and what was read of it counts.
func TestDojoMailbox(t *testing.T) {
	link := "https://www.classdojo.com/ul/t/class?classID=" + ash + "&target=story"
	mails := []string{
		dojoMail("1", "pass", link), dojoMail("1", "pass", link), dojoMail("2", "fail", "https://www.classdojo.com/ul/t/class?classID="+elm+"&target=story"),
		strings.Replace(dojoMail("5", "pass", "https://www.classdojo.com/"), "Subject: ", "Subject: 123456 is your code, ", 1), strings.ReplaceAll(dojoMail("6", "pass", link), "classdojo.com>", "other.example>"),
		dojoMail("3", "pass", "https://links.classdojo.com/x"), dojoMail("4", "pass", "https://www.classdojo.com/ul/t/class?classID="+ash+"&target=messages"),
	}
	for name, fails := range map[string]error{"all": nil, "broken off": errors.New("the server is away")} {
		r := onDojo(t)
		var asked []string
		d := r.Env.Policy.ClassDojo
		d.Relay, d.Mailbox = false, "dojo@school.example"
		r.Env.Google = post{google: r.Env.Google.(google), mails: mails, fails: fails, asked: &asked, reason: seen.Failed}
		want := []string{"comments.unreviewed dojo/" + ash + ": due 2026-11-25, since 2026-11-17T10:00:00Z"}
		if diff := cmp.Diff(want, waits(t, r)); diff != "" {
			t.Errorf("%s (-want +have):\n%s", name, diff)
		}
		if diff := cmp.Diff(want, waits(t, r)); diff != "" {
			t.Errorf("%s, read again (-want +have):\n%s", name, diff)
		}
		if want := fmt.Sprintf("dojo@school.example from:classdojo.com after:%d", place(t, "2026-10-26 00:00").Unix()); asked[0] != want {
			t.Errorf("asked for %q, want %q", asked[0], want)
		}
		var why []string
		for _, u := range r.left.Unknown[:len(r.left.Unknown)/2] {
			why = append(why, u.Why)
		}
		const told = "Mails to the ClassDojo mailbox that told us nothing: 1 of ClassDojo's do not say by their links what they are about; 1 say that they are from ClassDojo, and Google did not find that they are."
		if diff := cmp.Diff([]string{told}, why); diff != "" {
			t.Errorf("%s: not known (-want +have):\n%s", name, diff)
		}
		gap := slices.ContainsFunc(r.more, func(g seen.Gap) bool { return g.Scope == dojoMailScope && g.Reason == seen.Failed })
		if gap != (fails != nil) {
			t.Errorf("%s: %+v", name, r.more)
		}
		docs := fmt.Sprint(r.left, r.more)
		if strings.Contains(docs, "Zyx") {
			t.Errorf("%s: a mail's words are kept: %s", name, docs)
		}
	}
	r := onDojo(t)
	means := func(places string) policy.Means {
		return policy.Means{Kind: policy.Check, Name: CommentsJob, With: &policy.CommentsWith{Places: []string{places}}}
	}
	if !rests(CommentsJob, means(policy.PlaceClassDojo), dojoMailScope) || rests(CommentsJob, means(policy.PlaceClassroom), dojoMailScope) || !rests(CommentsJob, means(policy.PlaceClassroom), "users") {
		t.Error("another clause rests on the mailbox, or its own does not")
	}
	g := &gatherer{env: r.Env}
	if gap := g.gap(seen.Gap{Scope: dojoMailScope, Reason: seen.Refused}); gap.What == "" || gap.WhatToDo == "" {
		t.Errorf("%+v", gap)
	}
}

// A mailbox in which there are only codes and mails of others leaves nothing unknown: what they are is known.
func TestDojoMailboxWithCodesOnly(t *testing.T) {
	r := onDojo(t)
	var asked []string
	d := r.Env.Policy.ClassDojo
	d.Relay, d.Mailbox = false, "dojo@school.example"
	code := strings.Replace(dojoMail("5", "pass", "https://www.classdojo.com/"), "Subject: ", "Subject: 123456 is your code, ", 1)
	other := strings.ReplaceAll(dojoMail("6", "pass", "https://www.classdojo.com/"), "classdojo.com>", "other.example>")
	r.Env.Google = post{google: r.Env.Google.(google), mails: []string{code, other}, asked: &asked}
	if waits(t, r); len(r.left.Unknown) != 0 {
		t.Errorf("%+v", r.left.Unknown)
	}
}

// quiet is a Google at which nothing is asked but who there is.
type quiet struct{ google }

func (quiet) Calls() map[string]int { return nil }
func (quiet) Workers() int          { return 1 }

// letters lists the mails in an outbox: kind and recipient, of those given, with the text of each.
func letters(t testing.TB, box *outbox.Outbox, names ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for e, err := range box.All(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		f, err := box.Read(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(bytes.NewReader(f.Raw))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(strings.ReplaceAll(string(body), "=\r\n", ""), "\r\n", " ")
		for _, name := range names {
			if e.Recipient == outbox.RecipientID(name+"@school.example") {
				out[e.Kind+" "+name+" "+e.Period] = f.Subject + ": " + text
			}
		}
	}
	return out
}

// A class's teacher is asked by mail, once and then each week; with what waits in the class in the one mail of the day; and no more once they answered. Who leads has a report that asks.
func TestTeachersAreAskedByMail(t *testing.T) {
	r := onDojo(t)
	r.Env.Policy.Staff.Days = nil
	r.Env.Google = quiet{r.Env.Google.(google)}
	if err := r.memory.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	box, err := outbox.New(r.Store, outbox.Options{Location: r.Env.Policy.School.Location, From: mail.Address{Address: "bot@school.example"}})
	if err != nil {
		t.Fatal(err)
	}
	on := func(day string) {
		t.Helper()
		now := place(t, day+" 15:45")
		env := r.Env
		env.Clock = func() time.Time { return now }
		env.Exclusive = true
		c := census.New(env.Google, env.Policy, now, env.Log)
		look, err := CheckIns(t.Context(), env, c)
		if err != nil || look.Record.Error != "" {
			t.Fatal(err, look)
		}
		s := &Seen{Census: c, Looks: map[string]*Look{CheckInsJob: look}}
		if _, err := Digest(t.Context(), env, box, s); err != nil {
			t.Fatal(err)
		}
	}
	r.Env.Store, r.Env.Site = r.Store, r.Site
	// The first look was on 2 November, and each week it is asked anew.
	on("2026-11-16")
	on("2026-11-17")
	have := letters(t, box, "kim", "lou", "pat", "old")
	if len(have) != 1 || !strings.Contains(have["questions kim 2026-11-16"], "ClassDojo: 5 Ash") {
		t.Errorf("after two days: %v", slices.Sorted(maps.Keys(have)))
	}
	// Something new in the class goes into the same mail.
	r.book.Class(moderation.Dojo(ash)).Hear(dojoEvent(classdojo.Story, ash, classdojo.FromCSV, place(t, "2026-11-17 10:00")))
	if err := r.book.Flush(t.Context(), r.lease.Commit, nil); err != nil {
		t.Fatal(err)
	}
	k := &findings.Keeper{Store: r.Store, Commit: r.lease.Commit}
	if _, err := k.Sync(t.Context(), findings.Input{
		Run: findings.Run{ID: "r", Now: r.Now}, Means: comments.Means,
		Observed: func(yield func(findings.Observed, error) bool) {
			yield(findings.Observed{Clause: "B1", Rule: "comments.unreviewed", Subject: classdojo.Item(ash), Severity: "medium", Deals: "esafety_officer"}, nil)
		},
		Evidence: func(context.Context, *findings.Finding) (findings.Evidence, error) { return findings.Evidence{}, nil },
	}); err != nil {
		t.Fatal(err)
	}
	on("2026-11-18")
	text := letters(t, box, "kim")["digest kim 2026-11-18"]
	for _, want := range []string{"1 post to look at: ", "What is new on ClassDojo", "ClassDojo: 5 Ash", "teach.classdojo.com"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail of the day lacks %q: %s", want, text)
		}
	}
	// Who answered is asked no more.
	d := decisions.Decision{At: place(t, "2026-11-18 16:00"), By: ours("kim"), Do: decisions.Answer, CheckIn: classdojo.CheckIn(ash), Said: said("nobody", "2026-11-18")}
	if _, err := decisions.Make(t.Context(), r.Site, "f", d); err != nil {
		t.Fatal(err)
	}
	on("2026-11-19")
	if text := letters(t, box, "kim")["digest kim 2026-11-19"]; strings.Contains(text, "ClassDojo: 5 Ash") {
		t.Errorf("asked again: %s", text)
	}
	var open []string
	for f, err := range k.List(t.Context(), checkins.Means, findings.Open) {
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, f.Rule+" "+f.Subject+" "+strings.Join(f.Facts, ","))
	}
	want := "check-in.answered-no check-in/class-dojo-" + ash + " answered 2026-11-18,no-moderator"
	if !slices.Contains(open, want) {
		t.Errorf("%q is not found: %q", want, open)
	}
}

// On a policy that asks teachers the mail of the day is due, whether or not a clause is about comments.
func TestDueWhereTeachersAreAsked(t *testing.T) {
	text := strings.Replace(schoolPolicy, "\nclauses:\n", dojoBlock, 1)
	text = strings.Replace(text, "      - {check: comments, with: {places: [classdojo]}, severity: medium, due: 2 school days}\n", "", 1)
	text = strings.Replace(text, "      - {check: comments, with: {rules: [unreviewed, no-host, private-by-other-adult]}, severity: medium, due: 2 school days}\n", "", 1)
	have, err := Due(t.Context(), Env{Store: openStore(t), Policy: parsed(t, text), Clock: func() time.Time { return place(t, "2026-11-18 18:00") }})
	if err != nil || !slices.Contains(have, DigestJob) || slices.Contains(have, CommentsJob) {
		t.Errorf("due: %v (%v)", have, err)
	}
}
