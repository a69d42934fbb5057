package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/hooks"
	"esafetybot/internal/store"
)

// hintPolicy asks for nearly everything, with reports at half past seven.
const hintPolicy = schoolPolicy + `
  - id: A2
    says: Accounts are kept in order.
    deals_with_it: workspace_admin
    met_by:
      - {check: accounts, with: {rules: [dormant]}, severity: medium, due: 5 working days}
      - {check: devices, with: {rules: [unencrypted]}, severity: medium, due: 5 working days}
      - {check: pupil-email, with: {mode: off}, severity: high, due: 1 working day}
      - {check: sharing, with: {rules: [public]}, severity: high, due: 1 working day}
mail: {report: 07:30}
`

// board is a school on whose board hints lie.
type board struct {
	t   *testing.T
	env Env
	now time.Time
	n   int
}

func newBoard(t *testing.T) *board {
	b := &board{t: t, now: place(t, "2026-11-18 12:00")}
	b.env = Env{Store: openStore(t), Hints: openStore(t), Policy: parsed(t, hintPolicy), Clock: func() time.Time { return b.now }, Log: slog.New(slog.DiscardHandler)}
	b.channels(channelBook{List: []pushChannel{{ID: "open", Application: hooks.Drive, Event: "move", Open: true, Expires: b.now.Add(time.Hour)}}})
	return b
}

// channels notes which notification channels are open, and which have ended.
func (b *board) channels(book channelBook) {
	b.t.Helper()
	have, err := loadChannels(b.t.Context(), b.env.Store)
	if err != nil {
		b.t.Fatal(err)
	}
	book.version = have.version
	batch := &store.Batch{}
	if _, err := book.stage(batch); err != nil {
		b.t.Fatal(err)
	}
	if err := b.env.Store.Commit(b.t.Context(), batch); err != nil {
		b.t.Fatal(err)
	}
}

// over lays a hint that came over a notification channel so long ago.
func (b *board) over(channel string, ago time.Duration) {
	b.t.Helper()
	b.raw(hooks.Hint{School: "school.example", Source: hooks.FromGoogle, Application: hooks.Drive, Event: "change_document_visibility", Thing: "over-" + channel, Channel: channel, Received: b.now.Add(-ago)})
}

// lay lays a hint that came so long ago.
func (b *board) lay(app, event, thing string, ago time.Duration) {
	b.t.Helper()
	h := hooks.Hint{School: "school.example", Source: hooks.FromGoogle, Application: app, Event: event, Thing: thing, Channel: "open", Received: b.now.Add(-ago)}
	if app == hooks.Site {
		h.Source, h.Channel = hooks.FromSite, ""
	}
	b.raw(h)
}

func (b *board) raw(v any) {
	b.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		b.t.Fatal(err)
	}
	b.n++
	batch := &store.Batch{}
	batch.Create(hooks.Hints, fmt.Sprint("1-", b.n), nil, text)
	if err := b.env.Hints.Commit(b.t.Context(), batch); err != nil {
		b.t.Fatal(err)
	}
}

