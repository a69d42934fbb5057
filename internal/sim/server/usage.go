package server

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// pacific is the time zone of usage reports' dates, which knows no summer time. Source: Reports API, userUsageReport.get.
var pacific = time.FixedZone("UTC-8", -8*60*60)

// usageLag is how many days late usage reports come.
func (s *Server) usageLag() int {
	switch {
	case s.opts.UsageLag == 0:
		return 2
	case s.opts.UsageLag < 0:
		return 0
	}
	return s.opts.UsageLag
}

// usageApps are the applications that reports hold where the request names no parameters.
var usageApps = []string{"accounts", "classroom", "gmail"}

func userUsageGet(c *call) ([]byte, *apiError) {
	w := c.s.world
	if id := c.query.Get("customerId"); id != "" && !c.ourCustomer(id) {
		return nil, forbidden("forbidden", "Not Authorized to access this resource/api")
	}
	if c.query.Get("groupIdFilter") != "" {
		return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "groupIdFilter is not simulated."}
	}
	date := c.path["date"]
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return nil, badRequest("invalid", "date", "Invalid value '"+date+"'. Values must match the format yyyy-mm-dd.")
	}
	if newest := w.Time().In(pacific).AddDate(0, 0, -c.s.usageLag()).Format(time.DateOnly); date > newest {
		return nil, badRequest("invalid", "date", "Data for dates later than "+newest+" is not yet available. Please check back later")
	}
	wanted := map[string]bool{}
	apps := map[string]bool{} // the asked-for applications: whether the date has data
	if p := c.query.Get("parameters"); p != "" {
		for _, name := range strings.Split(p, ",") {
			wanted[name] = true
			app, _, _ := strings.Cut(name, ":")
			apps[app] = false
		}
	} else {
		for _, app := range usageApps {
			apps[app] = false
		}
	}
	match, err := c.usageFilter()
	if err != nil {
		return nil, err
	}
	var kept []*world.UsageReport
	for _, u := range w.Usage(date) {
		for _, p := range u.Parameters {
			app, _, _ := strings.Cut(p.Name, ":")
			if _, asked := apps[app]; asked {
				apps[app] = true
			}
		}
		if match(u) {
			kept = append(kept, u)
		}
	}
	var out []json.RawMessage
	next, err := c.slice(len(kept), "maxResults", 1000, 1000, func(i int) string { return kept[i].Entity.ProfileID + kept[i].Entity.UserEmail }, func(i int) *apiError {
		v := *kept[i]
		v.Entity.CustomerID, v.Entity.Type = w.Settings.Customer.ID, "USER"
		if len(wanted) > 0 {
			v.Parameters = slices.DeleteFunc(slices.Clone(v.Parameters), func(p world.UsageParam) bool { return !wanted[p.Name] })
		}
		b, err := withKind("admin#reports#usageReport", v)
		out = append(out, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	type pair struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	type warning struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Data    []pair `json:"data"`
	}
	var warnings []warning
	for app, has := range apps {
		if !has {
			warnings = append(warnings, warning{"200", "Sorry, data for date " + date + " for application \"" + app + "\" is not available.", []pair{{"date", date}, {"application", app}}})
		}
	}
	slices.SortFunc(warnings, func(a, b warning) int { return strings.Compare(a.Message, b.Message) })
	return marshal(struct {
		Kind     string            `json:"kind"`
		Reports  []json.RawMessage `json:"usageReports,omitempty"`
		Warnings []warning         `json:"warnings,omitempty"`
		Next     string            `json:"nextPageToken,omitempty"`
	}{"admin#reports#usageReports", out, warnings, next})
}

var usageCondition = regexp.MustCompile(`^([a-z_]+:[a-z0-9_]+)(<=|>=|==|!=|<>|<|>)(.+)$`)

// usageFilter reads userKey, orgUnitID (units below included) and filters: "accounts:num_authorized_apps>0,gmail:is_gmail_enabled==true".
func (c *call) usageFilter() (func(*world.UsageReport) bool, *apiError) {
	w := c.s.world
	var only *world.User
	if key := c.path["userKey"]; key != "all" {
		if only = w.User(key); only == nil {
			return nil, notFound("Resource Not Found: userKey")
		}
	}
	unit := ""
	if id := c.query.Get("orgUnitID"); id != "" {
		var err *apiError
		if unit, err = c.unitPath(id); err != nil {
			return nil, badRequest("invalid", "orgUnitID", "Invalid Input: orgUnitID")
		}
	}
	var conditions [][]string
	if f := c.query.Get("filters"); f != "" {
		for _, part := range strings.Split(f, ",") {
			m := usageCondition.FindStringSubmatch(part)
			if m == nil {
				return nil, invalidParameter("filters", part)
			}
			conditions = append(conditions, m)
		}
	}
	user := func(u *world.UsageReport) *world.User {
		if x := w.User(u.Entity.ProfileID); x != nil {
			return x
		}
		return w.User(u.Entity.UserEmail)
	}
	return func(u *world.UsageReport) bool {
		if only != nil && user(u) != only {
			return false
		}
		if unit != "" && unit != "/" {
			x := user(u)
			if x == nil || x.OrgUnitPath != unit && !strings.HasPrefix(x.OrgUnitPath, unit+"/") {
				return false
			}
		}
		return !slices.ContainsFunc(conditions, func(m []string) bool { return !meets(u, m[1], m[2], m[3]) })
	}, nil
}

// meets compares a parameter of the report, numbers as numbers; a missing one meets nothing.
func meets(u *world.UsageReport, name, op, value string) bool {
	i := slices.IndexFunc(u.Parameters, func(p world.UsageParam) bool { return p.Name == name })
	if i < 0 {
		return false
	}
	p, n := u.Parameters[i], 0
	switch {
	case p.Int != nil:
		v, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return false
		}
		switch {
		case *p.Int < v:
			n = -1
		case *p.Int > v:
			n = 1
		}
	case p.Bool != nil:
		n = strings.Compare(strconv.FormatBool(*p.Bool), value)
	case p.Datetime != "":
		n = strings.Compare(p.Datetime, value)
	default:
		n = strings.Compare(p.String, value)
	}
	return map[string]bool{"==": n == 0, "!=": n != 0, "<>": n != 0, "<": n < 0, "<=": n <= 0, ">": n > 0, ">=": n >= 0}[op]
}
