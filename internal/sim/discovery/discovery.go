// Package discovery knows which requests Google accepts: routes, parameters, scopes and schemas, compiled from Google's own
// discovery documents of the pinned module google.golang.org/api.
//
// [Load] gives the catalogue; [Catalogue.Match] finds the method of a request, [Method.Check] says what is wrong with its
// parameters, [Catalogue.Validate] whether a JSON body fits a schema. [Catalogue.Document] serves a document with another root URL.
package discovery

//go:generate go run ./gen

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed apis/*.json apis/LICENSE
var documents embed.FS

// Catalogue is all methods of all APIs.
type Catalogue struct {
	apis   map[string]*API // by name and version, "drive:v3"
	routes []*route
}

// API is one discovery document.
type API struct {
	Name        string             `json:"name"`
	Version     string             `json:"version"`
	RootURL     string             `json:"rootUrl"`
	ServicePath string             `json:"servicePath"`
	Parameters  map[string]*Schema `json:"parameters"`
	Schemas     map[string]*Schema `json:"schemas"`
	Resources   map[string]*node   `json:"resources"`
	raw         []byte
}

type node struct {
	Methods   map[string]*Method `json:"methods"`
	Resources map[string]*node   `json:"resources"`
}

// Schema is a parameter or a JSON schema of a discovery document.
type Schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Enum                 []string           `json:"enum"`
	Pattern              string             `json:"pattern"`
	Required             bool               `json:"required"`
	Repeated             bool               `json:"repeated"`
	Location             string             `json:"location"`
	Default              string             `json:"default"`
	Minimum              string             `json:"minimum"`
	Maximum              string             `json:"maximum"`
	Properties           map[string]*Schema `json:"properties"`
	AdditionalProperties *Schema            `json:"additionalProperties"`
	Items                *Schema            `json:"items"`
	pattern              *regexp.Regexp
}

// Method is one method of an API.
type Method struct {
	ID         string             `json:"id"`
	HTTPMethod string             `json:"httpMethod"`
	Path       string             `json:"path"`
	Parameters map[string]*Schema `json:"parameters"`
	Scopes     []string           `json:"scopes"`
	Request    *Schema            `json:"request"`
	Response   *Schema            `json:"response"`
	// MediaDownload says that the method also answers with what is in the file: alt=media.
	MediaDownload bool `json:"supportsMediaDownload"`
	MediaUpload   *struct {
		Protocols map[string]struct {
			Path string `json:"path"`
		} `json:"protocols"`
	} `json:"mediaUpload"`
	API *API `json:"-"`
}

// route is one URL of a method: literal segments and path parameters.
type route struct {
	method   *Method
	upload   bool
	segments []segment
}

type segment struct {
	literal string
	param   string // "{name}" or "{+name}"
	suffix  string // after the parameter, for example ":send"
	rest    bool   // {+name}: takes several segments, its pattern decides how many
}

// Load gives the embedded documents. They are read once; nobody changes a Catalogue.
func Load() (*Catalogue, error) { return loaded() }

var loaded = sync.OnceValues(read)

func read() (*Catalogue, error) {
	c := &Catalogue{apis: map[string]*API{}}
	entries, err := documents.ReadDir("apis")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		b, err := documents.ReadFile("apis/" + e.Name())
		if err != nil {
			return nil, err
		}
		a := &API{raw: b}
		if err := json.Unmarshal(b, a); err != nil {
			return nil, fmt.Errorf("discovery document %s: %w", e.Name(), err)
		}
		c.apis[a.Name+":"+a.Version] = a
		for _, n := range a.Resources {
			if err := c.add(a, n); err != nil {
				return nil, fmt.Errorf("discovery document %s: %w", e.Name(), err)
			}
		}
	}
	// Literal segments win over parameters: /drive/v3/files/generateIds is no file.
	slices.SortStableFunc(c.routes, func(a, b *route) int { return a.params() - b.params() })
	return c, nil
}

func (r *route) params() int {
	n := 0
	for _, s := range r.segments {
		if s.param != "" {
			n++
		}
	}
	return n
}

func (c *Catalogue) add(a *API, n *node) error {
	for _, m := range n.Methods {
		m.API = a
		for name, p := range m.Parameters {
			if p.Pattern != "" {
				re, err := regexp.Compile("^(?:" + p.Pattern + ")$")
				if err != nil {
					return fmt.Errorf("%s: parameter %s: %w", m.ID, name, err)
				}
				p.pattern = re
			}
		}
		c.routes = append(c.routes, &route{method: m, segments: split(a.ServicePath + m.Path)})
		if m.MediaUpload != nil {
			for _, p := range m.MediaUpload.Protocols {
				r := &route{method: m, upload: true, segments: split(strings.TrimPrefix(p.Path, "/"))}
				if !slices.ContainsFunc(c.routes, func(o *route) bool { return o.method == m && o.upload && slices.Equal(o.segments, r.segments) }) {
					c.routes = append(c.routes, r)
				}
			}
		}
	}
	for _, sub := range n.Resources {
		if err := c.add(a, sub); err != nil {
			return err
		}
	}
	return nil
}

func split(path string) []segment {
	var out []segment
	for _, s := range strings.Split(path, "/") {
		open, end := strings.IndexByte(s, '{'), strings.IndexByte(s, '}')
		if open < 0 || end < open {
			out = append(out, segment{literal: s})
			continue
		}
		name, rest := strings.CutPrefix(s[open+1:end], "+")
		out = append(out, segment{literal: s[:open], param: name, suffix: s[end+1:], rest: rest})
	}
	return out
}

// Match finds the method that serves the request; path is the escaped path of the URL. known says that another HTTP method would
// have matched, upload that the path is that of a media upload.
func (c *Catalogue) Match(httpMethod, path string) (m *Method, params map[string]string, upload, known bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, r := range c.routes {
		p, ok := r.match(r.segments, parts)
		if !ok {
			continue
		}
		if r.method.HTTPMethod != httpMethod {
			known = true
			continue
		}
		return r.method, p, r.upload, true
	}
	return nil, nil, false, known
}

func (r *route) match(segments []segment, parts []string) (map[string]string, bool) {
	if len(segments) == 0 {
		return map[string]string{}, len(parts) == 0
	}
	if len(parts) == 0 {
		return nil, false
	}
	s := segments[0]
	if s.param == "" {
		if s.literal != parts[0] {
			return nil, false
		}
		return r.match(segments[1:], parts[1:])
	}
	most := 1
	if s.rest {
		most = len(parts)
	}
	for n := 1; n <= most; n++ {
		value := strings.Join(parts[:n], "/")
		if !strings.HasPrefix(value, s.literal) || !strings.HasSuffix(value, s.suffix) || len(value) <= len(s.literal)+len(s.suffix) {
			continue
		}
		v, err := url.PathUnescape(value[len(s.literal) : len(value)-len(s.suffix)])
		if err != nil {
			continue
		}
		if p := r.method.Parameters[s.param]; p != nil && p.pattern != nil && !p.pattern.MatchString(v) {
			continue
		}
		if out, ok := r.match(segments[1:], parts[n:]); ok {
			out[s.param] = v
			return out, true
		}
	}
	return nil, false
}

// Problem is what is wrong with a request's parameters.
type Problem struct {
	Parameter string
	Value     string
	Reason    string // unknown, invalid or required
	Message   string
}

// Check looks at the query of a request: unknown names, wrong types and enum values, repetition, missing ones.
func (m *Method) Check(query url.Values) *Problem {
	names := make([]string, 0, len(query))
	for n := range query {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		p := m.Parameters[n]
		if p == nil || p.Location == "path" {
			p = m.API.Parameters[n]
		}
		if p == nil {
			return &Problem{n, query.Get(n), "unknown", fmt.Sprintf("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter. Field '%s' could not be found in request message.", n, n)}
		}
		if len(query[n]) > 1 && !p.Repeated {
			return &Problem{n, query[n][1], "invalid", fmt.Sprintf("Invalid value at '%s': Proto field is not repeating, cannot start list.", n)}
		}
		for _, v := range query[n] {
			if msg := p.checkText(v); msg != "" {
				return &Problem{n, v, "invalid", fmt.Sprintf("Invalid value at '%s' (%s), %q", n, msg, v)}
			}
		}
	}
	names = names[:0]
	for n := range m.Parameters {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if p := m.Parameters[n]; p.Required && p.Location == "query" && query.Get(n) == "" {
			return &Problem{n, "", "required", "Required parameter: " + n}
		}
	}
	return nil
}

// checkText reports what a parameter's text should have been, "" when it fits.
func (s *Schema) checkText(v string) string {
	switch s.Type {
	case "boolean":
		if v != "true" && v != "false" {
			return "TYPE_BOOL"
		}
	case "integer":
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || s.Format == "int32" && (n > 1<<31-1 || n < -1<<31) || s.Format == "uint32" && (n < 0 || n > 1<<32-1) {
			return "TYPE_" + strings.ToUpper(s.Format)
		}
		if lo, err := strconv.ParseInt(s.Minimum, 10, 64); err == nil && n < lo {
			return "at least " + s.Minimum
		}
		if hi, err := strconv.ParseInt(s.Maximum, 10, 64); err == nil && n > hi {
			return "at most " + s.Maximum
		}
	case "number":
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			return "TYPE_DOUBLE"
		}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return "TYPE_ENUM"
	}
	if s.pattern != nil && !s.pattern.MatchString(v) {
		return "pattern " + s.Pattern
	}
	return ""
}

// Document is the discovery document of an API with its URLs moved to root, which ends in a slash. It has only the methods that
// are simulated. ok is false for an unknown API.
func (c *Catalogue) Document(api, version, root string) (doc []byte, ok bool) {
	a := c.apis[api+":"+version]
	if a == nil {
		return nil, false
	}
	if root == "" {
		return a.raw, true
	}
	m := map[string]json.RawMessage{}
	if json.Unmarshal(a.raw, &m) != nil {
		return nil, false
	}
	m["rootUrl"], _ = json.Marshal(root)
	m["baseUrl"], _ = json.Marshal(root + a.ServicePath)
	doc, err := json.Marshal(m)
	return doc, err == nil
}

// ByRoot finds the version of an API by the host that Google serves it on: for requests to HOST/$discovery/rest.
func (c *Catalogue) ByRoot(host, version string) (api string, ok bool) {
	for _, a := range c.apis {
		if a.Version == version && (strings.Contains(a.RootURL, "://"+host+"/") || strings.HasPrefix(host, a.Name+".")) {
			return a.Name, true
		}
	}
	return "", false
}

// Methods lists all methods, for tests that want to see each of them served.
func (c *Catalogue) Methods() []*Method {
	var out []*Method
	for _, r := range c.routes {
		if !slices.Contains(out, r.method) {
			out = append(out, r.method)
		}
	}
	slices.SortFunc(out, func(a, b *Method) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Validate checks a JSON value against a schema of the API: unknown fields, types and enum values. Fields that Google marks
// read-only are accepted, because Google itself accepts them.
func (a *API) Validate(schema string, body []byte) error {
	s := a.Schemas[schema]
	if s == nil {
		return fmt.Errorf("no schema %s", schema)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return a.validate(s, v, "")
}

func (a *API) validate(s *Schema, v any, at string) error {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		return a.validate(a.Schemas[s.Ref], v, at)
	}
	if v == nil {
		return nil
	}
	wrong := func() error {
		return fmt.Errorf("Invalid value at '%s' (%s), %v", at, strings.TrimSpace(s.Type+" "+s.Format), v)
	}
	switch s.Type {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			return wrong()
		}
		for k, x := range m {
			p := s.Properties[k]
			if p == nil {
				p = s.AdditionalProperties
			}
			if p == nil {
				return fmt.Errorf("Invalid JSON payload received. Unknown name %q at '%s': Cannot find field.", k, at)
			}
			if err := a.validate(p, x, strings.TrimPrefix(at+"."+k, ".")); err != nil {
				return err
			}
		}
	case "array":
		l, ok := v.([]any)
		if !ok {
			return wrong()
		}
		for i, x := range l {
			if err := a.validate(s.Items, x, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case "string":
		t, ok := v.(string)
		if !ok {
			return wrong()
		}
		switch s.Format {
		case "int64", "uint64":
			if _, err := strconv.ParseInt(t, 10, 64); err != nil {
				return wrong()
			}
		}
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, t) {
			return wrong()
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			return wrong()
		}
	case "integer", "number":
		if _, ok := v.(float64); !ok {
			return wrong()
		}
	}
	return nil
}
