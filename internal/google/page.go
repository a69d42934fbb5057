package google

import (
	"context"
	"errors"
	"iter"
)

// errLoop is Google handing out the page that it has just given.
var errLoop = errors.New("the list does not end: its next page is the same page")

// paged reads a list page by page. open says whom to act as, on names in an error what is read ("drive 0AxY…"), page reads one page.
func paged[T any](ctx context.Context, open func() *Handle, m method, on string,
	page func(ctx context.Context, token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		h := open()
		defer h.Close()
		for token := ""; ; {
			cctx := h.call(ctx, m)
			items, next, err := page(cctx, token)
			if err != nil {
				yield(zero, explain(cctx, on, err))
				return
			}
			for _, it := range items {
				if !yield(it, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if next == token {
				yield(zero, explain(cctx, on, errLoop))
				return
			}
			token = next
		}
	}
}

// single does one call that is no list.
func single[T any](ctx context.Context, h *Handle, m method, on string, do func(context.Context) (T, error)) (T, error) {
	defer h.Close()
	cctx := h.call(ctx, m)
	v, err := do(cctx)
	if err != nil {
		var zero T
		return zero, explain(cctx, on, err)
	}
	return v, nil
}

// collect reads a short stream to its end.
func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// convert turns a page of Google's values into ours; those that keep is false for are left out.
func convert[G, T any](page []G, one func(G) (T, bool)) []T {
	out := make([]T, 0, len(page))
	for _, g := range page {
		if t, keep := one(g); keep {
			out = append(out, t)
		}
	}
	return out
}
