package classdojo

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/store/memory"
)

// The sample forwarder is run as it stands in docs, with Google's services stood in for.
const forwarder = "../../docs/classdojo-forwarder.js"

type scriptMail struct {
	Date int64  `json:"date"` // milliseconds
	Body string `json:"body"`
	Raw  string `json:"raw"`
	ID   string `json:"id"`
}

type scriptRun struct {
	Script     string            `json:"script"`
	Properties map[string]string `json:"properties"`
	Now        int64             `json:"now"`
	Threads    [][]scriptMail    `json:"threads"`
	Answers    []int             `json:"answers"`
	Links      []string          `json:"links"`
}

type scriptSent struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

type scriptDone struct {
	Sent       []scriptSent      `json:"sent"`
	Properties map[string]string `json:"properties"`
	Asked      []string          `json:"asked"`
	Failed     string            `json:"failed"`
	Read       [][]struct {
		Kind, Class, Link string
	} `json:"read"`
}

func runForwarder(t *testing.T, in scriptRun) scriptDone {
	t.Helper()
	if testing.Short() {
		t.Skip("starts node")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("ESAFETYBOT_REQUIRE_ALL") == "1" {
			t.Fatal("the ClassDojo forwarder cannot be run: there is no node")
		}
		t.Skip("not run: the ClassDojo forwarder (no node). To get it: apt-get install nodejs")
	}
	script, err := os.ReadFile(forwarder)
	if err != nil {
		t.Fatal(err)
	}
	in.Script, in.Now = string(script), now.UnixMilli()
	if in.Properties == nil {
		in.Properties = map[string]string{"RELAY_URL": "https://relay.school.example/hooks/classdojo", "RELAY_KEY": key}
	}
	if in.Threads == nil {
		in.Threads = [][]scriptMail{}
	}
	if in.Answers == nil {
		in.Answers = []int{}
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "testdata/forwarder_harness.js")
	cmd.Stdin = bytes.NewReader(text)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var done scriptDone
	if err := json.Unmarshal(out, &done); err != nil {
		t.Fatal(err)
	}
	return done
}

const proof = "Authentication-Results: mx.google.com;\r\n       dkim=pass header.i=@classdojo.com;\r\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=classdojo.com\r\n"

func scriptMailAt(minutes int, id, body string) scriptMail {
	at := now.Add(time.Duration(minutes) * time.Minute)
	return scriptMail{
		Date: at.UnixMilli(), ID: "<" + id + "@classdojo.com>", Body: body,
		Raw: proof + "From: ClassDojo <hello@classdojo.com>\r\nSubject: Zyx Wvu wrote\r\n\r\nFrom: in the text\r\n" + body,
	}
}

func link(target string) string {
	return `<p>Zyx Wvu wrote: Well done!</p><a href="https://www.classdojo.com/ul/t/class?classID=` + oak + `&amp;target=` + target + `&amp;utm_x=tracks">Open</a>`
}

