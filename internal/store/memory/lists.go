package memory

import (
	"slices"
	"strconv"

	"esafetybot/internal/store"
)

// Lists are kept so that the same question costs the more the longer the answer is, not the more there is: what a query has been asked for stays in its order, and each change is worked into it.
const (
	mostLists   = 64      // of a collection; then all are made anew
	longestList = 1 << 14 // documents; a longer one is made anew after a change, which is cheaper than to work many changes into it
)

// list is all that a query yields for some values of its Equal fields, in its order.
type list struct {
	q    store.Query
	ask  store.Ask // without bounds
	docs []*store.Doc
}

// listID tells the lists of a collection apart.
func listID(q store.Query, a store.Ask) string {
	id := q.Name
	for _, f := range q.Equal {
		id += " " + strconv.Quote(a.Equal[f])
	}
	return id
}

// list is the list of a question. Call it with the lock held for writing.
func (d *db) list(c *store.Collection, q store.Query, a store.Ask) *list {
	id := listID(q, a)
	if l := d.lists[c.Name][id]; l != nil {
		return l
	}
	l := &list{q: q, ask: store.Ask{Query: a.Query, Equal: map[string]string{}}}
	for _, f := range q.Equal {
		l.ask.Equal[f] = a.Equal[f]
	}
	for key, doc := range d.docs[c.Name] {
		if q.Matches(l.ask, key, doc.Fields) {
			l.docs = append(l.docs, doc)
		}
	}
	slices.SortFunc(l.docs, l.compare)
	if len(d.lists[c.Name]) >= mostLists || d.lists[c.Name] == nil {
		d.lists[c.Name] = map[string]*list{}
	}
	d.lists[c.Name][id] = l
	return l
}

func (l *list) compare(a, b *store.Doc) int { return l.q.Compare(*a, *b) }

// within is the part of the list that lies within the bounds of a question, up to its limit.
func (l *list) within(a store.Ask) []*store.Doc {
	at := func(doc *store.Doc) string {
		if l.q.Range == "" {
			return doc.Key
		}
		return doc.Fields[l.q.Range]
	}
	from := func(bound string) int { // index of the first that is not below a bound, in an ascending list
		i, _ := slices.BinarySearchFunc(l.docs, bound, func(doc *store.Doc, bound string) int {
			if at(doc) >= bound {
				return 1
			}
			return -1
		})
		return i
	}
	to := func(bound string) int { // likewise the first that is below it, in a descending one
		i, _ := slices.BinarySearchFunc(l.docs, bound, func(doc *store.Doc, bound string) int {
			if at(doc) < bound {
				return 1
			}
			return -1
		})
		return i
	}
	first, end := 0, len(l.docs)
	switch {
	case l.q.Desc:
		end = to(a.From)
		if a.To != "" {
			first = to(a.To)
		}
	default:
		first = from(a.From)
		if a.To != "" {
			end = from(a.To)
		}
	}
	if first >= end {
		return nil
	}
	found := l.docs[first:end]
	if a.Limit > 0 && len(found) > a.Limit {
		found = found[:a.Limit]
	}
	return found
}

// change works a change of a document into the lists of its collection; was or is may be nil. Call it with the lock held for writing.
func (d *db) change(collection string, was, is *store.Doc) {
	for id, l := range d.lists[collection] {
		had, has := was != nil && l.q.Matches(l.ask, was.Key, was.Fields), is != nil && l.q.Matches(l.ask, is.Key, is.Fields)
		if !had && !has {
			continue
		}
		if len(l.docs) > longestList {
			delete(d.lists[collection], id)
			continue
		}
		if had {
			if i, ok := slices.BinarySearchFunc(l.docs, was, l.compare); ok {
				l.docs = slices.Delete(l.docs, i, i+1)
			}
		}
		if has {
			i, _ := slices.BinarySearchFunc(l.docs, is, l.compare)
			l.docs = slices.Insert(l.docs, i, is)
		}
	}
}
