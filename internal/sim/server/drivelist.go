package server

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"esafetybot/internal/sim/world"
)

// Page sizes of files.list, by what is asked for. Source: probes, see FACTS: 100 with permissions, about 460 with parents.
const (
	pageWithPermissions = 100
	pageWithParents     = 460
	pageAtMost          = 1000
)

func filesList(c *call, v *viewer) ([]byte, *apiError) {
	q, err := parseSearch(c.query.Get("q"))
	if err != nil {
		return nil, invalidParameter("q", "")
	}
	if s := c.query.Get("spaces"); s != "" && s != "drive" {
		return nil, invalidParameter("spaces", s)
	}
	if p := c.query.Get("includePermissionsForView"); p != "" && p != world.ViewPublished {
		return nil, invalidParameter("includePermissionsForView", p)
	}
	order, aerr := parseOrder(c.query.Get("orderBy"))
	if aerr != nil {
		return nil, aerr
	}
	files, aerr := c.candidates(v, q)
	if aerr != nil {
		return nil, aerr
	}
	most := pageAtMost
	fields, _ := c.mask.sub("files")
	listed := c.mask == nil || c.mask.has("files")
	switch {
	case listed && fields.has("permissions"):
		most = pageWithPermissions
	case listed && fields.has("parents"):
		most = pageWithParents
	}
	after, aerr := c.page()
	if aerr != nil {
		return nil, aerr
	}
	size := c.size("pageSize", 100, most)
	skip := 0
	if order != nil { // sorted: the whole list is looked at anyway
		hits := make([]*world.File, 0, len(files))
		for _, f := range files {
			if q.match(&item{f, v}) {
				hits = append(hits, f)
			}
		}
		slices.SortStableFunc(hits, order)
		skip, _ = strconv.Atoi(after)
		files = hits[min(skip, len(hits)):]
	} else if after != "" {
		seq, _ := strconv.ParseUint(after, 36, 64)
		i, _ := slices.BinarySearchFunc(files, seq, func(f *world.File, seq uint64) int { return cmp.Compare(f.Seq(), seq+1) })
		files = files[i:]
	}
	b := make([]byte, 0, 1<<16)
	c.lists = map[any][]byte{}
	o := begin(b, c.mask)
	o.str("kind", "drive#fileList")
	o.bool("incompleteSearch", c.incomplete)
	var next string
	sub, ok := o.key("files")
	n := 0
	var last *world.File
	if ok {
		o.b = append(o.b, '[')
	}
	for _, f := range files {
		if order == nil && !q.match(&item{f, v}) || c.incomplete && mix([]byte(f.ID))%2 == 0 {
			continue
		}
		if n == size {
			next = strconv.FormatUint(last.Seq(), 36)
			if order != nil {
				next = strconv.Itoa(skip + n)
			}
			break
		}
		if ok {
			if n > 0 {
				o.b = append(o.b, ',')
			}
			o.b = c.fileJSON(o.b, sub, f, v)
		}
		n++
		last = f
	}
	if ok {
		o.b = append(o.b, ']')
	}
	if next != "" {
		o.str("nextPageToken", c.nextPage(next))
	}
	b = o.end()
	c.mask = nil // applied already
	return b, nil
}

