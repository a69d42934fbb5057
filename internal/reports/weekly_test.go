package reports

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"esafetybot/internal/mail"
)

// weeklySample is a Monday in November of a school with a bit of everything.
func weeklySample() WeeklyInput {
	at := func(day int) time.Time { return time.Date(2026, 11, day, 7, 30, 0, 0, time.UTC) }
	in := WeeklyInput{
		School: "Example Primary", Titles: Titles{ESafetyOfficer: "Online Safety Co-ordinator"}, Reader: "Olive Marsh", Now: at(16), After: at(9), Last: true, Site: "https://review.school.example",
		Clauses: []WeeklyClause{
			{ID: "A1", Says: "Nothing that names a pupil is shared outside the school.", Colour: Red, Why: []string{"2 things of high severity are open", "one thing is overdue"}, Deals: "workspace administrator", Open: 2, New: 1, PutRight: 3, Overdue: 1, Agreed: 2, Until: at(27),
				Unseen: []string{"The Drive of an account: Google refused it"}},
			{ID: "A4", Says: "Pupils have no e-mail.", Colour: Amber, Why: []string{"3 things are open"}, Deals: "workspace administrator", Open: 3, New: 3},
			{ID: "A9", Says: "The web filter is looked at every half-term.", Colour: Amber, Why: []string{"one question waits for an answer"}, Deals: "safeguarding lead"},
			{ID: "A11", Says: "Staff passwords are strong.", Colour: Unknown, Why: []string{"not everything that it needs could be seen"}, Deals: "workspace administrator", Unseen: []string{"Google's usage reports: they were not there yet"}},
			{ID: "A2", Says: "Only those who belong here have an account.", Colour: Green, Why: []string{"looked at, and nothing found"}, Agreed: 1, Until: at(20)},
			{ID: "A3", Says: "Leavers' accounts are switched off.", Colour: Green, PutRight: 1},
		},
		Own:       &WeeklyOwn{Deals: 2, DealsNew: 1, Questions: 1},
		Deeds:     []WeeklyDeed{{What: "made", Kind: "delete-grant", Roles: []string{"workspace administrator"}, Count: 3}, {What: "undone", Kind: "move-user", Roles: []string{"headteacher"}, Count: 1}, {What: "declined", Kind: "delete-grant", Roles: []string{"headteacher"}, Count: 1}, {What: "agreed", Roles: []string{"Online Safety Co-ordinator", "safeguarding lead"}, Count: 1}},
		Approvals: []WeeklyApproval{{Clause: "A1", Kind: "delete-grant", Count: 2, Second: 1, Since: at(10)}},
		Ending:    []WeeklyEnding{{Clause: "A2", Until: at(20), Count: 1}, {Clause: "A1", Until: at(27), Count: 1}},
		Comments:  WeeklyComments{Asked: true, Waited: 12, Looked: 9, InTime: 8, Wait: 3, Late: 1, Timed: 9, Median: 1, Longest: 4},
		Questions: []WeeklyQuestions{{Role: "IT support", Count: 1}, {Role: "headteacher", Count: 2, Overdue: 1}},
		Returned:  1, Incidents: 2,
		Unseen: []WeeklyGap{{What: "The Drive of an account", Why: "Google refused it", Do: "Open the account in the Admin console.", Clauses: []string{"A1"}, Count: 2}, {What: "Google's usage reports", Why: "they were not there yet", Clauses: []string{"A11"}}},
		Never:  []string{"whether a letter arrived"}, Since: time.Date(2026, 9, 10, 6, 0, 0, 0, time.UTC),
	}
	for i := range 11 {
		day := time.Date(2026, 9, 4, 22, 0, 0, 0, time.UTC).AddDate(0, 0, 7*i)
		in.Trend = append(in.Trend, WeeklyPoint{Day: day, Counts: map[string]int{Red: (i * 5) % 3, Amber: 1 + i%2, Unknown: max(0, 3-i), Green: 6 - (i*5)%3 - 1 - i%2 - max(0, 3-i)}})
	}
	in.Trend = append(in.Trend, WeeklyPoint{Day: in.Now, Counts: map[string]int{Red: 1, Amber: 2, Unknown: 1, Green: 2}})
	return in
}

