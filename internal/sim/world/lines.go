package world

import (
	"bytes"
	"encoding/json"
	"sync"
)

// savedLines remembers, from the second time on that a tenant is saved, the lines of what never changes once it is there: records of logs and usage
// reports. A test that saves a tenant every day would else write the whole past anew each time.
type savedLines struct {
	mu    sync.Mutex // held while a tenant is saved
	again bool
	lines map[any][]byte // by a pointer to what the line holds
}

// saving is one time that a tenant is saved.
type saving struct {
	of  *savedLines
	now map[any][]byte
}

// begin waits for whoever saves the tenant now; end must follow.
func (s *savedLines) begin() *saving {
	s.mu.Lock()
	return &saving{of: s, now: map[any][]byte{}}
}

// end forgets the lines that were not asked for.
func (s *saving) end() {
	if s.of.again {
		s.of.lines = s.now
	}
	s.of.again = true
	s.of.mu.Unlock()
}

// line is the line of what a pointer points to, with its end; v is what is encoded of it.
func (s *saving) line(of any, v func() (any, error)) ([]byte, error) {
	b, known := s.of.lines[of]
	if !known {
		what, err := v()
		if err != nil {
			return nil, err
		}
		var to bytes.Buffer
		enc := json.NewEncoder(&to)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(what); err != nil {
			return nil, err
		}
		b = to.Bytes()
	}
	if s.of.again {
		s.now[of] = b
	}
	return b, nil
}
