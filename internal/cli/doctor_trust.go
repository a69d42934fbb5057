package cli

import (
	"context"
	"errors"
	"fmt"

	"esafetybot/internal/doctor"
	"esafetybot/internal/policy"
)

// plainly are the options with which one school of a trust is tried: as it is run, but without its name before each line.
func (o *options) plainly(p *policy.Policy) *options {
	s := o.forSchool(p)
	s.std.Out, s.std.Err, s.logTo = o.std.Out, o.std.Err, o.logTo
	return s
}

// examined is what doctor found out about a school of a trust, or about the trust itself.
type examined struct {
	School string `json:"school"`
	Name   string `json:"name"`
	*doctor.Report
	Error string `json:"error,omitempty"`
}

// summary is one line.
func (e examined) summary() string {
	if e.Report == nil {
		return "could not be tried: " + e.Error
	}
	return e.Summary()
}

// doctorTrust tries each school of a trust in turn, and the trust's own lead. A school that cannot be tried keeps no other from it.
func (o *options) doctorTrust(ctx context.Context, d doctorOptions, gmail bool) error {
	t, err := o.loadTrust()
	if err != nil {
		return err
	}
	if d.fixList {
		return o.fixListTrust(t, gmail, d)
	}
	if err := o.apart(t); err != nil {
		return err
	}
	if o.task, err = newTask(); err != nil {
		return err
	}
	defer o.task.close()
	var all []examined
	var reports []*doctor.Report
	failed := false
	for _, p := range t.Schools {
		one := examined{School: p.Key(), Name: p.School.Name}
		r, err := o.plainly(p).examine(ctx, p, d, t.SafeguardingLead.Address)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			var usage usageError
			if errors.As(err, &usage) {
				return err // a flag, which is every school's
			}
			one.Error, failed = err.Error(), true
		} else {
			one.Report, failed = r, failed || !r.OK
			reports = append(reports, r)
		}
		all = append(all, one)
		if !d.json {
			doctor.Heading(o.std.Out, one.title())
			if one.Report == nil {
				fmt.Fprintf(o.std.Out, "It could not be tried: %s.\n", one.Error)
			} else if err := r.Write(o.std.Out, d.width); err != nil {
				return err
			}
			fmt.Fprintln(o.std.Out)
		}
	}
	if lead := t.SafeguardingLead.Address; lead != "" {
		own := doctor.NewReport([]doctor.Item{doctor.TrustLead(lead, reports)})
		failed = failed || !own.OK
		all = append(all, examined{School: trustKey, Name: t.Name, Report: own})
		if !d.json {
			doctor.Heading(o.std.Out, t.Name)
			if err := own.Write(o.std.Out, d.width); err != nil {
				return err
			}
			fmt.Fprintln(o.std.Out)
		}
	}
	if d.json {
		err = o.printJSON(all)
	} else {
		doctor.Heading(o.std.Out, "All schools")
		for _, one := range all {
			fmt.Fprintf(o.std.Out, "%s: %s.\n", one.title(), one.summary())
		}
	}
	if err == nil && failed {
		err = errStatus(exitFailed)
	}
	return err
}

// title is the school's name with the word by which commands know it.
func (e examined) title() string {
	if e.School == trustKey {
		return e.Name
	}
	return e.Name + " (" + e.School + ")"
}

// fixListTrust prints what to paste into the Admin console of each Workspace of a trust.
func (o *options) fixListTrust(t *policy.Trust, gmail bool, d doctorOptions) error {
	list, id := doctor.Workspaces(t.Schools, o.actedAs, gmail), clientID(o.credentials)
	if !d.json {
		return doctor.WriteTrustFixList(o.std.Out, list, id, d.width)
	}
	type line struct {
		fixLine
		Schools []doctor.SchoolNeed `json:"schools"`
	}
	type workspace struct {
		Domains []string `json:"domains"`
		Schools []string `json:"schools"`
		Scopes  []line   `json:"scopes"`
	}
	out := struct {
		ClientID   string      `json:"client_id,omitempty"`
		Workspaces []workspace `json:"workspaces"`
	}{ClientID: id}
	for _, w := range list {
		one := workspace{Domains: w.Domains, Schools: w.Schools}
		for _, n := range w.Needs {
			one.Scopes = append(one.Scopes, line{fixLineOf(n.Need), n.Of})
		}
		out.Workspaces = append(out.Workspaces, one)
	}
	return o.printJSON(out)
}