// quietWeekly is a week in which there is nothing to tell.
func quietWeekly() WeeklyInput {
	in := weeklySample()
	for i := range in.Clauses {
		in.Clauses[i] = WeeklyClause{ID: in.Clauses[i].ID, Says: in.Clauses[i].Says, Colour: Green}
	}
	in.Own, in.Deeds, in.Approvals, in.Ending, in.Questions, in.Unseen, in.Trend = &WeeklyOwn{}, nil, nil, nil, nil, nil, nil
	in.Comments, in.Returned, in.Incidents, in.Site, in.Last, in.Since = WeeklyComments{}, 0, -1, "", false, time.Time{}
	return in
}

func weekly(t testing.TB, in WeeklyInput) Weekly {
	t.Helper()
	w, err := WeeklyMail(in)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWeeklyGolden(t *testing.T) {
	holiday := weeklySample()
	holiday.Holiday = true
	for name, in := range map[string]WeeklyInput{"weekly": weeklySample(), "weekly-quiet": quietWeekly(), "weekly-holiday": holiday} {
		w := weekly(t, in)
		golden(t, name+".html", w.HTML)
		golden(t, name+".txt", "Subject: "+w.Subject+"\n\n"+w.Text)
	}
}

func TestWeeklySubject(t *testing.T) {
	of := func(colours ...string) WeeklyInput {
		in := WeeklyInput{Now: time.Date(2026, 11, 16, 7, 30, 0, 0, time.UTC)}
		for i, c := range colours {
			in.Clauses = append(in.Clauses, WeeklyClause{ID: fmt.Sprint("A", i), Colour: c})
		}
		return in
	}
	holiday, past := of(Red, Green), of(Red)
	holiday.Holiday, past.Afterwards = true, true
	for _, c := range []struct {
		in                WeeklyInput
		subject, headline string
	}{
		{of(Red, Amber, Red, Unknown, Unknown, Green), "Online safety this week: 3 clauses need somebody", "3 of 6 clauses need somebody this week; 2 could not be checked."},
		{of(Amber), "Online safety this week: 1 clause needs somebody", "1 of 1 clause needs somebody this week."},
		{of(Unknown, Green), "Online safety this week: 1 clause could not be checked", "Of 2 clauses none needs somebody this week, as far as we could see; 1 could not be checked."},
		{of(Green, Green), "Online safety this week: every clause is green", "All 2 clauses are green this week."},
		{of(), "Online safety this week: the policy has no clauses", "The policy has no clauses, so nothing is looked at."},
		{holiday, "Online safety in the holidays: 1 clause needs somebody", "1 of 2 clauses needs somebody."},
		{past, "Online safety as of Mon 16 Nov", "1 of 1 clause needs somebody."},
	} {
		w := weekly(t, c.in)
		if w.Subject != c.subject || !strings.Contains(w.HTML, ">"+c.headline+"</h1>") || !strings.Contains(unwrapped(w.Text), strings.ToUpper(c.headline)) {
			t.Errorf("%q, want %q and %q:\n%s", w.Subject, c.subject, c.headline, w.Text[:300])
		}
	}
}

func unwrapped(s string) string { return strings.Join(strings.Fields(s), " ") }

// page walks the elements of a mail.
func elements(t testing.TB, text string, visit func(n *html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		visit(n)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func innerText(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(innerText(c))
	}
	return b.String()
}

var (
	ink   = regexp.MustCompile(`(?:^|[;{])color:(#[0-9a-f]{6})`)
	paper = regexp.MustCompile(`background-color:(#[0-9a-f]{6})`)
)

func luminance(t testing.TB, hex string) float64 {
	t.Helper()
	var l float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

func contrast(t testing.TB, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// sheet is what a <style> says of each class in the dark.
func sheet(text string) map[string]string {
	out := map[string]string{}
	_, dark, _ := strings.Cut(text, "prefers-color-scheme:dark){")
	for _, m := range regexp.MustCompile(`([.\w,]+)\{([^}]*)\}`).FindAllStringSubmatch(dark, -1) {
		for _, c := range strings.Split(m[1], ",") {
			out[strings.TrimPrefix(c, ".")] = strings.ReplaceAll(m[2], "!important", "")
		}
	}
	return out
}

// Every text has a contrast of 4.5 to 1 or more on what it stands on: without <style>, and in the dark with it.
func TestWeeklyContrast(t *testing.T) {
	w := weekly(t, weeklySample())
	rules := sheet(w.HTML)
	if len(rules) < 15 {
		t.Fatalf("only %d classes have dark colours", len(rules))
	}
	for _, mode := range []string{"light", "dark"} {
		seen := map[string]bool{}
		elements(t, w.HTML, func(n *html.Node) {
			if n.Type != html.TextNode || strings.TrimSpace(n.Data) == "" || n.Parent.Data == "style" || n.Parent.Data == "title" {
				return
			}
			text, back := "", ""
			for p := n.Parent; p != nil; p = p.Parent {
				says := attr(p, "style")
				if mode == "dark" {
					for _, c := range strings.Fields(attr(p, "class")) {
						if d, ok := rules[c]; ok {
							if ink.MatchString(d) {
								says = ink.ReplaceAllString(says, "")
							}
							if paper.MatchString(d) {
								says = paper.ReplaceAllString(says, "")
							}
							says += ";" + d
						}
					}
				}
				if m := ink.FindStringSubmatch(says); m != nil && text == "" {
					text = m[1]
				}
				if m := paper.FindStringSubmatch(says); m != nil && back == "" {
					back = m[1]
				}
			}
			if text == "" || back == "" {
				t.Errorf("%s: %q has no colours", mode, n.Data)
				return
			}
			if seen[text+back] = true; contrast(t, text, back) < 4.5 {
				t.Errorf("%s: %q: %s on %s is %.1f to 1", mode, n.Data, text, back, contrast(t, text, back))
			}
		})
		if len(seen) < 6 {
			t.Errorf("%s: only %d pairs of colours were looked at: %v", mode, len(seen), seen)
		}
	}
	// The picture has nothing behind it: its colours are on the card, in the light and in the dark.
	for _, c := range trendPalette[1:] {
		r, g, b, _ := c.RGBA()
		for _, back := range []string{"#ffffff", "#1b242d", "#12181f"} {
			if x := contrast(t, fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8), back); x < 3 {
				t.Errorf("the picture's colour %v on %s is %.1f to 1", c, back, x)
			}
		}
	}
}

// Pictures have words in their place, links say where they lead, tables say what their numbers are, and nothing is fetched.
func TestWeeklyAccessible(t *testing.T) {
	w := weekly(t, weeklySample())
	links, lists, heads := map[string]string{}, 0, 0
	elements(t, w.HTML, func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		switch n.Data {
		case "img":
			alt := attr(n, "alt")
			for _, want := range []string{"Fri 4 Sep: ", "Mon 16 Nov: 1 red, 2 amber, 1 could not be checked, 2 green"} {
				if !strings.Contains(alt, want) {
					t.Errorf("the picture's words lack %q: %s", want, alt)
				}
			}
			if attr(n, "src") != "cid:"+mail.ContentID(PictureName) {
				t.Errorf("the picture is fetched from %s", attr(n, "src"))
			}
		case "a":
			text := strings.TrimSpace(innerText(n))
			if to, twice := links[text]; twice && to != attr(n, "href") || len(text) < 10 || strings.Contains(strings.ToLower(text), "click") {
				t.Errorf("the link %q leads to %s and %s", text, attr(n, "href"), to)
			}
			links[text] = attr(n, "href")
		case "table":
			if attr(n, "role") == "presentation" {
				break
			}
			lists++
			elements(t, outer(t, n), func(c *html.Node) {
				if c.Data == "th" && attr(c, "scope") == "" {
					t.Errorf("a heading of a table says not of what: %s", innerText(c))
				}
			})
		case "h1", "h2", "h3":
			heads++
		case "html":
			if attr(n, "lang") != "en-GB" {
				t.Error("the language is not said")
			}
		case "script", "iframe", "form", "link", "object":
			t.Errorf("there is a %s in the mail", n.Data)
		}
	})
	if len(links) < 5 || lists != 2 || heads < 12 {
		t.Errorf("%d links, %d tables, %d headings", len(links), lists, heads)
	}
}

func outer(t testing.TB, n *html.Node) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Render(&b, n); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What the mail says does not rest on <style>, on pictures or on HTML: every text of the page stands in the plain text too, in the same order or not.
func TestWeeklyPlainTextSaysTheSame(t *testing.T) {
	w := weekly(t, weeklySample())
	text := strings.ToLower(unwrapped(w.Text))
	for _, want := range []string{
		"3 of 6 clauses need somebody this week; 1 could not be checked", "a1 nothing that names a pupil is shared outside the school.", "2 things agreed until a date, the first fri 27 nov", "dealt with by: workspace administrator",
		"could not be seen: the drive of an account: google refused it", "sharing ended: 3 made – approved by workspace administrator", "accounts moved to another unit: 1 undone again – asked for by headteacher",
		"a1: sharing to end: 2, the oldest since tue 10 nov; 1 of them for a second person", "fri 20 nov: 1 agreement under a2", "in 12 places something waited to be looked at. 9 were looked at, 8 of them in time",
		"headteacher: 2 questions wait, 1 overdue", "the last mail to 1 person came back", "incident log: 2 entries are open", "the drive of an account (2 of them)", "a3 leavers' accounts are switched off", "https://review.school.example/findings?clause=a1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the plain text lacks %q:\n%s", want, w.Text)
		}
		if page := strings.ToLower(unwrapped(textOf(t, w.HTML))); !strings.Contains(page, want) && !strings.HasPrefix(want, "https:") {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, line := range strings.Split(w.Text, "\n") {
		if n := len([]rune(line)); n > 80 && !strings.Contains(line, "https://") {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
}

func textOf(t testing.TB, page string) string {
	t.Helper()
	var b strings.Builder
	elements(t, page, func(n *html.Node) {
		if n.Type == html.TextNode && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	})
	return strings.NewReplacer(" .", ".", " ,", ",").Replace(unwrapped(b.String()))
}

// However much there is to tell, the mail stays under what Gmail shows, and its numbers stay those given.
func TestWeeklySize(t *testing.T) {
	in := weeklySample()
	in.Clauses, in.Unseen = nil, nil
	for i := range 400 {
		c := WeeklyClause{ID: fmt.Sprint("A", i), Says: strings.Repeat("what the clause says ", 30), Colour: weeklyColours[i%4].Name, Why: []string{"2 things are open"}, Deals: "workspace administrator", Open: 2, New: 1, PutRight: 1, Overdue: 1}
		for j := range 30 {
			c.Unseen = append(c.Unseen, fmt.Sprint("something ", j, strings.Repeat(" or other", 20)))
		}
		in.Clauses = append(in.Clauses, c)
		in.Unseen = append(in.Unseen, WeeklyGap{What: fmt.Sprint("Drive ", i), Why: strings.Repeat("Google refused it ", 20), Do: strings.Repeat("Look. ", 50)})
	}
	for i := range 60 {
		in.Trend = append(in.Trend, WeeklyPoint{Day: in.Now.AddDate(0, 0, 7*i), Counts: map[string]int{Red: i, Green: 400 - i}})
	}
	w := weekly(t, in)
	if len(w.HTML) > MaxHTML || len(w.Text) > MaxHTML || len(w.Picture) > 40_000 {
		t.Errorf("%d bytes of HTML, %d of text, %d of picture", len(w.HTML), len(w.Text), len(w.Picture))
	}
	if !strings.Contains(w.HTML, "200 of 400 clauses need somebody this week; 100 could not be checked.") || !strings.Contains(unwrapped(w.Text), "All clauses 400 400 400") {
		t.Error("the numbers are not those of all clauses")
	}
}

func TestTrendPicture(t *testing.T) {
	w := weekly(t, weeklySample())
	img, err := png.Decode(bytes.NewReader(w.Picture))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != trendWidth || b.Dy() != trendHeight {
		t.Errorf("%v", b)
	}
	// The last bar, from the bottom: red, amber, could not check, green, a sixth, two, one and two of the height.
	var order []int
	for y := trendHeight - 7; y >= 0; y-- {
		for i, c := range trendPalette[:5] {
			if i > 0 && color.NRGBAModel.Convert(img.At(trendWidth-2, y)) == c && !slices.Contains(order, i) {
				order = append(order, i)
			}
		}
	}
	if !slices.Equal(order, []int{1, 2, 3, 4}) {
		t.Errorf("the last bar shows the colours %v", order)
	}
	for n := range 50 {
		var points []WeeklyPoint
		for range n {
			points = append(points, WeeklyPoint{Counts: map[string]int{Green: n}})
		}
		if _, err := trendPicture(points); err != nil {
			t.Errorf("%d weeks: %v", n, err)
		}
	}
}

// Whatever stands in the policy and in what was kept, the mail stays harmless.
func TestWeeklyHostileText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		evil := func(name string) string {
			return rapid.OneOf(rapid.SampledFrom([]string{
				"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</style><b>", "\u202egnp.exe", "a\r\nBcc: x@school.example", "javascript:alert(1)", "{{.}}", strings.Repeat("A", 5000), "\x00\x1b[31m", "שלום", "&lt;b&gt;", "cid:trend.png",
			}), rapid.String()).Draw(t, name)
		}
		in := weeklySample()
		in.School, in.Reader, in.Titles.ESafetyOfficer = evil("school"), evil("reader"), evil("officer")
		in.Site = rapid.SampledFrom([]string{"https://review.school.example", "javascript:alert(1)", "http://review.school.example", `https://x.example/"onload=`, ""}).Draw(t, "site")
		for i := range in.Clauses {
			c := &in.Clauses[i]
			c.ID, c.Says, c.Why, c.Deals, c.Unseen = evil("id"), evil("says"), []string{evil("why")}, evil("deals"), []string{evil("unseen")}
		}
		in.Deeds[0].Roles, in.Deeds[0].Kind, in.Deeds[1].What = []string{evil("role")}, evil("kind"), evil("what")
		in.Approvals[0].Clause, in.Ending[0].Clause, in.Questions[0].Role = evil("approval"), evil("ending"), evil("asked")
		in.Unseen[0] = WeeklyGap{What: evil("gap"), Why: evil("gap why"), Do: evil("gap do"), Clauses: []string{evil("gap clause")}}
		in.Never = []string{evil("never")}
		w, err := WeeklyMail(in)
		if err != nil {
			t.Fatal(err)
		}
		if len(w.HTML) > MaxHTML || strings.ContainsAny(w.Subject, "\r\n") {
			t.Fatalf("%d bytes, subject %q", len(w.HTML), w.Subject)
		}
		root, err := html.Parse(strings.NewReader(w.HTML))
		if err != nil {
			t.Fatal(err)
		}
		imgs := 0
		var walk func(n *html.Node)
		walk = func(n *html.Node) {
			if n.Type == html.ElementNode {
				switch n.Data {
				case "script", "iframe", "form", "link", "svg", "object":
					t.Fatalf("there is a %s", n.Data)
				case "img":
					imgs++
				}
				for _, a := range n.Attr {
					if strings.HasPrefix(a.Key, "on") || a.Key == "href" && !strings.HasPrefix(a.Val, "https://review.school.example/") && !strings.HasPrefix(a.Val, "https://x.example/") {
						t.Fatalf("%s %s=%q", n.Data, a.Key, a.Val)
					}
				}
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(root)
		if imgs != 1 {
			t.Fatalf("%d pictures", imgs)
		}
		for _, r := range w.Text {
			if r != '\n' && r < 0x20 || r == '\u202e' {
				t.Fatalf("the text holds %U", r)
			}
		}
	})
}

// A gap in the program's own words is told, also where a pupil is called like one of them; anybody else's words are not.
func TestGapInOurWords(t *testing.T) {
	in := OversharingInput{Mask: NewMask([]PupilName{{Full: "Dee Shared", Addresses: []string{"shared@school.example"}}}), NotSeen: []Gap{
		{What: "A shared drive", Why: "nobody shared it", WhatToDo: "Look at who has shared it.", Ours: true}, {What: "The shared blog", Why: "Dee Shared closed it", WhatToDo: "Ask Dee Shared."},
	}}
	have := SiteGaps(in)
	if have[0].What != "A shared drive" || have[0].Why != "nobody shared it" || have[0].Do == "" {
		t.Errorf("ours: %+v", have[0])
	}
	if strings.Contains(strings.ToLower(fmt.Sprint(have[1])), "shared") {
		t.Errorf("not ours: %+v", have[1])
	}
}
