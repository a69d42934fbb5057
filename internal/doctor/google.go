package doctor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
)

// policyFile tells what the policy's reader found doubtful.
func (x *examination) policyFile(context.Context) {
	p := x.Policy
	x.works("policy", fmt.Sprintf("The policy of %s can be read: %d clauses, version %s", p.School.Name, len(p.Clauses), p.Version))
	for _, w := range p.Warnings {
		x.unknown("policy/warning", "The policy, line "+fmt.Sprint(w.Line)+": "+w.Text, "")
	}
	if len(p.People["chair_of_governors"]) == 0 {
		x.unknown("policy/chair", "No chair of governors is named, so nobody could decide about what concerns the headteacher's own account", "name one under people, if there is one")
	}
}

// google tries each scope that the policy needs: whether Google gives a token for it and, where it only reads, whether one small question is answered.
func (x *examination) google(ctx context.Context) {
	x.refused = map[string]bool{}
	if x.Client == nil {
		x.spoilt = true
		what, next := "No service account is given", "make one and give its key file with --google-credentials (docs/setup.md, steps 2 and 3)"
		if x.Trouble != nil {
			what, next = "The service account cannot be used: "+strings.TrimPrefix(x.Trouble.Error(), "google: "), "give a key file that works with --google-credentials"
		}
		x.fails("google/credentials", what, "everything at Google", next)
		return
	}
	all := Needs(x.Policy, x.Mail.Scheme == "gmail")
	tokens := map[string]error{}
	for _, n := range all {
		err := x.Client.Granted(ctx, x.subject(n.Scope), n.Scope)
		if ctx.Err() != nil {
			return
		}
		if x.spoils(n, err) {
			return
		}
		tokens[n.Scope] = err
		x.refused[n.Scope] = err != nil
	}
	if !slices.Contains(values(x.refused), false) {
		x.spoilt = true
		x.fails("google/delegation", "Google refuses every scope: the service account"+x.named()+" is not listed for domain-wide delegation, or not with these scopes",
			"everything at Google", "let a super administrator paste what “esafetybot doctor --fix-list” prints into the Admin console; it may take minutes, at most a day, until it works")
		return
	}
	for _, n := range all {
		x.scope(ctx, n, tokens[n.Scope])
		if ctx.Err() != nil {
			return
		}
	}
}

func values(m map[string]bool) []bool {
	var out []bool
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func (x *examination) named() string {
	if x.ClientID == "" {
		return ""
	}
	return " with the client id " + x.ClientID
}

// subject is as whom a scope is used.
func (x *examination) subject(scope string) string {
	switch {
	case scope == google.ScopeCompose:
		return x.Mail.From
	case scope == google.ScopeMail && x.Mail.Scheme == "gmail":
		return x.Mail.From
	case scope == google.ScopeMail && x.Policy.ClassDojo != nil:
		return x.Policy.ClassDojo.Mailbox
	}
	return x.Admin
}

// spoils tells whether a refused token has a cause that no scope has to do with, and then says so once.
func (x *examination) spoils(n Need, err error) bool {
	var e *google.Error
	if err == nil || !errors.As(err, &e) {
		return false
	}
	scoped := strings.Contains(e.What, "refused the scope") // what an Admin console cures
	own := x.subject(n.Scope) != x.Admin                    // the sender's mailbox may be wrong by itself
	if scoped || own {
		return false
	}
	x.spoilt = true
	what, next := said(err)
	next = strings.TrimSuffix(next, ", then run again") // the last line of the report says so
	if strings.Contains(what, "no such administrator") {
		what = "Google knows no account " + x.Admin + ", or has disabled it; it is whom the program acts as"
		next = "put the address of an active super administrator under workspace_admin in the policy, or give it with --google-admin"
	}
	x.fails("google/sign-in", upper(what), "everything at Google", next)
	return true
}

// scope says how one scope stands.
func (x *examination) scope(ctx context.Context, n Need, token error) {
	key := "scope/" + n.Short()
	without := n.Without
	if n.Changes {
		without = "would have to be done by hand: " + n.Without
	}
	if token != nil {
		what, next := said(token)
		if strings.Contains(what, "refused the scope") {
			what, next = "Google refuses "+n.Short()+" ("+n.Plain+")", "add the scope in the Admin console: “esafetybot doctor --fix-list” prints the list to paste"
		} else if own := x.subject(n.Scope); own != x.Admin {
			what, next = "Google knows no account "+own+", as which mail is read or sent, or has disabled it", "correct the address (--mail gmail:SENDER, or classdojo: mailbox in the policy)"
		}
		x.fails(key, what, without, next, n.Clauses...)
		return
	}
	if n.Changes {
		x.add(Item{Key: key, Status: Works, What: n.Short() + ": Google would let the program " + n.Plain, Clauses: n.Clauses})
		return
	}
	err := x.ask(ctx, n.Scope)
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, errNothingToAsk):
		x.add(Item{Key: key, Status: Unknown, What: n.Short() + " is granted, but there was nothing to try it on (" + n.Plain + ")", Clauses: n.Clauses})
	case err != nil:
		what, next := said(err)
		what = n.Short() + " is granted, but asking failed: " + what
		if next == "" {
			next = "look whether " + x.subject(n.Scope) + " is a super administrator, and the API is enabled in the Google Cloud console"
		}
		if google.Reason(err) == seen.Refused && n.Scope == google.ScopePolicies {
			next = "act as a super administrator (workspace_admin in the policy, or --google-admin): Google shows settings to nobody else"
		}
		x.refused[n.Scope] = true
		x.fails(key, what, without, next, n.Clauses...)
	default:
		x.add(Item{Key: key, Status: Works, What: n.Short() + ": the program may " + n.Plain, Clauses: n.Clauses})
	}
}

