package settings

import "esafetybot/internal/school"

// Members says who is in the groups that policies are for.
type Members struct {
	ByGroup map[string][]string // Directory id of a group → ids of accounts, nested groups of ours included
	ByUser  map[string][]string // the other way round
	Unknown map[string]bool     // groups whose members could not all be read
}

// MembersOf looks up who is in some groups, by Directory id. A group that is not in the Directory has nobody.
func MembersOf(d *school.Directory, groups []string) Members {
	m := Members{ByGroup: map[string][]string{}, ByUser: map[string][]string{}, Unknown: map[string]bool{}}
	for _, id := range groups {
		g, ok := d.GroupByID(id)
		if !ok {
			if d.GroupsUnknown {
				m.Unknown[id] = true
			}
			continue
		}
		in, known := d.In([]string{g.Address})
		if !known {
			m.Unknown[id] = true
		}
		for user := range in {
			m.ByGroup[id] = append(m.ByGroup[id], user)
			m.ByUser[user] = append(m.ByUser[user], id)
		}
	}
	return m
}
