package google

import (
	"bytes"
	"context"
	"encoding/base64"
	"iter"
	"net/http"
	"net/mail"
	"net/textproto"
	"strings"

	"google.golang.org/api/gmail/v1"

	"esafetybot/internal/seen"
)

// Mail goes out in two steps, so that a crash between them can be told from one after them: a draft is made, its id is kept,
// then the draft is sent. A draft that is there was not sent, one that is gone was. All of that with [ScopeCompose], which reads no mail. What came back is read with [Client.Mail].

// me is Gmail's alias for the subject.
const me = "me"

// CreateDraft puts a message (RFC 5322, as bytes) into an account's drafts and returns the draft's id. After [ErrUnsure]
// the draft may be there: find it with [Client.FindDraft].
func (c *Client) CreateDraft(ctx context.Context, as string, raw []byte) (id string, err error) {
	return single(ctx, c.As(as, ScopeCompose), draftsCreate, "", func(ctx context.Context) (string, error) {
		d, err := c.gmail.Users.Drafts.Create(me, &gmail.Draft{Message: &gmail.Message{Raw: base64.URLEncoding.EncodeToString(raw)}}).
			Fields("id").Context(ctx).Do()
		if err != nil {
			return "", err
		}
		return d.Id, nil
	})
}

// SendDraft sends a draft, which is gone then. After [ErrUnsure] ask [Client.DraftExists]; [IsNotFound] means that it was sent before, or deleted.
func (c *Client) SendDraft(ctx context.Context, as, id string) error {
	_, err := single(ctx, c.As(as, ScopeCompose), draftsSend, "draft "+id, func(ctx context.Context) (struct{}, error) {
		_, err := c.gmail.Users.Drafts.Send(me, &gmail.Draft{Id: id}).Fields("id").Context(ctx).Do()
		return struct{}{}, err
	})
	return err
}

// DraftExists tells whether a draft is still there, that is, not sent.
func (c *Client) DraftExists(ctx context.Context, as, id string) (bool, error) {
	_, err := single(ctx, c.As(as, ScopeCompose), draftsGet, "draft "+id, func(ctx context.Context) (struct{}, error) {
		_, err := c.gmail.Users.Drafts.Get(me, id).Format("minimal").Fields("id").Context(ctx).Do()
		return struct{}{}, err
	})
	if IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// ListDrafts streams the ids of an account's drafts, those of people too.
func (c *Client) ListDrafts(ctx context.Context, as string) iter.Seq2[string, error] {
	open := func() *Handle { return c.As(as, ScopeCompose) }
	return paged(ctx, open, draftsList, "", func(ctx context.Context, token string) ([]string, string, error) {
		list := c.gmail.Users.Drafts.List(me).MaxResults(500).Fields("nextPageToken,drafts(id)")
		if token != "" {
			list = list.PageToken(token)
		}
		page, err := list.Context(ctx).Do()
		if err != nil {
			return nil, "", err
		}
		return convert(page.Drafts, func(d *gmail.Draft) (string, bool) { return d.Id, true }), page.NextPageToken, nil
	})
}

// FindDraft looks through an account's drafts, those of people too, for the one with this Message-ID (with or without angle brackets), in the
// header of that name or in one of those in also. Of each draft it reads the headers only.
func (c *Client) FindDraft(ctx context.Context, as, messageID string, also ...string) (id string, found bool, err error) {
	h := c.As(as, ScopeCompose)
	defer h.Close()
	want := strings.Trim(messageID, "<>")
	for id, err := range c.ListDrafts(ctx, as) {
		if err != nil {
			return "", false, err
		}
		header, err := c.draftHeader(ctx, as, id)
		if IsNotFound(err) {
			continue // sent or deleted meanwhile
		}
		if err != nil {
			return "", false, err
		}
		for _, name := range append([]string{"Message-ID"}, also...) {
			if strings.Trim(strings.TrimSpace(header.Get(name)), "<>") == want {
				return id, true, nil
			}
		}
	}
	return "", false, nil
}

// draftHeader reads the headers of a draft.
func (c *Client) draftHeader(ctx context.Context, as, id string) (mail.Header, error) {
	return single(ctx, c.As(as, ScopeCompose), draftsGet, "draft "+id, func(ctx context.Context) (mail.Header, error) {
		d, err := c.gmail.Users.Drafts.Get(me, id).Format("metadata").Fields("id,message(payload(headers))").Context(ctx).Do()
		if err != nil {
			return nil, err
		}
		header := mail.Header{}
		if d.Message != nil && d.Message.Payload != nil {
			for _, h := range d.Message.Payload.Headers {
				name := textproto.CanonicalMIMEHeaderKey(h.Name)
				header[name] = append(header[name], h.Value)
			}
			return header, nil
		}
		// Whether drafts know the format "metadata" is not said anywhere; every one can be had as a whole.
		d, err = c.gmail.Users.Drafts.Get(me, id).Format("raw").Fields("id,message(raw)").Context(ctx).Do()
		if err != nil || d.Message == nil {
			return nil, err
		}
		// A draft of a person may be anything; ours can be read.
		if raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(d.Message.Raw, "=")); err == nil {
			if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
				header = m.Header
			}
		}
		return header, nil
	})
}

