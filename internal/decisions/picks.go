package decisions

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"esafetybot/internal/policy"
	"esafetybot/internal/store"
)

// Pick is a finding or a change, and the facts with which they saw it.
type Pick struct {
	ID    string   `json:"id"`
	Facts []string `json:"facts,omitempty"`
}

const (
	// MostPicks is how many findings or changes one decision may be about: as many as one batch writes together with the judgement.
	MostPicks = 100
	// MostWhy is how long a reason may be, in characters.
	MostWhy = 300
	// MostWhat is how long the text of what an entry of a record is about may be, in characters.
	MostWhat = 120
	// MostWhere is the same of where its papers are.
	MostWhere = 200
	// MostNote is the same of the note with which a reminder is confirmed.
	MostNote = 200
	// mostKey is more than any name or key of a reminder has, in characters.
	mostKey = 200
)

// Digest makes facts short enough for a form. Facts that differ have another digest.
func Digest(facts []string) string {
	sum := sha256.Sum256([]byte(strings.Join(facts, "\n")))
	return hex.EncodeToString(sum[:8])
}

// lacks tells whether a decision on findings, changes or the calendar is without what it is about.
func (d Decision) lacks() bool {
	why := strings.TrimSpace(d.Why) == "" || utf8.RuneCountInString(d.Why) > MostWhy
	switch d.Do {
	case Agree:
		return bad(d.Findings) || d.Until == "" || why
	case EndAgree, AskOwner:
		return bad(d.Findings)
	case OwnerAnswer:
		keep := d.Answer == "keep"
		return len(d.Findings) != 1 || bad(d.Findings) || !keep && d.Answer != "stop" && d.Answer != "not-sure" || keep && (d.Until == "" || why) || utf8.RuneCountInString(d.Why) > MostWhy
	case Approve:
		return bad(d.Changes)
	case Decline:
		return bad(d.Changes) || why
	case Undo:
		return len(d.Changes) != 1 || bad(d.Changes) || why
	case ApproveAll:
		return d.Kind == "" || d.Expect < 1
	case Closed, NotClosed:
		return d.From == ""
	case Exported:
		return d.Kind != ExportAccess && d.Kind != ExportIncidents
	case Record:
		return policy.Keepers(d.Record) == nil || d.Until == "" || strings.TrimSpace(d.What) == "" || !plain(d.What, MostWhat) || !plain(d.Where, MostWhere)
	case Renew:
		return policy.Keepers(d.Record) == nil || d.Entry == "" || d.Until == ""
	case Confirm:
		return d.Reminder == "" || d.Period == "" || d.Answer != "done" && d.Answer != "not-done" || !plain(d.Reminder, mostKey) || !plain(d.Period, mostKey) || !plain(d.Note, MostNote)
	case EndRecord:
		return policy.Keepers(d.Record) == nil || d.Entry == ""
	}
	return false
}

// plain tells whether a text is one line of at most so many characters.
func plain(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// bad tells whether a list of picks is empty, too long, or names something twice or not at all.
func bad(list []Pick) bool {
	seen := map[string]bool{"": true}
	for _, p := range list {
		if seen[p.ID] {
			return true
		}
		seen[p.ID] = true
	}
	return len(list) == 0 || len(list) > MostPicks
}

// Settle commits a batch of effects together with the judgement that they come from: both are written or neither is. Unlike [Tray.Judge] it needs no [Tray.Batch].
func (t *Tray) Settle(ctx context.Context, d Decision, j Judgement, b *store.Batch, commit func(context.Context, *store.Batch) error) error {
	j.At = j.At.UTC()
	body, err := json.Marshal(j)
	if err != nil {
		return err
	}
	b.Create(Judgements, d.ID, nil, body)
	c := t.cursors[d.Do].past(d, j.At)
	moved := c != t.cursors[d.Do]
	if moved {
		c.put(b, d.Do)
	}
	if err := commit(ctx, b); err != nil {
		return err
	}
	if moved {
		c.version++
		t.cursors[d.Do] = c
	}
	return nil
}

// Heard is a decision and what became of it; nil if the worker has not looked yet.
type Heard struct {
	Decision
	Judgement *Judgement
}

// Recent lists the decisions of some kinds that were made since a moment, the newest first, with what the worker made of them.
func Recent(ctx context.Context, site, main store.Store, since time.Time, kinds ...string) ([]Heard, error) {
	var out []Heard
	for _, kind := range kinds {
		for d, err := range Since(ctx, site, kind, since) {
			if err != nil {
				return nil, err
			}
			j, err := Judged(ctx, main, d.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, Heard{d, j})
		}
	}
	slices.SortStableFunc(out, func(a, b Heard) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(a.ID, b.ID)) })
	return out, nil
}
