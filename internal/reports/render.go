package reports

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed oversharing.html.tmpl
var oversharingHTML string

// styles are written into the template before it is parsed: mail programs drop <style>, so each element carries its own.
// Text and background are always set together, so that a dark mode that changes one changes both; all pairs have a
// contrast of 7 to 1 or more (links and labels 5 to 1).
var styles = strings.NewReplacer(
	"§page§", "margin:0;padding:0;background-color:#eef1f4;color:#1f2933;-webkit-text-size-adjust:100%",
	"§outer§", "background-color:#eef1f4;color:#1f2933",
	"§card§", "max-width:640px;background-color:#ffffff;color:#1f2933;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.45;text-align:left",
	"§pad§", "padding:20px 18px 4px 18px",
	"§section§", "padding:18px 18px 2px 18px;border-top:1px solid #d5dbe1",
	"§small§", "font-size:14px;color:#3e4c59",
	"§h1§", "margin:6px 0 8px 0;font-size:26px;line-height:1.2;color:#102a43",
	"§h2§", "margin:0 0 8px 0;font-size:19px;line-height:1.3;color:#102a43",
	"§h3§", "margin:14px 0 2px 0;font-size:16px;line-height:1.3;color:#102a43",
	"§p§", "margin:0 0 10px 0",
	"§psmall§", "margin:0 0 10px 0;font-size:14px;color:#3e4c59",
	"§warn§", "padding:10px 12px;background-color:#fff3d1;color:#4a3500;border-left:4px solid #b7791f;font-size:15px",
	"§stat§", "padding:8px 4px;text-align:center;border:1px solid #d5dbe1;font-size:13px;color:#3e4c59",
	"§n§", "font-size:24px;line-height:1.2;font-weight:bold;color:#102a43",
	"§item§", "padding:9px 0 9px 12px;border-left:3px solid #9fb3c8;word-break:break-word",
	"§itemhigh§", "padding:9px 0 9px 12px;border-left:3px solid #b42318;word-break:break-word",
	"§title§", "font-weight:bold;color:#0b4f8a;text-decoration:underline;overflow-wrap:anywhere",
	"§titleplain§", "font-weight:bold;color:#1f2933;overflow-wrap:anywhere",
	"§a§", "color:#0b4f8a;text-decoration:underline",
	"§due§", "font-weight:bold;color:#1f2933",
	"§over§", "font-weight:bold;color:#9b1c1c",
	"§num§", "padding:3px 10px 3px 0;text-align:right;vertical-align:top;font-weight:bold;white-space:nowrap",
	"§cell§", "padding:3px 0;vertical-align:top",
	"§gap§", "height:6px;line-height:6px;font-size:6px",
)

var oversharingTemplate = template.Must(template.New("oversharing").Funcs(template.FuncMap{"dots": dots, "whoCan": func() string { return whoCan }}).Parse(styles.Replace(squeeze(oversharingHTML))))

// squeeze takes the indentation out of a template; a mail's bytes are counted.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], " \t")
	}
	return strings.Join(lines, "\n")
}

func renderHTML(p page) (string, error) {
	var b strings.Builder
	if err := oversharingTemplate.Execute(&b, p); err != nil {
		return "", err
	}
	out := b.String()
	for strings.Contains(out, "\n\n") {
		out = strings.ReplaceAll(out, "\n\n", "\n")
	}
	return strings.TrimSpace(out) + "\n", nil
}

const textWidth = 76

