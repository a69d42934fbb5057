package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/actions"
	"esafetybot/internal/calendar"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/remedies"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/world"
)

// listed is how many rows a list of what is new on ClassDojo has: more than one batch keeps.
const listed = 130

// TestCampaignToldKills kills runs that take up what was told of ClassDojo in all its ways, and what people sent on the review site (decisions on comments of blogs, looks, cover, answers, entries of lists,
// concerns), while it comes in too: at requests to Google, before and after each that changes something, and at batches to either store. Every run has a copy of the school, since comments are hidden and
// removed in it. After another run each thing was told, taken up, done, written down and passed on once.
func TestCampaignToldKills(t *testing.T) {
	t.Parallel()
	sc, s, g := gated(t, 2)
	k := killing(t, s, g, generate.Dojo, jobs.CommentsJob, jobs.CheckInsJob, jobs.RecordsJob, jobs.IncidentsJob, jobs.ApplyJob, jobs.DigestJob)
	k.gmail, k.twice, k.round.Change = true, true, true
	text := strings.Replace(s.policyTexts[generate.Dojo], "  relay: true\n", "  relay: true\n  mailbox: officer@"+generate.Domain+"\n", 1)
	p, err := policy.Parse("school.yaml", []byte(text))
	k.do(err)
	s.watches, s.policyTexts = []*watch{{name: generate.Dojo, policy: p}}, map[string]string{generate.Dojo: text}

	teacher, host := p.ClassDojo.Classes[0].Teachers[0], p.Blogs[0].Hosts[0]
	lead, _ := p.Address(policy.RoleOfficer)
	bursar, _ := p.Address(policy.RolePageHost)
	s.world.SetNow(s.world.Now().Add(10 * time.Hour)) // in the afternoon
	k.more = []decisions.Decision{
		k.form(teacher, incidents.Sent{Act: incidents.ActRaise, Form: &incidents.Form{Kind: incidents.Incident, About: incidents.Pupil, Note: "the first"}}),
		k.entered(bursar, "visitors", "A visitor of last week"), k.entered(bursar, "consents", "A class's consents"),
		k.form(teacher, incidents.Sent{Act: incidents.ActRaise, Form: &incidents.Form{Kind: incidents.Incident, About: incidents.Pupil, Note: unopened}}),
	}
	first := k.shot(nil, false)
	k.writeRolls()
	k.whole(first)
	k.counted(first, 4)
	visitor, consent := k.idOf(1), k.idOf(2)

	player := sc.Player()
	for range 2 {
		_, err := player.Play()
		k.do(err)
	}
	class := p.ClassDojo.Classes[0].ID
	k.round.List = k.list(class)
	k.round.Relay = [][]byte{k.relayed(class, "<r1@classdojo.com>"), k.relayed(p.ClassDojo.Classes[1].ID, "<r2@classdojo.com>")}
	k.dojoMails(class, "<m1@classdojo.com>", "<m2@classdojo.com>", "<r1@classdojo.com>") // the forwarder told the last of them too
	answer := k.decision(teacher, decisions.Answer)
	answer.CheckIn, answer.Said = classdojo.CheckIn(class), map[string]string{classdojo.AskComments: classdojo.On, classdojo.AskModerator: classdojo.Teacher, classdojo.AskChannel: classdojo.Yes}
	website := k.decision(bursar, decisions.Answer)
	website.CheckIn, website.Answer = "website", "yes"
	looked := k.decision(teacher, decisions.Reviewed)
	looked.Item, looked.Saw = classdojo.Item(class), s.world.Now().Add(-48*time.Hour)
	cover := k.decision(lead, decisions.Cover)
	today := p.Calendar.Date(s.world.Now())
	cover.Course, cover.Who, cover.From, cover.Until = moderation.BlogKey(p.Blogs[0].ID), k.decision(teacher, "").By.ID, today.String(), today.AddDays(3).String()
	renew, end := k.decision(bursar, decisions.Renew), k.decision(bursar, decisions.EndRecord)
	renew.Record, renew.Entry, renew.Until = "visitors", visitor, today.AddDays(90).String()
	end.Record, end.Entry = "consents", consent
	k.more = append(k.moderate(first, host), answer, website, looked, cover, renew, end, k.entered(bursar, "visitors", "Another visitor"),
		k.form(teacher, incidents.Sent{Act: incidents.ActRaise, Form: &incidents.Form{Kind: incidents.Incident, About: incidents.Adult, Note: "the second"}}),
		k.form(bursar, incidents.Sent{Act: incidents.ActRaise, Form: &incidents.Form{Kind: incidents.Complaint, About: incidents.Pupil, Note: "the third"}}),
		k.form(lead, incidents.Sent{Act: incidents.ActOpen, Entry: k.entry(first, "the first").ID}),
		k.form(lead, incidents.Sent{Act: incidents.ActClose, Entry: k.entry(first, "the first").ID, WhoTold: "The parents", Learnt: "Nothing new."}))
	k.save()
	later := k.rounds("later run", &first)
	if t.Failed() {
		return
	}
	k.counted(later, len(k.more))
	k.toldOnce(later)
	if before, after := len(k.entry(first, unopened).Told), len(k.entry(later, unopened).Told); before == 0 || after <= before {
		t.Errorf("of what nobody opened %d were told at first and %d later: it was not passed on", before, after)
	}
	if n := k.letters(later); n["entry"] < 3 || n["digest"] == 0 || n["oversharing"] == 0 {
		t.Errorf("letters: %v", n)
	}
	k.quiet()
}

