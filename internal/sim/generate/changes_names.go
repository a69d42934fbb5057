package generate

import (
	"slices"
	"strings"

	"esafetybot/internal/sim/world"
)

// nameActions lists what a day may bring to titles with a pupil's name in them, each with how often it comes up. The Player keeps in mind which files it called so.
func (p *Player) nameActions() []action {
	return []action{
		{"call a file after a pupil", 5, p.callAfterPupil},
		{"make a file called after a pupil public", 3, p.publishCalled},
		{"make a file called after a pupil private", 2, p.hideCalled},
		{"take a pupil's name out of a title", 1, p.renameCalled},
	}
}

// pupilTitle is a title with a pupil's name in it, in one of the ways in which people write them: some that must be found, some that must not.
func (p *Player) pupilTitle() (string, bool) {
	u, ok := p.user(isPupil)
	given, family := u.Name.GivenName, u.Name.FamilyName
	if !ok || given == "" || family == "" {
		return "", false
	}
	lower := strings.NewReplacer(" ", "_", "'", "").Replace(strings.ToLower(given + "_" + family))
	middle := len([]rune(family)) / 2
	misspelt := string([]rune(family)[:middle]) + string([]rune(family)[min(middle+1, len([]rune(family))):])
	return pick(p.rng, []string{
		given + " " + family + " " + p.title(),
		p.title() + " – " + given + " " + family + "'s",
		family + ", " + given,
		lower + ".jpg",
		strings.ReplaceAll(lower, "_", "") + ".png",
		given + " " + misspelt,
		given + "'s " + p.title(),
		"Mr " + given + " " + p.title(),
		given + " and the " + family + " family",
		given[:1] + ". " + family,
	}), true
}

// isOpen reports whether anyone can open an item by an own grant of it, in the ordinary view.
func isOpen(f *world.File) bool {
	return slices.ContainsFunc(f.Permissions(), func(q world.Permission) bool {
		return q.View == "" && q.Type == "anyone" && q.Own() != ""
	})
}

// callAfterPupil gives a file a name with a pupil's in it, half of the time a file that anyone can open.
func (p *Player) callAfterPupil() (bool, error) {
	open := oneIn(p.rng, 2)
	it, ok := p.file(func(f *world.File) bool { return isOpen(f) == open })
	if !ok {
		return false, nil
	}
	name, ok := p.pupilTitle()
	if !ok {
		return false, nil
	}
	if !slices.Contains(p.called, it.ID) {
		p.called = append(p.called, it.ID)
	}
	return true, p.World.Rename(it.ID, name, it.actor)
}

// calledFile picks a file that was called after a pupil and fits.
func (p *Player) calledFile(fits func(*world.File) bool) (it item, ok bool) {
	p.World.View(func() {
		if len(p.called) == 0 {
			return
		}
		from := p.rng.IntN(len(p.called))
		for i := range p.called {
			f := p.World.File(p.called[(from+i)%len(p.called)])
			if f == nil || f.Trashed || p.World.Hidden(f) || !fits(f) {
				continue
			}
			if actor := p.mayChange(f); actor != "" {
				it, ok = item{*f, actor}, true
				return
			}
		}
	})
	return it, ok
}

func (p *Player) publishCalled() (bool, error) {
	it, ok := p.calledFile(func(f *world.File) bool { return !isOpen(f) })
	if !ok {
		return false, nil
	}
	if it.MimeType == world.MimeSite {
		return true, p.World.Publish(it.ID, withLink("reader"), it.actor)
	}
	return true, p.World.SetLink(it.ID, "reader", "", !it.IsFolder() && oneIn(p.rng, 3), it.actor)
}

func (p *Player) hideCalled() (bool, error) {
	it, ok := p.calledFile(isOpen)
	if !ok {
		return false, nil
	}
	return true, p.World.SetLink(it.ID, "", "", false, it.actor)
}

func (p *Player) renameCalled() (bool, error) {
	it, ok := p.calledFile(func(*world.File) bool { return true })
	if !ok {
		return false, nil
	}
	p.called = slices.DeleteFunc(p.called, func(id string) bool { return id == it.ID })
	return true, p.World.Rename(it.ID, p.title(), it.actor)
}
