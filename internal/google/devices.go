package google

import (
	"context"
	"iter"
	"time"

	directory "google.golang.org/api/admin/directory/v1"

	"esafetybot/internal/seen"
)

// Chromebooks streams the ChromeOS devices, in whatever state, with [ScopeChromebooks].
func (c *Client) Chromebooks(ctx context.Context) iter.Seq2[seen.Device, error] {
	open := func() *Handle { return c.asAdmin(ScopeChromebooks) }
	return paged(ctx, open, chromebooksList, "", func(ctx context.Context, token string) ([]seen.Device, string, error) {
		// What the short form (BASIC) leaves out is most of what we ask for.
		list := c.directory.Chromeosdevices.List(myCustomer).MaxResults(300).Projection("FULL").Fields("nextPageToken",
			"chromeosdevices(deviceId,model,serialNumber,orgUnitPath,status,lastSync,bootMode,autoUpdateThrough,autoUpdateExpiration)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Chromeosdevices, chromebook), page.NextPageToken, nil
	})
}

func chromebook(d *directory.ChromeOsDevice) (seen.Device, bool) {
	return seen.Device{
		Kind: "chromebook", ID: d.DeviceId, Model: d.Model, Serial: d.SerialNumber, Unit: d.OrgUnitPath, Status: d.Status, LastSync: moment(d.LastSync),
		Boot: d.BootMode, Until: updatesEnd(d.AutoUpdateThrough, d.AutoUpdateExpiration),
	}, true
}

// updatesEnd reads the newer of Google's two fields, in either form of date, else the older one, in milliseconds.
func updatesEnd(through string, expiration int64) time.Time {
	if t := moment(through); !t.IsZero() {
		return t
	}
	if t, err := time.Parse(time.DateOnly, through); err == nil {
		return t
	}
	if expiration == 0 {
		return time.Time{}
	}
	return time.UnixMilli(expiration).UTC()
}

// Mobiles streams the mobile devices that Google manages, in whatever state, with [ScopeMobiles].
func (c *Client) Mobiles(ctx context.Context) iter.Seq2[seen.Device, error] {
	open := func() *Handle { return c.asAdmin(ScopeMobiles) }
	return paged(ctx, open, mobilesList, "", func(ctx context.Context, token string) ([]seen.Device, string, error) {
		list := c.directory.Mobiledevices.List(myCustomer).MaxResults(100).Projection("FULL").Fields("nextPageToken",
			"mobiledevices(resourceId,model,serialNumber,email,status,lastSync,encryptionStatus,devicePasswordStatus)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Mobiledevices, func(d *directory.MobileDevice) (seen.Device, bool) {
			return seen.Device{
				Kind: "mobile", ID: d.ResourceId, Model: d.Model, Serial: d.SerialNumber, Users: lower(d.Email), Status: d.Status, LastSync: moment(d.LastSync),
				Encryption: d.EncryptionStatus, Passcode: d.DevicePasswordStatus,
			}, true
		}), page.NextPageToken, nil
	})
}
