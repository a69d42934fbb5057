package google

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCampaignLargeSchool: one of four tasks looks at a school of 20,000 pupils (1,000 outside the campaign), and then at a small one. In no minute, wherever it begins, does it take more than a quarter of what
// Google allows the project, or of what it allows the administrator whom all schools share; and it leaves little of the tightest unused.
func TestCampaignLargeSchool(t *testing.T) {
	pupils := 1_000
	if os.Getenv("ESAFETYBOT_CAMPAIGN") == "1" {
		pupils = 20_000
	}
	const tasks = 4
	limits := map[string]int{"directory": 2_400, "reports": 2_400, "filtered": 250, "classroom": 1_200, "drive": 1_000_000, "policies": 60} // docs/trust.md; classroom is one subject's, the administrator's
	synctest.Test(t, func(t *testing.T) {
		f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(50 * time.Millisecond)
			_, _ = io.WriteString(w, "{}")
		}}
		start := time.Now()
		var before *Client
		for _, n := range []int{pupils, 60} {
			c := f.client(t, func(cfg *Config) { cfg.Quota, cfg.Workers, cfg.After = Quotas{Tasks: tasks, Users: tasks}, 8, before })
			look(t, c, n)
			before = c
		}
		took := time.Since(start)
		per := map[string][]asked{}
		for _, a := range f.asked {
			kinds := []string{kindOf(a.path)}
			if kinds[0] == "reports" && a.query.Get("eventName") != "" {
				kinds = append(kinds, "filtered")
			}
			for _, k := range kinds {
				per[k] = append(per[k], a)
			}
		}
		least := 0.0 // minutes that the tightest of the quotas takes
		for kind, limit := range limits {
			units := 1
			if kind == "drive" {
				units = 100
			}
			from, worst := 0, 0
			for i, a := range per[kind] {
				for a.at.Sub(per[kind][from].at) >= time.Minute {
					from++
				}
				worst = max(worst, (i-from+1)*units)
			}
			if len(per[kind]) == 0 {
				t.Errorf("nothing was asked of %s", kind)
			}
			if worst > limit/tasks {
				t.Errorf("%s: a minute held %d units, more than %d, a task's part of %d", kind, worst, limit/tasks, limit)
			}
			least = max(least, float64(len(per[kind])*units)/float64(limit/tasks))
			t.Logf("%s: %d calls, at most %d units a minute of %d", kind, len(per[kind]), worst, limit/tasks)
		}
		t.Logf("%d pupils: %v", pupils, took)
		if took.Minutes() > 2*least+2 {
			t.Errorf("it took %v, where the tightest quota takes %.1f minutes", took, least)
		}
	})
}

// look asks Google what a first look at a school asks it: of each account its apps and its Drive, of each group and class its members, the logs event by event, and the settings.
func look(t *testing.T, c *Client, pupils int) {
	t.Helper()
	var wg sync.WaitGroup
	ask := func(n int, do func(i int) error) {
		work := make(chan int)
		for range 8 {
			wg.Go(func() {
				for i := range work {
					if err := do(i); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for i := range n {
				work <- i
			}
			close(work)
		})
	}
	ask(pupils, func(i int) error { _, err := c.Apps(t.Context(), fmt.Sprint(i)); return err })
	ask(pupils, func(i int) error {
		_, err := collect(c.OwnedItems(t.Context(), fmt.Sprintf("u%d@school.example", i)))
		return err
	})
	ask(max(pupils/30, 1), func(i int) error { _, err := collect(c.Members(t.Context(), fmt.Sprint(i))); return err })
	ask(max(pupils/30, 1), func(i int) error { _, err := collect(c.ClassMembers(t.Context(), fmt.Sprint(i))); return err })
	ask(80, func(i int) error {
		_, err := collect(c.Events(t.Context(), "admin", fmt.Sprintf("event_%d", i), time.Time{}, time.Time{}))
		return err
	})
	ask(20, func(int) error { _, err := collect(c.Settings(t.Context(), nil)); return err })
	wg.Wait()
}

// kindOf is whose quota a call counts against, by its path.
func kindOf(path string) string {
	switch {
	case strings.Contains(path, "/admin/directory/"):
		return "directory"
	case strings.Contains(path, "/admin/reports/"):
		return "reports"
	case strings.Contains(path, "/courses"):
		return "classroom"
	case strings.Contains(path, "/policies"):
		return "policies"
	case strings.Contains(path, "/files"):
		return "drive"
	}
	return path
}
