package moderation

import (
	"slices"
	"time"
)

// Look is one moment at which somebody looked at what waited at a post.
type Look struct {
	By    string // Directory id, or the hash of an address outside
	At    time.Time
	Since time.Time // when the first of what they looked at had come
}

// Looks lists who looked at a post, and how long what they looked at had waited: who said so, and by the rules who answered. Whoever comes after them, with nothing new there, is not
// among them. What was decided on single comments of a blog is not kept, and so is no look.
func (c *Class) Looks(p *Post, r Rules) []Look {
	type mark struct {
		by      string
		at, saw time.Time
	}
	var marks []mark
	for _, v := range p.Reviews {
		marks = append(marks, mark{v.By, v.At, v.upTo()})
	}
	if r.Replies {
		for _, a := range p.Acts {
			if c.answers(a, r) {
				marks = append(marks, mark{a.By, a.At, a.At})
			}
		}
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return a.at.Compare(b.at) })
	var out []Look
	var until time.Time
	for _, m := range marks {
		for _, a := range p.Acts { // by time
			if a.At.After(until) && !a.At.After(m.saw) && c.needs(a, r) {
				out = append(out, Look{By: m.by, At: m.at, Since: a.At})
				break
			}
		}
		until = later(until, m.saw)
	}
	return out
}