// ran notes that a job began so long ago.
func (b *board) ran(job string, ago time.Duration, wrong string) {
	b.t.Helper()
	b.n++
	r := &Record{ID: fmt.Sprint(job, b.n), Job: job, Started: b.now.Add(-ago), Ended: b.now.Add(-ago), Error: wrong}
	batch := &store.Batch{}
	if err := r.Add(batch); err != nil {
		b.t.Fatal(err)
	}
	if err := b.env.Store.Commit(b.t.Context(), batch); err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) left() []string {
	b.t.Helper()
	list, err := hooks.Wait(b.t.Context(), b.env.Hints, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, w := range list {
		out = append(out, w.Application+" "+w.Event)
	}
	slices.Sort(out)
	return out
}

func TestHinted(t *testing.T) {
	everything := []string{AccountsJob, DevicesJob, PupilEmailJob, SharingJob, CommentsJob, CheckInsJob, ApplyJob}
	const m = time.Minute
	for _, c := range []struct {
		name string
		do   func(*board)
		want []string
	}{
		{"nothing waits", func(*board) {}, nil},
		{"made public", func(b *board) { b.lay(hooks.Drive, "change_document_visibility", "d", m) }, []string{SharingJob}},
		{"moved", func(b *board) { b.lay(hooks.Drive, "move", "d", m) }, []string{SharingJob}},
		{"e-mail switched on: settings are not asked for", func(b *board) { b.lay(hooks.Admin, "TOGGLE_SERVICE_ENABLED", "", m) }, []string{AccountsJob, PupilEmailJob}},
		{"a group", func(b *board) { b.lay(hooks.Admin, "CHANGE_GROUP_SETTING", "", m) }, []string{PupilEmailJob, SharingJob}},
		{"a setting that nobody asks about", func(b *board) { b.lay(hooks.Admin, "CHANGE_APPLICATION_SETTING", "", m) }, nil},
		{"a device", func(b *board) { b.lay(hooks.Admin, "MOVE_DEVICE_TO_ORG_UNIT_DETAILED", "", m) }, []string{DevicesJob}},
		{"an administrator", func(b *board) { b.lay(hooks.Admin, "ASSIGN_ROLE", "", m) }, []string{AccountsJob}},
		{"an account", func(b *board) { b.lay(hooks.Users, "add", "1", m) }, []string{AccountsJob, PupilEmailJob}},
		{"a class", func(b *board) { b.lay(hooks.Classroom, "post_created", "5", m) }, []string{AccountsJob, CommentsJob}},
		{"a sign-in", func(b *board) { b.lay(hooks.Login, "login_success", "", m) }, []string{AccountsJob, DevicesJob}},
		{"ClassDojo", func(b *board) { b.lay(hooks.Dojo, "story", "", m) }, []string{CommentsJob}},
		{"a decision", func(b *board) { b.lay(hooks.Site, hooks.Decided, "", m) }, []string{ApplyJob, CheckInsJob, CommentsJob}},
		{"what nobody knows", func(b *board) { b.lay("moon", "rise", "", m) }, nil},
		{"what is no hint", func(b *board) { b.raw("x"); b.raw(map[string]string{"application": hooks.Drive}) }, nil},
		{"a day old", func(b *board) { b.lay(hooks.Drive, "move", "", 25*time.Hour) }, nil},
		{"from a clock far ahead", func(b *board) { b.lay(hooks.Drive, "move", "", -25*time.Hour) }, nil},
		{"looked two minutes ago: what is urgent does not wait", func(b *board) {
			for _, job := range everything {
				b.ran(job, 2*m, "")
			}
			b.lay(hooks.Drive, "change_document_visibility", "d", m)
			b.lay(hooks.Users, "update", "1", m)
		}, []string{SharingJob}},
		{"looked half a minute ago: it does", func(b *board) {
			b.ran(SharingJob, m/2, "")
			b.lay(hooks.Drive, "change_document_visibility", "d", m/4)
		}, nil},
		{"looked six minutes ago: decisions do not wait", func(b *board) {
			for _, job := range everything {
				b.ran(job, 6*m, "")
			}
			b.lay(hooks.Users, "update", "1", m)
			b.lay(hooks.Site, hooks.Decided, "", m)
		}, []string{ApplyJob, CheckInsJob, CommentsJob}},
		{"looked since: nothing more to do", func(b *board) {
			b.ran(SharingJob, 20*m, "")
			b.lay(hooks.Drive, "move", "d", 30*m)
		}, nil},
		{"looked since, and failed", func(b *board) {
			b.ran(SharingJob, 20*m, "the state was full")
			b.lay(hooks.Drive, "move", "d", 30*m)
		}, []string{SharingJob}},
		{"looked often enough for an hour", func(b *board) {
			for i := range mostEarly {
				b.ran(SharingJob, time.Duration(5+i)*m/2, "")
			}
			b.lay(hooks.Drive, "change_document_visibility", "d", 0)
		}, nil},
		{"before the day's hour only what is urgent", func(b *board) {
			b.now = place(t, "2026-11-18 05:00")
			for _, job := range everything {
				b.ran(job, 20*time.Hour, "")
			}
			b.lay(hooks.Drive, "move", "d", m)
			b.lay(hooks.Users, "makeAdmin", "1", m)
		}, []string{AccountsJob, PupilEmailJob}},
		{"on Firestore what is not urgent waits for hours", func(b *board) {
			b.env.Exclusive = false
			b.ran(SharingJob, 2*time.Hour, "")
			b.lay(hooks.Drive, "move", "d", 30*m)
		}, nil},
		{"and then no more", func(b *board) {
			b.env.Exclusive = false
			b.ran(SharingJob, 4*time.Hour, "")
			b.lay(hooks.Drive, "move", "d", 30*m)
		}, []string{SharingJob}},
		{"what is urgent does not", func(b *board) {
			b.env.Exclusive = false
			b.ran(SharingJob, 2*m, "")
			b.lay(hooks.Drive, "change_document_visibility", "d", m)
		}, []string{SharingJob}},
		{"on a clock that stands still", func(b *board) {
			b.ran(SharingJob, 0, "")
			b.lay(hooks.Drive, "move", "d", 0)
		}, []string{SharingJob}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBoard(t)
			b.env.Exclusive = true
			c.do(b)
			have, err := hinted(t.Context(), b.env)
			slices.Sort(have)
			if d := cmp.Diff(c.want, have); d != "" || err != nil {
				t.Error(d, err)
			}
			if b.env.Hints = nil; c.want != nil {
				if have, err := hinted(t.Context(), b.env); len(have) > 0 || err != nil {
					t.Error("without a store of hints:", have, err)
				}
			}
		})
	}
}

