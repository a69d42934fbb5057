package classdojo

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func storyOf(class string) string { return Target{Kind: Story, Class: class}.Link() }

// What somebody else wrote is an event only if all of it is as our sources write it. The refusal names what is wrong, not what stands there.
func TestEventCheck(t *testing.T) {
	const (
		kind  = "its kind is none that is known"
		class = "its class is no id of ClassDojo's"
		link  = "its link does not lead to where it says that it happened"
		count = "its count is not between 1 and 10000"
		ours  = "its key is not one of ours"
	)
	for name, c := range map[string]struct {
		change func(*Event)
		want   string
	}{
		"a Story":               {func(*Event) {}, ""},
		"a comment on a Story":  {func(e *Event) { e.Kind = Comment }, ""},
		"a comment on one post": {func(e *Event) { e.Kind, e.Link = Comment, Target{Kind: Story, Class: oak, Post: post}.Link() }, ""},
		"a portfolio":           {func(e *Event) { e.Kind, e.Link = Portfolio, Target{Kind: Portfolio, Class: oak}.Link() }, ""},
		"posts that wait":       {func(e *Event) { e.Kind, e.Link = Pending, Target{Kind: Pending, Class: oak}.Link() }, ""},
		"messages":              {func(e *Event) { e.Kind, e.Link = Messages, Target{Kind: Messages, Class: oak}.Link() }, ""},
		"the School Story":      {func(e *Event) { e.Class, e.Link = School, storyOf(School) }, ""},
		"somebody looked":       {func(e *Event) { e.Kind, e.By = Looked, "1058" }, ""},
		"one":                   {func(e *Event) { e.Count = 1 }, ""},
		"as many as may be":     {func(e *Event) { e.Count = 10_000 }, ""},

		"no kind":                              {func(e *Event) { e.Kind = "" }, kind},
		"a word that is no kind":               {func(e *Event) { e.Kind = "Zyx" }, kind},
		"nobody looked":                        {func(e *Event) { e.Kind = Looked }, kind},
		"a comment that says whose it is":      {func(e *Event) { e.Kind, e.By = Comment, "1058" }, kind},
		"a Story that says whose it is":        {func(e *Event) { e.By = "1058" }, kind},
		"a word and somebody":                  {func(e *Event) { e.Kind, e.By = "Zyx", "1058" }, kind},
		"no class":                             {func(e *Event) { e.Class = "" }, class},
		"a class's name":                       {func(e *Event) { e.Class = "Zyx" }, class},
		"a name of as many letters as an id":   {func(e *Event) { e.Class = "zyxwvutszyxwvutszyxwvuts" }, class},
		"no class, and no link":                {func(e *Event) { e.Class, e.Link = "", "" }, class},
		"no link":                              {func(e *Event) { e.Link = "" }, link},
		"a link elsewhere":                     {func(e *Event) { e.Link = "https://evil.example/Zyx" }, link},
		"a link to another class":              {func(e *Event) { e.Link = storyOf(elm) }, link},
		"a link as it was received":            {func(e *Event) { e.Link += "?token=Zyx" }, link},
		"a link of another kind":               {func(e *Event) { e.Link = Target{Kind: Messages, Class: oak}.Link() }, link},
		"a comment on a portfolio":             {func(e *Event) { e.Kind, e.Link = Comment, Target{Kind: Portfolio, Class: oak}.Link() }, link},
		"somebody looked through the messages": {func(e *Event) { e.Kind, e.By, e.Link = Looked, "1058", Target{Kind: Messages, Class: oak}.Link() }, link},
		"a portfolio with a Story's link":      {func(e *Event) { e.Kind = Portfolio }, link},
		"no time":                              {func(e *Event) { e.At = time.Time{} }, "it has no time"},
		"none of it":                           {func(e *Event) { e.Count = 0 }, count},
		"less than none":                       {func(e *Event) { e.Count = -1 }, count},
		"one too many":                         {func(e *Event) { e.Count = 10_001 }, count},
		"no key":                               {func(e *Event) { e.Key = "" }, ours},
		"a mail's Message-ID":                  {func(e *Event) { e.Key = "<zyx@classdojo.com>" }, ours},
	} {
		t.Run(name, func(t *testing.T) {
			e := Event{Kind: Story, Class: oak, Link: storyOf(oak), At: now, Count: 2, Key: hash("a"), From: FromMailbox}
			c.change(&e)
			got := ""
			if err := e.Check(); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A key is "sha256-" and 32 lower-case hexadecimal digits, and nothing else: neither an address nor a name can be kept as one.
func TestValidKey(t *testing.T) {
	digits := strings.Repeat("09af", 8)
	for name, c := range map[string]struct {
		key  string
		want bool
	}{
		"the first and last of the digits":    {"sha256-" + digits, true},
		"what hash gives":                     {hash("x"), true},
		"digits alone":                        {digits, false},
		"another hash":                        {"sha512-" + digits, false},
		"a digit too few":                     {"sha256-" + digits[1:], false},
		"a digit too many":                    {"sha256-" + digits + "0", false},
		"capitals":                            {"sha256-" + strings.ToUpper(digits), false},
		"a sign that comes before the nought": {"sha256-" + digits[1:] + "/", false},
		"a sign that comes after the nine":    {"sha256-" + digits[1:] + ":", false},
		"a sign that comes before the a":      {"sha256-" + digits[1:] + "`", false},
		"a letter that comes after the f":     {"sha256-" + digits[1:] + "g", false},
	} {
		if got := validKey(c.key); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if k := hash(rapid.SliceOf(rapid.String()).Draw(t, "parts")...); !validKey(k) {
			t.Fatalf("%q is no key of ours", k)
		}
	})
}

// The name of a check-in and the id of an item are taken for a class only if they begin as ours do and end in an id: a class alone is neither.
func TestNamesOfClasses(t *testing.T) {
	for name, c := range map[string]struct{ text, checkIn, item string }{
		"check-in on a class":                {CheckIn(oak), oak, ""},
		"check-in on the School Story":       {CheckIn(School), School, ""},
		"item of a class":                    {Item(oak), "", oak},
		"item of the School Story":           {Item(School), "", School},
		"a class":                            {oak, "", ""},
		"the School Story":                   {School, "", ""},
		"check-in on a class by its name":    {CheckIn("Zyx"), "", ""},
		"item of a class by its name":        {Item("Zyx"), "", ""},
		"item of an id with a digit too few": {Item(oak[1:]), "", ""},
		"item of an id in capitals":          {Item(strings.ToUpper(oak)), "", ""},
	} {
		for what, parse := range map[string]struct {
			by   func(string) (string, bool)
			want string
		}{"check-in": {ParseCheckIn, c.checkIn}, "item": {ParseItem, c.item}} {
			if class, ok := parse.by(c.text); ok != (parse.want != "") || ok && class != parse.want {
				t.Errorf("%s, read as a %s: %q, %v", name, what, class, ok)
			}
		}
	}
}

// A mail's key is the same however its Message-ID was written down, and another for another mail, kind or class.
func TestMessageKey(t *testing.T) {
	one := MessageKey("<m1@classdojo.com>", Story, oak)
	for name, c := range map[string]struct {
		key  string
		same bool
	}{
		"without brackets": {MessageKey("m1@classdojo.com", Story, oak), true},
		"spaces around it": {MessageKey(" <m1@classdojo.com>\r\n", Story, oak), true},
		"another mail":     {MessageKey("<m2@classdojo.com>", Story, oak), false},
		"another kind":     {MessageKey("<m1@classdojo.com>", Pending, oak), false},
		"another class":    {MessageKey("<m1@classdojo.com>", Story, elm), false},
		"the School Story": {MessageKey("<m1@classdojo.com>", Story, School), false},
		"brackets inside":  {MessageKey("<<m1@classdojo.com>>", Story, oak), false},
		"capital in it":    {MessageKey("<M1@classdojo.com>", Story, oak), false},
	} {
		if (c.key == one) != c.same || !validKey(c.key) {
			t.Errorf("%s: %s beside %s", name, c.key, one)
		}
	}
}
