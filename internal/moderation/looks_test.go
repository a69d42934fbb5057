package moderation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"esafetybot/internal/calendar"
)

func TestLooks(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 2, hour, 0, 0, 0, time.UTC) }
	pupil := func(hour int) Act { return Act{At: at(hour), Key: at(hour).String(), By: "pat", What: Comment} }
	reply := func(hour int, who string) Act {
		return Act{At: at(hour), Key: at(hour).String(), By: who, What: Comment, Staff: true, Adult: true}
	}
	said := func(hour, saw int, who string) Review {
		return Review{ID: at(hour).String(), At: at(hour), By: who, Saw: at(saw)}
	}
	for name, c := range map[string]struct {
		acts    []Act
		reviews []Review
		silent  bool // answers show nothing
		want    []Look
	}{
		"nothing":                        {nil, nil, false, nil},
		"it waits":                       {[]Act{pupil(1)}, nil, false, nil},
		"looked":                         {[]Act{pupil(1), pupil(2)}, []Review{said(5, 2, "kim")}, false, []Look{{"kim", at(5), at(1)}}},
		"looked at the first only":       {[]Act{pupil(1), pupil(3)}, []Review{said(5, 1, "kim")}, false, []Look{{"kim", at(5), at(1)}}},
		"and at the second":              {[]Act{pupil(1), pupil(3)}, []Review{said(5, 1, "kim"), said(6, 3, "lou")}, false, []Look{{"kim", at(5), at(1)}, {"lou", at(6), at(3)}}},
		"twice, with nothing new":        {[]Act{pupil(1)}, []Review{said(5, 1, "kim"), said(6, 1, "lou")}, false, []Look{{"kim", at(5), at(1)}}},
		"answered":                       {[]Act{pupil(1), reply(3, "kim"), pupil(4), reply(6, "kim")}, nil, false, []Look{{"kim", at(3), at(1)}, {"kim", at(6), at(4)}}},
		"an answer shows nothing":        {[]Act{pupil(1), reply(3, "kim")}, nil, true, nil},
		"answered by who does not teach": {[]Act{pupil(1), reply(3, "max")}, nil, false, nil},
		"answered, then said so":         {[]Act{pupil(1), reply(3, "kim")}, []Review{said(5, 3, "kim")}, false, []Look{{"kim", at(3), at(1)}}},
		"only staff wrote":               {[]Act{reply(1, "max")}, []Review{said(5, 1, "kim")}, false, nil},
		"saw more than there was":        {[]Act{pupil(1), pupil(7)}, []Review{said(5, 9, "kim")}, false, []Look{{"kim", at(5), at(1)}}},
		"and the next was looked at":     {[]Act{pupil(1), pupil(7)}, []Review{said(5, 9, "kim"), said(8, 8, "lou")}, false, []Look{{"kim", at(5), at(1)}, {"lou", at(8), at(7)}}},
		"before it came":                 {[]Act{pupil(3)}, []Review{said(5, 1, "kim")}, false, nil},
		"with an old page, then again":   {[]Act{pupil(1), pupil(3)}, []Review{said(5, 3, "kim"), said(6, 1, "lou"), said(7, 3, "max")}, false, []Look{{"kim", at(5), at(1)}}},
	} {
		class := &Class{Taught: []string{"kim", "lou"}}
		rules := Rules{Replies: !c.silent, Date: calendar.DateOf, Teaches: func(string) bool { return false }}
		if diff := cmp.Diff(c.want, class.Looks(&Post{Acts: c.acts, Reviews: c.reviews}, rules)); diff != "" {
			t.Errorf("%s (-want +have)\n%s", name, diff)
		}
	}
}
