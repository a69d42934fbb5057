package outbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	netmail "net/mail"

	"esafetybot/internal/mail"
	"esafetybot/internal/store"
)

const (
	partSize  = 800 << 10 // bytes; below store.MaxBody
	maxParts  = 8         // so that a message and its mark still fit into one batch with the caller's own writes
	maxFrozen = 64 << 20  // bytes unpacked
)

// Frozen is a message as it was made: what it holds is sent, however often sending begins.
type Frozen struct {
	To      netmail.Address   `json:"to"`
	Cc      []netmail.Address `json:"cc,omitempty"`
	Subject string            `json:"subject"`
	Raw     []byte            `json:"raw"` // RFC 5322
	Beside  []mail.Attachment `json:"beside,omitempty"`
}

func (f Frozen) pack() ([][]byte, error) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if err := json.NewEncoder(z).Encode(f); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	var parts [][]byte
	for data := buf.Bytes(); len(data) > 0; {
		n := min(partSize, len(data))
		parts = append(parts, data[:n])
		data = data[n:]
	}
	if len(parts) > maxParts {
		return nil, fmt.Errorf("it is too large (%d KiB compressed, at most %d KiB): leave attachments out", buf.Len()>>10, maxParts*partSize>>10)
	}
	return parts, nil
}

// Read opens a frozen message.
func (o *Outbox) Read(ctx context.Context, e Entry) (Frozen, error) { return Open(ctx, o.s, e) }

// Open opens a frozen message, for whoever only reads.
func Open(ctx context.Context, s store.Store, e Entry) (Frozen, error) {
	var f Frozen
	var buf bytes.Buffer
	for i := range e.Parts {
		d, err := s.Get(ctx, Parts, partKey(e, i))
		if err != nil {
			return f, fmt.Errorf("outbox: message %s: %w", e.Key, err)
		}
		buf.Write(d.Body)
	}
	z, err := gzip.NewReader(&buf)
	if err == nil {
		err = json.NewDecoder(io.LimitReader(z, maxFrozen)).Decode(&f)
	}
	if err != nil {
		return f, fmt.Errorf("outbox: message %s cannot be read back: %w", e.Key, err)
	}
	return f, nil
}

func (f Frozen) parcel(e Entry) mail.Parcel {
	return mail.Parcel{ID: e.MessageID, Created: e.Created, Raw: f.Raw, Beside: f.Beside}
}
