package privacy

import (
	"context"
	"encoding/json"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/mail"
	"esafetybot/internal/outbox"
	"esafetybot/internal/store"
	"esafetybot/internal/store/memory"
)

func TestWords(t *testing.T) {
	var n needles
	n.add("ann@school.example", "1058", "Zoë O'Neill-Fay", "  ", "ab")
	n.addWhole("file/1AbC")
	for in, want := range map[string]string{
		"user/1058 writer": "user/erased writer", "A4~accounts.missing~user~1058": "A4~accounts.missing~user~erased", "10581": "10581", "x1058": "x1058", "1058": "erased",
		"ANN@school.example": "erased", "<Ann@School.example>": "<erased>", "joann@school.example": "joann@school.example", "jo.ann@school.example": "jo.ann@school.example",
		"ann@school.example.org": "ann@school.example.org", "ann@school.example.": "erased.", "ann@school.example-old": "ann@school.example-old",
		"zoë o'neill-fay wrote": "erased wrote", "by ZOË O'NEILL-FAY": "by erased", "Zoë O'Neill-Fayer": "Zoë O'Neill-Fayer",
		"file/1AbC": "erased", "file/1AbC reader": "file/1AbC reader", "ab": "ab", "": "",
		"1058,1058 1058": "erased,erased erased",
	} {
		if have := n.without(in); have != want {
			t.Errorf("%q became %q, want %q", in, have, want)
		}
		if n.in(in) != (in != want) {
			t.Errorf("%q: mentioned %v", in, n.in(in))
		}
	}
}

// Whatever is looked for in whatever text: afterwards it is not there any more, and what was not there stays as it was.
func TestPropertyWithout(t *testing.T) {
	word := rapid.StringMatching(`[a-zA-Z0-9é@.' -]{3,12}`)
	rapid.Check(t, func(t *rapid.T) {
		var n needles
		n.add(rapid.SliceOfN(word, 1, 3).Draw(t, "words")...)
		if len(n.words) == 0 {
			return
		}
		pieces := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom(n.words), rapid.SampledFrom([]string{" ", "/", "|", "ẞ", "İ"})), 0, 8).Draw(t, "text")
		text := strings.Join(pieces, "")
		have := n.without(text)
		if !n.in(text) && have != strings.ToValidUTF8(text, "?") {
			t.Fatalf("%q became %q, though nothing was in it", text, have)
		}
		if again := n.without(have); n.in(have) && again == have {
			t.Fatalf("%q is still in %q", n.words, have)
		}
	})
}

func TestScrub(t *testing.T) {
	var n needles
	n.add("1058")
	n.addWhole("file/theirs")
	for _, c := range []struct {
		name     string
		place    Place
		in, want string
	}{
		{"a fact", Place{}, `{"facts":["user/1058 writer","user/2 reader"],"n":12345678901234567890}`, `{"facts":["user/2 reader","user/erased writer"],"n":12345678901234567890}`},
		{"facts stay sorted, each once", Place{}, `{"facts":["user/0","user/1058","user/erased"]}`, `{"facts":["user/0","user/erased"]}`},
		{"a list that is in no order stays so", Place{}, `["z 1058","a"]`, `["z erased","a"]`},
		{"an element", Place{Drop: map[string]string{"members": ""}}, `{"members":[{"id":"1058"},{"id":"2"}]}`, `{"members":[{"id":"2"}]}`},
		{"an element by a field", Place{Drop: map[string]string{"shares": "owner"}}, `{"shares":[{"owner":"1058"},{"owner":"2","by":"1058"}]}`, `{"shares":[{"by":"erased","owner":"2"}]}`},
		{"a field further down", Place{Drop: map[string]string{"gone": "share.owner"}}, `{"gone":{"a":{"share":{"owner":"1058"}},"b":{"share":{"owner":"2"}}}}`, `{"gone":{"b":{"share":{"owner":"2"}}}}`},
		{"a line of a table", Place{}, `{"1058":{"roll":"x"},"2":{}}`, `{"2":{}}`},
		{"what is theirs", Place{}, `{"below":{"file/theirs":3,"file/other":1}}`, `{"below":{"file/other":1}}`},
		{"what they wrote", Place{OwnWords: []string{"text"}}, `{"acts":[{"by":"1058","text":"hello"},{"by":"2","text":"hi"}]}`, `{"acts":[{"by":"erased"},{"by":"2","text":"hi"}]}`},
		{"what they wrote, by an object", Place{OwnWords: []string{"text"}}, `{"by":{"id":"1058"},"text":"hello"}`, `{"by":{"id":"erased"}}`},
		{"the body itself", Place{Drop: map[string]string{"": ""}}, `[{"id":"1058"},{"id":"2"}]`, `[{"id":"2"}]`},
	} {
		body, err := decode([]byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		have, err := json.Marshal(c.place.scrub(&n, "", body))
		if err != nil || string(have) != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, have, c.want, err)
		}
	}
	body, _ := decode([]byte(`{"1058":[{"what":"account"}],"2":[]}`))
	p := Place{Rename: true}
	have, _ := json.Marshal(p.scrub(&n, "", body))
	if s := string(have); strings.Contains(s, "1058") || !strings.Contains(s, `"erased-`) || !strings.Contains(s, `[{"what":"account"}]`) {
		t.Errorf("renamed: %s", s)
	}
}

