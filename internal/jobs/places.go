package jobs

import (
	"slices"
	"strings"

	"esafetybot/internal/access"
	"esafetybot/internal/actions"
	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/hooks"
	"esafetybot/internal/incidents"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/needed"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/policy"
	"esafetybot/internal/privacy"
	"esafetybot/internal/records"
	"esafetybot/internal/reminders"
	"esafetybot/internal/roster"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
	"esafetybot/internal/views"
)

// Why something is kept for as long as it is, where no clock says so.
const (
	whileTrue    = "while it is true: each run brings it up to date"
	whileFinding = "as long as its finding or change"
	whileRunning = "it says who runs, and names nobody"
)

// whyIncidents is said of the incident log, whether there is anything in it or not.
const whyIncidents = "the incident log is kept apart, and it is not said whether anybody is in it: those who may read an entry give it out on the review site, and decide there when it goes"

// Places lists every collection of the program, in the order in which a person is taken out of them: what tells who somebody is comes last. docs/privacy.md says the same to people.
func Places() []privacy.Place {
	return []privacy.Place{
		{C: findings.Firsts, What: "the first of two people's agreement on a finding", While: "14 days", Dead: deadKey(privacy.Findings)},
		{C: needed.Questions, What: "what somebody was asked about something that they shared", While: whileFinding, Gone: true, Dead: deadKey(privacy.Findings)},
		{C: views.Findings, What: "what a finding is about, in words", While: whileFinding, Gone: true, Dead: deadKey(privacy.Findings)},
		{C: views.Changes, What: "what a change is about, in words", While: whileFinding, Gone: true, Dead: deadKey(privacy.Actions)},
		{C: views.Overview, What: "what the newest runs could not see, in words", While: whileTrue, Gone: true},
		{C: views.History, What: "what could not be seen on a day, in words that name nobody", Retention: policy.KeepRuns},
		{C: actions.Undos, What: "what undoing a change needs", While: "180 days", Gone: true, Dead: deadKey(privacy.Actions)},
		{C: actions.Events, What: "one step in the life of a change", Retention: policy.KeepActions, Dead: deadField(privacy.Actions, "action")},
		{C: actions.Actions, What: "a change", Retention: policy.KeepActions, Drop: map[string]string{"concerns": ""}, Dead: deadKey(privacy.Actions)},
		{C: findings.Events, What: "one step in the life of a finding", Retention: policy.KeepFindings, Dead: deadField(privacy.Findings, "finding")},
		{C: findings.Findings, What: "a finding", Retention: policy.KeepFindings, Again: "end the access, or the membership of a group or shared drive, that it was about", Dead: deadKey(privacy.Findings)},
		{C: decisions.Decisions, Site: true, What: "what somebody decided on the review site", Retention: policy.KeepDecisions,
			Drop: map[string]string{"findings": "", "changes": ""}, Skip: func(d store.Doc) bool { return d.Fields["do"] == decisions.Incident }},
		{C: decisions.Judgements, What: "what the program made of a decision", Retention: policy.KeepDecisions, Drop: map[string]string{"items": ""}},
		{C: closures.Closures, What: "a day on which the school was closed, and who said so", Retention: policy.KeepDecisions},
		{C: checkins.Answers, What: "an answer to a check-in", Retention: policy.KeepCheckIns},
		{C: reminders.Outs, What: "a reminder that went out, and to whom", Retention: policy.KeepCheckIns, Drop: map[string]string{"for": ""}},
		{C: reminders.Confirms, What: "who confirmed what a reminder asks", Retention: policy.KeepCheckIns},
		{C: reminders.Reads, What: "that somebody has read the policy", Retention: policy.KeepCheckIns},
		{C: records.Entries, What: "an entry of a list (approved services and blogs, visitors, consents, meetings, changes of the web filter)", Retention: policy.KeepRecords},
		{C: moderation.Classes, What: "who commented, posted and looked in a class or on a blog, and when", Retention: policy.KeepModerated, OwnWords: []string{"text"},
			Drop: map[string]string{"taught": "", "hosts": "", "as": "", "cover": "who"}},
		{C: classdojo.Left, Site: true, What: "what a forwarder told of ClassDojo", While: "45 days"},
		{C: hooks.Hints, What: "that something happened, and where to look", While: "a day at most", Keep: "it lies in a store of its own, names nobody, and is gone within a day"},
		{C: classdojo.Told, What: "what lists and the mailbox told of ClassDojo", While: "190 days"},
		{C: Looks, Form: privacy.Blob, What: "what the newest run of a job saw, by id", While: whileTrue, Drop: map[string]string{"said": "", "links": "", "names": ""}},
		{C: Records, What: "a run", Retention: policy.KeepRuns},
		{C: Coverages, Form: privacy.Blob, What: "what was read when", While: whileTrue, Drop: map[string]string{"trees": "", "again": ""}, Edit: readAgain},
		{C: shares.Pictures, Form: privacy.Blob, What: "what is shared on one Drive", While: whileTrue, Again: "in Drive end their access (Share, then Remove access); of an account of the school delete the account",
			Drop: map[string]string{"shares": "owner", "gone": "share.owner", "grants": "", "open": "", "abroad": ""}},
		{C: outbox.Letters, Form: privacy.Letters, What: "a message", Retention: policy.KeepMessages},
		{C: outbox.Parts, Form: privacy.Within, What: "the text of a message", Retention: policy.KeepMessages},
		{C: outbox.Marks, What: "up to when somebody was told", Retention: policy.KeepMessages},
		{C: Returns, What: "when was last looked for mail that came back", While: whileTrue},
		{C: ChannelBook, What: "which notification channels are open at Google", While: whileTrue},
		{C: Leases, What: "who runs a job", While: whileRunning},
		{C: privacy.Log, What: "who asked for an export or an erasure, and when", Retention: policy.KeepPrivacy},

		{C: incidents.Incidents, What: "the incident log", Retention: policy.KeepIncidents, Keep: whyIncidents},
		{C: incidents.AdultConcerns, What: "the incident log: about adults, or not sure", Retention: policy.KeepIncidents, Keep: whyIncidents},
		{C: incidents.Receipts, What: "the incident log: what was received from whom", Retention: policy.KeepIncidents, Keep: whyIncidents},
		{C: incidents.Holds, What: "the incident log: what is left as it is", Retention: policy.KeepIncidents, Keep: whyIncidents},

		{C: incidents.Ends, What: "the incident log: when an entry was deleted, and by whom", Retention: policy.KeepIncidents, Keep: whyIncidents},

		{C: access.Records, Form: privacy.Blob, What: "the access record of some accounts, by number", Retention: policy.KeepAccess, Rename: true},
		{C: memory.Classes, What: "who is in a class", While: whileTrue, Again: "delete the account; take somebody outside off the class (Classroom, then People), or archive it", Drop: map[string]string{"members": ""}},
		{C: memory.Accounts, What: "what is remembered of some accounts", While: whileTrue, Again: "delete the account in the Admin console (Directory, then Users)"},
		{C: roster.Roster, Form: privacy.Blob, What: "the adults' accounts, for the review site", While: whileTrue, Again: "delete the account in the Admin console (Directory, then Users)", Drop: map[string]string{"": ""}},
		{C: people.People, What: "the address of somebody who has access to a file", While: "as long as anything mentions them", Again: "in Drive end their access, and take them off the classes of Classroom that they are in", Gone: true},
		{C: access.Holders, What: "who an account of the access record is", Retention: policy.KeepAccess, Again: "delete the account in the Admin console (Directory, then Users)", Gone: true},
	}
}

