package reports

import (
	_ "embed"
	"html/template"
	"regexp"
	"strings"
)

//go:embed weekly.html.tmpl
var weeklyHTML string

// weeklyStyles are the styles that only the weekly e-mail has, beside those of all mails; they keep to the same rules.
var weeklyStyles = strings.NewReplacer(
	"§statred§", "padding:8px 4px;text-align:center;border:1px solid #9b1c1c;background-color:#9b1c1c;color:#ffffff;font-size:13px",
	"§statamber§", "padding:8px 4px;text-align:center;border:1px solid #b7791f;background-color:#fff3d1;color:#4a3500;font-size:13px",
	"§statunknown§", "padding:8px 4px;text-align:center;border:1px solid #7b8794;background-color:#e4e7eb;color:#323f4b;font-size:13px",
	"§statgreen§", "padding:8px 4px;text-align:center;border:1px solid #2a9354;background-color:#dcf2e3;color:#14532d;font-size:13px",
	"§statlow§", "padding:8px 4px;text-align:center;border:1px solid #d5dbe1;background-color:#ffffff;color:#3e4c59;font-size:13px",
	"§big§", "font-size:26px;line-height:1.2",
	"§strong§", "font-weight:bold",
	"§clausered§", "padding:6px 0 6px 12px;border-left:5px solid #9b1c1c;overflow-wrap:anywhere",
	"§clauseamber§", "padding:6px 0 6px 12px;border-left:5px solid #b7791f;overflow-wrap:anywhere",
	"§clauseunknown§", "padding:6px 0 6px 12px;border-left:5px solid #7b8794;overflow-wrap:anywhere",
	"§th§", "padding:4px 6px 4px 0;text-align:left;font-size:14px;border-bottom:2px solid #9fb3c8",
	"§thnum§", "padding:4px 0 4px 6px;text-align:right;vertical-align:bottom;font-size:14px;border-bottom:2px solid #9fb3c8",
	"§tr§", "padding:3px 6px 3px 0;text-align:left;font-weight:normal",
	"§td§", "padding:3px 0 3px 6px;text-align:right",
	"§trsum§", "padding:4px 6px 4px 0;text-align:left;border-top:1px solid #9fb3c8",
	"§tdsum§", "padding:4px 0 4px 6px;text-align:right;font-weight:bold;border-top:1px solid #9fb3c8",
	"§picture§", "display:block;width:100%;max-width:604px;height:auto;border:0",
	"§smallright§", "font-size:14px;color:#3e4c59;text-align:right",
	"§dark§", weeklyDark,
)

// weeklyDark is the mail in the dark, for programs that know which it is. It declares the dark colours itself, so that whoever drops it drops the declaration too and darkens, or not, as with any other mail.
// Whoever keeps it gets every pair of colours from here.
const weeklyDark = `:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){
.page,.outer{background-color:#12181f!important;color:#e4e9ee!important}
.card{background-color:#1b242d!important;color:#e4e9ee!important}
.small,.smallright,.psmall{color:#b6c2ce!important}
.h1,.h2{color:#f2f5f8!important}
.a{color:#8ec5ff!important}
.button{background-color:#8ec5ff!important;color:#0b2239!important}
.section{border-color:#3a4753!important}
.statred{background-color:#8c1d18!important;color:#ffffff!important;border-color:#ff8a80!important}
.statamber{background-color:#4a3500!important;color:#ffe3a3!important;border-color:#b7791f!important}
.statunknown{background-color:#323f4b!important;color:#e4e7eb!important}
.statgreen{background-color:#14402a!important;color:#c9f0d6!important}
.statlow{background-color:#1b242d!important;color:#b6c2ce!important;border-color:#3a4753!important}
.clausered{border-color:#ff8a80!important}
}`

var styled = regexp.MustCompile(`style="([^"]*?§(\w+)§[^"]*)"`)

// parseWeekly gives each element with a style of ours a class of the same name, for the dark; one whose style is chosen by a condition too.
func parseWeekly() *template.Template {
	text := styled.ReplaceAllStringFunc(weeklyHTML, func(s string) string {
		inner := styled.FindStringSubmatch(s)[1]
		class := regexp.MustCompile(`;[^§{}]*$`).ReplaceAllString(inner, "")
		return `class="` + strings.ReplaceAll(class, "§", "") + `" ` + s
	})
	funcs := template.FuncMap{"lower": lower}
	return template.Must(template.New("").Funcs(funcs).Parse(styles.Replace(weeklyStyles.Replace(squeeze(text)))))
}
