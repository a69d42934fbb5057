package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	netmail "net/mail"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"esafetybot/internal/decisions"
	"esafetybot/internal/doctor"
	"esafetybot/internal/findings"
	"esafetybot/internal/google"
	"esafetybot/internal/hooks"
	"esafetybot/internal/mail"
	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// doctorOptions are the flags of doctor.
type doctorOptions struct {
	json, fixList, probe bool
	testMail             string
	width                int
}

func newDoctor(o *options) *cobra.Command {
	var d doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Try everything that a run needs, and say what works, what does not, and what to do next",
		Long: "Try each scope, setting and address that the policy's clauses need, the rolls, the term dates, the state and the places beside it (--decisions, --hints), the way out for mails and the review site. It reads only: nothing is changed, and no mail is sent but the one that --test-mail asks for.\n\n" +
			"--fix-list prints the client id and the scopes to paste into the Admin console, with what each permits; it needs no network.\n" +
			"With --trust each school is tried in turn, and one line for each ends the report; --fix-list then prints one list for each Google Workspace, with which schools need each scope. --school names one school; --probe needs it, since it is about one Workspace.\n" +
			"--probe answers questions about Google that docs/live-domain.md leaves open. Its report holds numbers and Google's own words, no personal data, so it can be sent to whoever develops the program. It ends with what is left for a person to try.\n\n" +
			"Exit status: 0 everything works; 1 something does not; 2 wrong usage or a wrong policy.",
		Example: "  esafetybot doctor --policy school.yaml --google-credentials key.json\n" +
			"  esafetybot doctor --policy school.yaml --google-credentials key.json --fix-list\n" +
			"  esafetybot doctor --policy school.yaml --google-credentials key.json --mail gmail:safety@school.example --test-mail you@school.example\n" +
			"  esafetybot doctor --policy school.yaml --google-credentials key.json --probe > probe.txt\n" +
			"  esafetybot doctor --trust trust.yaml --google-credentials key.json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if d.fixList && d.probe {
				return usageError{errors.New("--fix-list and --probe are two different things: give one of them")}
			}
			if d.width < 40 {
				return usageError{errors.New("--width is the width of a line in characters, 40 at least")}
			}
			return o.doctor(cmd.Context(), d)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&d.json, "json", false, "as JSON")
	f.BoolVar(&d.fixList, "fix-list", false, "print the client id and the scopes to paste into the Admin console, and try nothing")
	f.BoolVar(&d.probe, "probe", false, "answer open questions about Google, without personal data")
	f.StringVar(&d.testMail, "test-mail", "", "send a test mail to this address")
	f.IntVar(&d.width, "width", 110, "width of a line in characters")
	f.StringVar(&o.now, "now", "", "as if it were this time (RFC 3339), for simulated schools")
	return cmd
}

// doctor tries what is to be tried, as the flags say, and tells what came of it.
func (o *options) doctor(ctx context.Context, d doctorOptions) error {
	to, err := mail.ParseAddressable(o.mail)
	if err != nil {
		return usageError{err}
	}
	if d.testMail != "" {
		if a, err := netmail.ParseAddress(d.testMail); err != nil || a.Address != d.testMail {
			return usageError{fmt.Errorf("--test-mail %q is no address like you@school.example", d.testMail)}
		}
	}
	if o.trust != "" && o.school == "" && !d.probe {
		return o.doctorTrust(ctx, d, to.Scheme == "gmail")
	}
	p, err := o.loadPolicy()
	if err != nil {
		return err
	}
	if d.fixList {
		return o.fixList(p, to.Scheme == "gmail", d)
	}
	if o.trust != "" {
		o = o.plainly(p)
	}
	if d.probe {
		return o.probe(ctx, p, d)
	}
	r, err := o.examine(ctx, p, d, "")
	if err != nil {
		return err
	}
	if d.json {
		err = o.printJSON(r)
	} else {
		err = r.Write(o.std.Out, d.width)
	}
	if err == nil && !r.OK {
		err = errStatus(exitFailed)
	}
	return err
}

// setup is a school as a run would find it, and as whom its mails would go.
func (o *options) setup(ctx context.Context, p *policy.Policy) (s doctor.Setup, err error) {
	clock, err := o.clock()
	if err != nil {
		return s, err
	}
	s = doctor.Setup{
		Policy: p, Admin: o.actedAs(p), Now: clock(), ClientID: clientID(o.credentials), Keyless: strings.HasPrefix(o.credentials, google.Keyless), From: o.from, BaseURL: o.baseURL,
		HTTP: &http.Client{Timeout: 10 * time.Second}, Progress: o.progress(),
	}
	if s.Mail, err = mail.ParseAddressable(o.mail); err != nil {
		return s, usageError{err}
	}
	s.State, s.Stores = o.places(p)
	if s.From == "" {
		s.From = "esafetybot@" + p.School.Domains[0]
	}
	switch {
	case o.credentials == "":
	case s.Admin == "":
		s.Trouble = errors.New("nobody is named to act as: put a workspace_admin into the policy, or give --google-admin")
	default:
		s.Client, s.Trouble = google.New(ctx, google.Config{CredentialsFile: o.credentials, Admin: s.Admin, Endpoint: o.endpoint, Workers: o.workers, Log: o.logger(), Quota: o.quota, After: o.before()})
		if o.task != nil && s.Trouble == nil {
			o.task.client = s.Client
		}
	}
	return s, nil
}

