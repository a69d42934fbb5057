package jobs

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"esafetybot/internal/moderation"
	"esafetybot/internal/sim/world"
)

// heard is a record of the log about a file, and before which run it shows.
type heard struct {
	event, file, by string
	ago             time.Duration
	shows           int
}

// Whatever the order in which the records of the log show, some of them hours late, each is remembered once, of each class whose document the file is; and of none when it left the class, before or after it was read.
func TestRecordsInAnyOrder(t *testing.T) {
	const runs = 3
	at := place(t, "2026-11-18 12:00")
	events := slices.Sorted(maps.Keys(documentEvents))
	classes := map[string][]string{"one": {"1"}, "both": {"1", "2"}}
	record := rapid.Custom(func(t *rapid.T) heard {
		return heard{
			rapid.SampledFrom(events).Draw(t, "event"), rapid.SampledFrom([]string{"one", "both", "leaves", "none", "gone"}).Draw(t, "file"),
			rapid.SampledFrom([]string{"pat", "pia", "kim", "lou", "moe", "sue"}).Draw(t, "by"), time.Duration(rapid.IntRange(1, 20*60).Draw(t, "minutes ago")) * time.Minute, rapid.IntRange(0, runs-1).Draw(t, "shows"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(record, 1, 12).Draw(rt, "records")
		moved := rapid.IntRange(0, runs-1).Draw(rt, "moved")
		s := newPapers(t)
		s.paper("pat", "f1", "one", "pia")
		s.on("2", s.paper("kim", "f1", "both", "pat"))
		s.paper("kim", "f1", "leaves", "pat")
		s.paper("sue", "", "none", "pat")
		want, passed := map[string][]moderation.Act{}, 1 // the move
		for _, r := range list {
			for _, c := range classes[r.file] {
				subject := moderation.Subject(c, moderation.DocumentPost(r.file))
				want[subject] = append(want[subject], moderation.Act{At: at.Add(-r.ago).UTC(), By: r.by, What: documentEvents[r.event]})
			}
			if classes[r.file] == nil {
				passed++
			}
		}
		for run := range runs {
			if run == moved {
				s.must(s.w.MoveFile("leaves", s.w.RootID(s.w.User("kim")), "kim@school.example"))
			}
			for i, r := range list {
				if r.shows == run {
					s.w.AddActivity(&world.Activity{Time: at.Add(-r.ago), Unique: int64(i + 1), App: "drive", ActorEmail: r.by + "@school.example", Events: []world.Event{{Type: "access", Name: r.event, Params: []world.Param{
						{Name: "doc_id", Value: r.file}, {Name: "doc_type", Value: "document"}, {Name: "owner", Value: "kim@school.example"},
					}}}})
				}
			}
			s.run()
			s.later(time.Hour)
		}
		have := map[string][]moderation.Act{}
		for _, c := range []string{"1", "2"} {
			for _, id := range s.book.Class(c).Documents() {
				for _, a := range s.book.Class(c).Posts[id].Acts {
					subject := moderation.Subject(c, id)
					have[subject] = append(have[subject], moderation.Act{At: a.At, By: a.By, What: a.What})
				}
			}
		}
		for _, acts := range []map[string][]moderation.Act{want, have} {
			for _, list := range acts {
				slices.SortFunc(list, func(a, b moderation.Act) int {
					return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.By, b.By), cmp.Compare(a.What, b.What))
				})
			}
		}
		if diff := gocmp.Diff(want, have); diff != "" {
			rt.Fatalf("what is remembered (-want +have):\n%s", diff)
		}
		if drive := s.book.Drive; len(drive.Passed) != passed || len(drive.Loose) != 0 || len(s.blind()) != 0 {
			rt.Fatalf("%d records are noted as passed, want %d; %d files are looked for, not seen is %v", len(drive.Passed), passed, len(drive.Loose), s.blind())
		}
	})
}
