package privacy

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"esafetybot/internal/outbox"
	"esafetybot/internal/store"
)

// letter looks at one message with its text. What went to the person goes whole; of what names them the text goes, and that there was a message stays.
func (w *Work) letter(ctx context.Context, s store.Store, done *Done, d store.Doc) error {
	e, err := outbox.Decode(d)
	if err != nil {
		return err
	}
	theirs := w.n.in(e.Recipient)
	keyed := w.keyed(d) || w.n.in(e.Period) || w.n.in(e.Problem)
	var text string
	to, copied := "", false
	if e.Parts > 0 {
		f, err := outbox.ReadFrom(ctx, s, e)
		if err != nil {
			return err
		}
		to = f.To.Address
		copied = slices.ContainsFunc(f.Cc, func(a netmail.Address) bool { return w.n.in(a.Address) })
		text = MailText(f.Raw)
		for _, a := range f.Beside {
			text += "\n" + string(a.Data)
		}
	}
	if !theirs && !keyed && !w.n.in(to) && !copied && !w.n.inText(text) {
		return nil
	}
	found := map[string]any{"made": e.Created, "kind": e.Kind, "to_them": theirs, "state": e.State}
	if theirs {
		found["text"] = text
	} else {
		found["lines_that_name_them"] = w.n.lines(text)
	}
	done.Found = append(done.Found, Found{Key: e.Kind + " of " + e.Created.Format("2006-01-02"), Data: found})
	if e.Token != "" && (e.State == outbox.Staged || e.State == outbox.Staging) {
		w.Drafts++
	}
	theirs = theirs || keyed
	if theirs {
		done.Deleted++
	} else {
		done.Changed++
	}
	w.ops = append(w.ops, op{place: done.Place, doc: d, letter: &e, theirs: theirs})
	return nil
}

// inText is in for text that may be broken into lines within a name.
func (n *needles) inText(text string) bool {
	return n.in(text) || n.in(strings.Join(strings.Fields(text), " "))
}

// lines are those of a text that mention the person.
func (n *needles) lines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); n.in(l) && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// MailText is all that somebody could read in a message: headers, texts and attachments, each decoded. What cannot be decoded stands there as it is.
func MailText(raw []byte) string {
	var out strings.Builder
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return string(raw)
	}
	words := new(mime.WordDecoder)
	for k, values := range m.Header {
		for _, v := range values {
			if plain, err := words.DecodeHeader(v); err == nil {
				v = plain
			}
			fmt.Fprintf(&out, "%s: %s\n", k, v)
		}
	}
	mailPart(&out, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, 0)
	return out.String()
}

const (
	deepest  = 8        // parts within parts
	mostMail = 64 << 20 // bytes of a message
)

func mailPart(out *strings.Builder, kind, encoding string, body io.Reader, depth int) {
	media, params, err := mime.ParseMediaType(kind)
	if err == nil && strings.HasPrefix(media, "multipart/") && params["boundary"] != "" && depth < deepest {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			fmt.Fprintf(out, "%s\n", p.Header.Get("Content-Disposition"))
			mailPart(out, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1)
		}
	}
	data, _ := io.ReadAll(io.LimitReader(body, mostMail)) // what could be read is looked at
	switch strings.ToLower(encoding) {
	case "base64":
		packed := bytes.Map(func(r rune) rune {
			if r == '\r' || r == '\n' || r == ' ' {
				return -1
			}
			return r
		}, data)
		if plain, err := base64.StdEncoding.DecodeString(string(packed)); err == nil {
			data = plain
		}
	case "quoted-printable":
		if plain, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(data))); err == nil {
			data = plain
		}
	}
	if media == "text/html" {
		data = []byte(html.UnescapeString(string(data)))
	}
	out.Write(data)
	out.WriteByte('\n')
}

// inFolder lists the files of the mail folder that went to a person or name them: a message, and what lies beside it.
func inFolder(dir string, n *needles) ([]string, error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the mail folder cannot be listed: %w", err)
	}
	var names []string
	hit := map[string]bool{} // message, without its ending
	for _, f := range list {
		if !f.Type().IsRegular() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, fmt.Errorf("a file of the mail folder cannot be read: %w", err)
		}
		text := string(data)
		if filepath.Ext(f.Name()) == ".eml" {
			text = MailText(data)
		}
		names = append(names, f.Name())
		if n.inText(text) || n.in(f.Name()) {
			hit[messageOf(f.Name())] = true
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !hit[messageOf(name)] }), nil
}

// messageOf is the part of a file's name that a message has in common with what lies beside it: time and number.
func messageOf(name string) string {
	parts := strings.SplitN(strings.TrimSuffix(name, ".eml"), "-", 3)
	if len(parts) < 2 {
		return name
	}
	return parts[0] + "-" + parts[1]
}

func removeFiles(dir string, names []string) error {
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("a file of the mail folder cannot be deleted: %w", err)
		}
	}
	return nil
}
