package google

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Many workers go as fast as they may: no minute holds more than the quota, and little of it is left unused.
func TestPace(t *testing.T) {
	const workers = 32
	tests := []struct {
		name   string
		span   time.Duration
		limit  int // units a minute
		units  int // of one call
		quota  Quotas
		worker func(c *Client, t *testing.T, worker int) error
	}{
		{"one subject's Drive", 3 * time.Minute, 325_000, 100, Quotas{}, func(c *Client, t *testing.T, _ int) error {
			_, err := collect(c.OwnedItems(t.Context(), owner))
			return err
		}},
		{"the project's Drive", 2 * time.Minute, 1_000_000, 100, Quotas{}, func(c *Client, t *testing.T, worker int) error {
			_, err := collect(c.OwnedItems(t.Context(), fmt.Sprintf("u%d@school.example", worker)))
			return err
		}},
		{"a quarter of the project's Drive", 2 * time.Minute, 250_000, 100, Quotas{Tasks: 4}, func(c *Client, t *testing.T, worker int) error {
			_, err := collect(c.OwnedItems(t.Context(), fmt.Sprintf("u%d@school.example", worker)))
			return err
		}},
		{"an older project's Drive", 2 * time.Minute, 12_000, 1, OldProject(), func(c *Client, t *testing.T, worker int) error {
			_, err := c.Item(t.Context(), fmt.Sprintf("u%d@school.example", worker), "1")
			return err
		}},
		{"Directory", 3 * time.Minute, 2_400, 1, Quotas{}, func(c *Client, t *testing.T, _ int) error {
			_, err := collect(c.Members(t.Context(), "g"))
			return err
		}},
		{"Reports", 3 * time.Minute, 2_400, 1, Quotas{}, func(c *Client, t *testing.T, _ int) error {
			_, err := collect(c.Events(t.Context(), "drive", "", time.Time{}, time.Time{}))
			return err
		}},
		{"Reports by event name", 4 * time.Minute, 250, 1, Quotas{}, func(c *Client, t *testing.T, _ int) error {
			_, err := collect(c.Events(t.Context(), "drive", "change_user_access", time.Time{}, time.Time{}))
			return err
		}},
		{"sending mail", 5 * time.Minute, 6_000, 100, Quotas{}, func(c *Client, t *testing.T, _ int) error {
			return c.SendDraft(t.Context(), owner, "d")
		}},
		{"policies", 5 * time.Minute, 60, 1, Quotas{}, func(c *Client, t *testing.T, _ int) error {
			_, err := collect(c.Settings(t.Context(), nil))
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{handle: func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(50 * time.Millisecond)
					io.WriteString(w, "{}")
				}}
				c := f.client(t, func(cfg *Config) { cfg.Quota, cfg.Workers = tt.quota, workers })
				start := time.Now()
				var wg sync.WaitGroup
				for i := range workers {
					wg.Go(func() {
						h := c.As(fmt.Sprintf("u%d@school.example", i), ScopeMetadata)
						defer h.Close()
						for time.Since(start) < tt.span {
							if err := tt.worker(c, t, i); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				from, worst := 0, 0
				for i, a := range f.asked {
					for a.at.Sub(f.asked[from].at) >= time.Minute {
						from++
					}
					worst = max(worst, (i-from+1)*tt.units)
				}
				if worst > tt.limit {
					t.Errorf("a minute held %d units, more than %d", worst, tt.limit)
				}
				took := time.Since(start).Minutes()
				least := float64(len(f.asked)*tt.units) / float64(tt.limit)
				if took > 1.3*least {
					t.Errorf("%d calls took %.2f minutes, want at most 1.3 times %.2f", len(f.asked), took, least)
				}
			})
		})
	}
}

func TestIdleLimitersAreSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(Quotas{Drive: -1}, time.Now, sleep)
		for i := range 20_000 {
			if err := p.wait(t.Context(), filesList, fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if n := len(p.user); n > userLimits {
			t.Errorf("%d limiters are kept", n)
		}
	})
}
