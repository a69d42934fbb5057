package shares

import (
	"context"
	"slices"

	"esafetybot/internal/checks/sharing"
	"esafetybot/internal/seen"
)

// setAbroad notes whose folders are the cause of what an item inherits; none forgets it.
func (b *Book) setAbroad(ctx context.Context, scope seen.Scope, subject string, owners []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	pg, err := b.page(ctx, scope)
	if err != nil {
		return err
	}
	if len(owners) > 0 {
		pg.abroad[subject] = owners
	} else {
		delete(pg.abroad, subject)
	}
	return nil
}

// Standing lists items to read again because what is above them may have changed without a word in the log: those whose cause
// was a folder of an account that is gone, and, if anew, those that stood for themselves because the folder above could not be seen.
// Shares of which a grant has ended by its date are among them: the date may have been moved.
func (b *Book) Standing(ctx context.Context, gone func(accountID string) bool, anew bool) (map[string]seen.Scope, error) {
	out := map[string]seen.Scope{}
	err := b.pages(ctx, func(scope seen.Scope, pg *page) {
		for subject, s := range pg.shares {
			if scope.Kind() != "tree" && slices.ContainsFunc(slices.Concat(s.Grants, s.Open), func(g seen.Grant) bool { return !g.Until.IsZero() && !g.Until.After(b.now) }) {
				out[subject] = scope
			}
		}
		if scope.Kind() != "owner" {
			return
		}
		for subject, owners := range pg.abroad {
			if slices.ContainsFunc(owners, gone) {
				out[subject] = scope
			}
		}
		for subject, s := range pg.shares {
			if anew && s.Kind == "file" && slices.ContainsFunc(s.Grants, func(g seen.Grant) bool { return !g.IsOwn() }) {
				out[subject] = scope
			}
		}
	})
	return out, err
}

// OpenFolders lists the folders of My Drive that were the cause of something public when the book was opened, by id. What is put into them is public too, and Google does
// not promise that the log says so.
func (b *Book) OpenFolders() map[string]seen.Scope { return b.opened }

// isOpenFolder tells whether a share is such a folder.
func (b *Book) isOpenFolder(s seen.Share) bool {
	return s.Mime == seen.MimeFolder && s.Drive == "" && slices.ContainsFunc(s.Grants, func(g seen.Grant) bool { return sharing.MayBePublic(s.Mime, g) && sharing.Counts(g, b.now) })
}
