package jobs

import (
	"context"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/calendar"
	"esafetybot/internal/decisions"
	"esafetybot/internal/moderation"
	"esafetybot/internal/policy"
	"esafetybot/internal/pseudonym"
	"esafetybot/internal/school"
	"esafetybot/internal/seen"
)

// decider is who made a decision, as the Directory and the policy know them now, whatever the decision itself claims.
type decider struct {
	id    string        // Directory id, or the hash of an address outside
	acc   *seen.Account // nil for somebody with an address outside
	roles []policy.Role
}

func (d decider) plays(roles ...policy.Role) bool {
	return slices.ContainsFunc(d.roles, func(r policy.Role) bool { return slices.Contains(roles, r) })
}

// Why a decision does not count, in words for the one who made it. They name nobody.
const (
	notKnown   = "the account is not known, or is switched off"
	notTheirs  = "it was not theirs to decide"
	notThere   = "what it is about is not there any more"
	notForm    = "it was not made on the site"
	notTaken   = "the form could not be taken as it was"
	notAnyMore = "it was not possible any more as things stood"
	notAccount = "the account that was named cannot stand in"
)

// outside tells whether an address is on none of the customer's domains.
func outside(who *school.Directory, address string) bool {
	n := who.Person(address)
	return n == school.Trusted || n == school.Outside
}

// worked tells whether an account could be used at a moment, as far as the Directory tells it later.
func worked(a *seen.Account, at time.Time) bool {
	return a.Active() || !a.Archived && a.Off.After(at)
}

// decider looks up who made a decision.
func (l *look) decider(kinds *school.Kinds, by decisions.By, at time.Time) (decider, bool) {
	who := l.Who()
	hashed := func(a *seen.Account) bool {
		return slices.ContainsFunc(append([]string{a.Address}, a.Aliases...), func(x string) bool { return pseudonym.Of(x) == by.Hash })
	}
	a, ours := who.AccountByID(by.ID)
	if ours && (!hashed(a) || at.Before(a.Created) || !worked(a, at) || !kinds.School(a) || kinds.Kind(a) == school.Pupil) {
		return decider{}, false
	}
	d := decider{id: by.Hash}
	if ours {
		d.id, d.acc = a.ID, a
	}
	for role, list := range l.Env.Policy.People {
		for _, p := range list {
			b, known := who.Account(strings.ToLower(p.Address))
			if ours && known && b.ID == a.ID || !ours && !known && outside(who, p.Address) && pseudonym.Of(p.Address) == by.Hash {
				d.roles = append(d.roles, role)
			}
		}
	}
	return d, ours || len(d.roles) > 0
}

// decisions takes up what people decided about comments.
func (r *commentsRun) decisions(ctx context.Context) error {
	if r.Site == nil {
		return nil
	}
	tray, err := decisions.Open(ctx, r.Site, r.Store, decisions.Reviewed, decisions.Moderate, decisions.Cover, decisions.EndCover)
	if err != nil || len(tray.Waiting) == 0 {
		return err
	}
	for _, d := range tray.Waiting {
		if err := tray.Judge(d, r.Now, r.judge(d)); err != nil {
			return err
		}
	}
	return r.book.Flush(ctx, r.lease.Commit, tray.Batch())
}

// moderated is the state that a comment on a blog is to have.
var moderated = map[string]string{decisions.Show: seen.CommentLive, decisions.Hide: seen.CommentSpam, decisions.Remove: seen.CommentEmptied}

// judge takes up one decision, or says why it does not count.
func (r *commentsRun) judge(d decisions.Decision) string {
	if d.Check() != nil || d.At.After(r.Now.Add(time.Minute)) {
		return notForm
	}
	by, ok := r.decider(r.in.Kinds, d.By, d.At)
	if !ok {
		return notKnown
	}
	course := d.Course
	if d.Do == decisions.Reviewed || d.Do == decisions.Moderate {
		course, _, _ = moderation.ParseSubject(d.Item)
	}
	if class, ok := moderation.ParseDojo(course); ok {
		return r.judgeDojo(d, by, class)
	}
	if blog, ok := moderation.BlogOf(course); ok {
		b, listed := r.Env.Policy.Blog(blog)
		if !listed {
			return notThere
		}
		if d.Do == decisions.Moderate && !b.Moderate {
			return mayNot
		}
	} else if !slices.ContainsFunc(r.courses, func(c seen.Course) bool { return c.ID == course }) {
		return notThere
	}
	class := r.book.Class(course)
	leads := by.plays(policy.RoleOfficer, policy.RoleDeputy, policy.RoleHead)
	switch day := r.Env.Policy.Calendar.Date(d.At); d.Do {
	case decisions.Reviewed:
		_, post, ok := moderation.ParseSubject(d.Item)
		if p := class.Posts[post]; !ok || p == nil {
			return notThere
		}
		if !leads && !class.Hosted(by.id, day) {
			return notTheirs
		}
		class.Post(post).AddReview(moderation.Review{ID: d.ID, At: d.At.UTC(), By: by.id, Saw: d.Saw.UTC()})
	case decisions.Moderate:
		_, post, _ := moderation.ParseSubject(d.Item)
		p := class.Posts[post]
		if class.Blog == nil || p == nil || p.Act(d.Comment) == nil {
			return notThere
		}
		if !leads && !class.Hosted(by.id, day) {
			return notTheirs
		}
		act := p.Act(d.Comment)
		act.Settled = true
		act.Wish = &moderation.Wish{ID: d.ID, By: by.id, At: d.At.UTC(), To: moderated[d.To]}
	case decisions.Cover, decisions.EndCover:
		if !leads && !by.plays(policy.RolePageHost) {
			return notTheirs
		}
		if d.Do == decisions.EndCover {
			class.EndCover(d.Who, day)
			return ""
		}
		from, badFrom := calendar.ParseDate(d.From)
		until, badUntil := calendar.ParseDate(d.Until)
		if badFrom != nil || badUntil != nil || until.Before(from) {
			return notForm
		}
		a, known := r.Who().AccountByID(d.Who)
		if !known || !a.Active() || !r.in.Kinds.School(a) || r.in.Kinds.Kind(a) == school.Pupil {
			return notAccount
		}
		class.AddCover(moderation.Cover{ID: d.ID, Who: d.Who, From: from, Until: until})
	}
	return ""
}
