package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Line is one thing that is said of an erasure or an export.
type Line struct {
	What string `json:"what"`
	Why  string `json:"why,omitempty"`
	N    int    `json:"count,omitempty"`
}

// Summary is what an erasure did, or would do.
type Summary struct {
	Deleted []Line `json:"deleted"`      // documents and files that went
	Changed []Line `json:"taken_out_of"` // documents that stay without the person
	Kept    []Line `json:"kept"`
	Beyond  []Line `json:"out_of_reach"`
	Again   []Line `json:"read_again"` // what the next run reads again as long as Google holds it, and how that is ended
}

// Summary says what was done, what stays and why, and what is out of reach. It names nobody.
func (w *Work) Summary() Summary {
	var s Summary
	for _, d := range w.Places {
		p := d.Place
		if d.Deleted > 0 {
			s.Deleted = append(s.Deleted, Line{What: p.What, N: d.Deleted})
		}
		if d.Changed > 0 {
			why := "“" + Mark + "” stands in their place"
			if p.Form == Letters {
				why = "the text is gone; that there was a message stays"
			}
			s.Changed = append(s.Changed, Line{What: p.What, Why: why, N: d.Changed})
		}
		if n := d.Deleted + d.Changed; n > 0 && p.Again != "" {
			s.Again = append(s.Again, Line{What: p.What, Why: p.Again, N: n})
		}
	}
	if len(w.Files) > 0 {
		s.Deleted = append(s.Deleted, Line{What: "files of the mail folder that went to them or name them", N: len(w.Files)})
	}
	s.Kept = Kept(w.in.Places)
	s.Beyond = w.beyond()
	return s
}

// Kept lists what is never given out or erased by these commands, and why.
func Kept(places []Place) []Line {
	var out []Line
	for _, p := range places {
		if p.Keep != "" && (len(out) == 0 || out[len(out)-1].Why != p.Keep) {
			out = append(out, Line{What: p.What, Why: p.Keep})
		}
	}
	return append(out, Line{What: "that this was done, by whom and when", Why: "so that the school can show it; whom it was about is kept as a digest only"})
}

// beyond is what no command of the program reaches.
func (w *Work) beyond() []Line {
	out := []Line{
		{What: "mails that were delivered", Why: "they lie in their readers' mailboxes"},
		{What: "what Google keeps: the account, its files, Google's own logs", Why: "the program deletes nothing there"},
		{What: "titles of files, posts and classes in which they are named", Why: "the next run reads them again: rename these in Drive and Classroom first"},
		{What: "the school's own lists and policy", Why: "the program only reads them; whoever keeps them takes the person out"},
		{What: "backups of the state, and lines that the computer kept of what the program printed", Why: "nobody but who runs them can reach them"},
		{What: "words that people typed in which the person is meant and not named", Why: "nothing can tell that they are about them"},
	}
	if w.Drafts > 0 {
		out = append(out, Line{What: "drafts in the mailbox that sends, of messages that were about to go", Why: "delete them there", N: w.Drafts})
	}
	return out
}

// Write prints a summary for people. dry says that nothing was done.
func (s Summary) Write(out io.Writer, dry bool) {
	part := func(title string, list []Line) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintln(out, title)
		for _, l := range list {
			n := ""
			if l.N > 0 {
				n = fmt.Sprintf("%d × ", l.N)
			}
			fmt.Fprintf(out, "  %s%s", n, l.What)
			if l.Why != "" {
				fmt.Fprintf(out, ": %s", l.Why)
			}
			fmt.Fprintln(out)
		}
	}
	deleted, changed := "Deleted:", "Taken out of:"
	if dry {
		fmt.Fprintln(out, "Nothing was erased: this only says what would be.")
		deleted, changed = "To be deleted:", "To be taken out of:"
	}
	if len(s.Deleted)+len(s.Changed) == 0 {
		fmt.Fprintln(out, "Nothing is held of them beyond what is listed here.")
	}
	part(deleted, s.Deleted)
	part(changed, s.Changed)
	part("Kept:", s.Kept)
	part("Out of reach:", s.Beyond)
	part("The next run reads it again as long as Google holds it:", s.Again)
}

// Draft heads every export.
const Draft = "draft: redact other people before it leaves the school"

