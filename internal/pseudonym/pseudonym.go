// Package pseudonym gives what stands for an address where the address itself must not be kept or shown: the same for the same person everywhere, so that a decision, a fact and a policy can
// be held against each other.
package pseudonym

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Of is "sha256-" and the first 16 hex digits of the SHA-256 of an address in lower case, without white space around it (docs/account-rules.md, "Hash"); "" of none.
func Of(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	if address == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(address))
	return "sha256-" + hex.EncodeToString(sum[:8])
}