// candidates lists the items that the caller may see in the chosen corpus, in the order in which they came into the tenant.
func (c *call) candidates(v *viewer, q *search) ([]*world.File, *apiError) {
	w := c.s.world
	corpora := c.query.Get("corpora")
	driveID := c.query.Get("driveId")
	if driveID == "" {
		driveID = c.query.Get("teamDriveId")
	}
	all := (c.flag("includeItemsFromAllDrives") || c.flag("includeTeamDriveItems")) && (c.flag("supportsAllDrives") || c.flag("supportsTeamDrives"))
	if corpora == "" {
		corpora = "user"
		if driveID != "" {
			corpora = "drive"
		}
	}
	if (corpora == "drive") != (driveID != "") {
		return nil, badRequest("invalid", "driveId", "The driveId parameter must be specified if and only if corpora is set to drive.")
	}
	if (corpora == "drive" || corpora == "allDrives") && !all {
		return nil, forbidden("includeTeamDriveItemsRequired", "The includeItemsFromAllDrives and supportsAllDrives parameters must be set to true when corpora is drive or allDrives.")
	}
	switch corpora {
	case "user", "allDrives", "domain":
	case "drive":
		d := w.Drive(driveID)
		if d == nil || v.driveRole(d) == "" {
			return nil, notFound("Shared drive not found: " + driveID)
		}
		list := w.InDrive(driveID)
		if q.Parent != "" {
			list = w.Children(v.folder(q.Parent))
		}
		return keep(list, func(f *world.File) bool { return f.DriveID == driveID && v.role(f) != "" }), nil
	default:
		return nil, invalidParameter("corpora", corpora)
	}
	switch {
	case q.Mine:
		return w.OwnedBy(v.permID), nil
	case q.Parent != "":
		return keep(w.Children(v.folder(q.Parent)), func(f *world.File) bool { return (f.DriveID == "" || all) && v.role(f) != "" }), nil
	}
	// Everything shared with the user by name: items with the same list of permissions have the same answer.
	known := map[any]bool{}
	var out []*world.File
	w.EachFile(func(f *world.File) {
		if f.DriveID != "" && !all {
			return
		}
		if v.owns(f) {
			if !q.Shared {
				out = append(out, f)
			}
			return
		}
		yes, ok := known[f.SharedList()]
		if !ok {
			yes = v.named(f) || corpora == "domain" && visibility(f) == "domainCanFind" && v.role(f) != ""
			if f.DriveID != "" && corpora != "allDrives" && !f.Augmented() {
				yes = false // members find it in the drive's own corpus
			}
			known[f.SharedList()] = yes
		}
		if yes && !w.Hidden(f) {
			out = append(out, f)
		}
	})
	slices.SortFunc(out, func(a, b *world.File) int { return cmp.Compare(a.Seq(), b.Seq()) })
	return out, nil
}

func keep(list []*world.File, ok func(*world.File) bool) []*world.File {
	out := make([]*world.File, 0, len(list))
	for _, f := range list {
		if ok(f) {
			out = append(out, f)
		}
	}
	return out
}

// parseOrder reads orderBy; nil means the order of the tenant.
func parseOrder(s string) (func(a, b *world.File) int, *apiError) {
	if s == "" {
		return nil, nil
	}
	folder := func(f *world.File) int {
		if f.IsFolder() {
			return 0
		}
		return 1
	}
	var keys []func(a, b *world.File) int
	for _, part := range strings.Split(s, ",") {
		name, dir, _ := strings.Cut(strings.TrimSpace(part), " ")
		var k func(a, b *world.File) int
		switch name {
		case "folder":
			k = func(a, b *world.File) int { return cmp.Compare(folder(a), folder(b)) }
		case "name":
			k = func(a, b *world.File) int { return strings.Compare(lower(a.Name), lower(b.Name)) }
		case "name_natural":
			k = func(a, b *world.File) int { return natural(lower(a.Name), lower(b.Name)) }
		case "createdTime":
			k = func(a, b *world.File) int { return a.Created.Compare(b.Created) }
		case "modifiedTime", "modifiedByMeTime", "recency", "viewedByMeTime", "sharedWithMeTime":
			k = func(a, b *world.File) int { return a.Modified.Compare(b.Modified) }
		case "quotaBytesUsed":
			k = func(a, b *world.File) int { return cmp.Compare(fileSize(a), fileSize(b)) }
		case "starred":
			k = func(a, b *world.File) int { return 0 }
		default:
			return nil, invalidParameter("orderBy", s)
		}
		switch dir {
		case "":
		case "desc":
			up := k
			k = func(a, b *world.File) int { return up(b, a) }
		default:
			return nil, invalidParameter("orderBy", s)
		}
		keys = append(keys, k)
	}
	return func(a, b *world.File) int {
		for _, k := range keys {
			if n := k(a, b); n != 0 {
				return n
			}
		}
		return cmp.Compare(a.Seq(), b.Seq())
	}, nil
}

func fileSize(f *world.File) int64 {
	n, _ := strconv.ParseInt(strings.Trim(string(f.Extra["size"]), `"`), 10, 64)
	return n
}

// natural compares texts so that 2 comes before 12.
func natural(a, b string) int {
	for a != "" && b != "" {
		na, nb := digitsAt(a), digitsAt(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digitsAt(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
