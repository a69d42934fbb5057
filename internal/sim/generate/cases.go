package generate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"esafetybot/internal/sim/world"
)

// hash is how rules write what they must not say openly.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + hex.EncodeToString(sum[:])[:16]
}

// hashDigits makes n digits out of a text.
func hashDigits(text string, n int) string {
	sum := sha256.Sum256([]byte(text))
	s := fmt.Sprintf("%020d%020d", binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))
	return s[len(s)-n:]
}

func userSubject(u *world.User) string { return "user/" + u.ID }

// hit notes what a rule ("accounts.missing") must take, under the policies named, else under both.
func (b *builder) hit(rule, subject string, policies ...string) {
	note(b.hits, rule, subject, policies)
}

// miss notes what a rule must not take although little is missing, under the policies named, else under both.
func (b *builder) miss(rule, subject string, policies ...string) {
	note(b.misses, rule, subject, policies)
}

func note(into map[string]map[string][]string, rule, subject string, policies []string) {
	if len(policies) == 0 {
		policies = []string{Classroom, Dojo}
	}
	for _, p := range policies {
		if into[p] == nil {
			into[p] = map[string][]string{}
		}
		into[p][rule] = append(into[p][rule], subject)
	}
}

// spare gives a pupil on the roll who stands for nothing special yet and who fits; nil when most of the pupils already do.
func (b *builder) spare(fits ...func(*pupil) bool) *pupil {
	if b.free == nil {
		for _, i := range b.rng.Perm(len(b.pupils)) {
			b.free = append(b.free, b.pupils[i])
		}
	}
	if b.used >= max(len(b.pupils)/2, min(len(b.pupils)*4/5, 60)) {
		return nil
	}
next:
	for _, p := range b.free {
		if p.special || p.row == nil || !active(p.user) {
			continue
		}
		for _, f := range fits {
			if !f(p) {
				continue next
			}
		}
		p.special = true
		b.used++
		return p
	}
	return nil
}

// with does something with a spare pupil, if there is one.
func (b *builder) with(do func(*pupil), fits ...func(*pupil) bool) {
	if p := b.spare(fits...); p != nil {
		do(p)
	}
}

// numbered pupils are found by their roll number, so that whatever else changes it stays clear who they are.
func numbered(p *pupil) bool { return len(p.user.ExternalIDs) > 0 }

func older(p *pupil) bool { return p.year >= 3 }

// junior pupils are old enough for clubs, and in none of the years that a policy approves for something.
func junior(p *pupil) bool { return p.year >= 3 && p.year <= 5 }

// colleague gives a member of staff for whom the topic has not been used yet: assistants first, then office and teachers. The first and the last teacher
// are left out, because the demo's story is theirs. Nil when there is nobody left.
func (b *builder) colleague(topic string) *world.User {
	list := append(append([]*world.User{}, b.tas...), b.officeStaff[1:]...)
	if len(b.teachers) > 2 {
		list = append(list, b.teachers[1:len(b.teachers)-1]...)
	}
	n := b.topics[topic]
	if n >= len(list) {
		return nil
	}
	b.topics[topic]++
	return list[n]
}

// withColleague does something with a member of staff, if there is one left for the topic.
func (b *builder) withColleague(topic string, do func(*world.User)) {
	if u := b.colleague(topic); u != nil {
		do(u)
	}
}

// never is how an account says that nobody has signed in yet; Google writes 1970.
var never = time.Unix(0, 0).UTC()

// domainOf is what stands behind the @ of an address.
func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
