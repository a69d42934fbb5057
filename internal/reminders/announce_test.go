package reminders

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"pgregory.net/rapid"

	"esafetybot/internal/seen"
)

var (
	errKilled = errors.New("killed")
	errUnsure = errors.New("unsure")
	errGone   = errors.New("gone")
	errNo     = errors.New("no")
)

// classroom is a class in memory. Before and after each call it may fail.
type classroom struct {
	now   time.Time
	list  map[string]*seen.Announcement
	next  int
	calls int
	fails map[int]error // by the number of the call: errKilled and errUnsure after it was done, errNo before
}

func (c *classroom) do(f func() error) error {
	c.calls++
	fail := c.fails[c.calls]
	if fail != nil && (errors.Is(fail, errNo) || c.calls%2 == 0) && !errors.Is(fail, errUnsure) {
		return fail
	}
	if err := f(); err != nil {
		return err
	}
	return fail
}

func (c *classroom) CreateAnnouncement(_ context.Context, as, _, text string, _ []string) (id string, err error) {
	err = c.do(func() error {
		c.next++
		id = fmt.Sprint("a", c.next)
		c.list[id] = &seen.Announcement{ID: id, Text: text + " ", State: seen.Draft, Creator: "id-" + as, Made: c.now.Add(-time.Minute)}
		return nil
	})
	if err != nil {
		id = ""
	}
	return id, err
}

func (c *classroom) PublishAnnouncement(_ context.Context, _, _, id string) error {
	return c.do(func() error {
		a := c.list[id]
		if a == nil {
			return errGone
		}
		a.State = seen.Published
		return nil
	})
}

func (c *classroom) Announcement(_ context.Context, _, _, id string) (a seen.Announcement, err error) {
	err = c.do(func() error {
		if c.list[id] == nil {
			return errGone
		}
		a = *c.list[id]
		return nil
	})
	return a, err
}

func (c *classroom) Announcements(context.Context, string, string) iter.Seq2[seen.Announcement, error] {
	return func(yield func(seen.Announcement, error) bool) {
		for _, a := range c.list {
			if !yield(*a, nil) {
				return
			}
		}
	}
}

func (*classroom) Gone(err error) bool   { return errors.Is(err, errGone) }
func (*classroom) Unsure(err error) bool { return errors.Is(err, errUnsure) }

func notice(publish bool) Notice {
	return Notice{Course: "12", Text: "Be kind online.", Teacher: "id-kim", As: "kim", Publish: publish}
}

func kept(p *Post) func(context.Context, Post) error {
	return func(_ context.Context, now Post) error { *p = now; return nil }
}

// TestAnnounceOnce: whatever fails, and wherever the program is killed, there is one announcement in the end, and it is published.
func TestAnnounceOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &classroom{now: at("2026-11-18 09:00"), list: map[string]*seen.Announcement{}, fails: map[int]error{}}
		c.list["old"] = &seen.Announcement{ID: "old", Text: "Be kind online.", State: seen.Published, Creator: "id-kim", Made: at("2026-09-14 09:00")}
		c.list["other"] = &seen.Announcement{ID: "other", Text: "Be kind online.", State: seen.Draft, Creator: "id-lou", Made: c.now}
		for n := range 12 {
			if rapid.IntRange(0, 2).Draw(t, "fails") == 0 {
				c.fails[n+1] = rapid.SampledFrom([]error{errKilled, errUnsure, errNo}).Draw(t, "how")
			}
		}
		publish := rapid.Bool().Draw(t, "publish")
		var stored Post
		for range 20 {
			saves, killAt := 0, rapid.IntRange(0, 5).Draw(t, "killed at save")
			ctx, cancel := context.WithCancel(t.Context())
			_, err := Announce(ctx, c, c.now, notice(publish), stored, func(_ context.Context, p Post) error {
				if saves++; saves == killAt {
					return errKilled
				}
				stored = p
				return nil
			})
			cancel()
			// A call that was killed after it was done looks like one whose outcome nobody knows.
			if errors.Is(err, errKilled) && stored.ID == "" && stored.Intended.IsZero() && len(c.list) > 2 {
				stored.Intended, stored.Mark, stored.By, stored.Publish = c.now, mark("Be kind online."), "id-kim", publish
			}
			c.now = c.now.Add(time.Minute)
			if stored.Done() {
				break
			}
		}
		ours := 0
		for id, a := range c.list {
			if id == "old" || id == "other" {
				continue
			}
			ours++
			if publish != (a.State == seen.Published) {
				t.Fatalf("%+v", a)
			}
		}
		if !stored.Done() || ours != 1 || c.list["other"].State != seen.Draft {
			t.Fatalf("%d announcements, %+v", ours, stored)
		}
	})
}

// What somebody changed, published or deleted meanwhile is theirs.
func TestAnnounceLeavesAlone(t *testing.T) {
	for name, change := range map[string]func(*classroom, string){
		"deleted":   func(c *classroom, id string) { delete(c.list, id) },
		"changed":   func(c *classroom, id string) { c.list[id].Text = "Something else" },
		"published": func(c *classroom, id string) { c.list[id].State = seen.Published },
	} {
		c := &classroom{now: at("2026-11-18 09:00"), list: map[string]*seen.Announcement{}, fails: map[int]error{2: errNo}} // nobody can look
		var p Post
		if _, err := Announce(t.Context(), c, c.now, notice(true), p, kept(&p)); err == nil || p.ID == "" || p.Done() || p.Problem != ProblemRefused {
			t.Fatalf("%s: %v %+v", name, err, p)
		}
		change(c, p.ID)
		calls := c.calls
		if _, err := Announce(t.Context(), c, c.now, notice(true), p, kept(&p)); err != nil || !p.Done() || p.Left != (name != "published") || c.calls != calls+1 || p.Problem != "" {
			t.Errorf("%s: %v %+v", name, err, p)
		}
		if _, err := Announce(t.Context(), c, c.now, notice(true), p, kept(&p)); err != nil || c.calls != calls+1 {
			t.Errorf("%s: looked at again", name)
		}
	}
}

// What Google refuses was not made, and is tried anew.
func TestAnnounceRefused(t *testing.T) {
	c := &classroom{now: at("2026-11-18 09:00"), list: map[string]*seen.Announcement{}, fails: map[int]error{1: errNo}}
	var p Post
	if _, err := Announce(t.Context(), c, c.now, notice(false), p, kept(&p)); !errors.Is(err, errNo) || !p.Intended.IsZero() || p.Problem != ProblemRefused {
		t.Fatalf("%v %+v", err, p)
	}
	if _, err := Announce(t.Context(), c, c.now.Add(time.Hour), notice(false), p, kept(&p)); err != nil || !p.Done() || len(c.list) != 1 || p.Problem != "" {
		t.Errorf("%v %+v", err, p)
	}
}
