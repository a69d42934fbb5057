package server

import (
	"cmp"
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// sorted orders a list of devices by the field that orderBy names; a field that is not simulated is refused.
func sorted[T any](c *call, list []T, fields map[string]func(T) string) ([]T, *apiError) {
	if c.query.Get("query") != "" {
		return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: c.m.ID + " with query is not simulated."}
	}
	by := c.query.Get("orderBy")
	if by == "" {
		return list, nil
	}
	field := fields[by]
	if field == nil {
		return nil, &apiError{code: 501, status: "UNIMPLEMENTED", reason: "notImplemented", message: "orderBy=" + by + " is not simulated."}
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(field(a), field(b)) })
	if c.query.Get("sortOrder") == "DESCENDING" {
		slices.Reverse(list)
	}
	return list, nil
}

// unitPath reads an orgUnitPath parameter: a path, with or without the slash in front, or a unit's id.
func (c *call) unitPath(v string) (string, *apiError) {
	for _, o := range c.s.world.OrgUnits() {
		if strings.EqualFold(strings.Trim(o.OrgUnitPath, "/"), strings.Trim(v, "/")) || strings.TrimPrefix(o.OrgUnitID, "id:") == strings.TrimPrefix(v, "id:") {
			return o.OrgUnitPath, nil
		}
	}
	return "", badRequest("invalid", "orgUnitPath", "Invalid Input: orgUnitPath")
}

// chromeosdevicesList shows whole devices with projection=FULL, else only what they are. Source: Directory API, Projection.
func chromeosdevicesList(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customerId"]) {
		return nil, badRequest("invalid", "customerId", "Invalid Input: customerId")
	}
	below := c.flag("includeChildOrgunits")
	unit := c.query.Get("orgUnitPath")
	if below && unit == "" {
		return nil, badRequest("invalid", "orgUnitPath", "includeChildOrgunits needs an orgUnitPath.")
	}
	var kept []*world.ChromeDevice
	if unit != "" {
		path, err := c.unitPath(unit)
		if err != nil {
			return nil, err
		}
		for _, d := range c.s.world.ChromeDevices() {
			if d.OrgUnitPath == path || below && (path == "/" || strings.HasPrefix(d.OrgUnitPath, path+"/")) {
				kept = append(kept, d)
			}
		}
	} else {
		kept = c.s.world.ChromeDevices()
	}
	kept, err := sorted(c, kept, map[string]func(*world.ChromeDevice) string{
		"lastSync":      func(d *world.ChromeDevice) string { return d.LastSync.UTC().Format(stamp) },
		"serialNumber":  func(d *world.ChromeDevice) string { return d.SerialNumber },
		"status":        func(d *world.ChromeDevice) string { return d.Status },
		"annotatedUser": func(d *world.ChromeDevice) string { return d.AnnotatedUser },
	})
	if err != nil {
		return nil, err
	}
	if c.query.Get("projection") != "FULL" {
		basic := make([]*world.ChromeDevice, 0, len(kept))
		for _, d := range kept {
			basic = append(basic, &world.ChromeDevice{DeviceID: d.DeviceID, SerialNumber: d.SerialNumber, Model: d.Model, Status: d.Status, OrgUnitPath: d.OrgUnitPath,
				OrgUnitID: d.OrgUnitID, AnnotatedUser: d.AnnotatedUser, LastSync: d.LastSync})
		}
		kept = basic
	}
	return directoryPage(c, "admin#directory#chromeosdevices", "admin#directory#chromeosdevice", "chromeosdevices", kept, 100, 300,
		func(d *world.ChromeDevice) string { return d.DeviceID })
}

// mobiledevicesList shows whole devices with projection=FULL, else only what they are. Source: Directory API, Projection.
func mobiledevicesList(c *call) ([]byte, *apiError) {
	if !c.ourCustomer(c.path["customerId"]) {
		return nil, badRequest("invalid", "customerId", "Invalid Input: customerId")
	}
	kept, err := sorted(c, c.s.world.MobileDevices(), map[string]func(*world.MobileDevice) string{
		"lastSync": func(d *world.MobileDevice) string { return d.LastSync.UTC().Format(stamp) },
		"deviceId": func(d *world.MobileDevice) string { return d.DeviceID },
		"email":    func(d *world.MobileDevice) string { return strings.Join(d.Email, " ") },
		"model":    func(d *world.MobileDevice) string { return d.Model },
		"status":   func(d *world.MobileDevice) string { return d.Status },
	})
	if err != nil {
		return nil, err
	}
	if c.query.Get("projection") != "FULL" {
		basic := make([]*world.MobileDevice, 0, len(kept))
		for _, d := range kept {
			basic = append(basic, &world.MobileDevice{ResourceID: d.ResourceID, DeviceID: d.DeviceID, Email: d.Email, Name: d.Name, Status: d.Status, Type: d.Type,
				Model: d.Model, OS: d.OS, LastSync: d.LastSync})
		}
		kept = basic
	}
	return directoryPage(c, "admin#directory#mobiledevices", "admin#directory#mobiledevice", "mobiledevices", kept, 100, 100,
		func(d *world.MobileDevice) string { return d.ResourceID })
}
