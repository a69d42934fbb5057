package actions

import (
	"context"
	"errors"

	"esafetybot/internal/store"
)

// Subjects lists what a change touches, each as kind/id: what its finding is about, and the accounts, file and group that it names.
func (c Change) Subjects(subject string) []string {
	out := []string{subject}
	for _, p := range []struct{ param, kind string }{{"file", "file"}, {"user", "user"}, {"from", "user"}, {"to", "user"}, {"group", "group"}} {
		if id := c.Params[p.param]; id != "" {
			out = append(out, p.kind+"/"+id)
		}
	}
	return out
}

// frozen tells whether an action is about something that must be left as it is.
func (l *Log) frozen(ctx context.Context, a *Action) (bool, error) {
	if l.Frozen == nil {
		return false, nil
	}
	return l.Frozen(ctx, a.Subjects(a.Subject)...)
}

// frozenUndo is the same for what undoing an action needs.
func (l *Log) frozenUndo(ctx context.Context, id string) (bool, error) {
	if l.Frozen == nil {
		return false, nil
	}
	a, err := l.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return l.frozen(ctx, a)
}
