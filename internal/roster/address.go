package roster

import (
	"slices"

	"esafetybot/internal/pseudonym"
)

// IDs gives the Directory id of an address, aliases too; "" if no adult of the roster has it.
func IDs(adults []Adult) func(address string) string {
	return func(address string) string {
		h := pseudonym.Of(address)
		if i := slices.IndexFunc(adults, func(a Adult) bool { return slices.Contains(a.Hashes, h) }); i >= 0 {
			return adults[i].ID
		}
		return ""
	}
}
