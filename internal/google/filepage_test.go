package google

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/api/drive/v3"
	"pgregory.net/rapid"

	"esafetybot/internal/seen"
)

// plainPage reads a page of files as the REST client does.
func plainPage(body []byte) (items []seen.Item, next string, partial bool, err error) {
	var l drive.FileList
	if err := json.Unmarshal(body, &l); err != nil {
		return nil, "", false, err
	}
	return convert(l.Files, item), l.NextPageToken, l.IncompleteSearch, nil
}

// onePage is a page of n files such as Google gives.
func onePage(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"incompleteSearch":false,"nextPageToken":"~!!~AI9FV7","files":[`)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"id":"1iLsmUun0nA8q7aGR1Ls9D1rztgKh%04d","name":"Science – Jo's \"best\" %d","mimeType":"application/vnd.google-apps.document","parents":["root-107574320123077018839"],`+
			`"trashed":false,"createdTime":"2026-08-08T04:30:00.000Z","webViewLink":"https://docs.google.com/document/d/1iLsmUun0nA8q7aGR1Ls9D1rztgKh%04d/edit",`+
			`"owners":[{"kind":"drive#user","emailAddress":"Ann@school.example"}],"permissions":[{"id":"18099812400770995139","type":"user","role":"owner",`+
			`"emailAddress":"ann@school.example","deleted":false,"pendingOwner":false,"permissionDetails":[{"permissionType":"file","role":"owner","inherited":false}]}`, i, i, i)
		if i%10 == 0 {
			b.WriteString(`,{"id":"anyoneWithLink","type":"anyone","role":"reader","allowFileDiscovery":false,"permissionDetails":[` +
				`{"permissionType":"file","role":"reader","inherited":true},{"permissionType":"file","role":"writer","inherited":false}]}`)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func samePage(t rapid.TB, body []byte) {
	t.Helper()
	want, next, partial, err := plainPage(body)
	if err != nil {
		t.Fatal(err)
	}
	p := new(filePage)
	for range 2 { // what is left of a page before must not show
		if err := p.read(body); err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
	}
	if diff := cmp.Diff(want, p.items, cmpopts.EquateEmpty()); diff != "" || p.next != next || p.partial != partial {
		t.Errorf("(-want +have):\n%s\nnext %q, want %q; partial %v, want %v", diff, p.next, next, p.partial, partial)
	}
}

func TestFilePage(t *testing.T) {
	for name, body := range map[string]string{
		"a page":           string(onePage(25)),
		"nothing":          `{}`,
		"null":             `null`,
		"no files":         ` { "files" : [ ] , "incompleteSearch" : true } `,
		"nulls":            `{"nextPageToken":null,"incompleteSearch":null,"files":[{"id":"1","name":null,"parents":null,"owners":null,"permissions":null,"trashed":null}]}`,
		"what is not ours": `{"kind":"drive#fileList","etag":{"a":[1,-2.5e+3,true,false,null,"x\"y",{}]},"files":[{"id":"1","size":"12","capabilities":{"canEdit":true},"quota":[[],[{}]]}]}`,
		"escapes":          `{"files":[{"id":"1","name":"a\u0041\n\ud83d\ude00\\\/ é 日本","webViewLink":"https:\/\/x"}]}`,
		"lone surrogate":   `{"files":[{"id":"1","name":"\ud800"}]}`,
		"no UTF-8":         "{\"files\":[{\"id\":\"1\",\"name\":\"a\xffb\"}]}",
		"no grants":        `{"files":[{"id":"1","permissions":[]},{"id":"2"}]}`,
		"only membership":  `{"files":[{"id":"1","driveId":"0A","hasAugmentedPermissions":true,"permissions":[{"id":"2","role":"writer","permissionDetails":[{"permissionType":"member","role":"writer","inherited":true}]}]}]}`,
		"two owners":       `{"files":[{"id":"1","owners":[{"emailAddress":"A@x.example"},{"emailAddress":"b@x.example"}],"parents":["p","q"]}]}`,
		"no details":       `{"files":[{"id":"1","permissions":[{"id":"2","role":"reader","expirationTime":"2026-09-01T00:00:00Z","view":"published","domain":"D.example"}]}]}`,
	} {
		t.Run(name, func(t *testing.T) { samePage(t, []byte(body)) })
	}
}

func TestFilePageRefuses(t *testing.T) {
	for body, want := range map[string]error{
		``: errCut, `{`: errCut, `{"files"`: errCut, `{"files":`: errCut, `{"files":[`: errCut, `{"files":[{}`: errCut, `{"files":[]`: errCut, `{"files":[],}`: errCut,
		`{"files":[]}}`: errCut, `{"nextPageToken":"a}`: errCut, `{"nextPageToken":"a\"}`: errCut, "{\"nextPageToken\":\"a\nb\"}": errCut, `{"kind":1.}`: errCut,
		`{"kind":01}`: errCut, `{"kind":tru}`: errCut, `{"kind":nullnull}`: errCut, `{null:1}`: errCut, `{"kind":"\x"}`: errCut, `{"kind" 1}`: errCut, `{"a":1 "b":2}`: errCut,
		"{}\x00": errCut, `{"kind":[1,]}`: errCut, strings.Repeat(`{"a":`, 70): errCut,
		`[]`: errShape, `{"files":"none"}`: errShape, `{"files":[{}]}`: errShape, `{"files":[null]}`: errShape, `{"files":{}}`: errShape, `{"nextPageToken":1}`: errShape,
		`{"incompleteSearch":"true"}`: errShape, `{"files":[{"id":"1","parents":"p"}]}`: errShape, `{"files":[{"id":"1","permissions":{}}]}`: errShape,
		`{"x":` + strings.Repeat(`[`, 70) + strings.Repeat(`]`, 70) + `}`: errShape,
	} {
		if err := new(filePage).read([]byte(body)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}

// Cut off anywhere, a page is no page.
func TestFilePageCutOff(t *testing.T) {
	body := onePage(3)
	for n := range body {
		if err := new(filePage).read(body[:n]); !errors.Is(err, errCut) {
			t.Fatalf("%s: %v, want %v", body[:n], err, errCut)
		}
	}
}

func TestPropertyFilePage(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "reader", "writer", "owner", "member", "file", "Ann@school.example", "published"}))
	detail := rapid.Custom(func(t *rapid.T) *drive.PermissionPermissionDetails {
		return &drive.PermissionPermissionDetails{PermissionType: text.Draw(t, "t"), Role: text.Draw(t, "r"), Inherited: rapid.Bool().Draw(t, "i"), InheritedFrom: text.Draw(t, "f")}
	})
	perm := rapid.Custom(func(t *rapid.T) *drive.Permission {
		return &drive.Permission{
			Id: text.Draw(t, "id"), Type: text.Draw(t, "t"), Role: text.Draw(t, "r"), EmailAddress: text.Draw(t, "e"), Domain: text.Draw(t, "d"), View: text.Draw(t, "v"),
			AllowFileDiscovery: rapid.Bool().Draw(t, "a"), Deleted: rapid.Bool().Draw(t, "x"), PendingOwner: rapid.Bool().Draw(t, "p"), DisplayName: text.Draw(t, "n"),
			ExpirationTime:    rapid.SampledFrom([]string{"", "2026-09-01T00:00:00.000Z", "never"}).Draw(t, "until"),
			PermissionDetails: rapid.SliceOfN(detail, 0, 3).Draw(t, "details"),
		}
	})
	file := rapid.Custom(func(t *rapid.T) *drive.File {
		return &drive.File{
			Id: "1" + text.Draw(t, "id"), Name: text.Draw(t, "n"), MimeType: text.Draw(t, "m"), Parents: rapid.SliceOfN(text, 0, 2).Draw(t, "p"), DriveId: text.Draw(t, "d"),
			WebViewLink: text.Draw(t, "l"), CreatedTime: text.Draw(t, "c"), Trashed: rapid.Bool().Draw(t, "t"), HasAugmentedPermissions: rapid.Bool().Draw(t, "a"),
			Owners:      []*drive.User{{EmailAddress: text.Draw(t, "o"), DisplayName: text.Draw(t, "on")}},
			Permissions: rapid.SliceOfN(perm, 0, 4).Draw(t, "perms"), Size: rapid.Int64().Draw(t, "s"), Properties: map[string]string{text.Draw(t, "k"): "v"},
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		body, err := json.Marshal(&drive.FileList{Files: rapid.SliceOfN(file, 0, 4).Draw(rt, "files"), NextPageToken: text.Draw(rt, "next"), IncompleteSearch: rapid.Bool().Draw(rt, "inc")})
		if err != nil {
			rt.Fatal(err)
		}
		samePage(rt, body)
	})
}

// FuzzFilePage: what is no JSON is never taken for a page, and what is taken is what the REST client would have read.
func FuzzFilePage(f *testing.F) {
	f.Add(onePage(2))
	f.Add([]byte(`{"files":[{"id":"1","parents":[null,"x"],"owners":[null]}],"x":-1e5,"y":"\u00e9"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p := new(filePage)
		switch err := p.read(body); {
		case err == nil && !json.Valid(body):
			t.Fatalf("%q was taken", body)
		case errors.Is(err, errCut) == json.Valid(body):
			t.Fatalf("%q: %v", body, err)
		}
	})
}

func BenchmarkFilePage(b *testing.B) {
	body := onePage(100)
	b.Run("scanner", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		p := new(filePage)
		for b.Loop() {
			if err := p.read(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, _, _, err := plainPage(body); err != nil || !json.Valid(body) {
				b.Fatal(err)
			}
		}
	})
}
