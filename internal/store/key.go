package store

import "strings"

var (
	escape      = strings.NewReplacer("%", "%25", "/", "%2F", "|", "%7C")
	unescape    = strings.NewReplacer("%25", "%", "%2F", "/", "%7C", "|", "%5F", "_", "%2E", ".")
	underscores = strings.NewReplacer("_", "%5F")
)

func joined(parts []string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = escape.Replace(p)
		if strings.HasPrefix(p, "__") { // __…__ is Firestore's own
			out[i] = underscores.Replace(out[i])
		}
	}
	return strings.Join(out, "|")
}

// Key makes a key of parts that may hold any UTF-8, "/" too: joined by "|", with the few awkward characters written
// as %XX. Different parts make different keys. What CheckKey still refuses is no parts, one empty part, and too many bytes.
func Key(parts ...string) string {
	k := joined(parts)
	if k == "." || k == ".." {
		return strings.ReplaceAll(k, ".", "%2E")
	}
	return k
}

// KeyParts takes a key of Key apart again.
func KeyParts(key string) []string {
	parts := strings.Split(key, "|")
	for i, p := range parts {
		parts[i] = unescape.Replace(p)
	}
	return parts
}

// Prefix is the bounds (Ask.From and Ask.To) of the keys that Key makes of these parts and at least one more.
func Prefix(parts ...string) (from, to string) {
	if len(parts) == 0 {
		return "", ""
	}
	k := joined(parts)
	return k + "|", k + "}" // "}" is the character after "|"
}