// errNothingToAsk says that a scope cannot be tried, since there is nothing there that it opens.
var errNothingToAsk = errors.New("there is nothing to try it on")

// first reads the first of a stream; found is false where it is empty.
func first[T any](seq iter.Seq2[T, error]) (v T, found bool, err error) {
	for v, err := range seq {
		return v, err == nil, err
	}
	return v, false, nil
}

// only drops what was read: that it could be is all that counts.
func only[T any](seq iter.Seq2[T, error]) error {
	_, _, err := first(seq)
	return err
}

// ask puts one small question that takes a scope, and no other that could be refused where possible.
func (x *examination) ask(ctx context.Context, scope string) error {
	c := x.Client
	switch scope {
	case google.ScopeUsers:
		return only(c.Users(ctx))
	case google.ScopeDomains:
		_, err := c.Domains(ctx)
		return err
	case google.ScopeMetadata:
		return only(c.OwnedItems(ctx, x.Admin))
	case google.ScopeUnits:
		return only(c.Units(ctx))
	case google.ScopeGroups:
		return only(c.Groups(ctx))
	case google.ScopeSettings:
		return x.askGroup(ctx)
	case google.ScopeDrives:
		return only(c.Drives(ctx))
	case google.ScopeAudit:
		return only(c.Events(ctx, "admin", "", x.Now.AddDate(0, 0, -7), x.Now))
	case google.ScopeRoles:
		return only(c.Roles(ctx))
	case google.ScopeUsage:
		err := only(c.Usage(ctx, x.Now.AddDate(0, 0, -4).UTC().Format(time.DateOnly), []string{"accounts:num_authorized_apps"}))
		if c.NoUsage(err) {
			return nil // there is none of that day yet, but we may ask
		}
		return err
	case google.ScopeSecurity:
		return x.askAdmin(ctx, func(id string) error { _, err := c.Apps(ctx, id); return err })
	case google.ScopeMailSettings:
		_, err := c.AutoForward(ctx, x.Admin)
		if google.Reason(err) == seen.Off {
			return errNothingToAsk // the administrator has no Gmail
		}
		return err
	case google.ScopeLicenses:
		if x.refused[google.ScopeUsers] {
			return errNothingToAsk // the customer's id stands in an account
		}
		return only(c.Licenses(ctx, "Google-Apps"))
	case google.ScopePolicies:
		return only(c.Settings(ctx, []string{"gmail.service_status"}))
	case google.ScopeChromebooks:
		return only(c.Chromebooks(ctx))
	case google.ScopeMobiles:
		return only(c.Mobiles(ctx))
	case google.ScopeGuardians:
		return only(c.Guardians(ctx))
	case google.ScopeBlogs:
		_, err := c.Blogs(ctx, x.blogHost())
		return err
	case google.ScopeCompose:
		return only(c.ListDrafts(ctx, x.subject(scope)))
	case google.ScopeMail:
		return only(c.Mail(ctx, x.subject(scope), fmt.Sprintf("from:mailer-daemon after:%d", x.Now.AddDate(0, 0, -1).Unix())))
	}
	return x.askClass(ctx, scope)
}

// blogHost is as whom blogs are looked at: the first whom the policy names for one, else the administrator.
func (x *examination) blogHost() string {
	for _, b := range x.Policy.Blogs {
		return b.Hosts[0]
	}
	return x.Admin
}

// askGroup asks for the settings of one group. Which groups there are takes another scope.
func (x *examination) askGroup(ctx context.Context) error {
	g, found, err := first(x.Client.Groups(ctx))
	if err != nil || !found {
		return errNothingToAsk
	}
	_, err = x.Client.GroupOpen(ctx, g.Address)
	return err
}

// askAdmin asks something of the administrator's own account, whose id takes another scope.
func (x *examination) askAdmin(ctx context.Context, ask func(id string) error) error {
	p, err := x.Client.Person(ctx, x.Admin)
	if err != nil {
		return errNothingToAsk
	}
	return ask(p.ID)
}

// askClass asks something about one class. Which classes there are takes another scope.
func (x *examination) askClass(ctx context.Context, scope string) error {
	c := x.Client
	course, found, err := first(c.Courses(ctx, "ACTIVE"))
	if scope == google.ScopeCourses {
		return err
	}
	if err != nil || !found {
		return errNothingToAsk
	}
	switch scope {
	case google.ScopeRosters:
		return only(c.ClassMembers(ctx, course.ID))
	case google.ScopeAnnounced:
		return notFound(c.Post(ctx, course.ID, seen.PostAnnouncement, "1"))
	case google.ScopeCourseWork:
		return notFound(c.Post(ctx, course.ID, seen.PostCourseWork, "1"))
	case google.ScopeMaterials:
		return notFound(c.Post(ctx, course.ID, seen.PostMaterial, "1"))
	case google.ScopeAddresses:
		return nil // the token is all that can be tried of it: it adds a field to what rosters show
	}
	return errNothingToAsk
}

// notFound takes "there is no such post" for what it is: an answer.
func notFound(_ seen.Post, err error) error {
	if google.IsNotFound(err) {
		return nil
	}
	return err
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
