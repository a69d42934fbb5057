package mail

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Parcel is a rendered message on its way.
type Parcel struct {
	ID      string       // the Message-ID, without angle brackets
	Created time.Time    // when it was rendered
	Raw     []byte       // the bytes of the message
	Beside  []Attachment // what is kept beside the message where there is such a place (a folder); never sent
}

// Sender hands parcels over in stages. Every method may be called again after a crash, with the same parcel.
type Sender interface {
	// Stage prepares the parcel and returns a token that the caller stores before Release. With again set an earlier Stage of
	// this parcel may have happened without its token being stored: then it is looked for first and adopted.
	Stage(ctx context.Context, p Parcel, again bool) (token string, err error)
	// Waiting reports whether what Stage prepared is still there unsent. If not, it has been sent.
	Waiting(ctx context.Context, p Parcel, token string) (bool, error)
	// Release sends what Stage prepared. After an error it is unknown whether it left: ask Waiting.
	Release(ctx context.Context, p Parcel, token string) error
}

// ErrRefused marks an error that trying again will not cure: the recipient or the message itself was refused.
var ErrRefused = errors.New("refused for good")

// Drafts is the part of Gmail that [Gmail] needs. Only our own drafts are ever touched (scope gmail.compose, which reads no
// inbox). Errors hold no address; an error that a retry cannot cure wraps [ErrRefused].
type Drafts interface {
	// CreateDraft keeps raw as a draft and returns its id.
	CreateDraft(ctx context.Context, raw []byte) (id string, err error)
	// DraftExists reports whether the draft is still there. A draft that is gone was sent. Only a clear "no such draft" from
	// Gmail may be answered with false; anything else is an error.
	DraftExists(ctx context.Context, id string) (bool, error)
	// SendDraft sends the draft; Gmail removes it thereby.
	SendDraft(ctx context.Context, id string) error
	// FindDraft looks through the drafts for the one whose Message-ID, or header [HeaderID], is messageID (given without
	// angle brackets; in a header they may stand).
	FindDraft(ctx context.Context, messageID string) (id string, found bool, err error)
}

// Gmail sends by way of drafts: create one, store its id, send it.
type Gmail struct{ drafts Drafts }

// NewGmail makes a sender for one mailbox.
func NewGmail(d Drafts) *Gmail { return &Gmail{drafts: d} }

// Stage implements [Sender]; the token is the draft's id.
func (g *Gmail) Stage(ctx context.Context, p Parcel, again bool) (string, error) {
	if again {
		id, found, err := g.drafts.FindDraft(ctx, p.ID)
		if err != nil {
			return "", fmt.Errorf("look for the draft of message %s: %w", p.ID, err)
		}
		if found {
			return id, nil
		}
	}
	id, err := g.drafts.CreateDraft(ctx, p.Raw)
	if err != nil {
		return "", fmt.Errorf("create the draft of message %s: %w", p.ID, err)
	}
	if id == "" {
		return "", fmt.Errorf("create the draft of message %s: Gmail gave it no id", p.ID)
	}
	return id, nil
}

// Waiting implements [Sender].
func (g *Gmail) Waiting(ctx context.Context, p Parcel, token string) (bool, error) {
	ok, err := g.drafts.DraftExists(ctx, token)
	if err != nil {
		return false, fmt.Errorf("look at the draft of message %s: %w", p.ID, err)
	}
	return ok, nil
}

// Release implements [Sender].
func (g *Gmail) Release(ctx context.Context, p Parcel, token string) error {
	if err := g.drafts.SendDraft(ctx, token); err != nil {
		return fmt.Errorf("send the draft of message %s: %w", p.ID, err)
	}
	return nil
}