// What a mail says is found however it is written.
func TestMailText(t *testing.T) {
	raw, err := mail.Message{
		From: netmail.Address{Address: "safety@school.example"}, To: []netmail.Address{{Name: "Zoë Fenn", Address: "zoe@school.example"}}, Subject: "für Zoë Fenn", Date: time.Unix(0, 0),
		Text: strings.Repeat("long line ", 20) + "Ravi Pemberwick wrote =", HTML: "<p>Kit O&#39;Neill</p>", MessageID: "1@school.example",
		Attachments: []mail.Attachment{{Name: "list of Ann Lee.csv", Type: "text/csv", Data: []byte("name\nTom Sedge\n")}},
	}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"Zoë Fenn", "zoe@school.example", "für Zoë Fenn", "Ravi Pemberwick wrote =", "Kit O'Neill", "Tom Sedge", "Ann Lee"} {
		if text := MailText(raw); !strings.Contains(text, w) {
			t.Errorf("%q is not found in:\n%s", w, text)
		}
	}
}

func FuzzMailText(f *testing.F) {
	f.Add([]byte("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--x--\r\n"), "abc")
	f.Add([]byte("Subject: =?utf-8?q?a?=\r\n\r\nx"), "x")
	f.Fuzz(func(t *testing.T, raw []byte, word string) {
		text := MailText(raw)
		var n needles
		n.add(word)
		_ = n.inText(text)
		_ = n.lines(text)
	})
}

// Who asked is kept, and of whom only for those who know it.
func TestNote(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for range 2 {
		if err := Note(context.Background(), s.Commit, now, "erase", "dpo@school.example", "Ann@school.example "); err != nil {
			t.Fatal(err)
		}
	}
	of := map[string]bool{}
	for d, err := range s.Find(context.Background(), Log, store.Ask{}) {
		var a Asked
		if err != nil || json.Unmarshal(d.Body, &a) != nil {
			t.Fatal(err)
		}
		of[a.Of] = true
		if !a.About("ann@school.example") || a.About("bob@school.example") || a.Do != "erase" || strings.Contains(string(d.Body), "@") {
			t.Errorf("noted: %s", d.Body)
		}
	}
	if len(of) != 2 {
		t.Error("two requests about one person can be told to be about one")
	}
}

func TestResolve(t *testing.T) {
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	b := &store.Batch{}
	for _, d := range []struct{ c, key, body string }{
		{"access_holders", "1058000", `{"name":"Ann Lee Fenn","address":"ann@school.example","kind":"pupils"}`},
		{"access_holders", "2000000", `{"name":"Bob Sedge","address":"bob@school.example","kind":"staff"}`},
		{"people", "grantee|777000", `{"address":"ann@school.example"}`},
		{"memory", "accounts-03", `{"1058000":{"roll":"sha256-aaaabbbbccccdddd","year":"4"}}`},
	} {
		b.Create(&store.Collection{Name: d.c, Schema: 1}, d.key, nil, []byte(d.body))
	}
	if err := s.Commit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{" Ann@School.example", "1058000"} {
		x, err := Resolve(context.Background(), s, given)
		if err != nil {
			t.Fatal(err)
		}
		want := Subject{Addresses: []string{"ann@school.example"}, IDs: []string{"1058000", "777000"}, Names: []string{"Ann Lee Fenn", "Fenn, Ann Lee"}, Rows: []string{"sha256-aaaabbbbccccdddd"}, Found: true}
		have := Subject{Addresses: x.Addresses, IDs: x.IDs, Names: x.Names, Rows: x.Rows, Found: x.Found}
		if diff := cmp.Diff(want, have, cmp.AllowUnexported(Subject{}, needles{})); diff != "" {
			t.Errorf("%q (-want +have):\n%s", given, diff)
		}
		for _, w := range []string{outbox.RecipientID("ann@school.example"), "user/777000", "fenn, ann lee"} {
			if !x.needles.in(w) {
				t.Errorf("%q: %q is not known to be theirs", given, w)
			}
		}
	}
	for _, given := range []string{"", "  ", "ann"} {
		if _, err := Resolve(context.Background(), s, given); err == nil {
			t.Errorf("%q is taken for a person", given)
		}
	}
	if x, err := Resolve(context.Background(), s, "nobody@home.example", "Ann"); err != nil || x.Found || len(x.Names) != 0 {
		t.Errorf("somebody unknown: %+v %v", x, err)
	}
}
