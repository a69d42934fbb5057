package access

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"time"

	"esafetybot/internal/plain"
)

// Words says what an access is, in a few words. name gives the name of a role or class by its id, "" if unknown.
func Words(what string, name func(kind, id string) string) string {
	kind, id, _ := strings.Cut(what, "/")
	named := func(word string) string {
		if name != nil {
			if n := name(kind, id); n != "" {
				return word + " " + n
			}
		}
		return word + " " + id
	}
	switch kind {
	case "account":
		return "account"
	case "service":
		if w, ok := services[id]; ok {
			return w
		}
		return id
	case "role":
		return named("administrator's role")
	case "class":
		return named("class")
	}
	return what
}

var services = map[string]string{"gmail": "e-mail", "chat": "Chat", "meet": "Meet"}

// Line is one line of the export.
type Line struct {
	Account string
	Holder  Holder
	Grant
}

// At lists what was granted at a moment; for the zero time the whole history. Sorted by kind of account, name, beginning.
func (b *Book) At(at time.Time) []Line {
	var out []Line
	for account, grants := range b.grants {
		for _, g := range grants {
			if at.IsZero() || g.On(at) {
				out = append(out, Line{account, b.holders[account], g})
			}
		}
	}
	slices.SortFunc(out, func(x, y Line) int {
		for _, d := range []int{
			strings.Compare(x.Holder.Kind, y.Holder.Kind), strings.Compare(x.Holder.Name, y.Holder.Name), strings.Compare(x.Account, y.Account),
			x.From.Compare(y.From), strings.Compare(x.What, y.What),
		} {
			if d != 0 {
				return d
			}
		}
		return 0
	})
	return out
}

// Export writes lines as CSV, dates in the school's time zone. It holds names: it is for those who keep the record.
func (b *Book) Export(w io.Writer, lines []Line, loc *time.Location, name func(kind, id string) string) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"Who", "Name", "Address", "Account id", "Access", "Granted", "Granted by", "Withdrawn", "Withdrawn by"}); err != nil {
		return err
	}
	for _, l := range lines {
		h := l.Holder
		if h == (Holder{}) {
			h.Name = "(erased)"
		}
		granted := l.From.In(loc).Format(time.DateOnly)
		if l.Seen {
			granted = "on or before " + granted
		}
		until := ""
		if !l.Until.IsZero() {
			until = l.Until.In(loc).Format(time.DateOnly)
		}
		row := []string{h.Kind, h.Name, h.Address, l.Account, Words(l.What, name), granted, b.by(l.By), until, b.by(l.EndBy)}
		for i := range row {
			row[i] = plain.Cell(row[i]) // a name may be a formula
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (b *Book) by(account string) string {
	if account == "" {
		return ""
	}
	if h, ok := b.holders[account]; ok && h.Name != "" {
		return h.Name
	}
	return account
}
