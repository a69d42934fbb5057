package truth

import (
	"fmt"
	"slices"
	"time"
)

// DojoEvent is what a source told of ClassDojo: a line of dojo.jsonl (docs/comment-rules.md, ClassDojo). How many things it tells of no rule asks.
type DojoEvent struct {
	From  string    `json:"from"` // relay, mailbox or csv
	Kind  string    `json:"kind"` // story, comment, portfolio, pending or messages
	Class string    `json:"class"`
	At    time.Time `json:"at"`
	Key   string    `json:"key"`
}

func (e DojoEvent) wrong() string {
	switch {
	case !slices.Contains([]string{"relay", "mailbox", "csv"}, e.From):
		return fmt.Sprintf("%q tells nothing of ClassDojo", e.From)
	case !slices.Contains(append([]string{"messages"}, dojoActivities...), e.Kind):
		return fmt.Sprintf("%q is no kind of event", e.Kind)
	case e.At.IsZero():
		return "at is missing"
	case e.Key == "":
		return "key is missing"
	}
	return ""
}

// loadDojo reads what only the rules on ClassDojo ask about.
func (t *Tenant) loadDojo(f *Folder) error {
	const file = "dojo.jsonl"
	var err error
	if t.Dojo, err = readLines[DojoEvent](f, file); err != nil {
		return err
	}
	for i, e := range t.Dojo {
		if wrong := e.wrong(); wrong != "" {
			return fmt.Errorf("%s: item %d: %s", f.path(file), i+1, wrong)
		}
	}
	return nil
}
