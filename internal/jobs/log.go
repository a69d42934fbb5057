package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"esafetybot/internal/census"
	"esafetybot/internal/seen"
	"esafetybot/internal/shares"
)

// The events of the Drive log after which an item is read again. Names are Google's
// (Reports API, Drive audit activity events); each is asked for by name, since views and edits are a hundred times as many.
var (
	sharingEvents = []string{
		"change_user_access", "change_document_visibility", "change_document_access_scope", "change_owner", "publish_change",
		"shared_drive_membership_change",
	}
	// Those of them that may have given somebody access; whoever did it is asked whether it is still needed.
	givingEvents = []string{"change_user_access", "change_document_visibility", "change_document_access_scope"}
	placeEvents  = []string{
		"move", "trash", "untrash", "delete", "add_to_folder", "remove_from_folder", "unmovable_item_reparented",
		"disable_inherited_permissions", "enable_inherited_permissions",
	}
	// What a folder's change did to the items in it. They are read last: most were read with their folder by then.
	followingEvents = []string{
		"change_user_access_hierarchy_reconciled", "change_document_visibility_hierarchy_reconciled",
		"change_document_access_scope_hierarchy_reconciled", "change_owner_hierarchy_reconciled",
	}
	// What a file that the public can open is called now. They are taken up only of what stands in the picture.
	titleEvents = []string{"rename"}
	adminEvents = []string{"CHANGE_GROUP_SETTING"}
)

const (
	// overlap is how far before the newest record the next pull begins, for records that arrive late.
	overlap = 24 * time.Hour
	// logKept is how long Google keeps audit records.
	logKept = 180 * 24 * time.Hour
	// settingsFor is how long a group's settings are taken as known.
	settingsFor = 7 * 24 * time.Hour
	// silentDays is how many school days without any record make a log suspicious.
	silentDays = 2
)

// pulled is what the log said since the last run.
type pulled struct {
	items    []shares.Touched // the newest word on each item; those that only followed a folder last
	drives   map[string]bool  // shared drives whose membership changed
	groups   map[string]bool  // addresses of groups whose settings changed
	cursor   time.Time
	admin    time.Time
	done     map[string]int64
	complete bool // the Drive log was read to the end
}

// pull reads the audit logs since the cursor, each event name by itself. With a gap in it the cursor stays where it was.
func (s *sharingRun) pull(ctx context.Context) pulled {
	p := pulled{drives: map[string]bool{}, groups: map[string]bool{}, cursor: s.cov.Cursor, admin: s.cov.Admin, done: map[string]int64{}, complete: true}
	type ask struct {
		app, name string
		from      time.Time
		into      *[]seen.Event
	}
	names := slices.Concat(sharingEvents, placeEvents, followingEvents)
	if s.reader.Titles {
		names = append(names, titleEvents...)
	}
	drive := make([][]seen.Event, len(names))
	admin := make([][]seen.Event, len(adminEvents))
	var asks []ask
	for i, name := range names {
		asks = append(asks, ask{"drive", name, s.cov.Cursor.Add(-overlap), &drive[i]})
	}
	for i, name := range adminEvents {
		asks = append(asks, ask{"admin", name, s.cov.Admin.Add(-overlap), &admin[i]})
	}
	var mu sync.Mutex
	_ = census.Each(ctx, s.Google.Workers(), asks, func(a ask) {
		var got []seen.Event
		for e, err := range s.Google.Events(ctx, a.app, a.name, a.from, s.now) {
			if err != nil {
				s.gap(seen.Scope("log/"+a.app), err)
				break
			}
			got = append(got, e)
		}
		mu.Lock()
		*a.into = got
		mu.Unlock()
	})
	if s.gaps.has("log/drive") || ctx.Err() != nil {
		p.complete = false
	}
	for _, list := range admin {
		for _, e := range list {
			p.groups[e.Target] = true
			if !s.gaps.has("log/admin") && e.Time.After(p.admin) {
				p.admin = e.Time
			}
		}
	}
	p.digest(s, slices.Concat(drive...))
	s.listen(ctx, p)
	return p
}

