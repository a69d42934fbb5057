package google

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	directory "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"

	"esafetybot/internal/seen"
)

// Notification channels: Google pushes what a log tells, or what becomes of accounts, to an address of ours. A channel cannot be renewed: another one is opened before it ends, and then it is stopped.
// Its id is ours, and Google takes none twice. So opening may be sent again like a read: where the first had come through, the second is refused with [IsOpen], and the channel is there.
// Sources: Reports API and Directory API, guides "Push notifications".

// webHook is the only kind of delivery that there is.
const webHook = "web_hook"

// wordTaken is Google's reason for refusing the id of a channel that it knows.
const wordTaken = "channelIdNotUnique"

// Watch opens a notification channel, as the administrator: on a log with [ScopeAudit], on the accounts with [ScopeUsers]. What comes back is Google's id of what is
// watched, which [Client.StopWatch] needs, and when the channel ends; a zero time means that Google did not say.
func (c *Client) Watch(ctx context.Context, w seen.Watch) (resource string, until time.Time, err error) {
	params := map[string]string{"ttl": strconv.FormatInt(int64(w.Lasts/time.Second), 10)}
	scope, m, do := ScopeAudit, activitiesWatch, func(ctx context.Context) error {
		_, err := c.reports.Activities.Watch("all", w.Application, &reports.Channel{
			Id: w.ID, Type: webHook, Address: w.Address, Token: w.Token, Payload: true, Params: params,
		}).EventName(w.Event).Context(ctx).Do()
		return err
	}
	if w.Application == seen.UsersLog {
		scope, m, do = ScopeUsers, usersWatch, func(ctx context.Context) error {
			_, err := c.directory.Users.Watch(&directory.Channel{
				Id: w.ID, Type: webHook, Address: w.Address, Token: w.Token, Payload: true, Params: params,
			}).Customer(myCustomer).Event(w.Event).Context(ctx).Do()
			return err
		}
	}
	err = change(ctx, c.asAdmin(scope), m, "channel "+w.Application+"/"+w.Event, func(ctx context.Context) error {
		return do(reading(ctx, func(body []byte) (err error) {
			resource, until, err = channel(body)
			return err
		}))
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return resource, until, nil
}

// channel reads the answer to a watch. The guides write the end of a channel as a number, the discovery documents as a text.
func channel(body []byte) (resource string, until time.Time, err error) {
	var v struct {
		ResourceID string      `json:"resourceId"`
		Expiration json.Number `json:"expiration"` // milliseconds since 1970, as either
	}
	if err := json.Unmarshal(body, &v); err != nil {
		if json.Valid(body) {
			return "", time.Time{}, fmt.Errorf("%w: a channel", errShape)
		}
		return "", time.Time{}, errCut
	}
	if ms, err := v.Expiration.Int64(); err == nil && ms > 0 {
		until = time.UnixMilli(ms).UTC()
	}
	return v.ResourceID, until, nil
}

// StopWatch closes a channel before its end, by our id of it and Google's id of what it watches. One that has ended, or was never opened, is fine.
func (c *Client) StopWatch(ctx context.Context, application, id, resource string) error {
	if application == seen.UsersLog {
		return done404(change(ctx, c.asAdmin(ScopeUsers), usersStop, "channel "+id, func(ctx context.Context) error {
			return c.directory.Channels.Stop(&directory.Channel{Id: id, ResourceId: resource}).Context(ctx).Do()
		}))
	}
	return done404(change(ctx, c.asAdmin(ScopeAudit), activitiesStop, "channel "+id, func(ctx context.Context) error {
		return c.reports.Channels.Stop(&reports.Channel{Id: id, ResourceId: resource}).Context(ctx).Do()
	}))
}

// IsOpen tells whether a channel was refused because there is one of that id, which nobody but us can have opened.
func IsOpen(err error) bool { return hasWord(err, wordTaken) && status(err) == http.StatusBadRequest }

// AlreadyOpen is [IsOpen], for those who know a Client only by an interface of theirs.
func (c *Client) AlreadyOpen(err error) bool { return IsOpen(err) }

// Invalid is [IsInvalid], likewise.
func (c *Client) Invalid(err error) bool { return IsInvalid(err) }
