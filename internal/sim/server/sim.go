package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// serveDiscovery answers with a discovery document whose URLs point here: /discovery/v1/apis/API/VERSION/rest, and the newer form
// HOST/$discovery/rest?version=VERSION.
func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	api, version := "", r.URL.Query().Get("version")
	if parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); len(parts) == 6 && parts[1] == "v1" && parts[2] == "apis" && parts[5] == "rest" {
		api, version = parts[3], parts[4]
	} else {
		api, _ = s.api.ByRoot(r.Host, version)
	}
	root := ""
	if r.TLS == nil { // under the proxy the real addresses are right
		root = (&url.URL{Scheme: "http", Host: r.Host, Path: "/"}).String()
	}
	doc, ok := s.api.Document(api, version, root)
	if !ok {
		writeError(w, notFound("Not Found: no such API in the simulated school."))
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Write(doc)
}

// serveSim answers the paths for tests: GET requests, mails, clock, POST clock, dump, do.
func (s *Server) serveSim(w http.ResponseWriter, r *http.Request) {
	v, err := s.sim(r)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if err != nil {
		code := http.StatusBadRequest
		if errors.Is(err, world.ErrNotFound) {
			code = http.StatusNotFound
		}
		w.WriteHeader(code)
		v = map[string]string{"error": err.Error()}
	}
	b, merr := marshal(v)
	if merr != nil {
		b = merr.body()
	}
	w.Write(b)
}

func (s *Server) sim(r *http.Request) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/sim/") {
	case "GET requests":
		return s.Requests(), nil
	case "DELETE requests":
		s.mu.Lock()
		s.stats = newStats()
		s.mu.Unlock()
		return struct{}{}, nil
	case "GET mails":
		out := map[string][]world.Mail{}
		s.world.View(func() {
			for _, a := range s.world.Senders() {
				out[a] = s.world.Mails(a)
			}
		})
		return out, nil
	case "GET clock":
		return map[string]time.Time{"now": s.world.Now()}, nil
	case "POST clock":
		var in struct {
			Advance string    `json:"advance"` // a duration
			Now     time.Time `json:"now"`
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		if in.Advance != "" {
			d, err := time.ParseDuration(in.Advance)
			if err != nil {
				return nil, err
			}
			s.world.Advance(d)
		}
		if !in.Now.IsZero() {
			s.world.SetNow(in.Now)
		}
		return map[string]time.Time{"now": s.world.Now()}, nil
	case "POST dump":
		var in struct {
			Dir string `json:"dir"`
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, err
		}
		if in.Dir == "" {
			return nil, errors.New("dump: name a dir")
		}
		return struct{}{}, s.world.Save(in.Dir)
	case "POST do":
		return s.do(body)
	}
	return nil, fmt.Errorf("%s /sim/: %w; known are GET and DELETE requests, GET mails, GET and POST clock, POST dump, POST do", r.Method, world.ErrNotFound)
}

// act is a change that POST /sim/do makes as a person would: {"do": "share", "file": ID, "grant": {…}, "actor": ADDRESS}.
type act struct {
	Do         string      `json:"do"`
	Actor      string      `json:"actor"`
	File       string      `json:"file"`
	Drive      string      `json:"drive"`
	User       string      `json:"user"`
	Group      string      `json:"group"`
	Member     string      `json:"member"`
	Permission string      `json:"permission"`
	Grant      world.Grant `json:"grant"`
	Role       string      `json:"role"`
	Domain     string      `json:"domain"`
	Findable   bool        `json:"findable"`
	To         string      `json:"to"` // a folder, an owner, a unit
	Name       string      `json:"name"`
	MimeType   string      `json:"mimeType"`
	Field      string      `json:"field"`
	Value      string      `json:"value"`
	Time       time.Time   `json:"time"`
}

func (s *Server) do(body []byte) (any, error) {
	var a act
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	w := s.world
	acts := map[string]func() error{
		"share":              func() error { return w.Share(a.File, a.Grant, a.Actor) },
		"unshare":            func() error { return w.Unshare(a.File, a.Permission, a.Actor) },
		"changeRole":         func() error { return w.ChangeRole(a.File, a.Permission, a.Role, a.Actor) },
		"setExpiry":          func() error { return w.SetExpiry(a.File, a.Permission, a.Time, a.Actor) },
		"setLink":            func() error { return w.SetLink(a.File, a.Role, a.Domain, a.Findable, a.Actor) },
		"publish":            func() error { return w.Publish(a.File, a.Grant, a.Actor) },
		"move":               func() error { return w.MoveFile(a.File, a.To, a.Actor) },
		"transfer":           func() error { return w.TransferOwner(a.File, a.To, a.Actor) },
		"rename":             func() error { return w.Rename(a.File, a.Name, a.Actor) },
		"trash":              func() error { return w.Trash(a.File, a.Actor) },
		"untrash":            func() error { return w.Untrash(a.File, a.Actor) },
		"delete":             func() error { return w.Delete(a.File, a.Actor) },
		"disableInheritance": func() error { return w.DisableInheritance(a.File, a.Actor) },
		"enableInheritance":  func() error { return w.EnableInheritance(a.File, a.Actor) },
		"view":               func() error { return w.ViewFile(a.File, a.Actor) },
		"edit":               func() error { return w.EditFile(a.File, a.Actor) },
		"suspendUser":        func() error { return w.SuspendUser(a.User, a.Actor) },
		"restoreUser":        func() error { return w.RestoreUser(a.User, a.Actor) },
		"archiveUser":        func() error { return w.ArchiveUser(a.User, a.Actor) },
		"deleteUser":         func() error { return w.DeleteUser(a.User, a.Actor) },
		"undeleteUser":       func() error { return w.UndeleteUser(a.User, a.To, a.Actor) },
		"moveUser":           func() error { return w.MoveUser(a.User, a.To, a.Actor) },
		"addMember":          func() error { return w.AddMember(a.Group, &world.Member{Email: a.Member}, a.Actor) },
		"removeMember":       func() error { return w.RemoveMember(a.Group, a.Member, a.Actor) },
		"setGroupSetting":    func() error { return w.SetGroupSetting(a.Group, a.Field, a.Value, a.Actor) },
		"addDriveMember":     func() error { return w.AddDriveMember(a.Drive, a.Grant, a.Actor) },
		"removeDriveMember":  func() error { return w.RemoveDriveMember(a.Drive, a.Permission, a.Actor) },
		"emptyDrive":         func() error { return w.EmptyDrive(a.Drive, a.Actor) },
	}
	if a.Do == "createFile" {
		id, err := w.CreateFile(&world.File{Name: a.Name, MimeType: a.MimeType, Parent: a.To}, a.Actor)
		return map[string]string{"id": id}, err
	}
	fn := acts[a.Do]
	if fn == nil {
		return nil, fmt.Errorf("do: %q: %w", a.Do, world.ErrNotFound)
	}
	return struct{}{}, fn()
}
