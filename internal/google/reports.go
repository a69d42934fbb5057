package google

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	reports "google.golang.org/api/admin/reports/v1"

	"esafetybot/internal/seen"
)

// Events streams the events of an application's audit log ("drive", "admin", "login", "token", "classroom") between two times, newest record first, as the administrator with
// [ScopeAudit]. A zero time means no bound. With an event name only events of that name come, without one all do; the first
// kind counts against a smaller quota. A record may hold several events: each comes by itself, with the same Record. Records may arrive hours late.
func (c *Client) Events(ctx context.Context, app, eventName string, from, to time.Time) iter.Seq2[seen.Event, error] {
	open := func() *Handle { return c.asAdmin(ScopeAudit) }
	m := activitiesList
	if eventName != "" {
		m = activitiesFind
	}
	return paged(ctx, open, m, "log "+app, func(ctx context.Context, token string) ([]seen.Event, string, error) {
		list := c.reports.Activities.List("all", app).MaxResults(1000).Fields("nextPageToken",
			"items(id(time,uniqueQualifier),actor(email),events(name,parameters(name,value,multiValue,boolValue,intValue)))")
		if eventName != "" {
			list = list.EventName(eventName)
		}
		if !from.IsZero() {
			list = list.StartTime(stamp(from))
		}
		if !to.IsZero() {
			list = list.EndTime(stamp(to))
		}
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		var out []seen.Event
		for _, a := range page.Items {
			out = append(out, events(a, eventName)...)
		}
		return out, page.NextPageToken, nil
	})
}

// stamp writes a time as the Reports API reads it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// events takes the events of the wanted name ("" is every name) out of a record.
func events(a *reports.Activity, name string) []seen.Event {
	base := seen.Event{}
	if a.Id != nil {
		base.Record = a.Id.Time + "/" + strconv.FormatInt(a.Id.UniqueQualifier, 10)
		base.Time = moment(a.Id.Time)
	}
	if a.Actor != nil {
		base.Actor = strings.ToLower(a.Actor.Email)
	}
	var out []seen.Event
	for _, e := range a.Events {
		if name != "" && e.Name != name {
			continue
		}
		ev := base
		ev.Name = e.Name
		for _, p := range e.Parameters {
			put(&ev, p.Name, value(p))
		}
		out = append(out, ev)
	}
	return out
}

// put puts a parameter where it belongs.
func put(ev *seen.Event, name, v string) {
	switch name {
	case "doc_id":
		ev.Doc = v
	case "doc_type":
		ev.DocType = v
	case "owner":
		ev.Owner = strings.ToLower(v)
	case "shared_drive_id":
		ev.Drive = v
	case "target_user":
		ev.Target = strings.ToLower(v)
	case "USER_EMAIL":
		if v = strings.ToLower(v); ev.Target == "" {
			ev.Target = v
		}
		param(ev, name, v)
	case "GROUP_EMAIL":
		// Where an event names a group and a user (a membership), the group is what changed.
		ev.Target = strings.ToLower(v)
		param(ev, name, ev.Target)
	case "affected_email_address", "email_forwarding_destination_address", "impacted_users":
		param(ev, name, strings.ToLower(v))
	case "new_value", "NEW_VALUE":
		ev.NewValue = v
	default:
		param(ev, name, v)
	}
}

func param(ev *seen.Event, name, v string) {
	if v == "" {
		return
	}
	if ev.Params == nil {
		ev.Params = map[string]string{}
	}
	ev.Params[name] = v
}

// value is a parameter as one string. Google leaves false, 0 and "" out, so none of them can be told from the parameter's absence.
func value(p *reports.ActivityEventsParameters) string {
	switch {
	case p.Value != "":
		return p.Value
	case len(p.MultiValue) > 0:
		return strings.Join(p.MultiValue, ",")
	case p.BoolValue:
		return "true"
	case p.IntValue != 0:
		return strconv.FormatInt(p.IntValue, 10)
	}
	return ""
}
