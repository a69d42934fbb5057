package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"esafetybot/internal/decisions"
	"esafetybot/internal/jobs"
	"esafetybot/internal/policy"
	"esafetybot/internal/sim/generate"
	"esafetybot/internal/sim/world"
)

// remindersOfADay are due on Monday 7 September 2026 and the next day: by mail and in Classroom, as drafts, published by an account of the school's and in the name of who agreed.
const remindersOfADay = `
  - id: Z1
    says: Other reminders.
    deals_with_it: esafety_officer
    met_by:
      - {reminder: monitoring-notice, with: {to: [pupils], through: classroom, as: poster, poster: "%[1]s", when: "5 8 7,8 9 *"}}
      - {reminder: governor-meeting, ask: deputy, with: {to: [staff, it_support], when: "0 9 7,8 9 *", text: "The meeting is today."}}
      - {reminder: class-dojo-posts, with: {to: [pupils], through: classroom, as: teacher, agreed: ["%[2]s", "%[3]s"], when: "30 8 7,8 9 *"}}
`

// TestCampaignReminderKills kills runs that let reminders out by mail and in Classroom together, and take up what was confirmed: before and after requests that change something and batches. Every run has a copy of the
// school. After another run each is posted once, published or left as a draft as the policy says, each person was told once, and no draft is left that nobody knows of.
func TestCampaignReminderKills(t *testing.T) {
	t.Parallel()
	sc, s, g := gated(t, 2)
	poster, agreed := postsAndAgrees(t, sc.World)
	text := swap("\nclauses:\n", "\nclauses:"+fmt.Sprintf(remindersOfADay, poster, agreed[0], agreed[1]))(s.policyTexts[generate.Classroom])
	p, err := policy.Parse("school.yaml", []byte(text))
	s.do(err)
	s.watches, s.policyTexts = []*watch{{name: generate.Classroom, policy: p}}, map[string]string{generate.Classroom: text}
	k := killing(t, s, g, generate.Classroom, jobs.RemindersJob, jobs.DigestJob)
	k.gmail, k.round.Post = true, true

	early := k.shot(nil, false) // the first look, before anything is due
	k.writeRolls()
	k.whole(early)
	s.world.SetNow(s.world.Now().Add(10 * time.Hour)) // in the afternoon
	k.save()
	first := k.rounds("first day", &early)
	if t.Failed() {
		return
	}
	k.world.SetNow(k.world.Now().Add(24 * time.Hour))
	deputy, _ := p.Address(policy.RoleDeputy)
	confirm := k.decision(deputy, decisions.Confirm)
	confirm.Reminder, confirm.Period, confirm.Answer = "governor-meeting", "2026-09-08", "done"
	k.more = []decisions.Decision{confirm}
	k.save()
	second := k.rounds("second day", &first)
	if t.Failed() {
		return
	}
	k.counted(second, 1)
	k.reminded(second)
	k.quiet()
}

// reminded sees to it that the runs which were never killed had something of everything to do: else the kills prove nothing.
func (k *killer) reminded(o oneShot) {
	k.t.Helper()
	states, seen := map[string]int{}, map[string]int{}
	k.world.View(func() {
		for _, c := range k.world.Courses() {
			for _, p := range k.world.Posts(c.ID, world.Announcement) {
				if p.Project != "" {
					states[p.State]++
					seen[c.ID+" "+p.Text]++
				}
			}
		}
	})
	if states[world.Draft] == 0 || states[world.Published] == 0 {
		k.t.Errorf("announcements by their state: %v", states)
	}
	for what, n := range seen {
		if n > 2 { // once a day
			k.t.Errorf("%d times in a class: %s", n, what)
		}
	}
	told := 0
	for _, name := range emls(k.t, o.MailDir) {
		raw, err := os.ReadFile(filepath.Join(o.MailDir, name))
		k.do(err)
		text, _, _ := strings.Cut(plain(k.t, raw), "<html") // the words alone
		switch n := strings.Count(text, "The meeting is today."); n {
		case 0, 1:
			told += n
		default:
			k.t.Errorf("a mail tells it %d times", n)
		}
	}
	if told < 6 {
		k.t.Errorf("%d mails told of the meeting", told)
	}
}

// postsAndAgrees makes a teacher a co-teacher of every other class, who then posts in them, and names three teachers of classes, who may agree that something is posted in their name.
func postsAndAgrees(t testing.TB, w *world.World) (poster string, agreed []string) {
	t.Helper()
	admin := ""
	var teachers, classes []string // of active classes
	w.View(func() {
		for _, u := range w.Users() {
			if admin == "" && u.IsAdmin && !u.Suspended && !u.Archived {
				admin = u.PrimaryEmail
			}
		}
		for _, c := range w.Courses() {
			if c.CourseState != "ACTIVE" {
				continue
			}
			classes = append(classes, c.ID)
			for _, m := range w.Teachers(c.ID) {
				if u := w.User(m.UserID); u != nil && !u.Suspended && !u.Archived && !slices.Contains(teachers, u.PrimaryEmail) {
					teachers = append(teachers, u.PrimaryEmail)
				}
			}
		}
	})
	if len(teachers) < 4 || admin == "" {
		t.Fatalf("%d teachers of classes: too few", len(teachers))
	}
	poster = teachers[len(teachers)-1]
	for i, id := range classes {
		if i%2 == 0 {
			if err := w.AddCourseMember(id, world.CourseTeacher, poster, admin); err != nil && !errors.Is(err, world.ErrExists) {
				t.Fatal(err)
			}
		}
	}
	return poster, teachers[:3]
}