// renderText is the same report for a reader without HTML.
func renderText(p page) string {
	t := &textPage{}
	t.para(p.School + " · Sharing report · " + p.Date)
	t.b.WriteString(strings.Repeat("=", 40) + "\n\n")
	if p.Greeting != "" {
		t.para(p.Greeting)
	}
	t.para(strings.ToUpper(p.Headline))
	if p.Warning != "" {
		t.para("! " + p.Warning)
	}
	if len(p.Lead) > 0 {
		t.para(strings.Join(p.Lead, " "))
	}
	t.para(p.Sum)

	t.section(p.New)
	t.rows("All of them, by what is the case", p.ByRule)
	t.rows("All of them, by who shared them", p.ByOwner)
	if len(p.PutRight) > 0 {
		t.head(p.PutRightTitle)
		t.lines(p.PutRight, p.PutRightMore)
	}
	t.section(p.Open)
	t.rows("All that are still open", p.OpenByRule)
	if p.AgreedText != "" {
		t.head("Agreed")
		t.para(p.AgreedText)
		t.lines(p.Agreed, p.AgreedMore)
	}
	if len(p.Info) > 0 {
		t.rows("For information, nothing to do", p.Info)
	}
	if len(p.Gaps) > 0 {
		t.head("What we could not see this time")
		for _, g := range p.Gaps {
			t.item("* ", g.What)
			t.item("  ", "Why: "+g.Why)
			if g.Do != "" {
				t.item("  ", "What to do: "+g.Do)
			}
			t.link(g.Link)
		}
		t.more(p.GapsMore)
		t.b.WriteString("\n")
	}
	if len(p.HowTo) > 0 {
		t.head("How to put things right")
		t.para(whoCan)
		for _, r := range p.HowTo {
			t.item("* ", r.Title)
			t.item("  ", r.Why)
			t.item("  ", "Where to click: "+r.Where)
			t.b.WriteString("\n")
		}
	}
	if len(p.Clauses) > 0 {
		t.head("What the policy says")
		t.lines(p.Clauses, "")
	}
	if p.Stay != "" {
		t.para(p.Stay)
	}
	t.head("What we never see")
	t.para(capital(p.Never))
	if len(p.NotLooked) > 0 {
		t.head("Clauses of the policy that are not looked at yet")
		t.lines(p.NotLooked, p.NotLookedMore)
	}
	t.b.WriteString("-- \n")
	if p.FullLink != "" {
		t.para("The full list: " + p.FullLink)
	}
	for _, f := range append([]string{p.Hidden}, p.Foot...) {
		if f != "" {
			t.b.WriteString(wrap(f, "", "", textWidth) + "\n")
		}
	}
	return t.b.String()
}

type textPage struct{ b strings.Builder }

func (t *textPage) para(s string)        { t.b.WriteString(wrap(s, "", "", textWidth) + "\n\n") }
func (t *textPage) item(first, s string) { t.b.WriteString(wrap(s, first, "  ", textWidth) + "\n") }
func (t *textPage) link(s string) {
	if s != "" {
		t.b.WriteString("  " + s + "\n")
	}
}

func (t *textPage) more(s string) {
	if s != "" {
		t.item("  ", "… "+s)
	}
}

func (t *textPage) head(s string) {
	t.b.WriteString(s + "\n" + strings.Repeat("-", min(len([]rune(s)), textWidth)) + "\n\n")
}

// dots puts an ellipsis in front of what goes on from a list.
func dots(s string) string {
	if strings.HasPrefix(s, "and ") {
		return "… " + s
	}
	return s
}

func (t *textPage) rows(title string, rows []row) {
	if len(rows) == 0 {
		return
	}
	t.head(title)
	for _, r := range rows {
		t.b.WriteString(strings.Repeat(" ", max(0, 6-len(r.N))) + r.N + "  " + r.Text + "\n")
	}
	t.b.WriteString("\n")
}

func (t *textPage) lines(list []line, more string) {
	for _, l := range list {
		s := l.Text
		if l.Note != "" {
			s += " – " + l.Note
		}
		t.item("* ", s)
		t.link(l.Link)
	}
	t.more(more)
	if len(list) > 0 || more != "" {
		t.b.WriteString("\n")
	}
}

func (t *textPage) section(s section) {
	if len(s.Groups) == 0 {
		return
	}
	t.head(s.Title)
	if s.Intro != "" {
		t.para(s.Intro)
	}
	for _, g := range s.Groups {
		who := g.Who
		if g.Unit != "" {
			who += " (" + g.Unit + ")"
		}
		t.b.WriteString(wrap(who, "", "", textWidth) + "\n" + wrap(g.Note, "", "", textWidth) + "\n\n")
		for _, i := range g.Items {
			head := i.Title
			if i.Inside != "" {
				head += " – " + i.Inside
			}
			t.item("* ", head)
			what := i.What
			if i.High {
				what = "High: " + what
			}
			if i.Clause != "" {
				what += " (" + i.Clause + ")"
			}
			t.item("  ", what)
			do := "To do: " + i.Do
			if i.Due != "" {
				do += " – " + i.Due
			}
			t.item("  ", do)
			if i.Remark != "" {
				t.item("  ", i.Remark)
			}
			t.link(i.Link)
			if i.Account != "" {
				t.b.WriteString("  Whose it is: " + i.Account + "\n")
			}
			t.b.WriteString("\n")
		}
		if g.More != "" {
			t.item("  ", "… "+g.More)
			t.b.WriteString("\n")
		}
	}
	if s.More != "" {
		t.para(dots(s.More) + ".")
	}
}
