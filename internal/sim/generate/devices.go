package generate

import (
	"fmt"
	"time"

	"esafetybot/internal/sim/world"
)

// devices makes the Chromebooks of the classes and the telephones of adults, with a breach and a near miss of every rule about them.
func (b *builder) devices() {
	n := 0
	book := func(unit string) *world.ChromeDevice {
		n++
		d := &world.ChromeDevice{DeviceID: fmt.Sprintf("cb-%s-%04d", hashDigits(fmt.Sprint(b.opt.Seed), 6), n), SerialNumber: fmt.Sprintf("5CD%07d", n*37),
			Model: pick(b.rng, []string{"Fernwood Chromebook 11", "Larch Chromebook Spin"}), Status: "ACTIVE", OrgUnitPath: unit, OrgUnitID: b.unitID(unit),
			BootMode: "Verified", LastSync: b.daysAgo(between(b.rng, 0, 40)).UTC(), AutoUpdateThrough: b.today(between(b.rng, 200, 2000)).UTC().Format(time.RFC3339)}
		d.AutoUpdateExpiration = fmt.Sprint(b.now.AddDate(0, 0, between(b.rng, 100, 1900)).UnixMilli())
		b.w.AddChromeDevice(d)
		return d
	}
	for _, c := range b.classes {
		for range 4 {
			book(b.yearUnit(c.years[0])).AnnotatedAssetID = c.name
		}
	}
	chrome := func(rule string, found bool, change func(*world.ChromeDevice)) {
		d := book(b.yearUnit(4))
		change(d)
		if found {
			b.hit("devices."+rule, "chromebook/"+d.DeviceID)
		} else {
			b.miss("devices."+rule, "chromebook/"+d.DeviceID)
		}
	}
	past := b.today(-90).UTC().Format(time.RFC3339)
	long := b.now.AddDate(0, 0, -400)
	chrome("update-expired", true, func(d *world.ChromeDevice) { d.AutoUpdateThrough = past })
	chrome("update-expired", true, func(d *world.ChromeDevice) {
		d.AutoUpdateThrough, d.AutoUpdateExpiration = "", fmt.Sprint(b.now.AddDate(0, 0, -200).UnixMilli())
	})
	chrome("update-expired", false, func(d *world.ChromeDevice) { // the longer promise counts
		d.AutoUpdateExpiration = fmt.Sprint(b.now.AddDate(0, 0, -200).UnixMilli())
	})
	chrome("update-expired", false, func(d *world.ChromeDevice) { d.AutoUpdateThrough, d.Status = past, "DEPROVISIONED" })
	chrome("update-expired", false, func(d *world.ChromeDevice) { d.AutoUpdateThrough, d.LastSync = past, long })
	chrome("developer-mode", true, func(d *world.ChromeDevice) { d.BootMode = pick(b.rng, []string{"Dev", "DEV"}) })
	chrome("developer-mode", false, func(d *world.ChromeDevice) { d.BootMode, d.Status = "Dev", "DISABLED" })
	chrome("developer-mode", false, func(d *world.ChromeDevice) { d.BootMode, d.LastSync = "Dev", long })
	if b.narrowed { // another school's
		d := book("/Oak/Pupils")
		d.BootMode, d.AutoUpdateThrough = "Dev", past
		b.miss("devices.developer-mode", "chromebook/"+d.DeviceID)
		b.miss("devices.update-expired", "chromebook/"+d.DeviceID)
	}

	m := 0
	phone := func(u *world.User) *world.MobileDevice {
		m++
		d := &world.MobileDevice{ResourceID: fmt.Sprintf("AFiQ%s%03d", hashDigits(fmt.Sprint(b.opt.Seed, "mobile"), 10), m), DeviceID: fmt.Sprintf("3a%012d", m*7919),
			Email: []string{u.PrimaryEmail}, Name: []string{u.Name.FullName}, Status: "APPROVED", Type: pick(b.rng, []string{"ANDROID", "IOS_SYNC"}), Model: "Nightjar 5",
			OS: "Nightjar OS 15", EncryptionStatus: "Encrypted", DevicePasswordStatus: "On", LastSync: b.daysAgo(between(b.rng, 0, 20)).UTC()}
		b.w.AddMobileDevice(d)
		return d
	}
	adults := append(append([]*world.User{b.head, b.deputy, b.senco}, b.teachers...), b.tas...)
	for i, u := range adults {
		if i%3 != 1 {
			phone(u)
		}
	}
	mobile := func(rule string, found bool, u *world.User, change func(*world.MobileDevice)) {
		d := phone(u)
		change(d)
		if found {
			b.hit("devices."+rule, "mobile/"+d.ResourceID)
		} else {
			b.miss("devices."+rule, "mobile/"+d.ResourceID)
		}
	}
	last := b.teachers[len(b.teachers)-1]
	mobile("unencrypted", true, b.tas[0], func(d *world.MobileDevice) { d.EncryptionStatus = "Not Encrypted" })
	mobile("unencrypted", true, b.deputy, func(d *world.MobileDevice) { // by another name of the account, and of a colleague's
		d.EncryptionStatus, d.Status, d.Email = "NOT_ENCRYPTED", "Approved", []string{"x@home.example", b.deputy.NonEditableAliases[0]}
	})
	mobile("unencrypted", false, last, func(d *world.MobileDevice) { d.EncryptionStatus, d.Status = "Not encrypted", "BLOCKED" })
	mobile("unencrypted", false, last, func(d *world.MobileDevice) { d.EncryptionStatus, d.LastSync = "Not encrypted", long })
	mobile("unencrypted", false, last, func(d *world.MobileDevice) { d.EncryptionStatus = "Encryption is not supported" })
	mobile("no-passcode", true, b.tas[len(b.tas)-1], func(d *world.MobileDevice) { d.DevicePasswordStatus = "Off" })
	mobile("no-passcode", false, last, func(d *world.MobileDevice) { d.DevicePasswordStatus, d.Status = "Off", "PENDING" })
	mobile("no-passcode", false, b.guest, func(d *world.MobileDevice) { d.DevicePasswordStatus, d.EncryptionStatus = "Off", "Not encrypted" })
	if b.narrowed {
		mobile("no-passcode", false, b.oak[0], func(d *world.MobileDevice) { d.DevicePasswordStatus = "Off" })
	}
}
