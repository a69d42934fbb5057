package world

import (
	"fmt"
	"slices"
	"strings"
)

// Draft finds a user's draft.
func (w *World) Draft(address, id string) (Mail, bool) {
	list := w.drafts[strings.ToLower(address)]
	i := slices.IndexFunc(list, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return list[i], true
}

// Drafts lists a user's drafts, oldest first.
func (w *World) Drafts(address string) []Mail { return w.drafts[strings.ToLower(address)] }

// CreateDraft keeps a message in the user's drafts. raw is base64url, as in the Gmail API.
func (w *World) CreateDraft(address, raw string) Mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.newMail(raw)
	m.ID = "r" + m.ID
	key := strings.ToLower(address)
	w.drafts[key] = append(slices.Clip(w.drafts[key]), m)
	return m
}

func (w *World) newMail(raw string) Mail {
	w.counter++
	id := fmt.Sprintf("%016x", w.counter<<20|uint64(len(raw)&0xfffff))
	return Mail{ID: id, ThreadID: id, Raw: raw, Time: w.now()}
}

// DeleteDraft throws a draft away.
func (w *World) DeleteDraft(address, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := strings.ToLower(address)
	if _, ok := w.Draft(key, id); !ok {
		return fmt.Errorf("draft %s: %w", id, ErrNotFound)
	}
	w.drafts[key] = slices.DeleteFunc(slices.Clone(w.drafts[key]), func(m Mail) bool { return m.ID == id })
	return nil
}

// SendDraft sends a draft: it is gone from the drafts and among the sent messages. A raw other than "" replaces its text.
func (w *World) SendDraft(address, id, raw string) (Mail, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := strings.ToLower(address)
	d, ok := w.Draft(key, id)
	if !ok {
		return Mail{}, fmt.Errorf("draft %s: %w", id, ErrNotFound)
	}
	if raw == "" {
		raw = d.Raw
	}
	w.drafts[key] = slices.DeleteFunc(slices.Clone(w.drafts[key]), func(m Mail) bool { return m.ID == id })
	return w.send(key, raw), nil
}

// SendMail sends a message at once.
func (w *World) SendMail(address, raw string) Mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.send(strings.ToLower(address), raw)
}

func (w *World) send(key, raw string) Mail {
	m := w.newMail(raw)
	w.mailboxes[key] = append(slices.Clip(w.mailboxes[key]), m)
	return m
}

// ReceiveMail puts a message (RFC 5322, base64url as in the Gmail API) into an address's inbox.
func (w *World) ReceiveMail(address, raw string) Mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.newMail(raw)
	key := strings.ToLower(address)
	w.inboxes[key] = append(slices.Clip(w.inboxes[key]), m)
	return m
}

// Received lists what an address has received, oldest first.
func (w *World) Received(address string) []Mail { return w.inboxes[strings.ToLower(address)] }
