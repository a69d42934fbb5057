package google

import (
	"context"
	"iter"
	"strings"

	"google.golang.org/api/licensing/v1"

	"esafetybot/internal/seen"
)

// Licenses streams who has a licence of a product ("Google-Apps", "101031"), with [ScopeLicenses], and once with [ScopeUsers]: this API knows
// no alias for the customer, whose id each account carries. Of a product that Google does not find nobody has a licence.
func (c *Client) Licenses(ctx context.Context, product string) iter.Seq2[seen.License, error] {
	return func(yield func(seen.License, error) bool) {
		customer, err := c.customerID(ctx)
		if err != nil {
			yield(seen.License{}, err)
			return
		}
		open := func() *Handle { return c.asAdmin(ScopeLicenses) }
		for l, err := range paged(ctx, open, licensesList, "product "+product, func(ctx context.Context, token string) ([]seen.License, string, error) {
			list := c.licensing.LicenseAssignments.ListForProduct(product, customer).MaxResults(1000).Fields("nextPageToken,items(userId,productId,skuId)")
			if token != "" {
				list = list.PageToken(token)
			}
			page, err := list.Context(ctx).Do()
			if err != nil {
				return nil, "", err
			}
			return convert(page.Items, func(a *licensing.LicenseAssignment) (seen.License, bool) {
				return seen.License{Address: strings.ToLower(a.UserId), Product: a.ProductId, SKU: a.SkuId}, true
			}), page.NextPageToken, nil
		}) {
			if IsNotFound(err) || !yield(l, err) {
				return
			}
		}
	}
}

// customerID is the id of the Google Workspace account, "C0…"; it is asked for once.
func (c *Client) customerID(ctx context.Context) (string, error) {
	c.customerLock.Lock()
	defer c.customerLock.Unlock()
	if c.customer != "" {
		return c.customer, nil
	}
	id, err := single(ctx, c.asAdmin(ScopeUsers), usersGet, "the administrator", func(ctx context.Context) (string, error) {
		u, err := c.directory.Users.Get(c.admin).Fields("customerId").Context(ctx).Do()
		if err != nil {
			return "", err
		}
		return u.CustomerId, nil
	})
	if err != nil {
		return "", err
	}
	if id == "" {
		id = myCustomer
	}
	c.customer = id
	return id, nil
}
