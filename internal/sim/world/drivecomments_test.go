package world_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "esafetybot/internal/sim/world"
)

func TestFileComments(t *testing.T) {
	w := school(t)
	const ann, bob = "ann@school.example", "bob@school.example"
	if err := errors.Join(w.AddFile(&File{ID: "A", MimeType: MimeDocument, Parent: "root-x", Owner: &Person{EmailAddress: ann}}),
		w.AddFile(&File{ID: "F", MimeType: MimeFolder, Parent: "root-x", Owner: &Person{EmailAddress: ann}}), w.SuspendUser("cat@school.example", ann)); err != nil {
		t.Fatal(err)
	}
	id, err := w.CommentOnFile("A", "Is this right?", Raw{"anchor": json.RawMessage(`"{}"`)}, bob)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := w.ReplyToFileComment("A", id, "Yes", "", ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.ReplyToFileComment("A", id, "", Resolve, ann); err != nil || !w.FileComment("A", id).Resolved {
		t.Errorf("resolved: %v", err)
	}
	if _, err = w.ReplyToFileComment("A", id, "No", Reopen, bob); err != nil || w.FileComment("A", id).Resolved {
		t.Errorf("opened again: %v", err)
	}
	second := func(_ string, err error) error { return err }
	for _, tt := range []struct {
		does string
		err  error
		want error
	}{
		{"on a folder", second(w.CommentOnFile("F", "x", nil, ann)), ErrNotAllowed},
		{"without content", second(w.CommentOnFile("A", "", nil, ann)), ErrNotAllowed},
		{"by somebody switched off", second(w.CommentOnFile("A", "x", nil, "cat@school.example")), ErrNotAllowed},
		{"on a file that is not there", second(w.CommentOnFile("Z", "x", nil, ann)), ErrNotFound},
		{"a reply that does something else", second(w.ReplyToFileComment("A", id, "x", "hide", ann)), ErrNotAllowed},
		{"an empty reply", second(w.ReplyToFileComment("A", id, "", "", ann)), ErrNotAllowed},
		{"somebody else's comment", w.EditFileComment("A", id, "", "x", ann), ErrNotAllowed},
		{"a reply that is not there", w.EditFileComment("A", id, "Q", "x", ann), ErrNotFound},
	} {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: have %v, want %v", tt.does, tt.err, tt.want)
		}
	}
	if err := errors.Join(w.EditFileComment("A", id, "", "Is it?", bob), w.EditFileComment("A", id, reply, "It is", ann), w.DeleteFileComment("A", id, reply, ann)); err != nil {
		t.Fatal(err)
	}
	if r := w.FileComment("A", id).Reply(reply); !r.Deleted || r.Content != "" || w.FileComment("A", id).Content != "Is it?" {
		t.Errorf("the reply: %+v", r)
	}
	dir := t.TempDir()
	if err := w.Save(dir); err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(w.FileComments("A"), again.FileComments("A")); d != "" {
		t.Errorf("saved and loaded: %s", d)
	}
	if err := w.DeleteFileComment("A", id, "", bob); err != nil {
		t.Fatal(err)
	}
	if c := w.FileComment("A", id); !c.Deleted || c.Content != "" || len(c.Replies) != 0 || len(c.Extra) != 0 {
		t.Errorf("deleted: %+v", c)
	}
	if err := w.DeleteFileComment("A", id, "", bob); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	var have []string
	for _, a := range w.Activities("drive") {
		have = append(have, a.Events[0].Type+" "+a.Events[0].Name+" "+a.ActorEmail+" "+a.Events[0].Param("doc_id"))
	}
	want := []string{"access create_comment " + bob + " A", "access create_comment " + ann + " A", "access resolve_comment " + ann + " A", "access reopen_comment " + bob + " A",
		"access edit_comment " + bob + " A", "access edit_comment " + ann + " A", "access delete_comment " + ann + " A", "access delete_comment " + bob + " A"}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}
