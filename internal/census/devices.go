package census

import (
	"context"

	"esafetybot/internal/seen"
)

// Devices reads Chromebooks and mobile devices; a kind that could not be read is a gap, "chromebooks" or "mobiles", and the others are told.
func (c *Census) Devices(ctx context.Context, chromebooks, mobiles bool) []seen.Device {
	var out []seen.Device
	if chromebooks {
		found, _ := list(c, "chromebooks", c.Google.Chromebooks(ctx))
		out = append(out, found...)
	}
	if mobiles {
		found, _ := list(c, "mobiles", c.Google.Mobiles(ctx))
		out = append(out, found...)
	}
	return out
}