// actedAs is who is acted as at a school; "" where nobody is named.
func (o *options) actedAs(p *policy.Policy) string {
	if o.admin != "" {
		return o.admin
	}
	address, _ := p.Address(policy.RoleAdmin)
	return address
}

// examine tries everything for one school. lead is the trust's safeguarding lead, or "".
func (o *options) examine(ctx context.Context, p *policy.Policy, d doctorOptions, lead string) (*doctor.Report, error) {
	s, err := o.setup(ctx, p)
	if err != nil {
		return nil, err
	}
	s.TestMail, s.Lead = d.testMail, lead
	s.HooksURL = o.hooksURL
	_, s.HooksTrouble = o.pushTo()
	switch to := s.Mail; to.Scheme {
	case "gmail":
		s.From = to.From
		if s.Client != nil {
			s.Sender = mail.NewGmail(drafts{s.Client, s.From})
		} else {
			s.TestMail = ""
		}
	case "smtp":
		to.SMTP.Password = o.std.Getenv("ESAFETYBOT_SMTP_PASSWORD")
		s.Sender = mail.NewSMTP(to.SMTP)
	default:
		s.Sender = mail.NewDir(to.Path)
	}
	return doctor.Examine(ctx, s)
}

// places are where a run keeps and finds things. Doctor stands in for the worker, who alone uses all of them.
func (o *options) places(p *policy.Policy) (state doctor.Place, others []doctor.Place) {
	at := func(uri string) func(context.Context) (store.Store, error) {
		return func(ctx context.Context) (store.Store, error) { return o.openAt(ctx, uri, p) }
	}
	state = doctor.Place{URI: o.state, Holds: findings.Findings, Rights: rights[workerIdentity][mainDatabase], Open: at(o.state)}
	decided, told := o.decisionsURI(), o.hintsURI()
	others = []doctor.Place{
		{
			Key: "decisions", What: "What people decide on the review site", URI: decided, Flag: "--decisions", Open: at(decided), Holds: decisions.Decisions, Rights: rights[workerIdentity][decisionsDatabase],
			Without: "what people answer, decide and tell on the site would not be heard",
			Later:   "The review site's address is given, but no place for what people decide there, so nothing of it is heard", Next: "start “esafetybot serve”, which makes a file beside the state; elsewhere give --decisions",
		},
		{
			Key: "hints", What: "What the receivers are told", URI: told, Flag: "--hints", Open: at(told), Holds: hooks.Hints, Rights: rights[workerIdentity][hintsDatabase],
			Without: "what happens is found when the jobs look, and not within minutes; what a forwarder of ClassDojo's mails tells is not heard",
			Later:   "The receivers' address is given, but no place for what they are told, so what happens is found when the jobs look", Next: "start “esafetybot serve”, which makes a file beside the state; elsewhere give --hints",
		},
	}
	for i, wanted := range []bool{o.baseURL != "", o.hooksURL != ""} {
		if !wanted { // that there is no site, or no receiver, is told by itself
			others[i].Later = ""
		}
	}
	return state, others
}

// printJSON writes a value for programs.
func (o *options) printJSON(v any) error {
	enc := json.NewEncoder(o.std.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// fixList prints what to paste into the Admin console.
func (o *options) fixList(p *policy.Policy, gmail bool, d doctorOptions) error {
	list, id := doctor.Needs(p, gmail), clientID(o.credentials)
	if !d.json {
		return doctor.WriteFixList(o.std.Out, list, id, d.width)
	}
	type line struct {
		fixLine
		Clauses []string `json:"clauses"`
	}
	out := struct {
		ClientID string `json:"client_id,omitempty"`
		Scopes   []line `json:"scopes"`
	}{ClientID: id, Scopes: []line{}}
	for _, n := range list {
		out.Scopes = append(out.Scopes, line{fixLineOf(n), append([]string{}, n.Clauses...)})
	}
	return o.printJSON(out)
}

// fixLine is what --json prints of a scope.
type fixLine struct {
	Scope   string `json:"scope"`
	Permits string `json:"permits"`
	Without string `json:"without"`
	Changes bool   `json:"changes"`
}

func fixLineOf(n doctor.Need) fixLine {
	return fixLine{Scope: n.Scope, Permits: n.Plain, Without: n.Without, Changes: n.Changes}
}

// probe prints answers to the open questions of docs/live-domain.md.
func (o *options) probe(ctx context.Context, p *policy.Policy, d doctorOptions) error {
	s, err := o.setup(ctx, p)
	if err != nil {
		return err
	}
	if s.Client == nil {
		if s.Trouble != nil {
			return s.Trouble
		}
		return usageError{errors.New("no service account is given: --google-credentials KEY.json (how to make one: docs/setup.md, steps 2 and 3)")}
	}
	answers, err := doctor.Probe(ctx, s)
	if err != nil {
		return err
	}
	if d.json {
		return o.printJSON(answers)
	}
	return doctor.WriteProbe(o.std.Out, answers, d.width)
}

// clientID is the number of the service account whose key a file holds; "" where the file does not say.
func clientID(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var key struct {
		ClientID string `json:"client_id"`
	}
	_ = json.Unmarshal(raw, &key) // a file that is no key is told of when it is used
	return key.ClientID
}
