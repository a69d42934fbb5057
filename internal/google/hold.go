package google

// Hold keeps the sign-in of an account, for reading Drive, until release is called: several reads as it then cost one token.
func (c *Client) Hold(address string) (release func()) {
	h := c.As(address, ScopeMetadata)
	return h.Close
}