// form is a form of the incident log that somebody sent.
func (k *killer) form(who string, s incidents.Sent) decisions.Decision {
	k.t.Helper()
	d := k.decision(who, decisions.Incident)
	var err error
	d.Incident, err = json.Marshal(s)
	k.do(err)
	return d
}

// entered is an entry of a list.
func (k *killer) entered(who, record, what string) decisions.Decision {
	d := k.decision(who, decisions.Record)
	d.Record, d.What, d.Until = record, what, k.policyOf().Calendar.Date(k.world.Now()).AddDays(30).String()
	return d
}

// idOf is the id that the n-th form gets.
func (k *killer) idOf(n int) string {
	return decisions.ID(k.more[n].Do, k.more[n].By, fmt.Sprint("form ", n))
}

// counted sees to it that the forms count: else the kills prove nothing.
func (k *killer) counted(o oneShot, n int) {
	k.t.Helper()
	db := openFile(k.t, o.State)
	defer db.Close()
	for i := range n {
		if j, err := decisions.Judged(k.t.Context(), db, k.idOf(i)); err != nil || j == nil || !j.Counts {
			k.t.Errorf("form %d (%s) does not count: %+v %v", i, k.more[i].Do, j, err)
		}
	}
}

// moderate is what a host decides on three comments of blogs that the program knows: each another thing.
func (k *killer) moderate(o oneShot, host string) (out []decisions.Decision) {
	k.t.Helper()
	db := openFile(k.t, o.State)
	defer db.Close()
	book, err := moderation.Open(k.t.Context(), db)
	k.do(err)
	id := k.policyOf().Blogs[0].ID
	class := book.Class(moderation.BlogKey(id))
	for post, x := range class.Posts {
		for _, a := range x.Acts {
			c := k.world.Blog(id).Comment(post, a.Key)
			if c == nil || a.Settled || a.Gone != "" || c.Status != world.CommentPending && (c.Status != world.BlogLive || len(out) == 0) || len(out) == 3 {
				continue
			}
			d := k.decision(host, decisions.Moderate)
			d.Item, d.Comment, d.To = moderation.Subject(moderation.BlogKey(id), post), a.Key, []string{decisions.Show, decisions.Hide, decisions.Remove}[len(out)]
			out = append(out, d)
		}
	}
	if len(out) < 3 {
		k.t.Fatalf("%d comments on a blog can be decided on", len(out))
	}
	return out
}

// unopened is the note of an entry that nobody opens.
const unopened = "the one that waits"

// entry is the entry of the incident log with a note.
func (k *killer) entry(o oneShot, note string) *incidents.Entry {
	k.t.Helper()
	db := openFile(k.t, o.State)
	defer db.Close()
	list := all[incidents.Entry](k.t, db, incidents.Incidents)
	i := slices.IndexFunc(list, func(e incidents.Entry) bool { return e.Note == note })
	if i < 0 {
		k.t.Fatalf("none of %d entries is %q", len(list), note)
	}
	return &list[i]
}

