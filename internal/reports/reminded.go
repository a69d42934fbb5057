package reports

// Reminded is something on the school's calendar that the reader is told once.
type Reminded struct {
	Title string
	Lead  string   // what to do with the text, where it is for others: "Please post this on ClassDojo for parents and carers:"
	Text  string   // as the school, or the program, words it
	Links []string // https
}

// mostReminded is how long the text of a reminder may be in a mail, in characters: as long as a policy may make it.
const mostReminded = 2000

func remindedLines(list []Reminded) []Reminded {
	var out []Reminded
	for _, r := range list {
		l := Reminded{Title: clean(r.Title, maxTitle), Lead: clean(r.Lead, 200), Text: clean(r.Text, mostReminded)}
		for _, link := range r.Links {
			if link = safeLink(link); link != "" {
				l.Links = append(l.Links, link)
			}
		}
		out = append(out, l)
	}
	return out
}

// remindedHead stands above reminders.
func remindedHead(n int) string {
	if n == 1 {
		return "A reminder"
	}
	return "Reminders"
}

// reminded lists what the reader is reminded of.
func (t *textPage) reminded(list []Reminded) {
	if len(list) == 0 {
		return
	}
	t.head(remindedHead(len(list)))
	for _, r := range list {
		t.item("* ", r.Title)
		if r.Lead != "" {
			t.item("  ", r.Lead)
		}
		t.item("  ", r.Text)
		for _, l := range r.Links {
			t.link(l)
		}
		t.b.WriteString("\n")
	}
}
