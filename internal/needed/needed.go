// Package needed keeps what people were asked about things that they shared: is it still needed?
//
// The contract:
//
//   - A [Question] is about one finding, as it was when it was asked: its opening and its facts. There is at most one a finding. It is asked of one person, who alone answers it.
//   - An answer is a wish. It agrees to nothing and changes nothing: whoever deals with the finding sees it and decides ([Question.Answer]).
//   - It goes back to whoever deals with the finding when nobody answers by [Question.Due] ([Question.Late]). It may still be answered then.
//   - It ends with what it is about ([Question.About]): put right, agreed to, opened anew, or with other facts. An ended question is on nobody's list.
//   - It holds ids, dates and the reason that was given; no title, name or address. The worker writes it, the review site reads it.
package needed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"esafetybot/internal/findings"
	"esafetybot/internal/store"
)

// The answers.
const (
	Keep   = "keep"     // it is needed until a day
	Stop   = "stop"     // it is not
	Unsure = "not-sure" // they cannot say
)

// Answers are those that may be given.
var Answers = []string{Keep, Stop, Unsure}

// Days is how many days, of those on which they are at school, somebody has to answer.
const Days = 5

// Why a question ended while its finding stayed open.
const (
	Changed = "changed" // other people have access by now
	Passed  = "passed"  // it belongs to somebody else by now, or nobody can be asked any more
)

// Question is what one person was asked about one finding.
type Question struct {
	Finding string    `json:"finding"`
	Opened  time.Time `json:"opened"` // the finding's opening
	Facts   []string  `json:"facts"`
	Of      string    `json:"of"` // Directory id of who is asked
	By      string    `json:"by"` // role in which it was asked: "workspace_admin"
	Asked   time.Time `json:"asked"`
	Remind  time.Time `json:"remind"` // from this day on they are reminded, once
	Due     time.Time `json:"due"`

	Told     time.Time `json:"told,omitzero"` // when the first mail told them
	Reminded time.Time `json:"reminded,omitzero"`

	Answer   string    `json:"answer,omitempty"` // one of Answers; "" if there is none
	Answered time.Time `json:"answered,omitzero"`
	Until    string    `json:"until,omitempty"` // with Keep: the last day, 2026-12-18
	Why      string    `json:"why,omitempty"`   // in their own words; shown to whoever sees the finding, never logged

	Ended string `json:"ended,omitempty"` // why it is on nobody's list any more: Changed or Passed

	version int64
}

// Questions is the collection, by finding.
var Questions = &store.Collection{Name: "still_needed", Schema: 1, Indexed: []string{"of"}, Queries: []store.Query{{Name: "of", Equal: []string{"of"}}}}

// About tells whether a question is about a finding as it is now.
func (q *Question) About(f *findings.Finding) bool {
	return q.Ended == "" && f.ID == q.Finding && f.Status == findings.Open && f.Opened.Equal(q.Opened) && slices.Equal(f.Facts, q.Facts)
}

// Waits tells whether somebody is to answer, or may still do so.
func (q *Question) Waits() bool { return q.Answer == "" && q.Ended == "" }

// Late tells whether it went back to whoever deals with the finding, because nobody answered in time.
func (q *Question) Late(now time.Time) bool { return q.Waits() && now.After(q.Due) }

// Of reads the question about a finding; nil if nothing was asked.
func Of(ctx context.Context, s store.Store, finding string) (*Question, error) {
	d, err := s.Get(ctx, Questions, finding)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(d)
}

// To lists what somebody is asked, answered or not and ended ones too, by finding.
func To(ctx context.Context, s store.Store, id string) ([]*Question, error) {
	if id == "" {
		return nil, nil
	}
	return find(ctx, s, store.Ask{Query: "of", Equal: map[string]string{"of": id}})
}

// All reads every question, by finding.
func All(ctx context.Context, s store.Store) (map[string]*Question, error) {
	list, err := find(ctx, s, store.Ask{})
	out := make(map[string]*Question, len(list))
	for _, q := range list {
		out[q.Finding] = q
	}
	return out, err
}

func find(ctx context.Context, s store.Store, ask store.Ask) ([]*Question, error) {
	var out []*Question
	for d, err := range s.Find(ctx, Questions, ask) {
		if err != nil {
			return nil, err
		}
		q, err := decode(d)
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

func decode(d store.Doc) (*Question, error) {
	q := &Question{version: d.Version}
	if err := json.Unmarshal(d.Body, q); err != nil {
		return nil, fmt.Errorf("what was asked about finding %s cannot be read from the state: %w", d.Key, err)
	}
	return q, nil
}

// Stage adds a question to a batch as it is now. The batch fails if it changed since it was read.
func (q *Question) Stage(b *store.Batch) error {
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	b.Put(Questions, q.Finding, q.version, map[string]string{"of": q.Of}, body)
	return nil
}

// Again is a question in the place of an older one, nil if there was none: asked anew, it forgets what was answered.
func (q Question) Again(old *Question) *Question {
	q.version = 0
	if old != nil {
		q.version = old.version
	}
	return &q
}

// StageDrop adds to a batch that nothing is asked any more.
func (q *Question) StageDrop(b *store.Batch) { b.Delete(Questions, q.Finding, q.version) }
