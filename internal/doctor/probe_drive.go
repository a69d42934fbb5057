package doctor

import (
	"context"
	"strings"

	"esafetybot/internal/google"
	"esafetybot/internal/seen"
)

// targetAudience is how the domain of a target audience is said to end.
const targetAudience = ".audience.googledomains.com"

// A haul is what was seen in some Drives.
type haul struct {
	drives, items, hidden, parentless, inherited, both, links, otherLinks, published, audience, ended, expired, incomplete, late, most int
	reasons                                                                                                                            tally
}

// drive reads the first items of one.
func (h *haul) drive(ctx context.Context, p *prober, owner string) {
	defer p.Client.Hold(owner)()
	h.drives++
	n, file := 0, false
	for it, err := range p.Client.OwnedItems(ctx, owner) {
		if err != nil {
			h.reasons.add(string(google.Reason(err)))
			if google.Reason(err) == seen.Partial {
				h.incomplete++
			}
			return
		}
		if n++; n > probeItems {
			return
		}
		h.items++
		if it.MimeType != seen.MimeFolder {
			file = true
		} else if file {
			h.late++
		}
		h.item(p, it)
	}
}

func (h *haul) item(p *prober, it seen.Item) {
	if !it.GrantsSeen {
		h.hidden++
	}
	if it.Parent == "" {
		h.parentless++
	}
	h.most = max(h.most, len(it.Grants))
	for _, g := range it.Grants {
		if g.Inherited != "" {
			h.inherited++
		}
		if g.Inherited != "" && g.Own != "" {
			h.both++
		}
		if g.Type == "anyone" && g.ID == "anyoneWithLink" {
			h.links++
		} else if g.Type == "anyone" {
			h.otherLinks++
		}
		if g.View == "published" {
			h.published++
		}
		if strings.HasSuffix(g.Domain, targetAudience) {
			h.audience++
		}
		if g.Deleted {
			h.ended++
		}
		if !g.Until.IsZero() && g.Until.Before(p.Now) {
			h.expired++
		}
	}
}

func (p *prober) driveItems(ctx context.Context) {
	const list = "drive.files.list"
	before := p.Client.Calls()[list]
	h := haul{reasons: tally{}}
	for _, o := range p.owners {
		h.drive(ctx, p, o.Address)
	}
	calls := p.Client.Calls()[list] - before
	p.say("6, 7, 93", "what is inherited in My Drive", "of the items in %d Drives %d were looked at: %d grants say that they are inherited, %d are inherited and raised on the item; of %d items the grants were hidden", h.drives, h.items, h.inherited, h.both, h.hidden)
	p.say("8", "the id of a link's grant", "%d are called anyoneWithLink, %d otherwise", h.links, h.otherLinks)
	p.say("9", "items without a folder that their owner sees", "%d", h.parentless)
	p.say("11", "the longest list of grants on an item", "%d grants", h.most)
	p.say("12", "incompleteSearch", "%d of %d Drives", h.incomplete, h.drives)
	p.say("13", "folders first", "%d folders came after a file", h.late)
	p.say("14", "published Sites and open forms", "%d grants with view published", h.published)
	p.say("15", "target audiences", "%d grants whose domain ends as assumed", h.audience)
	p.say("16, 17", "grants of deleted accounts, and past their end", "%d and %d", h.ended, h.expired)
	p.say("47", "files a page", "%d items in %d requests, for %d Drives", h.items, calls, h.drives)
	off := haul{reasons: tally{}}
	for _, o := range p.off {
		off.drive(ctx, p, o.Address)
	}
	p.say("3", "Drives of accounts that are switched off", "of %d tried these could not be read: %s; %d items were seen", off.drives, off.reasons, off.items)
	p.say("4", "Drives of active accounts that could not be read, by why", "%s", h.reasons)
}

func (p *prober) sharedDrives(ctx context.Context) {
	all, unit := 0, 0
	var some []string
	for d, err := range p.Client.Drives(ctx) {
		if !p.could(err, "18, 19, 20", "shared drives") {
			return
		}
		if all++; len(some) < probeDrives {
			some = append(some, d.ID)
		}
		if d.Unit != "" {
			unit++
		}
	}
	p.say("19", "org units of shared drives", "%d of %d say theirs", unit, all)
	types, roles, failed := tally{}, tally{}, tally{}
	ends := 0
	var m marks
	for _, id := range some {
		members, err := p.Client.DriveMembers(ctx, id)
		if err != nil {
			failed.add(string(google.Reason(err)))
			continue
		}
		ours, as := map[string]bool{}, ""
		for _, g := range members {
			types.add(g.Type)
			roles.add(g.Role)
			ours[g.ID] = true
			if !g.Until.IsZero() {
				ends++
			}
			if g.Type == "user" && as == "" && p.own(g.Address) {
				as = g.Address
			}
		}
		if as == "" {
			continue
		}
		m.read(ctx, p, id, as, ours)
	}
	p.say("20", "members of shared drives", "of %d drives: types %s; roles %s; %d with an end; could not be read: %s", len(some), types, roles, ends, failed)
	p.say("18", "hasAugmentedPermissions", "%d of %d items in %d drives have it; of %d whose grants were read %d have it as they should (others than members may open them, or not), %d do not", m.marked, m.items, len(some), m.tried, m.right, m.wrong)
	p.say("123", "folders of shared drives that the member who was asked does not see into", "%d", m.shut)
}

// marks counts what Google says of items in shared drives.
type marks struct{ items, shut, marked, tried, right, wrong int }

// read looks at one drive. It compares, for a few items that are marked as shared with others than its members and a few that are not, whether they are.
func (m *marks) read(ctx context.Context, p *prober, id, as string, members map[string]bool) {
	defer p.Client.Hold(as)()
	asked, n := map[bool]int{}, 0
	for it, err := range p.Client.DriveItems(ctx, id, as) {
		if err != nil || n == probeItems {
			break
		}
		n++
		m.items++
		if it.Shut {
			m.shut++
		}
		if it.Augmented {
			m.marked++
		}
		if asked[it.Augmented] == probeGrants {
			continue
		}
		asked[it.Augmented]++
		grants, err := p.Client.ItemGrants(ctx, as, it.ID)
		if err != nil {
			continue
		}
		others := false
		for _, g := range grants {
			others = others || !members[g.ID] || g.Own != ""
		}
		if m.tried++; others == it.Augmented {
			m.right++
		} else {
			m.wrong++
		}
	}
}

// own tells whether an address is on a domain of the Google account.
func (p *prober) own(address string) bool {
	x := examination{Setup: p.Setup, customer: p.customer}
	return x.ours(address)
}
