package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"esafetybot/internal/access"
	"esafetybot/internal/actions"
	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/needed"
	"esafetybot/internal/outbox"
	"esafetybot/internal/records"
	"esafetybot/internal/reminders"
	"esafetybot/internal/store"
	"esafetybot/internal/store/bolt"
)

// remains is what runs left in a state and in the site's store, in a form in which it is the same for the same end.
type remains struct {
	Findings   map[string]string
	Events     []string
	Remembered map[string]string
	Site       map[string]string
	Mails      []string
	messageIDs []string
}

func (k *killer) remains(o oneShot) (r remains) {
	k.t.Helper()
	db, site := openFile(k.t, o.State), openFile(k.t, o.Site)
	defer db.Close()
	defer site.Close()
	r = remains{Findings: standing(k.t, db), Events: events(k.t, db), Remembered: memories(k.t, db), Site: left(k.t, site)}
	r.Mails, r.messageIDs = mails(k.t, db)
	return r
}

// check compares a state after a kill and a second run with one that was never killed. sent is what went out through Gmail meanwhile.
func (k *killer) check(when string, base *oneShot, want, have oneShot, sent []string) {
	k.t.Helper()
	r := k.remains(have)
	if diff := cmp.Diff(k.remains(want), r, cmpopts.IgnoreUnexported(remains{})); diff != "" {
		k.t.Errorf("%s: what is left differs (-want +have):\n%s", when, short(diff))
	}
	if have.MailDir != "" {
		if n := len(emls(k.t, have.MailDir)); n != len(r.Mails) {
			k.t.Errorf("%s: %d mails lie in the folder, %d were made", when, n, len(r.Mails))
		}
		return
	}
	made := r.messageIDs
	if base != nil {
		before := k.remains(*base).messageIDs
		made = slices.DeleteFunc(made, func(id string) bool { return slices.Contains(before, id) })
	}
	slices.Sort(made)
	slices.Sort(sent)
	if diff := cmp.Diff(made, sent, cmpopts.EquateEmpty()); diff != "" {
		k.t.Errorf("%s: what was sent through Gmail is not what was made (-made +sent):\n%s", when, diff)
	}
}

func openFile(t testing.TB, path string) store.Store {
	t.Helper()
	db, err := bolt.Open(path, "school", bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// mails lists what was made for whom, and how far it came, with the Message-IDs. An entry of the incident log has an id that nobody can foresee, so that letters of one are told apart by whom they go to.
func mails(t testing.TB, s store.Store) (list, ids []string) {
	t.Helper()
	for _, e := range all[outbox.Entry](t, s, outbox.Letters) {
		if e.Kind == "entry" {
			e.Period = "of an entry"
		}
		list, ids = append(list, fmt.Sprintf("%s to %s, %s: %s", e.Kind, e.Recipient, e.Period, e.State)), append(ids, e.MessageID)
	}
	slices.Sort(list)
	return list, ids
}

// letters counts the mails that were made up to the end of a run, by kind.
func (k *killer) letters(o oneShot) map[string]int {
	out := map[string]int{}
	for _, l := range k.remains(o).Mails {
		kind, _, _ := strings.Cut(l, " ")
		out[kind]++
	}
	return out
}

func emls(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, filepath.Base(f))
	}
	return out
}

// memories is what a state remembers: of accounts and classes, comments, decisions, answers and entries, what was told, the access record, what people were reminded of, and the actions with how often each was done.
func memories(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, c := range []*store.Collection{
		memory.Accounts, memory.Classes, access.Records, access.Holders, moderation.Classes, decisions.Judgements, checkins.Answers, needed.Questions, records.Entries, classdojo.Told, findings.Firsts,
		reminders.Outs, reminders.Confirms, reminders.Reads,
	} {
		for d, err := range s.Find(t.Context(), c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			out[c.Name+" "+d.Key] = string(d.Body)
		}
	}
	done := map[string]int{}
	for _, e := range all[actions.Event](t, s, actions.Events) {
		if e.To == actions.Done {
			done[e.Action]++
		}
	}
	for _, a := range all[actions.Action](t, s, actions.Actions) {
		out["action "+a.ID] = fmt.Sprint(a.State, a.Facts, ", done ", done[a.ID], " times")
	}
	for _, e := range entries(t, s) {
		out["entry "+e] += "once "
	}
	return out
}

// entries describes those of the incident log by what they say, whom they are about, who was told, and their history: ids of entries cannot be foreseen.
func entries(t testing.TB, s store.Store) (out []string) {
	t.Helper()
	for _, shelf := range []*store.Collection{incidents.Incidents, incidents.AdultConcerns} {
		for _, e := range all[incidents.Entry](t, s, shelf) {
			line := fmt.Sprint(shelf.Name, " ", e.Kind, " ", e.About, " ", e.Note, " ", e.State, " closed ", len(e.Closings), " times, told:")
			for _, m := range e.Told {
				line += " " + fmt.Sprint(m.Who)
			}
			for _, h := range e.History {
				line += fmt.Sprint("; ", h.What, " ", h.Whom)
			}
			out = append(out, line)
		}
	}
	n := len(all[map[string]any](t, s, incidents.Receipts))
	return append(out, fmt.Sprint(n, " receipts, ", len(all[map[string]any](t, s, incidents.Holds)), " holds"))
}

// left is what lies in the site's store.
func left(t testing.TB, s store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, c := range []*store.Collection{decisions.Decisions, classdojo.Left} {
		for d, err := range s.Find(t.Context(), c, store.Ask{}) {
			if err != nil {
				t.Fatal(err)
			}
			out[c.Name+" "+d.Key] = string(d.Body)
		}
	}
	return out
}
