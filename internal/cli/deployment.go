package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"esafetybot/internal/access"
	"esafetybot/internal/actions"
	"esafetybot/internal/checkins"
	"esafetybot/internal/classdojo"
	"esafetybot/internal/closures"
	"esafetybot/internal/decisions"
	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/hooks"
	"esafetybot/internal/incidents"
	"esafetybot/internal/jobs"
	"esafetybot/internal/memory"
	"esafetybot/internal/moderation"
	"esafetybot/internal/needed"
	"esafetybot/internal/outbox"
	"esafetybot/internal/people"
	"esafetybot/internal/privacy"
	"esafetybot/internal/records"
	"esafetybot/internal/reminders"
	"esafetybot/internal/roster"
	"esafetybot/internal/runs"
	"esafetybot/internal/shares"
	"esafetybot/internal/store"
	"esafetybot/internal/store/firestore"
	"esafetybot/internal/views"
)

// The three databases of a deployment, by the names that Terraform gives them.
const (
	mainDatabase      = "main"      // the worker's state
	decisionsDatabase = "decisions" // what people decided on the review site
	hintsDatabase     = "hints"     // what receivers were told
)

// The three identities of a deployment.
const (
	workerIdentity   = "worker"   // alone acts on Google
	siteIdentity     = "site"     // the review site
	receiverIdentity = "receiver" // what others push to
)

// collections are all that the program keeps, by the database in which it stands.
func collections() map[string][]*store.Collection {
	chunked := []*store.Collection{access.Records, jobs.Coverages, jobs.Looks, roster.Roster, shares.Pictures}
	for i := range chunked {
		chunked = append(chunked, store.Chunks(chunked[i]))
	}
	return map[string][]*store.Collection{
		mainDatabase: append(chunked,
			access.Holders, actions.Actions, actions.Events, actions.Undos, checkins.Answers, classdojo.Told, closures.Closures, decisions.Judgements,
			findings.Events, findings.Findings, findings.Firsts, incidents.AdultConcerns, incidents.Ends, incidents.Holds, incidents.Incidents, incidents.Receipts,
			jobs.ChannelBook, jobs.Leases, jobs.Returns, memory.Accounts, memory.Classes, moderation.Classes, needed.Questions, outbox.Letters, outbox.Marks, outbox.Parts,
			people.People, privacy.Log, records.Entries, reminders.Confirms, reminders.Outs, reminders.Reads, runs.Records, views.Changes, views.Findings, views.History, views.Overview),
		decisionsDatabase: {decisions.Decisions, classdojo.Left}, // the site also takes what a forwarder of ClassDojo's mails tells
		hintsDatabase:     {hooks.Hints, classdojo.Left},
	}
}

// rights are what each identity may do with each database; what is not here it may not even read.
var rights = map[string]map[string]store.Rights{
	workerIdentity: {
		mainDatabase:      {Read: true, Create: true, Change: true, Delete: true},
		decisionsDatabase: {Read: true, Delete: true}, // a concern does not stay there
		hintsDatabase:     {Read: true, Delete: true},
	},
	siteIdentity: {
		hintsDatabase:     {Create: true}, // that somebody decided something
		mainDatabase:      {Read: true},
		decisionsDatabase: {Read: true, Create: true}, // it shows what was said as if it counted, until the worker has judged it
	},
	receiverIdentity: {
		hintsDatabase: {Create: true},
	},
}

// deployment is what Terraform reads of the program.
type deployment struct {
	Indexes    []deployIndex                  `json:"indexes"`
	Exemptions []deployField                  `json:"exemptions"`
	Roles      map[string]map[string][]string `json:"roles"`    // identity → database → permissions
	Scopes     map[string][]string            `json:"scopes"`   // "reading", "posting" and "changing": to be delegated to the worker
	Messages   map[string]string              `json:"messages"` // of log lines that alerts wait for
}

type deployIndex struct {
	Database   string      `json:"database"`
	Collection string      `json:"collection"`
	Fields     []deployKey `json:"fields"`
}

type deployKey struct {
	Path  string `json:"path"`
	Order string `json:"order"`
}

type deployField struct {
	Database   string `json:"database"`
	Collection string `json:"collection"`
	Path       string `json:"path"`
}

// describe says what a deployment needs.
func describe() (deployment, error) {
	d := deployment{Roles: map[string]map[string][]string{}, Messages: logMessages()}
	all := collections()
	for _, database := range []string{mainDatabase, decisionsDatabase, hintsDatabase} {
		list := slices.Clone(all[database])
		slices.SortFunc(list, func(a, b *store.Collection) int { return strings.Compare(a.Name, b.Name) })
		indexes, err := firestore.Indexes(list...)
		if err != nil {
			return d, fmt.Errorf("database %s: %w", database, err)
		}
		for _, x := range indexes {
			one := deployIndex{Database: database, Collection: x.Collection}
			for _, f := range x.Fields {
				order := "ASCENDING"
				if f.Desc {
					order = "DESCENDING"
				}
				one.Fields = append(one.Fields, deployKey{Path: f.Path, Order: order})
			}
			d.Indexes = append(d.Indexes, one)
		}
		for _, x := range firestore.Exempt(list...) {
			d.Exemptions = append(d.Exemptions, deployField{Database: database, Collection: x.Collection, Path: x.Path})
		}
	}
	for who, of := range rights {
		d.Roles[who] = map[string][]string{}
		for database, r := range of {
			d.Roles[who][database] = firestore.Permissions(r)
		}
	}
	// Posting is apart from both: it writes, so that it is not given unasked; and a school whose reminders go to Classroom need not
	// therefore let its worker change accounts and sharing.
	posting := []string{google.ScopeAnnounceWrite}
	without := func(list, those []string) []string {
		return slices.DeleteFunc(list, func(s string) bool { return slices.Contains(those, s) })
	}
	reading := without(scopesOf(slices.Concat(jobs.Listening, jobs.Looking, []string{sendJob})...), posting)
	changing := without(scopesOf(jobs.ApplyJob), reading)
	d.Scopes = map[string][]string{"reading": reading, "posting": posting, "changing": changing}
	return d, nil
}

// scopesOf lists what jobs ask Google for, sorted, each once.
func scopesOf(names ...string) []string {
	var out []string
	for _, job := range names {
		for _, use := range google.Scopes(job) {
			out = append(out, use.Scope)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// newDeployment prints what Terraform reads: for `make generate`, not for people.
func newDeployment(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "deployment", Short: "Print what terraform/program.json holds", Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			d, err := describe()
			if err != nil {
				return err
			}
			enc := json.NewEncoder(o.std.Out)
			enc.SetIndent("", "  ")
			return enc.Encode(d)
		},
	}
}
