package decisions

import (
	"strings"
	"testing"
)

func TestCheckRecords(t *testing.T) {
	full := Decision{ID: "1", At: noon, By: By{ID: "kim", Hash: "h"}, Record: "visitors", Entry: "e", What: "Technician of the boiler firm", Where: "Blue folder, office", Until: "2027-11-02"}
	for _, c := range []struct {
		name   string
		do     string
		change func(*Decision)
		ok     bool
	}{
		{"whole", Record, func(*Decision) {}, true},
		{"without an entry of before", Record, func(d *Decision) { d.Entry = "" }, true},
		{"nowhere", Record, func(d *Decision) { d.Where = "" }, true},
		{"nothing", Record, func(d *Decision) { d.What = "" }, false},
		{"spaces", Record, func(d *Decision) { d.What = " \u00a0" }, false},
		{"no date", Record, func(d *Decision) { d.Until = "" }, false},
		{"no record", Record, func(d *Decision) { d.Record = "" }, false},
		{"the incident log", Record, func(d *Decision) { d.Record = "incidents" }, false},
		{"as long as may be", Record, func(d *Decision) { d.What, d.Where = strings.Repeat("é", MostWhat), strings.Repeat("é", MostWhere) }, true},
		{"what is too long", Record, func(d *Decision) { d.What = strings.Repeat("é", MostWhat+1) }, false},
		{"where is too long", Record, func(d *Decision) { d.Where = strings.Repeat("e", MostWhere+1) }, false},
		{"two lines", Record, func(d *Decision) { d.What = "one\ntwo" }, false},
		{"a place of two lines", Record, func(d *Decision) { d.Where = "one\ntwo" }, false},
		{"no text at all", Record, func(d *Decision) { d.What = "\xff" }, false},
		{"nobody", Record, func(d *Decision) { d.By = By{} }, false},
		{"renewed", Renew, func(d *Decision) { d.What, d.Where = "", "" }, true},
		{"renewed for ever", Renew, func(d *Decision) { d.Until = "" }, false},
		{"nothing renewed", Renew, func(d *Decision) { d.Entry = "" }, false},
		{"renewed in no record", Renew, func(d *Decision) { d.Record = "changes" }, false},
		{"ended", EndRecord, func(d *Decision) { d.What, d.Where, d.Until = "", "", "" }, true},
		{"nothing ended", EndRecord, func(d *Decision) { d.Entry = "" }, false},
		{"ended in no record", EndRecord, func(d *Decision) { d.Record = "" }, false},
	} {
		d := full
		d.Do = c.do
		c.change(&d)
		err := d.Check()
		if (err == nil) != c.ok {
			t.Errorf("%s: %s: %v", c.do, c.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "boiler") || strings.Contains(err.Error(), "folder")) {
			t.Errorf("%s: the error quotes what was entered: %v", c.name, err)
		}
	}
}
