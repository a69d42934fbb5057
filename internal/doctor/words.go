package doctor

import (
	"fmt"
	"io"
	"strings"
)

// headings are the three under which a report is told, in their order.
var headings = []struct {
	status Status
	title  string
}{{Works, "What works"}, {Fails, "What does not work"}, {Unknown, "What nobody can tell yet, or is for you to look at"}}

// Write tells a report in plain words, at most width characters a line. The error is w's.
func (r *Report) Write(w io.Writer, width int) error {
	var b strings.Builder
	for _, h := range headings {
		items := r.Of(h.status)
		fmt.Fprintf(&b, "%s (%d)\n", h.title, len(items))
		for _, i := range items {
			wrap(&b, "  - ", "    ", i.What+clauses(i.Clauses)+".", width)
			if i.Without != "" {
				wrap(&b, "    Unknown without it: ", "    ", i.Without+".", width)
			}
			if i.Next != "" {
				wrap(&b, "    Next: ", "    ", i.Next+".", width)
			}
		}
		b.WriteByte('\n')
	}
	if r.Next != "" {
		wrap(&b, "Next step: ", "  ", r.Next+".", width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func clauses(ids []string) string {
	switch len(ids) {
	case 0:
		return ""
	case 1:
		return " [clause " + ids[0] + "]"
	}
	return " [clauses " + strings.Join(ids, ", ") + "]"
}

// wrap writes a text in lines: lead before the first, rest before the others.
func wrap(b *strings.Builder, lead, rest, text string, width int) {
	line := lead
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > width {
			b.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	b.WriteString(line + "\n")
}

// WriteFixList tells what is to be pasted into the Admin console, and what each scope permits. clientID may be "". The error is w's.
func WriteFixList(w io.Writer, list []Need, clientID string, width int) error {
	var b strings.Builder
	fixList(&b, list, clientID, width, nil)
	_, err := io.WriteString(w, b.String())
	return err
}

// fixList writes the list; by, where it is set, says in place of the clauses who needs a scope.
func fixList(b *strings.Builder, list []Need, clientID string, width int, by func(Need) string) {
	b.WriteString("In the Admin console, as a super administrator: Security › Access and data control › API controls › Manage domain-wide delegation › Add new.\n\n")
	if clientID != "" {
		fmt.Fprintf(b, "Client ID:\n\n  %s\n\n", clientID)
	} else {
		wrap(b, "", "", "Client ID: the number that the Google Cloud console shows as “Unique ID” of the service account (IAM › Service accounts); with --google-credentials KEY.json it would stand here.", width)
		b.WriteByte('\n')
	}
	for _, part := range []struct {
		changes     bool
		title, none string
	}{
		{false, "OAuth scopes for reading, and for sending mail, in one piece:", ""},
		{true, "Scopes that change things, which your policy asks for by propose, fix or moderate. Leave them out as long as it should only report:", "No clause asks for a change, so no scope that changes things is needed."},
	} {
		var scopes []string
		var some []Need
		for _, n := range list {
			if n.Changes == part.changes {
				scopes, some = append(scopes, n.Scope), append(some, n)
			}
		}
		if len(scopes) == 0 {
			b.WriteString(part.none + "\n")
			continue
		}
		wrap(b, "", "", part.title, width)
		fmt.Fprintf(b, "\n%s\n\n", strings.Join(scopes, ","))
		for _, n := range some {
			if by == nil {
				fmt.Fprintf(b, "  %s%s\n", n.Short(), clauses(n.Clauses))
			} else {
				fmt.Fprintf(b, "  %s\n", n.Short())
				wrap(b, "    ", "      ", by(n)+".", width)
			}
			wrap(b, "    Permits the program to: ", "      ", n.Plain+".", width)
			without := "    Unknown without it: "
			if n.Changes {
				without = "    By hand without it: "
			}
			wrap(b, without, "      ", n.Without+".", width)
		}
		b.WriteByte('\n')
	}
	wrap(b, "", "", "What you leave out is reported as “could not check”, never as fine. Then run: esafetybot doctor", width)
}
