package world

// The methods below keep unknown fields, like those in types.go.

func (r *Role) UnmarshalJSON(b []byte) error {
	type plain Role
	return decodeWithExtra(b, (*plain)(r), &r.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (r Role) MarshalJSON() ([]byte, error) {
	type plain Role
	return encodeWithExtra(plain(r), r.Extra)
}

func (a *RoleAssignment) UnmarshalJSON(b []byte) error {
	type plain RoleAssignment
	return decodeWithExtra(b, (*plain)(a), &a.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (a RoleAssignment) MarshalJSON() ([]byte, error) {
	type plain RoleAssignment
	return encodeWithExtra(plain(a), a.Extra)
}

func (t *Token) UnmarshalJSON(b []byte) error {
	type plain Token
	return decodeWithExtra(b, (*plain)(t), &t.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (t Token) MarshalJSON() ([]byte, error) {
	type plain Token
	return encodeWithExtra(plain(t), t.Extra)
}

func (d *ChromeDevice) UnmarshalJSON(b []byte) error {
	type plain ChromeDevice
	return decodeWithExtra(b, (*plain)(d), &d.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (d ChromeDevice) MarshalJSON() ([]byte, error) {
	type plain ChromeDevice
	return encodeWithExtra(plain(d), d.Extra)
}

func (d *MobileDevice) UnmarshalJSON(b []byte) error {
	type plain MobileDevice
	return decodeWithExtra(b, (*plain)(d), &d.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (d MobileDevice) MarshalJSON() ([]byte, error) {
	type plain MobileDevice
	return encodeWithExtra(plain(d), d.Extra)
}

func (l *LicenseAssignment) UnmarshalJSON(b []byte) error {
	type plain LicenseAssignment
	return decodeWithExtra(b, (*plain)(l), &l.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (l LicenseAssignment) MarshalJSON() ([]byte, error) {
	type plain LicenseAssignment
	return encodeWithExtra(plain(l), l.Extra)
}

func (u *UsageReport) UnmarshalJSON(b []byte) error {
	type plain UsageReport
	return decodeWithExtra(b, (*plain)(u), &u.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (u UsageReport) MarshalJSON() ([]byte, error) {
	type plain UsageReport
	return encodeWithExtra(plain(u), u.Extra)
}

func (c *Course) UnmarshalJSON(b []byte) error {
	type plain Course
	return decodeWithExtra(b, (*plain)(c), &c.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (c Course) MarshalJSON() ([]byte, error) {
	type plain Course
	return encodeWithExtra(plain(c), c.Extra)
}

func (m *CourseMember) UnmarshalJSON(b []byte) error {
	type plain CourseMember
	return decodeWithExtra(b, (*plain)(m), &m.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (m CourseMember) MarshalJSON() ([]byte, error) {
	type plain CourseMember
	return encodeWithExtra(plain(m), m.Extra)
}

func (p *Profile) UnmarshalJSON(b []byte) error {
	type plain Profile
	return decodeWithExtra(b, (*plain)(p), &p.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (p Profile) MarshalJSON() ([]byte, error) {
	type plain Profile
	return encodeWithExtra(plain(p), p.Extra)
}

func (g *Guardian) UnmarshalJSON(b []byte) error {
	type plain Guardian
	return decodeWithExtra(b, (*plain)(g), &g.Extra)
}

// MarshalJSON writes the known fields and the kept unknown ones.
func (g Guardian) MarshalJSON() ([]byte, error) {
	type plain Guardian
	return encodeWithExtra(plain(g), g.Extra)
}