// What the forwarder signs and sends is taken by the relay, once.
func TestForwarderAgainstTheRelay(t *testing.T) {
	done := runForwarder(t, scriptRun{Threads: [][]scriptMail{
		{scriptMailAt(-50, "b", link("story")+link("story")+link("pendingStory")), scriptMailAt(-60, "a", link("messages"))},
		{scriptMailAt(-40, "c", "<a href='https://www.classdojo.com/ul/t/settings?target=notifications'>nothing to look at</a>")},
	}})
	if done.Failed != "" {
		t.Fatal(done.Failed)
	}
	s, err := memory.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := newRelay(t, Hints{Store: s})
	for round, want := range []int{204, 409} {
		for _, x := range done.Sent {
			if x.Method != "post" || x.URL != "https://relay.school.example/hooks/classdojo" {
				t.Errorf("%+v", x)
			}
			req := httptest.NewRequest(http.MethodPost, "/hooks/classdojo", strings.NewReader(x.Body))
			for k, v := range x.Headers {
				req.Header.Set(k, v)
			}
			if got := status(t, r, req); got != want {
				t.Errorf("round %d: %d for %s", round, got, x.Body)
			}
			if strings.Contains(x.Body, "Zyx") || strings.Contains(x.Body, "Well done") || strings.Contains(x.Body, "tracks") || strings.Contains(x.Body, "hello") {
				t.Errorf("too much is sent: %s", x.Body)
			}
		}
	}
	var got []Event
	for e, err := range (Relayed{Store: s}).Events(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	event := func(kind Kind, id string, at time.Time) Event {
		return Event{Kind: kind, Class: oak, Link: Target{Kind: kind, Class: oak}.Link(), At: at, Count: 1, Key: MessageKey(id+"@classdojo.com", kind, oak), From: FromRelay}
	}
	want := map[Event]bool{event(Messages, "a", at(-60)): true, event(Story, "b", at(-50)): true, event(Pending, "b", at(-50)): true}
	have := map[Event]bool{}
	for _, e := range got {
		have[e] = true
	}
	if diff := cmp.Diff(want, have); diff != "" || len(got) != 3 {
		t.Error(diff)
	}
	if since := done.Properties["SINCE"]; since != stampOf(at(-40)) {
		t.Errorf("the next run goes on from %s", since)
	}
	if len(done.Asked) != 1 || done.Asked[0] != "label:classdojo after:"+stampOf(now.AddDate(0, 0, -7)) {
		t.Errorf("asked Gmail for %q", done.Asked)
	}
}

func stampOf(t time.Time) string { s, _ := json.Marshal(t.Unix()); return string(s) }

// A run that is refused stops there and says so, so that the next begins again with what was not taken.
func TestForwarderStopsWhereItWasRefused(t *testing.T) {
	mails := [][]scriptMail{{scriptMailAt(-60, "a", link("story")), scriptMailAt(-50, "b", link("story")), scriptMailAt(-40, "c", link("story"))}}
	for _, c := range []struct {
		answers []int
		sent    int
		since   string
		failed  string
	}{
		{[]int{204, 409, 204}, 3, stampOf(now.Add(-40 * time.Minute)), ""},
		{[]int{204, 503}, 2, stampOf(now.Add(-60 * time.Minute)), "The relay answered 503. The next run goes on from here."},
		{[]int{204, 400, 204}, 3, stampOf(now.Add(-40 * time.Minute)), "The relay did not understand 1 of what was sent, and will not. The rest was taken."},
		{[]int{401}, 1, "", "The relay answered 401. The next run goes on from here."},
	} {
		done := runForwarder(t, scriptRun{Threads: mails, Answers: c.answers})
		if len(done.Sent) != c.sent || done.Properties["SINCE"] != c.since || done.Failed != c.failed {
			t.Errorf("%v: %d sent, since %q, %q", c.answers, len(done.Sent), done.Properties["SINCE"], done.Failed)
		}
	}
	done := runForwarder(t, scriptRun{Threads: mails, Properties: map[string]string{"RELAY_URL": "http://relay.school.example/", "RELAY_KEY": key}})
	if len(done.Sent) != 0 || done.Failed == "" {
		t.Errorf("sent without encryption: %+v", done.Sent)
	}
}

// Mails that Google did not find to be ClassDojo's are not told.
func TestForwarderTellsOnlyWhatIsProven(t *testing.T) {
	const from = "From: ClassDojo <hello@classdojo.com>\r\n"
	cases := map[string]struct {
		head string
		want int
	}{
		"proven":                {proof + from, 1},
		"by a subdomain":        {strings.Replace(proof, "from=classdojo.com", "from=mail.classdojo.com", 1) + "From: hello@mail.classdojo.com\r\n", 1},
		"failed":                {strings.Replace(proof, "dmarc=pass", "dmarc=fail", 1) + from, 0},
		"nothing said":          {from, 0},
		"somebody else said":    {strings.Replace(proof, "mx.google.com", "mx.evil.example", 1) + from, 0},
		"forged below":          {"Authentication-Results: mx.google.com; dmarc=fail header.from=classdojo.com\r\n" + proof + from, 0},
		"another domain":        {strings.Replace(proof, "from=classdojo.com", "from=not"+"classdojo.com", 1) + "From: a@not" + "classdojo.com\r\n", 0},
		"in a comment":          {"Authentication-Results: mx.google.com; spf=fail (x; dmarc=pass header.from=classdojo.com)\r\n" + from, 0},
		"said twice":            {strings.TrimSuffix(proof, "\r\n") + "; dmarc=fail header.from=classdojo.com\r\n" + from, 0},
		"two senders":           {proof + from + from, 0},
		"sender elsewhere":      {proof + "From: hello@classdojo.com.evil.example\r\n", 0},
		"sender like it":        {proof + "From: hello@not" + "classdojo.com\r\n", 0},
		"name like the address": {proof + "From: \"hello@classdojo.com\" <a@evil.example>\r\n", 0},
	}
	var threads [][]scriptMail
	for name, c := range cases {
		m := scriptMailAt(-60, strings.ReplaceAll(name, " ", "-"), link("story"))
		m.Raw = c.head + "\r\n" + proof + from
		threads = append(threads, []scriptMail{m})
	}
	done := runForwarder(t, scriptRun{Threads: threads})
	if done.Failed != "" {
		t.Fatal(done.Failed)
	}
	for name, c := range cases {
		got := 0
		for _, x := range done.Sent {
			if strings.Contains(x.Body, `"<`+strings.ReplaceAll(name, " ", "-")+`@classdojo.com>"`) {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%s: %d sent", name, got)
		}
	}
}

// The forwarder and the relay read links alike: what the forwarder tells is what the link leads to, and it misses none of those for teachers.
func TestForwarderReadsLinks(t *testing.T) {
	in := scriptRun{}
	for _, c := range linkCases {
		in.Links = append(in.Links, c.link)
	}
	done := runForwarder(t, in)
	forTeachers := regexp.MustCompile(`(?i)^https?://(www\.)?classdojo\.com/ul/t/|^https://teach\.classdojo\.com/#/classes/`)
	for i, c := range linkCases {
		var got []Target
		for _, p := range done.Read[i] {
			t2, ok := ParseLink(p.Link)
			if !ok || string(t2.Kind) != p.Kind || t2.Class != p.Class {
				t.Errorf("%s: the relay would refuse %+v", c.link, p)
			}
			got = append(got, t2)
		}
		want := c.want
		want.Post = "" // the forwarder does not send it
		switch {
		case want == Target{} && len(got) == 0, want != Target{} && len(got) == 1 && got[0] == want:
		case len(got) == 0 && !forTeachers.MatchString(c.link):
		default:
			t.Errorf("%s: %+v, want %+v", c.link, got, want)
		}
	}
}
