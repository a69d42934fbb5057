package server

import (
	"regexp"
	"strings"

	"esafetybot/internal/sim/world"
)

// driveJSON writes a shared drive; the unit is only for administrators who ask as such. Source: Drive API, Drive.orgUnitId.
func (c *call) driveJSON(b []byte, m *mask, d *world.Drive, v *viewer) []byte {
	o := begin(b, m)
	o.str("kind", "drive#drive")
	o.str("id", d.ID)
	o.str("name", d.Name)
	o.time("createdTime", d.CreatedTime)
	o.bool("hidden", d.Hidden)
	if len(d.Restrictions) > 0 {
		o.raw("restrictions", d.Restrictions)
	}
	if c.flag("useDomainAdminAccess") {
		o.opt("orgUnitId", strings.TrimPrefix(d.OrgUnitID, "id:"))
	} else if sub, ok := o.key("capabilities"); ok {
		role := world.Rank(v.driveRole(d))
		p := begin(o.b, sub)
		p.bool("canAddChildren", role >= world.Rank("writer"))
		p.bool("canEdit", role >= world.Rank("writer"))
		p.bool("canListChildren", role > 0)
		p.bool("canManageMembers", role >= world.Rank("organizer"))
		p.bool("canShare", role >= world.Rank("writer"))
		o.b = p.end()
	}
	return o.end()
}

var driveTerm = regexp.MustCompile(`^\s*(name|orgUnitId)\s+(=|!=|contains)\s+'([^']*)'\s*$|^\s*(name|orgUnitId)\s*(=|!=)\s*'([^']*)'\s*$`)

// driveQuery reads q of drives.list: one term on name or orgUnitId is simulated.
func driveQuery(q string) (func(*world.Drive) bool, *apiError) {
	if strings.TrimSpace(q) == "" {
		return func(*world.Drive) bool { return true }, nil
	}
	m := driveTerm.FindStringSubmatch(q)
	if m == nil {
		return nil, invalidParameter("q", q)
	}
	name, op, value := m[1]+m[4], m[2]+m[5], m[3]+m[6]
	return func(d *world.Drive) bool {
		have := d.Name
		if name == "orgUnitId" {
			have, value = strings.TrimPrefix(d.OrgUnitID, "id:"), strings.TrimPrefix(value, "id:")
		}
		switch op {
		case "=":
			return have == value
		case "!=":
			return have != value
		}
		return strings.Contains(lower(have), lower(value))
	}, nil
}

func drivesList(c *call, v *viewer) ([]byte, *apiError) {
	match, err := driveQuery(c.query.Get("q"))
	if err != nil {
		return nil, err
	}
	all := c.flag("useDomainAdminAccess")
	if all && !c.admin(true) {
		return nil, forbidden("forbidden", "The user does not have domain administrator access.")
	}
	var kept []*world.Drive
	for _, d := range c.s.world.Drives() {
		if (all || v.driveRole(d) != "") && match(d) {
			kept = append(kept, d)
		}
	}
	o := begin(nil, c.mask)
	o.str("kind", "drive#driveList")
	sub, listed := c.mask.sub("drives")
	list := []byte{'['}
	next, err := c.slice(len(kept), "pageSize", 10, 100, func(i int) string { return kept[i].ID }, func(i int) *apiError {
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = c.driveJSON(list, sub, kept[i], v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if listed {
		o.key("drives")
		o.b = append(append(o.b, list...), ']')
	}
	o.opt("nextPageToken", next)
	c.mask = nil
	return o.end(), nil
}

func drivesGet(c *call, v *viewer) ([]byte, *apiError) {
	id := c.path["driveId"]
	d := c.s.world.Drive(id)
	admin := c.flag("useDomainAdminAccess")
	switch {
	case admin && !c.admin(true):
		return nil, forbidden("forbidden", "The user does not have domain administrator access.")
	case d == nil || !admin && v.driveRole(d) == "":
		return nil, notFound("Shared drive not found: " + id)
	}
	b := c.driveJSON(nil, c.mask, d, v)
	c.mask = nil
	return b, nil
}

// exportFormats lets clients that name Google's documents by what they export to, like rclone, list them.
const exportFormats = `{"application/vnd.google-apps.document":["application/vnd.openxmlformats-officedocument.wordprocessingml.document","application/pdf","text/plain"],` +
	`"application/vnd.google-apps.spreadsheet":["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet","application/pdf","text/csv"],` +
	`"application/vnd.google-apps.presentation":["application/vnd.openxmlformats-officedocument.presentationml.presentation","application/pdf"]}`

func aboutGet(c *call, v *viewer) ([]byte, *apiError) {
	if c.query.Get("fields") == "" {
		return nil, badRequest("required", "fields", "The 'fields' parameter is required for this method.")
	}
	o := begin(nil, c.mask)
	o.str("kind", "drive#about")
	if sub, ok := o.key("user"); ok {
		p := begin(o.b, sub)
		p.str("kind", "drive#user")
		p.opt("displayName", v.user.Name.FullName)
		p.bool("me", true)
		p.str("permissionId", v.permID)
		p.str("emailAddress", v.user.PrimaryEmail)
		o.b = p.end()
	}
	o.raw("storageQuota", []byte(`{"limit":"107374182400","usage":"0","usageInDrive":"0","usageInDriveTrash":"0"}`))
	o.raw("exportFormats", []byte(exportFormats))
	o.raw("importFormats", []byte(`{}`))
	o.bool("canCreateDrives", true)
	c.mask = nil
	return o.end(), nil
}