// A hint goes once each job that it makes look has ended, not before.
func TestHintsGoWhenTheyAreTaken(t *testing.T) {
	b := newBoard(t)
	b.lay(hooks.Drive, "move", "doc", time.Minute)
	b.lay(hooks.Users, "add", "account", time.Minute)
	b.lay(hooks.Classroom, "post_created", "class", 30*time.Minute)
	b.lay("moon", "rise", "moon", time.Minute)
	b.lay(hooks.Drive, "trash", "old", 25*time.Hour)
	b.raw("x")
	run := func(late func(), ended map[string]bool) []string {
		t.Helper()
		h, err := takeHints(t.Context(), b.env)
		if err != nil {
			t.Fatal(err)
		}
		if late != nil {
			late()
		}
		h.ended = ended
		if err := h.drop(t.Context()); err != nil {
			t.Fatal(err)
		}
		return b.left()
	}
	h, err := takeHints(t.Context(), b.env)
	if d := cmp.Diff(map[string]bool{"doc": true, "account": true, "class": true, "moon": true}, h.first()); d != "" || err != nil {
		t.Error("looked at first:", d, err)
	}
	all := []string{"classroom post_created", "drive move", "users add"}
	if d := cmp.Diff(all, run(nil, map[string]bool{})); d != "" {
		t.Error("a run that was killed:", d)
	}
	if d := cmp.Diff(all, run(nil, map[string]bool{AccountsJob: true, SharingJob: false})); d != "" {
		t.Error("one of two jobs, and one that failed:", d)
	}
	// The class wants accounts too, and a run of that has begun since it came, in another process.
	b.ran(AccountsJob, 10*time.Minute, "")
	came := func() { b.lay(hooks.Drive, "untrash", "doc", 0) }
	if d := cmp.Diff([]string{"drive untrash", "users add"}, run(came, map[string]bool{SharingJob: true, CommentsJob: true})); d != "" {
		t.Error("what came while the jobs ran stays:", d)
	}
	if d := cmp.Diff([]string{"drive untrash"}, run(nil, map[string]bool{AccountsJob: true, PupilEmailJob: true})); d != "" {
		t.Error(d)
	}
}

