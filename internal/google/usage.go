package google

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/api/googleapi"

	"esafetybot/internal/seen"
)

// ErrNoUsage says that Google has no usage report of that day, or not all of it yet: they come one to three days late.
var ErrNoUsage = errors.New("there is no usage report of that day yet")

// notYet recognises Google's refusals for a day that is too late: "Data for dates later than 2026-11-16 is not yet available. Please check back
// later" and "Start date can not be later than 2026-11-19", both with the reason "invalid", which says nothing.
var notYet = regexp.MustCompile(`(?i)not yet available|date can\s?not be later than`)

// Usage streams one day's usage report of every account (a day in California, "2026-11-18"), with these parameters ("gmail:num_emails_sent"),
// with [ScopeUsage]. Where Google has no data of that day for one of the parameters' applications, or not a line for anybody, it gives nothing but [ErrNoUsage].
func (c *Client) Usage(ctx context.Context, date string, parameters []string) iter.Seq2[seen.Usage, error] {
	return c.usage(ctx, usageGet, date, "", parameters)
}

// UsageUnder is [Client.Usage] for the accounts of one org unit, by its id, and those below. It counts against a smaller quota, and nobody's having a line is no error.
func (c *Client) UsageUnder(ctx context.Context, date, unitID string, parameters []string) iter.Seq2[seen.Usage, error] {
	return c.usage(ctx, usageFind, date, unitID, parameters)
}

func (c *Client) usage(ctx context.Context, m method, date, unit string, parameters []string) iter.Seq2[seen.Usage, error] {
	open := func() *Handle { return c.asAdmin(ScopeUsage) }
	return paged(ctx, open, m, date, func(ctx context.Context, token string) ([]seen.Usage, string, error) {
		get := c.reports.UserUsageReport.Get("all", date).Parameters(strings.Join(parameters, ",")).MaxResults(1000).Fields("nextPageToken",
			"usageReports(date,entity(userEmail,profileId),parameters(name,stringValue,intValue,boolValue,datetimeValue)),warnings(code,data(key,value))")
		if unit != "" {
			get = get.OrgUnitID("id:" + unitID(unit))
		}
		if token != "" {
			get = get.PageToken(token)
		}
		var page usagePage
		if _, err := get.Context(reading(ctx, page.read)).Do(); err != nil {
			var api *googleapi.Error
			if errors.As(err, &api) && api.Code == http.StatusBadRequest && notYet.MatchString(api.Message+"\n"+api.Body) {
				err = ErrNoUsage
			}
			return nil, "", err
		}
		if page.missing(parameters) || unit == "" && token == "" && len(page.Reports) == 0 {
			return nil, "", ErrNoUsage
		}
		return convert(page.Reports, usageLine), page.Next, nil
	})
}

// A usagePage is a page of the report, read without Google's client, which cannot tell a false or a 0 from what was not said.
type usagePage struct {
	Next    string        `json:"nextPageToken"`
	Reports []usageReport `json:"usageReports"`
	// Warnings tell what is missing: DATA_NOT_AVAILABLE, PARTIAL_DATA_AVAILABLE (documented as "200"), for an application.
	Warnings []struct {
		Code string `json:"code"`
		Data []struct {
			Key   string `json:"key"`
			Value string `json:"value"`
		} `json:"data"`
	} `json:"warnings"`
}

type usageReport struct {
	Date   string `json:"date"`
	Entity struct {
		Address string `json:"userEmail"`
		ID      string `json:"profileId"`
	} `json:"entity"`
	Parameters []struct {
		Name   string  `json:"name"`
		Text   *string `json:"stringValue"`
		Number *string `json:"intValue"`
		Flag   *bool   `json:"boolValue"`
		Time   *string `json:"datetimeValue"`
	} `json:"parameters"`
}

func (p *usagePage) read(body []byte) error {
	*p = usagePage{}
	if json.Unmarshal(body, p) == nil {
		return nil
	}
	if json.Valid(body) {
		return errShape
	}
	return errCut
}

// missing tells whether Google says that something we asked for is not there, or not all of it.
func (p *usagePage) missing(parameters []string) bool {
	for _, w := range p.Warnings {
		told := false
		for _, d := range w.Data {
			if d.Key != "application" {
				continue
			}
			told = true
			if slices.ContainsFunc(parameters, func(name string) bool { return strings.HasPrefix(name, d.Value+":") }) {
				return true
			}
		}
		if !told {
			return true
		}
	}
	return false
}

func usageLine(r usageReport) (seen.Usage, bool) {
	u := seen.Usage{User: r.Entity.ID, Address: strings.ToLower(r.Entity.Address), Date: r.Date, Values: make(map[string]string, len(r.Parameters))}
	for _, p := range r.Parameters {
		switch {
		case p.Text != nil:
			u.Values[p.Name] = *p.Text
		case p.Number != nil:
			u.Values[p.Name] = *p.Number
		case p.Flag != nil:
			u.Values[p.Name] = "false"
			if *p.Flag {
				u.Values[p.Name] = "true"
			}
		case p.Time != nil:
			u.Values[p.Name] = *p.Time
		}
	}
	return u, true
}