// digest turns events, which come newest first per name, into one word per item.
func (p *pulled) digest(s *sharingRun, events []seen.Event) {
	slices.SortStableFunc(events, func(a, b seen.Event) int { return a.Time.Compare(b.Time) })
	index := map[string]int{}
	for _, e := range events {
		if e.Time.After(p.cursor) {
			p.cursor = e.Time
		}
		key := digest(e)
		p.done[key] = e.Time.Unix()
		if _, before := s.cov.Done[key]; before {
			continue
		}
		if e.Name == "shared_drive_membership_change" {
			p.drives[e.Drive] = true
			continue
		}
		if e.Doc == "" || s.readSince(e) {
			continue
		}
		if _, in := s.book.Has("file/" + e.Doc); !in && slices.Contains(titleEvents, e.Name) {
			continue
		}
		i, ok := index[e.Doc]
		if !ok {
			i = len(p.items)
			index[e.Doc] = i
			p.items = append(p.items, shares.Touched{ID: e.Doc})
		}
		t := &p.items[i]
		t.Drive, t.Folder = e.Drive, t.Folder || e.DocType == "folder"
		t.Deleted = e.Name == "delete"
		t.Moved = t.Moved || slices.Contains(placeEvents, e.Name)
		if slices.Contains(sharingEvents, e.Name) {
			t.Since = e.Time
			if a, ok := s.who.Account(e.Actor); ok && gives(e) {
				t.By = a.ID
			}
		}
		// The newest owner first; an owner of before may still see where it went.
		for _, o := range []string{e.Owner, strings.ToLower(e.Params["new_owner"])} {
			if o != "" && o != "true" && o != "false" {
				t.Owners = slices.Insert(slices.DeleteFunc(t.Owners, func(x string) bool { return x == o }), 0, o)
			}
		}
	}
	if !p.complete {
		p.cursor, p.done = s.cov.Cursor, s.cov.Done
	}
	for k, unix := range p.done {
		if time.Unix(unix, 0).Before(p.cursor.Add(-overlap)) {
			delete(p.done, k)
		}
	}
	following := func(t shares.Touched) bool { return t.Since.IsZero() && !t.Moved }
	// Of those that come first, the ones that hints named.
	turn := func(t shares.Touched) int {
		switch {
		case following(t):
			return 2
		case s.First[t.ID]:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(p.items, func(a, b shares.Touched) int { return turn(a) - turn(b) })
}

// gives tells whether a change of sharing gave somebody access, rather than took it away: what it was changed to says so.
func gives(e seen.Event) bool {
	return slices.Contains(givingEvents, e.Name) && e.NewValue != "" && e.NewValue != "none" && e.NewValue != "private"
}

// readSince tells whether every scope that the event may be about was read in full after it.
func (s *sharingRun) readSince(e seen.Event) bool {
	var scopes []seen.Scope
	if e.Drive != "" {
		scopes = append(scopes, shares.DriveScope(e.Drive))
	}
	for _, o := range []string{e.Owner, strings.ToLower(e.Params["new_owner"])} {
		if a, ok := s.who.Account(o); ok {
			scopes = append(scopes, shares.OwnerScope(a.ID))
		}
	}
	if in, ok := s.book.Has("file/" + e.Doc); ok {
		scopes = append(scopes, in)
	}
	for _, sc := range scopes {
		if !s.cov.Read[sc].After(e.Time) {
			return false
		}
	}
	return len(scopes) > 0
}

// listen looks whether the Drive log says anything at all: a log that is silent for two school days is not to be trusted.
func (s *sharingRun) listen(ctx context.Context, p pulled) {
	cal, today := s.Policy.Calendar, s.Policy.Calendar.Date(s.now)
	latest := p.cursor
	if n, err := cal.SchoolDays(cal.Date(latest), today); err != nil || n <= silentDays || !p.complete {
		return
	}
	for e, err := range s.Google.Events(ctx, "drive", "", latest, s.now) {
		if err == nil {
			latest = e.Time
		}
		break
	}
	if n, err := cal.SchoolDays(cal.Date(latest), today); err == nil && n > silentDays {
		s.gaps.add("log/drive", seen.Silent, fmt.Sprintf("no record since %s", cal.Date(latest)))
	}
}

// digest identifies an event without keeping any of it.
func digest(e seen.Event) string {
	sum := sha256.Sum256([]byte(e.Record + "\n" + e.Name + "\n" + e.Doc))
	return hex.EncodeToString(sum[:8])
}
