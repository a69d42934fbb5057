package server

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"esafetybot/internal/sim/world"
)

// spread remembers what objects of the Directory were before a change through the API, until the change has reached all of Google:
// half to one and a half of Options.SpreadDelay later, in the tenant's time. Reads show the older state until then.
type spread struct {
	mu      sync.Mutex
	writes  uint64
	pending map[string][]spreading // by kind and id, oldest write first
}

type spreading struct {
	until time.Time
	old   any // *world.User, []*world.Member or []*world.Token
}

// remember keeps the state of an object, which is about to change. Call it inside View.
func (s *Server) remember(key string, old any) {
	if s.opts.SpreadDelay <= 0 {
		return
	}
	s.spread.mu.Lock()
	defer s.spread.mu.Unlock()
	s.spread.writes++
	h := fnv.New64a()
	h.Write([]byte(key))
	var b [24]byte
	binary.LittleEndian.PutUint64(b[:], h.Sum64())
	binary.LittleEndian.PutUint64(b[8:], s.spread.writes)
	binary.LittleEndian.PutUint64(b[16:], uint64(s.world.Settings.Seed))
	d := s.opts.SpreadDelay/2 + time.Duration(mix(b[:])%uint64(s.opts.SpreadDelay))
	if s.spread.pending == nil {
		s.spread.pending = map[string][]spreading{}
	}
	s.spread.pending[key] = append(s.spread.pending[key], spreading{s.world.Time().Add(d), old})
}

// forget takes back the newest remember of an object: the change was refused.
func (s *Server) forget(key string) {
	s.spread.mu.Lock()
	defer s.spread.mu.Unlock()
	if list := s.spread.pending[key]; len(list) > 0 {
		s.spread.pending[key] = list[:len(list)-1]
	}
}

// before is what reads still show of an object; ok is false when all its changes have spread.
func (s *Server) before(key string) (old any, ok bool) {
	if s.opts.SpreadDelay <= 0 {
		return nil, false
	}
	s.spread.mu.Lock()
	defer s.spread.mu.Unlock()
	list := s.spread.pending[key]
	now := s.world.Time()
	list = slices.DeleteFunc(list, func(p spreading) bool { return !p.until.After(now) })
	if len(list) == 0 {
		delete(s.spread.pending, key)
		return nil, false
	}
	s.spread.pending[key] = list
	return list[0].old, true
}

// seen is the user as reads show them.
func (s *Server) seen(u *world.User) *world.User {
	if old, ok := s.before("user/" + u.ID); ok {
		return old.(*world.User)
	}
	return u
}

// members is a group's list as reads show it.
func (s *Server) members(g *world.Group) []*world.Member {
	if old, ok := s.before("group/" + g.ID); ok {
		return old.([]*world.Member)
	}
	return s.world.Members(g.ID)
}

// tokensOf is a user's list of applications as reads show it.
func (s *Server) tokensOf(u *world.User) []*world.Token {
	if old, ok := s.before("tokens/" + u.ID); ok {
		return old.([]*world.Token)
	}
	return s.world.Tokens(u.ID)
}
