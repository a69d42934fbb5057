package incidents

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Act is what somebody does on the review site.
type Act string

// The acts.
const (
	ActRaise   Act = "raise"
	ActOpen    Act = "open"
	ActCorrect Act = "correct"
	ActSettle  Act = "settle"
	ActClose   Act = "close"
	ActReopen  Act = "reopen"
	ActKeep    Act = "keep"
	ActDelete  Act = "delete"
	ActExport  Act = "export"
	ActDown    Act = "taken-down" // by somebody who is asked to take something down and may not read the entry
)

// Acts lists them.
var Acts = []Act{ActRaise, ActOpen, ActCorrect, ActSettle, ActClose, ActReopen, ActKeep, ActDelete, ActExport, ActDown}

// Sent is what a form of the review site says. Site and worker hand the same to [Log.Take], the one to judge it, the other to do it.
type Sent struct {
	Act        Act         `json:"act"`
	Entry      string      `json:"entry,omitempty"` // id; "" for raising
	Form       *Form       `json:"form,omitempty"`
	Correction *Correction `json:"correction,omitempty"`
	Answer     string      `json:"answer,omitempty"` // of settling
	WhoTold    string      `json:"who_told,omitempty"`
	Learnt     string      `json:"learnt,omitempty"`
	Note       string      `json:"note,omitempty"`  // of reopening
	Until      string      `json:"until,omitempty"` // of keeping: the last day, 2036-08-31
	Why        string      `json:"why,omitempty"`   // likewise
}

// MaxSent is the most bytes that ParseSent reads: the longest form, each character of it escaped.
const MaxSent = 32 << 10

// ParseSent reads what the review site wrote. Whoever got into the site may have written anything: the error wraps ErrForm, and quotes nothing of it.
func ParseSent(data []byte) (Sent, error) {
	var s Sent
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if len(data) > MaxSent || d.Decode(&s) != nil || d.More() {
		return Sent{}, fmt.Errorf("%w: it cannot be read", ErrForm)
	}
	ok := false
	switch s.Act {
	case ActRaise:
		ok = s.Form != nil && s.Entry == ""
	case ActCorrect:
		ok = s.Correction != nil && s.Entry != ""
	case ActOpen, ActSettle, ActClose, ActReopen, ActKeep, ActDelete, ActExport, ActDown:
		ok = s.Entry != ""
	}
	if !ok {
		return Sent{}, fmt.Errorf("%w: it does not say what is to be done", ErrForm)
	}
	return s, nil
}

// Take does what somebody sent with a form of this id at a moment. The receipt is of raising only. The school knew when the form was sent, however long it lay there.
func (l *Log) Take(ctx context.Context, by By, form string, sent time.Time, s Sent) (Receipt, error) {
	switch s.Act {
	case ActRaise:
		f := *s.Form
		f.ID, f.Sent = form, sent
		return l.Raise(ctx, by, f)
	case ActOpen:
		_, err := l.Open(ctx, by, s.Entry)
		return Receipt{}, err
	case ActCorrect:
		return Receipt{}, l.Correct(ctx, by, s.Entry, *s.Correction)
	case ActSettle:
		return Receipt{}, l.Settle(ctx, by, s.Entry, s.Answer)
	case ActClose:
		return Receipt{}, l.Close(ctx, by, s.Entry, s.WhoTold, s.Learnt)
	case ActReopen:
		return Receipt{}, l.Reopen(ctx, by, s.Entry, s.Note)
	case ActKeep:
		return Receipt{}, l.StayUntil(ctx, by, s.Entry, s.Until, s.Why)
	case ActDelete:
		return Receipt{}, l.Delete(ctx, by, s.Entry)
	case ActDown:
		return Receipt{}, l.TakenDown(ctx, by, s.Entry)
	case ActExport:
		return Receipt{}, l.Exported(ctx, by, s.Entry)
	}
	return Receipt{}, fmt.Errorf("%w: it does not say what is to be done", ErrForm)
}
