package truth

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// judgeDevices adds what one `check: devices` finds.
func (w *world) judgeDevices(m DevicesMeans, found collection) {
	add := func(rule, subject, fact string) {
		if slices.Contains(m.Rules, rule) {
			found.add("devices", m.Clause, rule, subject, fact)
		}
	}
	synced := func(t time.Time) bool {
		return !t.IsZero() && w.today-w.day(t) <= day(number0(m.SyncedWithinDays, 365))
	}
	for _, d := range w.t.MobileDevices {
		ours := slices.ContainsFunc(d.Email, func(address string) bool {
			return w.byUser[w.users[strings.ToLower(address)]] != nil
		})
		if !ours || !strings.EqualFold(d.Status, "APPROVED") || !synced(d.LastSync) {
			continue
		}
		if plain(d.EncryptionStatus) == "notencrypted" {
			add("unencrypted", "mobile/"+d.ResourceID, "not-encrypted")
		}
		if plain(d.DevicePasswordStatus) == "off" {
			add("no-passcode", "mobile/"+d.ResourceID, "passcode-off")
		}
	}
	for _, d := range w.t.ChromeDevices {
		if d.Status != "ACTIVE" || !underAny(d.OrgUnitPath, w.p.OrgUnits) || !synced(d.LastSync) {
			continue
		}
		if until, ok := d.updatedUntil(); ok && until.Before(w.now) {
			add("update-expired", "chromebook/"+d.DeviceID, "until "+dayOf(until, time.UTC).String())
		}
		if strings.EqualFold(d.BootMode, "Dev") {
			add("developer-mode", "chromebook/"+d.DeviceID, "developer-mode")
		}
	}
}

// updatedUntil is when a Chromebook gets its last update.
func (d ChromeDevice) updatedUntil() (time.Time, bool) {
	if d.AutoUpdateThrough != "" {
		t, err := time.Parse(time.RFC3339, d.AutoUpdateThrough)
		return t, err == nil
	}
	ms, err := strconv.ParseInt(d.AutoUpdateExpiration, 10, 64)
	return time.UnixMilli(ms), err == nil
}
