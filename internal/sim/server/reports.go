package server

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// keepRecords is how long Google keeps audit records.
const keepRecords = 180 * 24 * time.Hour

// lag is how long after the act a record shows: half to one and a half of Options.AuditLag, longer for late ones.
func (s *Server) lag(a *world.Activity, late bool) time.Duration {
	d := time.Duration(0)
	if s.opts.AuditLag > 0 {
		var b [16]byte
		binary.LittleEndian.PutUint64(b[:], uint64(a.Unique))
		binary.LittleEndian.PutUint64(b[8:], uint64(a.Time.UnixMilli()))
		d = s.opts.AuditLag/2 + time.Duration(mix(b[:])%uint64(s.opts.AuditLag))
	}
	if late {
		d += s.faults.Late
	}
	return d
}

func activitiesList(c *call) ([]byte, *apiError) {
	w := c.s.world
	now := w.Time()
	if id := c.query.Get("customerId"); id != "" && !c.ourCustomer(id) {
		return nil, forbidden("forbidden", "Not Authorized to access this resource/api")
	}
	for _, p := range []string{"groupIdFilter", "deviceFilter", "networkInfoFilter", "applicationInfoFilter", "resourceDetailsFilter", "statusFilter", "agentInfoFilter"} {
		if c.query.Get(p) != "" {
			return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: p + " is not simulated."}
		}
	}
	from, to := now.Add(-keepRecords), now
	for name, into := range map[string]*time.Time{"startTime": &from, "endTime": &to} {
		if v := c.query.Get(name); v != "" {
			t, err := time.Parse(time.RFC3339Nano, v)
			if err != nil {
				return nil, invalidParameter(name, v)
			}
			*into = t
		}
	}
	if from.After(to) {
		return nil, badRequest("invalid", "endTime", "Start time cannot be after end time.")
	}
	if oldest := now.Add(-keepRecords); from.Before(oldest) {
		from = oldest
	}
	match, err := c.activityFilter()
	if err != nil {
		return nil, err
	}
	after, err := c.page()
	if err != nil {
		return nil, err
	}
	list := w.Activities(c.path["applicationName"])
	// Newest first. The position is the time and the qualifier of the last record told.
	i, _ := slices.BinarySearchFunc(list, to, func(a *world.Activity, t time.Time) int {
		if a.Time.After(t) {
			return 1
		}
		return -1
	})
	i--
	if after != "" {
		ms, unique, _ := strings.Cut(after, " ")
		n, _ := strconv.ParseInt(ms, 36, 64)
		last := time.Unix(0, n)
		for ; i >= 0 && list[i].Time.After(last); i-- {
		}
		for j := i; j >= 0 && list[j].Time.Equal(last); j-- {
			if strconv.FormatInt(list[j].Unique, 36) == unique {
				i = j - 1
				break
			}
		}
	}
	size := c.size("maxResults", 1000, 1000)
	o := begin(nil, nil)
	o.str("kind", "admin#reports#activities")
	n, next := 0, ""
	var last *world.Activity
	for ; i >= 0 && !list[i].Time.Before(from); i-- {
		a := list[i]
		if !match(a) {
			continue
		}
		lost, late, twice := c.s.faults.record(a)
		if lost || a.Time.Add(c.s.lag(a, late)).After(now) {
			continue
		}
		copies := 1
		if twice {
			copies = 2
		}
		if n > 0 && n+copies > size {
			next = c.nextPage(strconv.FormatInt(last.Time.UnixNano(), 36) + " " + strconv.FormatInt(last.Unique, 36))
			break
		}
		b, err := a.JSON(w.Settings.Customer.ID)
		if err != nil {
			return nil, backendError(500)
		}
		for range copies {
			if n == 0 {
				o.key("items")
				o.b = append(o.b, '[')
			} else {
				o.b = append(o.b, ',')
			}
			o.b = append(o.b, b...)
			n++
		}
		last = a
	}
	if n > 0 {
		o.b = append(o.b, ']')
	}
	o.opt("nextPageToken", next)
	return o.end(), nil
}

// activityFilter reads userKey, eventName, actorIpAddress, orgUnitID and filters: "doc_id==X,visibility<>private".
func (c *call) activityFilter() (func(*world.Activity) bool, *apiError) {
	var actor string
	if key := c.path["userKey"]; key != "all" {
		u := c.s.world.User(key)
		if u == nil {
			return nil, notFound("Resource Not Found: userKey")
		}
		actor = lower(u.PrimaryEmail)
	}
	unit := ""
	if id := c.query.Get("orgUnitID"); id != "" {
		for _, o := range c.s.world.OrgUnits() {
			if o.OrgUnitID == id || "id:"+o.OrgUnitID == id {
				unit = o.OrgUnitPath
			}
		}
		if unit == "" {
			return nil, badRequest("invalid", "orgUnitID", "Invalid Input: orgUnitID")
		}
	}
	event, ip := c.query.Get("eventName"), c.query.Get("actorIpAddress")
	type condition struct{ name, op, value string }
	var conditions []condition
	if f := c.query.Get("filters"); f != "" {
		if event == "" {
			return nil, badRequest("invalid", "filters", "filters needs an eventName")
		}
		for _, part := range strings.Split(f, ",") {
			i := strings.IndexAny(part, "=<>")
			if i <= 0 {
				return nil, invalidParameter("filters", part)
			}
			op := part[i : i+1]
			if i+1 < len(part) && strings.ContainsAny(part[i+1:i+2], "=>") {
				op = part[i : i+2]
			}
			if !slices.Contains([]string{"==", "<>", "<", "<=", ">", ">="}, op) {
				return nil, invalidParameter("filters", part)
			}
			conditions = append(conditions, condition{part[:i], op, part[i+len(op):]})
		}
	}
	fits := func(e *world.Event) bool {
		for _, k := range conditions {
			have := ""
			for _, p := range e.Params {
				if p.Name == k.name {
					switch {
					case p.Bool != nil:
						have = fmt.Sprint(*p.Bool)
					case p.Int != nil:
						have = fmt.Sprint(*p.Int)
					case p.Multi != nil:
						have = strings.Join(p.Multi, ",")
					default:
						have = p.Value
					}
				}
			}
			n := strings.Compare(have, k.value)
			ok := map[string]bool{"==": n == 0, "<>": n != 0, "<": n < 0, "<=": n <= 0, ">": n > 0, ">=": n >= 0}[k.op]
			if !ok {
				return false
			}
		}
		return true
	}
	return func(a *world.Activity) bool {
		if actor != "" && lower(a.ActorEmail) != actor || ip != "" && a.IPAddress != ip {
			return false
		}
		if unit != "" {
			u := c.s.world.User(a.ActorEmail)
			if u == nil || unit != "/" && u.OrgUnitPath != unit && !strings.HasPrefix(u.OrgUnitPath, unit+"/") {
				return false
			}
		}
		return event == "" || slices.ContainsFunc(a.Events, func(e world.Event) bool { return e.Name == event && fits(&e) })
	}, nil
}
