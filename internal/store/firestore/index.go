package firestore

import (
	"fmt"
	"slices"
	"strings"

	"esafetybot/internal/store"
)

// Index is one composite index, as google_firestore_index wants it (query scope COLLECTION; Firestore adds __name__ in
// the direction of the last field by itself).
type Index struct {
	Collection string
	Fields     []IndexField
}

// IndexField is one field of an Index.
type IndexField struct {
	Path string // as in f.kind
	Desc bool
}

// Exemption is a field that needs no index of its own, as google_firestore_field with an empty index_config.
type Exemption struct{ Collection, Path string }

// Indexes returns the composite indexes that the declared queries need, sorted and each once: one for every
// query with equalities and a range field. The others are answered from the single-field indexes that Firestore keeps by
// itself. The error wraps store.ErrInvalid if a declaration is wrong.
func Indexes(collections ...*store.Collection) ([]Index, error) {
	var out []Index
	for _, c := range collections {
		if err := c.Check(); err != nil {
			return nil, err
		}
		for _, q := range c.Queries {
			if len(q.Equal) == 0 || q.Range == "" {
				continue
			}
			x := Index{Collection: c.Name}
			for _, f := range slices.Sorted(slices.Values(q.Equal)) { // their order does not matter to a query
				x.Fields = append(x.Fields, IndexField{Path: field(f)})
			}
			x.Fields = append(x.Fields, IndexField{Path: field(q.Range), Desc: q.Desc})
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b Index) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return slices.CompactFunc(out, func(a, b Index) bool { return fmt.Sprint(a) == fmt.Sprint(b) }), nil
}

// Exempt returns the fields to exempt from indexing. Collections whose blobs may be chunked are to be given with
// store.Chunks of them.
func Exempt(collections ...*store.Collection) []Exemption {
	var out []Exemption
	for _, c := range collections {
		for _, path := range []string{"b", "s", "t", "v"} {
			out = append(out, Exemption{c.Name, path})
		}
	}
	return out
}

// Permissions are the permissions of IAM that rights over a database need, as a custom role lists them
// (https://cloud.google.com/firestore/docs/security/iam#required_permissions). Who creates and may not read cannot find out whether a
// commit whose answer was lost was written: it is told as [store.ErrUnknown].
func Permissions(r store.Rights) []string {
	var out []string
	if r.Read || r.Change || r.Delete { // a batch reads what it replaces, and with requirements is a transaction
		out = append(out, "datastore.databases.get", "datastore.entities.get", "datastore.entities.list")
	}
	if r.Create {
		out = append(out, "datastore.entities.create")
	}
	if r.Change {
		out = append(out, "datastore.entities.update")
	}
	if r.Delete {
		out = append(out, "datastore.entities.delete")
	}
	slices.Sort(out)
	return out
}
