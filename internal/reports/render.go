package reports

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed oversharing.html.tmpl
var oversharingHTML string

//go:embed urgent.html.tmpl
var urgentHTML string

//go:embed notrun.html.tmpl
var notRunHTML string

//go:embed owner.html.tmpl
var ownerHTML string

//go:embed digest.html.tmpl
var digestHTML string

//go:embed asked.html.tmpl
var askedHTML string

//go:embed needed.html.tmpl
var neededHTML string

//go:embed entry.html.tmpl
var entryHTML string

//go:embed trouble.html.tmpl
var troubleHTML string

//go:embed monthly.html.tmpl
var monthlyHTML string

//go:embed trust.html.tmpl
var trustHTML string

//go:embed parts.html.tmpl
var partsHTML string

// styles are written into the template before it is parsed: mail programs drop <style>, so each element carries its own.
// Text and background are always set together, so that a dark mode that changes one changes both; all pairs have a
// contrast of 7 to 1 or more (links and labels 5 to 1). No color-scheme is declared: whoever declares a dark one must bring its colours
// along, and a program that honours it would show the light ones in the dark; undeclared, programs darken the mail by themselves.
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
	"§row§", "padding:4px 0 4px 12px;border-left:3px solid #9fb3c8;overflow-wrap:anywhere",
	"§rowhigh§", "padding:4px 0 4px 12px;border-left:3px solid #b42318;overflow-wrap:anywhere",
	"§plain§", "margin:0 0 6px 0",
	"§smallnormal§", "font-size:14px;font-weight:normal;color:#3e4c59",
	"§duenormal§", "font-weight:normal;color:#1f2933;white-space:nowrap",
	"§mark§", "padding:1px 6px;background-color:#d9ecff;color:#0b3c66;font-size:13px;font-weight:bold;white-space:nowrap",
	"§code§", "padding:1px 4px;background-color:#eef1f4;color:#1f2933;font-family:Consolas,Menlo,monospace;font-size:13px;overflow-wrap:anywhere",
	"§word§", "display:inline-block", // browsers break behind hyphens; so an id goes to the next line, and breaks only if it is wider than that
	"§button§", "display:inline-block;padding:11px 18px;background-color:#0b4f8a;color:#ffffff;font-weight:bold;text-decoration:none",
	"§gap§", "height:6px;line-height:6px;font-size:6px",
)

var templates = map[string]*template.Template{"oversharing": parse(oversharingHTML), "urgent": parse(urgentHTML), "owner": parse(ownerHTML), "notrun": parse(notRunHTML), "digest": parse(digestHTML), "asked": parse(askedHTML), "needed": parse(neededHTML), "entry": parse(entryHTML),
	"weekly": parseWeekly(), "monthly": parse(monthlyHTML), "trouble": parse(troubleHTML), "trust": parse(trustHTML), "termly": parseTermly(),
}

func parse(text string) *template.Template {
	funcs := template.FuncMap{"dots": dots, "whoCan": func() string { return whoCan }, "words": strings.Fields, "hyphen": func(s string) bool { return strings.Contains(s, "-") }}
	return template.Must(template.New("").Funcs(funcs).Parse(styles.Replace(squeeze(text + partsHTML))))
}

// squeeze takes the indentation out of a template; a mail's bytes are counted.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimLeft(lines[i], " \t")
	}
	return strings.Join(lines, "\n")
}

func renderHTML(name string, p any) (string, error) {
	var b strings.Builder
	if err := templates[name].Execute(&b, p); err != nil {
		return "", err
	}
	out := b.String()
	for strings.Contains(out, "\n\n") {
		out = strings.ReplaceAll(out, "\n\n", "\n")
	}
	return strings.TrimSpace(out) + "\n", nil
}
