package server

import (
	"strings"

	"esafetybot/internal/sim/world"
)

// licencesList lists who holds a licence of the product; a product that nobody has is an empty list.
func licencesList(c *call) ([]byte, *apiError) {
	if id := c.query.Get("customerId"); !c.ourCustomer(id) && !strings.EqualFold(id, c.s.world.Settings.Customer.CustomerDomain) {
		return nil, forbidden("forbidden", "Not Authorized to access this resource/api")
	}
	var kept []*world.LicenseAssignment
	for _, l := range c.s.world.Licenses() {
		if l.ProductID == c.path["productId"] {
			kept = append(kept, l)
		}
	}
	return directoryPage(c, "licensing#licenseAssignmentList", "licensing#licenseAssignment", "items", kept, 100, 1000,
		func(l *world.LicenseAssignment) string { return l.SkuID + "/" + lower(l.UserID) })
}
