package world

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Load reads a tenant from its folder. Files that are missing count as empty. An error names the file and, in JSONL files, the line.
func Load(dir string) (*World, error) {
	if st, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("tenant: %w", err)
	} else if !st.IsDir() {
		return nil, fmt.Errorf("tenant: %s is not a folder", dir)
	}
	w := New(Settings{})
	var (
		users   []*User
		deleted []*User
		groups  []*Group
		members map[string][]*Member
		setting map[string]Raw
		drives  []*Drive
	)
	parts := []filePart{
		{"tenant.json", &w.Settings}, {"users.json", &users}, {"deletedusers.json", &deleted}, {"orgunits.json", &w.units},
		{"domains.json", &w.domains}, {"groups.json", &groups}, {"members.json", &members}, {"groupsettings.json", &setting},
		{"drives.json", &drives}, {"policies.json", &w.policies}, {"allowlisteddomains.json", &w.allowlisted}, {"mailboxes.json", &w.mailboxes}, {"inboxes.json", &w.inboxes},
		{fileCommentsFile, &w.fileComments}, {blogsFile, &w.blogs},
	}
	parts = slices.Concat(parts, w.account.parts(), w.classroom.parts(), w.posts.parts())
	for _, p := range parts {
		if err := readJSON(filepath.Join(dir, p.name), p.v); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	var errs []error
	for _, u := range users {
		errs = append(errs, w.AddUser(u))
	}
	for _, u := range deleted {
		w.deleted[u.ID] = u
	}
	for _, g := range groups {
		errs = append(errs, w.AddGroup(g, nil, nil))
	}
	for id, list := range members {
		g := w.Group(id)
		if g == nil {
			errs = append(errs, fmt.Errorf("members.json: group %s is %w", id, ErrNotFound))
			continue
		}
		w.members[g.ID] = list
	}
	for address, s := range setting {
		w.settings[strings.ToLower(address)] = s
	}
	for _, d := range drives {
		errs = append(errs, w.AddDrive(d))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	lists := map[string]*permSet{} // by their text: most items have a list that a sibling has, too
	err := readLines(filepath.Join(dir, "files.jsonl"), func(b []byte) error {
		var j fileJSON
		if err := json.Unmarshal(b, &j); err != nil {
			return err
		}
		f, err := j.file()
		if err != nil {
			return err
		}
		return w.addLoaded(f, j.Permissions, lists)
	})
	if err != nil {
		return nil, err
	}
	if err := w.loadContents(dir); err != nil {
		return nil, err
	}
	if err := w.account.loaded(dir); err != nil {
		return nil, err
	}
	w.classroom.loaded()
	w.loadedFileComments()
	if err := w.loadedPosts(); err != nil {
		return nil, err
	}
	if err := w.loadedBlogs(); err != nil {
		return nil, err
	}
	if err := w.loadDojo(dir); err != nil {
		return nil, err
	}
	if err := w.loadDecisions(dir); err != nil {
		return nil, err
	}
	if err := w.loadRolls(dir); err != nil {
		return nil, err
	}
	for _, app := range Apps {
		err := readLines(filepath.Join(dir, "activities-"+app+".jsonl"), func(b []byte) error {
			a := &Activity{}
			if err := a.fromJSON(b); err != nil {
				return err
			}
			a.App = app
			w.activities[app] = append(w.activities[app], a)
			return nil
		})
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(w.activities[app], func(a, b *Activity) int {
			switch {
			case before(a, b):
				return -1
			case before(b, a):
				return 1
			}
			return 0
		})
	}
	if w.mailboxes == nil {
		w.mailboxes = map[string][]Mail{}
	}
	if w.inboxes == nil {
		w.inboxes = map[string][]Mail{}
	}
	w.counter = w.nextSeq
	for _, app := range Apps {
		w.counter += uint64(len(w.activities[app])) << 20 // other ids than the generator's
	}
	return w, nil
}

// Apps are the applications whose audit logs a tenant holds.
var Apps = []string{"drive", "admin", "login", "token", "classroom", "user_accounts"}

// filePart is a JSON file of the tenant's folder and what it holds: a pointer, to read into and to write from.
type filePart struct {
	name string
	v    any
}

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// readLines calls fn with each line that is not empty.
func readLines(path string, fn func([]byte) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(strings.TrimSpace(string(line[:min(len(line), 8)]))) > 0 || len(line) > 8 {
			if err := fn(line); err != nil {
				return fmt.Errorf("%s:%d: %w", filepath.Base(path), n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Save writes the tenant as it is now into the folder, which is made if need be. Items of users who are gone for good are left out.
func (w *World) Save(dir string) error {
	w.PublishDue()
	lines := w.saved.begin()
	defer lines.end()
	w.mu.RLock()
	defer w.mu.RUnlock()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save tenant: %w", err)
	}
	s := w.Settings
	s.Now = w.now()
	parts := []filePart{
		{"tenant.json", s}, {"users.json", orEmpty(w.userList)}, {"orgunits.json", orEmpty(w.units)}, {"domains.json", orEmpty(w.domains)},
		{"groups.json", orEmpty(w.groupList)}, {"members.json", w.members}, {"groupsettings.json", w.settings}, {"drives.json", orEmpty(w.driveList)},
		{"policies.json", orEmpty(w.policies)}, {"allowlisteddomains.json", orEmpty(w.allowlisted)}, {"mailboxes.json", w.mailboxes},
		{fileCommentsFile, w.keptFileComments()}, {blogsFile, orEmpty(w.blogs)},
	}
	if len(w.inboxes) > 0 {
		parts = append(parts, filePart{"inboxes.json", w.inboxes})
	}
	if len(w.deleted) > 0 {
		parts = append(parts, filePart{"deletedusers.json", orEmpty(w.DeletedUsers())})
	}
	parts = slices.Concat(parts, w.account.parts(), w.classroom.parts(), w.posts.parts())
	for _, p := range parts {
		b, err := json.MarshalIndent(p.v, "", " ")
		if err != nil {
			return fmt.Errorf("save %s: %w", p.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.name), append(b, '\n'), 0o644); err != nil {
			return fmt.Errorf("save tenant: %w", err)
		}
	}
	gone := w.goneFor(UndeleteWithin)
	err := writeLines(filepath.Join(dir, "files.jsonl"), func(enc *json.Encoder) error {
		lists := map[*permSet]json.RawMessage{}
		for _, f := range w.Files() {
			if f.Owner != nil && gone[strings.ToLower(f.Owner.EmailAddress)] {
				continue
			}
			list, ok := lists[f.perms]
			if !ok {
				var err error
				if list, err = json.Marshal(f.perms.list); err != nil {
					return fmt.Errorf("file %s: %w", f.ID, err)
				}
				lists[f.perms] = list
			}
			if err := enc.Encode(f.line(list)); err != nil {
				return fmt.Errorf("file %s: %w", f.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.account.saveUsage(dir, lines); err != nil {
		return err
	}
	if err := w.saveContents(dir, gone); err != nil {
		return err
	}
	if err := w.saveRolls(dir); err != nil {
		return err
	}
	if err := w.saveDojo(dir); err != nil {
		return err
	}
	if err := w.saveDecisions(dir); err != nil {
		return err
	}
	for _, app := range Apps {
		err := writeFile(filepath.Join(dir, "activities-"+app+".jsonl"), func(to io.Writer) error {
			for _, a := range w.activities[app] {
				b, err := lines.line(a, func() (any, error) {
					b, err := a.JSON(w.Settings.Customer.ID)
					return json.RawMessage(b), err
				})
				if err != nil {
					return err
				}
				if _, err := to.Write(b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// goneFor tells the addresses of users deleted longer ago than d.
func (w *World) goneFor(d time.Duration) map[string]bool {
	out := map[string]bool{}
	for _, u := range w.deleted {
		if w.now().Sub(u.DeletionTime) > d {
			out[strings.ToLower(u.PrimaryEmail)] = true
		}
	}
	return out
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func writeLines(path string, fn func(*json.Encoder) error) error {
	return writeFile(path, func(to io.Writer) error {
		enc := json.NewEncoder(to)
		enc.SetEscapeHTML(false)
		return fn(enc)
	})
}

func writeFile(path string, fn func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save tenant: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := bufio.NewWriterSize(f, 1<<20)
	if err := fn(b); err != nil {
		return err
	}
	return b.Flush()
}
