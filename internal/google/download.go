package google

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/api/googleapi"
)

// What Google charges for these its documents do not say: more than for any other method is safe, for a run has only a few of them.
var (
	filesDownload = method{name: "drive.files.get", units: 200, buckets: driveBuckets, again: true}
	filesExport   = method{name: "drive.files.export", units: 200, buckets: driveBuckets, again: true}
)

const (
	mimeGoogle = "application/vnd.google-apps." // begins the types of Google's own documents, of folders and of shortcuts
	mimeSheet  = mimeGoogle + "spreadsheet"

	// changedTries is how often a file is read whose length is not what Google has just said: somebody may be saving it.
	changedTries = 3
)

var (
	errTooLong = errors.New("the file is too long")
	errChanged = errors.New("what came is not as long as Google says that the file is")
	errNoFile  = errors.New("this is neither a file nor a spreadsheet")
)

// Download reads what is in a file on Drive: a spreadsheet of Google's as CSV (its first sheet), any other file as it is. Google's other
// documents, folders and shortcuts are errors, as are more than limit bytes (64 MB at most); what broke off on its way is never taken for
// the whole. It acts as the administrator, who must be able to open the file, with [ScopeDrives]. See [IsNotFound].
func (c *Client) Download(ctx context.Context, id string, limit int64) ([]byte, error) {
	h := c.asAdmin(ScopeDrives)
	defer h.Close()
	limit = min(limit, maxBody)
	for try := 1; ; try++ {
		at, body, err := c.download(ctx, h, id, limit)
		if errors.Is(err, errChanged) && try < changedTries {
			continue
		}
		if err != nil {
			return nil, explainDownload(at, "file "+id, limit, err)
		}
		return body, nil
	}
}

// download tries once; at is the call that the error is of.
func (c *Client) download(ctx context.Context, h *Handle, id string, limit int64) (at context.Context, body []byte, err error) {
	at = h.call(ctx, filesGet)
	f, err := c.drive.Files.Get(id).SupportsAllDrives(true).Fields("mimeType,size").Context(at).Do()
	switch {
	case err != nil:
		return at, nil, err
	case f.MimeType == mimeSheet:
		at = h.call(ctx, filesExport)
		body, err = content(at, limit, c.drive.Files.Export(id, "text/csv").Context(at).Download)
		return at, body, err
	case strings.HasPrefix(f.MimeType, mimeGoogle):
		return at, nil, errNoFile
	case f.Size > limit:
		return at, nil, errTooLong
	}
	at = h.call(ctx, filesDownload)
	body, err = content(at, limit, c.drive.Files.Get(id).SupportsAllDrives(true).Context(at).Download)
	if err == nil && int64(len(body)) != f.Size {
		return at, nil, errChanged
	}
	return at, body, err
}

// content takes the answer of a download as it came.
func content(ctx context.Context, limit int64, send func(...googleapi.CallOption) (*http.Response, error)) ([]byte, error) {
	var body []byte
	long := false
	reading(ctx, func(b []byte) error {
		if long = int64(len(b)) > limit; !long {
			body = bytes.Clone(b)
		}
		return nil
	})
	resp, err := send()
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close() // it is in memory
	if long {
		return nil, errTooLong
	}
	return body, nil
}

// explainDownload is explain with what is to be done about a file.
func explainDownload(ctx context.Context, on string, limit int64, err error) error {
	err, cause := explain(ctx, on, err), err
	var e *Error
	if !errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	switch {
	case errors.Is(cause, errTooLong):
		e.What, e.Next = fmt.Sprintf("the file holds more than the %d bytes that are read", limit), "look whether it is the right one"
	case errors.Is(cause, errNoFile):
		e.What, e.Next = errNoFile.Error(), "name a CSV file or a Google spreadsheet itself, not a folder, a shortcut or another kind of document"
	case errors.Is(cause, errChanged):
		e.What, e.Next = errChanged.Error(), "somebody may be changing it: run again later"
	case IsNotFound(e):
		e.Next = "look at the file's id, and share the file with the administrator's account"
	case e.Code == "exportSizeLimitExceeded":
		e.What, e.Next = "the spreadsheet is larger than what Google exports, 10 MB", "keep it as a CSV file on Drive instead"
	case e.Code == "cannotDownloadFile", e.Code == "cannotExportFile", e.Code == "insufficientFilePermissions":
		e.What, e.Next = "the administrator may see the file but not download it", "let viewers download it, or make the administrator's account an editor"
	}
	return e
}
