package truth

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Decision is what somebody decided on the review site: a line of decisions.jsonl (docs/comment-rules.md, Words).
type Decision struct {
	At time.Time `json:"at"`
	By string    `json:"by"` // an address
	// Do is reviewed, approve, spam, remove, cover, end-cover, answer, record, renew, end-record, confirm or read-policy; the fields below belong to some of them.
	Do string `json:"do"`

	Item string    `json:"item"` // reviewed: post/COURSE-POST, document/COURSE-FILE, blog-post/BLOG-POST or dojo/ID
	Saw  time.Time `json:"saw"`

	Comment string `json:"comment"` // approve, spam, remove: BLOG-POST-COMMENT

	Course string `json:"course"` // or blog-ID
	Who    string `json:"who"`    // an address
	From   string `json:"from"`
	Until  string `json:"until"` // of a record too

	CheckIn string `json:"check_in"`
	Answer  string `json:"answer"`
	// Said is what was answered about a class on ClassDojo, in the place of Answer; nil if it is missing.
	Said map[string]any `json:"said"`

	// Record is the record that an Entry belongs to. What it is about is never blank; Where its papers are may be.
	Record string `json:"record"`
	Entry  string `json:"entry"`
	What   string `json:"what"`
	Where  string `json:"where"`

	// Reminder and Period are what is confirmed, with Answer done or not-done; Note may be empty.
	Reminder string `json:"reminder"`
	Period   string `json:"period"`
	Note     string `json:"note"`
}

// wrong says what is not as docs/comment-rules.md has it, or "".
func (d Decision) wrong() string {
	if d.At.IsZero() {
		return "at is missing"
	}
	switch d.Do {
	case "reviewed", "end-cover":
	case "record", "renew", "end-record", "confirm", "read-policy": // what is not as it should be does not count
	case "approve", "spam", "remove":
		if strings.Count(d.Comment, "-") < 2 {
			return fmt.Sprintf("%q is no comment on a blog", d.Comment)
		}
	case "cover":
		for _, s := range []string{d.From, d.Until} {
			if _, ok := parseDay(s); !ok {
				return fmt.Sprintf("%q is not a date", s)
			}
		}
	case "answer":
		if !slices.Contains([]string{"yes", "no", "not-sure"}, d.Answer) && (d.Said == nil || d.Answer != "") {
			return fmt.Sprintf("%q is no answer", d.Answer)
		}
	default:
		return fmt.Sprintf("nobody decides %q", d.Do)
	}
	return ""
}

// loadComments reads what only the rules on comments, check-ins and records ask about.
func (t *Tenant) loadComments(f *Folder) error {
	if err := f.readJSON("deletedusers.json", &t.DeletedUsers); err != nil {
		return err
	}
	if err := t.loadBlogs(f); err != nil {
		return err
	}
	if err := t.loadDojo(f); err != nil {
		return err
	}
	if err := f.readJSON("announcements.json", &t.Announcements); err != nil {
		return err
	}
	var err error
	for _, app := range []string{"classroom", "drive"} {
		if t.Activities[app], err = readLines[Activity](f, "activities-"+app+".jsonl"); err != nil {
			return err
		}
	}
	const file = "decisions.jsonl"
	if t.Decisions, err = readLines[Decision](f, file); err != nil {
		return err
	}
	for i, d := range t.Decisions {
		if wrong := d.wrong(); wrong != "" {
			return fmt.Errorf("%s: item %d: %s", f.path(file), i+1, wrong)
		}
	}
	if wrong := madeTwice(t.Decisions); wrong != "" {
		return fmt.Errorf("%s: %s", f.path(file), wrong)
	}
	return nil
}
