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

// serveSim answers the paths for tests: GET requests, mails, announcements, channels, clock, POST clock, dump, do.
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
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
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
	case "GET announcements":
		return s.announcements(), nil
	case "GET channels":
		return s.Channels(), nil
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
	return nil, fmt.Errorf("%s /sim/: %w; known are GET and DELETE requests, GET mails, GET announcements, GET channels, GET and POST clock, POST dump, POST do", r.Method, world.ErrNotFound)
}

// announcements lists those of each class in every state, with the project that made each.
func (s *Server) announcements() map[string][]world.Post {
	s.world.PublishDue()
	out := map[string][]world.Post{}
	s.world.View(func() {
		for _, c := range s.world.Courses() {
			for _, p := range s.world.Posts(c.ID, world.Announcement) {
				out[c.ID] = append(out[c.ID], *p)
			}
		}
	})
	return out
}