// list is a list of what somebody saw on ClassDojo.
func (k *killer) list(class string) []byte {
	out := "class,kind,when,count\n"
	day := calendar.DateOf(k.world.Now()).AddDays(-4)
	for i := range listed {
		out += fmt.Sprintf("%s,%s,%s,%d\n", class, []string{"comment", "story"}[i%2], day.AddDays(i%4), 1+i/8)
	}
	return []byte(out)
}

// relayed is what the forwarder sends of a mail.
func (k *killer) relayed(class, message string) []byte {
	k.t.Helper()
	body, err := json.Marshal(map[string]string{
		"kind": string(classdojo.Story), "class": class, "link": classdojo.Target{Kind: classdojo.Story, Class: class}.Link(),
		"time": k.world.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339), "message": message,
	})
	k.do(err)
	return body
}

// dojoMails puts ClassDojo's mails into the mailbox that the policy names.
func (k *killer) dojoMails(class string, ids ...string) {
	at := k.world.Now().Add(-2 * time.Hour).UTC().Format(time.RFC1123Z)
	box := k.policyOf().ClassDojo.Mailbox
	for _, id := range ids {
		raw := "Delivered-To: " + box + "\r\nReceived: by 2002:a05:6000:1 with SMTP id x1;\r\n        " + at + "\r\nReturn-Path: <bounce@mail.classdojo.com>\r\n" +
			"Received: from mail.classdojo.com (mail.classdojo.com. [192.0.2.1]) by mx.google.com with ESMTPS id y1 for <" + box + ">; " + at + "\r\n" +
			"Authentication-Results: mx.google.com;\r\n       dkim=pass header.i=@classdojo.com header.s=s1 header.b=Ab/c+d=;\r\n" +
			"       spf=pass (google.com: domain of bounce@mail.classdojo.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=bounce@mail.classdojo.com;\r\n" +
			"       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=classdojo.com\r\n" +
			"From: ClassDojo <hello@classdojo.com>\r\nTo: " + box + "\r\nSubject: Something new\r\nMessage-ID: " + id + "\r\nDate: " + at + "\r\nMIME-Version: 1.0\r\n" +
			"Content-Type: text/plain; charset=utf-8\r\n\r\nLook: " + classdojo.Target{Kind: classdojo.Story, Class: class}.Link() + "\r\n"
		k.world.ReceiveMail(k.world.User(box).PrimaryEmail, base64.URLEncoding.EncodeToString([]byte(raw)))
	}
}

// toldOnce sees to it that the run which was never killed had something of everything to do.
func (k *killer) toldOnce(o oneShot) {
	k.t.Helper()
	db, site := openFile(k.t, o.State), openFile(k.t, o.Site)
	defer db.Close()
	defer site.Close()
	from := map[string]int{}
	for e, err := range classdojo.WasTold(k.t.Context(), db, "", time.Time{}) {
		k.do(err)
		from[e.From]++
	}
	if from[classdojo.FromMailbox] != 3 || from[classdojo.FromCSV] != listed {
		k.t.Errorf("told: %v", from)
	}
	for _, body := range k.round.Relay {
		var sent map[string]string
		k.do(json.Unmarshal(body, &sent))
		if _, err := site.Get(k.t.Context(), classdojo.Left, classdojo.MessageKey(sent["message"], classdojo.Story, sent["class"])); err != nil {
			k.t.Errorf("what the forwarder sent is not there: %v", err)
		}
	}
	done := 0
	for _, a := range all[actions.Action](k.t, db, actions.Actions) {
		if a.Kind == remedies.KindComment && a.State == actions.Done && slices.ContainsFunc(k.more, func(d decisions.Decision) bool { return d.Comment == a.Params["comment"] }) {
			done++
		}
	}
	if done != 3 {
		k.t.Errorf("%d of the host's decisions on comments are done, of 3", done)
	}
	list := entries(k.t, db)
	if len(list) != 5 || !strings.Contains(strings.Join(list, "\n"), "closed 1 times") {
		k.t.Errorf("the incident log has %v", list)
	}
}