// TestHintsOfOtherChannels: what comes over a channel that was not ours when it came, although its token is good, makes nobody look, is looked at first by nobody, and goes.
func TestHintsOfOtherChannels(t *testing.T) {
	const m = time.Minute
	for _, c := range []struct {
		name    string
		channel string
		ago     time.Duration
		book    channelBook
		counts  bool
	}{
		{"an open one", "open", m, channelBook{List: []pushChannel{{ID: "open", Open: true}}}, true},
		{"one of which it is not known whether Google opened it", "new", m, channelBook{List: []pushChannel{{ID: "new"}}}, true},
		{"one that nobody knows", "other", m, channelBook{List: []pushChannel{{ID: "open", Open: true}}}, false},
		{"none is open", "open", m, channelBook{}, false},
		{"before its end", "old", 20 * m, channelBook{Ended: []endedChannel{{"old", place(t, "2026-11-18 11:50")}}}, true},
		{"under way at its end", "old", m, channelBook{Ended: []endedChannel{{"old", place(t, "2026-11-18 11:50")}}}, true},
		{"long after its end", "old", m, channelBook{Ended: []endedChannel{{"old", place(t, "2026-11-18 11:40")}}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBoard(t)
			c.book.Again = b.now // so that an empty book is kept too
			b.channels(c.book)
			b.over(c.channel, c.ago)
			have, err := hinted(t.Context(), b.env)
			if err != nil || (len(have) > 0) != c.counts {
				t.Errorf("%v look, %v", have, err)
			}
			h, err := takeHints(t.Context(), b.env)
			if err != nil || len(h.first()) > 0 != c.counts {
				t.Errorf("looked at first is %v, %v", h.first(), err)
			}
			var said lines
			h.env.Log = slog.New(&said)
			if err := h.drop(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left := len(b.left()) > 0; left != c.counts {
				t.Errorf("it is left: %v", left)
			}
			if counted := said.number("other_channel"); counted != map[bool]int64{true: 0, false: 1}[c.counts] {
				t.Errorf("%d were counted", counted)
			}
			b.now = place(t, "2026-11-18 05:00")
			b.over(c.channel, c.ago)
			if h, err = takeHints(t.Context(), b.env); err != nil || h.early() != (c.counts || c.channel == "old") {
				t.Errorf("early %v, %v", h.early(), err)
			}
		})
	}
}

// TestChannelsAreForgottenInTime: of a channel that ended stays when it did, as long as a hint of it may wait.
func TestChannelsAreForgottenInTime(t *testing.T) {
	at := place(t, "2026-11-18 12:00")
	b := &channelBook{List: []pushChannel{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	b.forget("a", at)
	b.forget("none", at)
	b.forget("b", at.Add(hooks.Oldest))
	if d := cmp.Diff([]endedChannel{{"a", at.UTC()}, {"b", at.Add(hooks.Oldest).UTC()}}, b.Ended); d != "" || len(b.List) != 1 {
		t.Error(d, b.List)
	}
	b.forget("c", at.Add(hooks.Oldest+channelTail+time.Second))
	if d := cmp.Diff([]string{"b", "c"}, []string{b.Ended[0].ID, b.Ended[1].ID}); d != "" || len(b.Ended) != 2 {
		t.Error(d)
	}
}

// lines keeps the numbers of log lines.
type lines []slog.Record

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	*l = append(*l, r)
	return nil
}
func (l *lines) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *lines) WithGroup(string) slog.Handler      { return l }

// number adds up a number of all lines.
func (l *lines) number(name string) (n int64) {
	for _, r := range *l {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == name {
				n += a.Value.Int64()
			}
			return true
		})
	}
	return n
}

// Hints that cannot be read or deleted are said in the log, and nothing waits for them.
func TestWithoutHints(t *testing.T) {
	b := newBoard(t)
	if err := b.env.Hints.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := hinted(t.Context(), b.env); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	h, err := takeHints(t.Context(), b.env)
	if !errors.Is(err, store.ErrClosed) || h == nil || h.early() || len(h.first()) > 0 {
		t.Error(h, err)
	}
	var said counting
	b.env.Log = slog.New(&said)
	hintless(t.Context(), b.env, err)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	hintless(gone, b.env, err)
	hintless(t.Context(), b.env, nil)
	if said != 1 {
		t.Error("said", said, "times")
	}
}

// counting counts log lines.
type counting int

func (c *counting) Enabled(context.Context, slog.Level) bool  { return true }
func (c *counting) Handle(context.Context, slog.Record) error { *c++; return nil }
func (c *counting) WithAttrs([]slog.Attr) slog.Handler        { return c }
func (c *counting) WithGroup(string) slog.Handler             { return c }

// A run before the day's hour because of a hint is not the day's, and sends none of the day's mails.
func TestEarlyIsNotTheDays(t *testing.T) {
	b := newBoard(t)
	b.now = place(t, "2026-11-18 02:00")
	h, err := takeHints(t.Context(), b.env)
	if err != nil || h.early() {
		t.Error("without a hint a run is as ever:", err)
	}
	b.lay(hooks.Drive, "change_document_visibility", "d", 0)
	if h, err = takeHints(t.Context(), b.env); err != nil || !h.early() {
		t.Error("not early:", err)
	}
	last := &Record{Started: b.now}
	for clock, want := range map[string]bool{"2026-11-18 03:00": false, "2026-11-18 07:30": true, "2026-11-18 23:00": true} {
		if have := daily(b.env.Policy, last, place(t, clock)); have != want {
			t.Errorf("%s: due %v", clock, have)
		}
	}
	b.now = place(t, "2026-11-18 07:30")
	if h, err = takeHints(t.Context(), b.env); err != nil || h.early() {
		t.Error("early at the hour:", err)
	}
}