// export is what export.json holds.
type export struct {
	Draft     string       `json:"draft"`
	Made      time.Time    `json:"made"`
	Of        string       `json:"of"`
	Addresses []string     `json:"addresses,omitempty"`
	IDs       []string     `json:"ids,omitempty"`
	Names     []string     `json:"names,omitempty"`
	Held      []exportPart `json:"held"`
	Files     []string     `json:"files_of_the_mail_folder,omitempty"`
	LeftOut   []Line       `json:"left_out"`
	Beyond    []Line       `json:"out_of_reach"`
}

type exportPart struct {
	Collection string  `json:"collection"`
	What       string  `json:"what"`
	Until      string  `json:"kept"`
	Found      []Found `json:"found"`
}

// Names of the files of an export.
const (
	ExportJSON = "export.json"
	ExportHTML = "export.html"
)

// Export writes what is held of a person into a new folder: as JSON for programs and as a page for people. Nobody but the user who runs the program can open it. kept says how long the
// documents of a place stay.
func (w *Work) Export(dir string, now time.Time, kept func(Place) string) error {
	e := export{Draft: Draft, Made: now.UTC(), Of: w.in.Subject.Said(), Addresses: w.in.Subject.Addresses, IDs: w.in.Subject.IDs, Names: w.in.Subject.Names, Held: []exportPart{}, Files: w.Files}
	for _, d := range w.Places {
		if len(d.Found) > 0 {
			e.Held = append(e.Held, exportPart{Collection: d.Place.C.Name, What: d.Place.What, Until: kept(*d.Place), Found: d.Found})
		}
	}
	e.LeftOut, e.Beyond = Kept(w.in.Places), w.beyond()
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := exportPage.Execute(&page, e); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the folder of the export: %w", err)
	}
	return errors.Join(writeNew(filepath.Join(dir, ExportJSON), append(data, '\n')), writeNew(filepath.Join(dir, ExportHTML), page.Bytes()))
}

// writeNew writes a file that is not there yet, for this user alone.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("an export is not written over another one: %w", err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

var exportPage = template.Must(template.New("export").Funcs(template.FuncMap{"readable": readable}).Parse(`<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>What is held of one person</title>
<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;background:#f4f4f4;padding:.5rem}h1{border:3px solid #900;padding:.5rem}</style></head><body>
<h1>{{.Draft}}</h1>
<p>What esafetybot holds of {{.Of}}, as of {{.Made.Format "2 January 2006, 15:04"}} (UTC). Times below are in UTC too.</p>
<p>Known by: {{range .Names}}{{.}}; {{end}}{{range .Addresses}}{{.}}; {{end}}{{range .IDs}}id {{.}}; {{end}}</p>
{{range .Held}}<h2>{{.What}}</h2><p>Kept: {{.Until}}.</p>{{range .Found}}<h3>{{.Key}}</h3><pre>{{readable .Data}}</pre>{{end}}{{else}}<p>Nothing is held of them.</p>{{end}}
{{with .Files}}<h2>Files of the mail folder that went to them or name them</h2><ul>{{range .}}<li>{{.}}</li>{{end}}</ul>{{end}}
<h2>Left out</h2><ul>{{range .LeftOut}}<li>{{.What}}: {{.Why}}</li>{{end}}</ul>
<h2>Out of reach</h2><ul>{{range .Beyond}}<li>{{.What}}: {{.Why}}</li>{{end}}</ul>
</body></html>
`))

// readable writes data for people: a line a value, in the order of the alphabet.
func readable(v any) string {
	var out strings.Builder
	lay(&out, "", v, 0)
	return out.String()
}

func lay(out *strings.Builder, name string, v any, depth int) {
	pad := strings.Repeat("  ", depth)
	label := ""
	if name != "" {
		label = strings.ReplaceAll(name, "_", " ") + ": "
	}
	switch x := v.(type) {
	case nil:
	case map[string]any:
		if name != "" {
			fmt.Fprintf(out, "%s%s\n", pad, label)
			depth++
		}
		for _, k := range sortedKeys(x) {
			lay(out, k, x[k], depth)
		}
	case []any:
		fmt.Fprintf(out, "%s%s\n", pad, label)
		for _, e := range x {
			lay(out, "", e, depth+1)
			if _, table := e.(map[string]any); table {
				out.WriteByte('\n')
			}
		}
	case []string:
		for _, e := range x {
			fmt.Fprintf(out, "%s%s%s\n", pad, label, e)
		}
	default:
		fmt.Fprintf(out, "%s%s%v\n", pad, label, x)
	}
}