// DeleteDraft deletes a draft of ours that is not wanted any more; one that is gone already is fine.
func (c *Client) DeleteDraft(ctx context.Context, as, id string) error {
	_, err := single(ctx, c.As(as, ScopeCompose), draftsDelete, "draft "+id, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.gmail.Users.Drafts.Delete(me, id).Context(ctx).Do()
	})
	if status(err) == http.StatusNotFound {
		return nil
	}
	return err
}

// AutoForward reads where an account's mail is passed on to, as that account with [ScopeMailSettings]. Reason [seen.Off] says that it has no Gmail.
func (c *Client) AutoForward(ctx context.Context, address string) (seen.Forwarding, error) {
	return single(ctx, c.As(address, ScopeMailSettings), forwardingGet, "", func(ctx context.Context) (seen.Forwarding, error) {
		f, err := c.gmail.Users.Settings.GetAutoForwarding(me).Fields("enabled,emailAddress").Context(ctx).Do()
		if err != nil {
			return seen.Forwarding{}, err
		}
		return seen.Forwarding{On: f.Enabled, To: strings.ToLower(f.EmailAddress)}, nil
	})
}

// Mail reads the messages of an account's mailbox that match a search of Gmail's ("from:classdojo.com after:1790000000"), spam included, as RFC 5322 bytes, as that account with [ScopeMail]. An error is about
// one message or about the mailbox; after one about the mailbox nothing follows.
func (c *Client) Mail(ctx context.Context, as, search string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		open := func() *Handle { return c.As(as, ScopeMail) }
		list := paged(ctx, open, messagesList, "mailbox", func(ctx context.Context, token string) ([]string, string, error) {
			list := c.gmail.Users.Messages.List(me).Q(search).IncludeSpamTrash(true).MaxResults(500).Fields("nextPageToken,messages(id)")
			if token != "" {
				list = list.PageToken(token)
			}
			page, err := list.Context(ctx).Do()
			if err != nil {
				return nil, "", err
			}
			return convert(page.Messages, func(m *gmail.Message) (string, bool) { return m.Id, true }), page.NextPageToken, nil
		})
		for id, err := range list {
			if err != nil {
				yield(nil, err)
				return
			}
			raw, err := single(ctx, open(), messagesGet, "message "+id, func(ctx context.Context) ([]byte, error) {
				m, err := c.gmail.Users.Messages.Get(me, id).Format("raw").Fields("raw").Context(ctx).Do()
				if err != nil {
					return nil, err
				}
				return base64.RawURLEncoding.DecodeString(strings.TrimRight(m.Raw, "="))
			})
			if c.Gone(err) {
				continue // deleted meanwhile
			}
			if !yield(raw, err) {
				return
			}
		}
	}
}
