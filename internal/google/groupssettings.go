package google

import "context"

// GroupOpen tells whether anyone at all may join a group, by its address, with [ScopeSettings].
func (c *Client) GroupOpen(ctx context.Context, address string) (bool, error) {
	return single(ctx, c.asAdmin(ScopeSettings), settingsGet, "a group", func(ctx context.Context) (bool, error) {
		g, err := c.settings.Groups.Get(address).Fields("whoCanJoin").Context(ctx).Do()
		if err != nil {
			return false, err
		}
		return g.WhoCanJoin == "ANYONE_CAN_JOIN", nil
	})
}