// deadKey has documents go whose key is of something that goes.
func deadKey(kind string) func(*privacy.Work, store.Doc, any) bool {
	return func(w *privacy.Work, d store.Doc, _ any) bool { return w.Goes(kind, d.Key) }
}

// deadField has documents go that are about something that goes.
func deadField(kind, field string) func(*privacy.Work, store.Doc, any) bool {
	return func(w *privacy.Work, d store.Doc, body any) bool { return w.Goes(kind, privacy.Text(body, field)) }
}

// Theirs says what goes with a person: the picture of what they own, the findings on that and on them, and the changes that these called for.
func Theirs() []privacy.Collector {
	return []privacy.Collector{
		{C: shares.Pictures, Form: privacy.Blob, Look: theirFiles},
		{C: findings.Findings, Look: theirFindings},
		{C: actions.Actions, Look: theirChanges},
	}
}

// theirFiles notes the files of theirs that stand in the picture. What of a Drive changes is read in full again: else what somebody else gave them access to would be missing from the picture, and its finding
// would be closed although nothing was put right.
func theirFiles(w *privacy.Work, d store.Doc, body any) error {
	t, ok := body.(map[string]any)
	if !ok {
		return nil
	}
	owns := w.About(d.Key)
	changes := owns
	theirs := func(share any) {
		own := owns || w.About(privacy.Text(share, "owner"))
		if subject := privacy.Text(share, "kind") + "/" + privacy.Text(share, "id"); own && len(subject) > 1 {
			w.Let(privacy.Subjects, subject)
			w.Whole(subject)
			changes = true
		}
		changes = changes || w.Mentions(share)
	}
	list, _ := t["shares"].([]any)
	for _, s := range list {
		theirs(s)
	}
	gone, _ := t["gone"].(map[string]any)
	for _, n := range gone {
		if note, ok := n.(map[string]any); ok {
			theirs(note["share"])
		}
	}
	if changes {
		w.Let(privacy.Scopes, scopeName(d.Key))
	}
	return nil
}

// scopeName is the name of a scope by the key of its picture.
func scopeName(key string) string {
	return strings.Join(store.KeyParts(key), "/")
}

func theirFindings(w *privacy.Work, d store.Doc, body any) error {
	if subject := privacy.Text(body, "subject"); w.Goes(privacy.Subjects, subject) || w.About(subject) {
		w.Let(privacy.Findings, d.Key)
		w.Let(privacy.Subjects, subject)
		w.Whole(d.Key)
	}
	return nil
}

func theirChanges(w *privacy.Work, d store.Doc, body any) error {
	state := actions.State(privacy.Text(body, "state"))
	about := w.Goes(privacy.Findings, privacy.Text(body, "finding")) || w.Goes(privacy.Subjects, privacy.Text(body, "subject"))
	mentions := about || w.Mentions(body)
	if mentions && slices.Contains([]actions.State{actions.Started, actions.Unsure, actions.UndoStarted}, state) {
		return privacy.ErrUnderWay
	}
	// One that waits could not be made any more without saying to whom; if it is still called for it is proposed anew.
	if about || mentions && state.Waits() {
		w.Let(privacy.Actions, d.Key)
		w.Whole(d.Key)
	}
	return nil
}

// readAgain has what changed in the picture be read in full by the next run.
func readAgain(w *privacy.Work, body any) bool {
	t, _ := body.(map[string]any)
	read, _ := t["read"].(map[string]any)
	n := len(read)
	for scope := range read {
		if w.Goes(privacy.Scopes, scope) {
			delete(read, scope)
		}
	}
	return len(read) < n
}
