package reports

import (
	_ "embed"
	"html/template"
	"strings"

	"esafetybot/internal/quantity"
)

//go:embed termly.html.tmpl
var termlyHTML string

// termlyStyles are the styles that only the termly report has, beside those of all mails. What the printed page differs in stands in the template's style element, which mail programs may drop.
var termlyStyles = strings.NewReplacer(
	"§tbl§", "border-collapse:collapse;margin:0 0 10px 0",
	"§tth§", "padding:4px 8px 4px 0;text-align:left;vertical-align:bottom;font-size:14px;border-bottom:2px solid #9fb3c8",
	"§tthn§", "padding:4px 0 4px 8px;text-align:right;vertical-align:bottom;font-size:14px;border-bottom:2px solid #9fb3c8",
	"§ttd§", "padding:5px 8px 5px 0;vertical-align:top",
	"§ttdn§", "padding:5px 0 5px 8px;text-align:right;vertical-align:top;border-bottom:1px solid #d5dbe1",
	"§tul§", "margin:0 0 10px 0;padding-left:20px",
	"§tli§", "margin:0 0 4px 0",
	"§texp§", "padding:8px 0 4px 0;border-top:1px solid #d5dbe1",
	"§texph§", "margin:0 0 2px 0;font-size:16px;line-height:1.3;color:#102a43",
	"§tp§", "margin:0 0 2px 0",
	"§tpsmall§", "margin:0 0 4px 0;font-size:14px;color:#3e4c59",
	"§tsmall§", "font-size:14px;font-weight:normal;color:#3e4c59",
	"§trow{{.Colour}}§", "{{trow .Colour}}",
)

// trow is the line of a clause, with its colour at the side; the word stands in it as well.
func trow(colour string) template.CSS {
	side := map[string]string{Red: "5px solid #9b1c1c", Amber: "5px solid #b7791f", Green: "5px solid #2f7d32"}[colour]
	if side == "" {
		side = "5px dashed #52606d"
	}
	return template.CSS("padding:4px 8px 4px 10px;text-align:left;font-weight:normal;vertical-align:top;overflow-wrap:anywhere;border-left:" + side)
}

type termlyPart struct {
	Title string
	Lines []string
}

func parseTermly() *template.Template {
	funcs := template.FuncMap{"trow": trow, "tpart": func(title string, lines []string) termlyPart { return termlyPart{title, lines} }}
	return template.Must(template.New("").Funcs(funcs).Parse(styles.Replace(termlyStyles.Replace(squeeze(termlyHTML)))))
}

// termlyText is the same report for a reader without HTML.
func termlyText(p termlyPage) string {
	t := &textPage{}
	t.top(p.School+" · "+p.Kind+" · "+p.Date, p.Greeting, p.Title)
	t.para(p.Lead)
	t.para(p.Made)
	t.head("How the clauses of the policy stand")
	for i, c := range p.Columns {
		if c.Unknown != "" {
			t.item("* ", c.Title+": "+c.Unknown+".")
			continue
		}
		var parts []string
		for _, r := range p.Rows {
			parts = append(parts, r.Words+" "+r.Cells[i])
		}
		t.item("* ", c.Title+": "+strings.Join(parts, ", ")+".")
	}
	t.b.WriteString("\n")
	t.head("Clauses that are not green")
	for _, c := range p.Open {
		t.item("* ", c.Words+". "+c.ID+" "+c.Says+" Dealt with by: "+c.Deals+".")
	}
	if len(p.Open) == 0 {
		t.line("None.")
	}
	t.more(p.OpenMore)
	t.b.WriteString("\n")
	t.para(strings.Join(p.Numbers, " "))
	t.head("Incidents")
	if p.Incidents.Unknown != "" {
		t.para(p.Incidents.Unknown)
	} else {
		t.line("In this term:")
		t.each(p.Incidents.Now)
		t.line("In the same weeks a year ago:")
		if p.Incidents.NoYear != "" {
			t.para(p.Incidents.NoYear)
		} else {
			t.each(p.Incidents.Before)
		}
	}
	t.head("What we learnt")
	if len(p.Lessons) == 0 {
		t.para("Nothing was noted in the term.")
	} else {
		t.each(p.Lessons)
	}
	if p.LessonsMore != "" {
		t.para(p.LessonsMore)
	}
	for _, s := range []termlyPart{{"Training", p.Training}, {"Filtering", p.Filtering}, {"Review of the policy", p.Review}, {"Comments", p.Comments}, {"What could not be seen", p.NotSeen}} {
		t.head(s.Title)
		t.each(s.Lines)
	}
	t.head("Annex: what is expected, and what " + p.Year + " holds so far")
	t.para(strings.TrimSpace(p.Note + " " + p.AnnexFrom))
	for _, e := range p.Expected {
		t.line(quantity.Number(e.N) + ". " + e.Says)
		t.item("  ", strings.TrimSpace(e.Served+" "+e.Named))
		t.item("  ", e.Source+".")
		t.b.WriteString("\n")
	}
	if p.Rest != "" {
		t.para(p.Rest)
	}
	if len(p.Evidence) > 0 {
		t.head("What " + p.Year + " holds of each clause so far")
		for _, c := range p.Evidence {
			t.item("* ", strings.TrimSpace(c.ID+" "+c.Says+" "+c.Words+". "+strings.Join(c.Evidence, " ")))
		}
		t.b.WriteString("\n")
	}
	t.b.WriteString("-- \n")
	for _, f := range p.Foot {
		t.line(f)
	}
	return t.b.String()
}

// each writes a line each, and an empty one.
func (t *textPage) each(lines []string) {
	for _, l := range lines {
		t.item("* ", l)
	}
	t.b.WriteString("\n")
}
