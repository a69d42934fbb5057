// Package recent remembers what came lately, so that most repeats cost no look into the store. It only ever saves work: what it has forgotten, the store still knows.
package recent

import "sync"

// Keys are the newest keys of as many as fit. Safe for concurrent use.
type Keys struct {
	mu    sync.Mutex
	known map[string]bool
	ring  []string // the same, the oldest at next once it is full
	next  int
}

// New makes room for so many keys, at least one.
func New(size int) *Keys {
	return &Keys{known: map[string]bool{}, ring: make([]string, 0, max(size, 1))}
}

// Has tells whether a key is remembered.
func (k *Keys) Has(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[key]
}

// Add remembers a key; where none fits any more the oldest is forgotten for it.
func (k *Keys) Add(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known[key] {
		return
	}
	k.known[key] = true
	if len(k.ring) < cap(k.ring) {
		k.ring = append(k.ring, key)
		return
	}
	delete(k.known, k.ring[k.next])
	k.ring[k.next] = key
	k.next = (k.next + 1) % len(k.ring)
}
