package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// BlobRef is what a blob's writer must know of the blob that it replaces. The zero BlobRef is "there is none".
type BlobRef struct {
	Version int64 // of the head document
	gen     string
	chunks  int
}

// blobHead is the first line of a head's body. What follows it is the content if there are no chunks.
type blobHead struct {
	Size   int    `json:"size"` // before compression
	SHA256 string `json:"sha256"`
	Gzip   bool   `json:"gzip,omitempty"`
	Gen    string `json:"gen,omitempty"`
	Chunks int    `json:"chunks,omitempty"`
}

const blobHeadRoom = 1 << 10 // bytes kept free for the first line

// Chunks is the collection that holds the chunks of a collection's blobs: keys GENERATION-NUMBER, and the field
// "of", the blob's key.
func Chunks(c *Collection) *Collection {
	return &Collection{Name: c.Name + "-chunks", Indexed: []string{"of"}, Queries: []Query{{Name: "of", Equal: []string{"of"}}}}
}

func chunkKey(gen string, i int) string { return fmt.Sprintf("%s-%05d", gen, i) }

// zippers are kept for use again: each takes more than a megabyte, and a run writes thousands of blobs.
var zippers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // fails for unknown levels only
	return w
}}

// pack compresses data if that helps and cuts it up. chunks is empty if all fits into the head.
func pack(key string, data []byte) (head []byte, chunks [][]byte, gen string, err error) {
	if len(data) > MaxBlob {
		return nil, nil, "", fmt.Errorf("blob %q of %d bytes: %w: at most %d are allowed", key, len(data), ErrTooLarge, MaxBlob)
	}
	sum := sha256.Sum256(data)
	h := blobHead{Size: len(data), SHA256: hex.EncodeToString(sum[:])}
	if len(data) > 512 {
		var z bytes.Buffer
		w := zippers.Get().(*gzip.Writer)
		w.Reset(&z)
		_, err = w.Write(data)
		err = errors.Join(err, w.Close())
		w.Reset(io.Discard) // keeps nothing of what was written
		zippers.Put(w)
		if err != nil {
			return nil, nil, "", fmt.Errorf("blob %q: %w", key, err)
		}
		if z.Len() < len(data) {
			h.Gzip, data = true, z.Bytes()
		}
	}
	if len(data) > MaxBody-blobHeadRoom {
		// Random, so that two writers, or one that failed and tries again, never share a chunk.
		h.Gen = rand.Text()
		chunks = slices.Collect(slices.Chunk(data, MaxBody))
		h.Chunks, data = len(chunks), nil
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, nil, "", fmt.Errorf("blob %q: %w", key, err)
	}
	return slices.Concat(line, []byte{'\n'}, data), chunks, h.Gen, nil
}

func dropChunks(b *Batch, chunks *Collection, old BlobRef) {
	for i := range old.chunks {
		b.Delete(chunks, chunkKey(old.gen, i), 1)
	}
}

// PutBlob adds to the batch all it takes to replace the blob that old stands for (zero: to create it), its chunks
// included. The error wraps ErrTooLarge, and the batch is as before, if that makes the batch too large: use StageBlob then.
// The BlobRef returned holds once the batch is committed. Fields are those of the head document.
func PutBlob(b *Batch, c *Collection, key string, old BlobRef, fields map[string]string, data []byte) (BlobRef, error) {
	head, parts, gen, err := pack(key, data)
	if err != nil {
		return old, err
	}
	before, chunks := len(b.Ops), Chunks(c)
	for i, p := range parts {
		b.Create(chunks, chunkKey(gen, i), map[string]string{"of": key}, p)
	}
	b.Put(c, key, old.Version, fields, head)
	dropChunks(b, chunks, old)
	if b.Writes() > MaxBatchWrites || b.Size() > MaxBatchBytes {
		b.Ops = b.Ops[:before]
		return old, fmt.Errorf("blob %q of %d bytes in a batch: %w: use StageBlob", key, len(data), ErrTooLarge)
	}
	return BlobRef{Version: old.Version + 1, gen: gen, chunks: len(parts)}, nil
}

// StageBlob is PutBlob for any size up to MaxBlob. It removes what earlier attempts at this key left behind and writes
// the new chunks at once, three to a batch of their own; only the head, the end of the old chunks, and the requirement that
// the new ones still stand, go into b. Until b is committed everybody reads the old blob. Of two who stage the same blob at
// once one gets ErrConflict, from here or from the commit of b.
func StageBlob(ctx context.Context, s Store, b *Batch, c *Collection, key string, old BlobRef, fields map[string]string, data []byte) (BlobRef, error) {
	if err := CheckGet(c, key); err != nil {
		return old, err
	}
	if err := sweep(ctx, s, c, key, old); err != nil {
		return old, err
	}
	head, parts, gen, err := pack(key, data)
	if err != nil {
		return old, err
	}
	chunks := Chunks(c)
	var own Batch
	flush := func() error {
		err := s.Commit(ctx, &own)
		own = Batch{}
		if err != nil {
			return fmt.Errorf("chunks of blob %q: %w", key, err)
		}
		return nil
	}
	for i, p := range parts {
		if len(own.Ops) == 3 {
			if err := flush(); err != nil {
				return old, err
			}
		}
		own.Create(chunks, chunkKey(gen, i), map[string]string{"of": key}, p)
	}
	if err := flush(); err != nil {
		return old, err
	}
	for i := range parts {
		b.Require(chunks, chunkKey(gen, i), 1)
	}
	b.Put(c, key, old.Version, fields, head)
	dropChunks(b, chunks, old)
	return BlobRef{Version: old.Version + 1, gen: gen, chunks: len(parts)}, nil
}

// sweep removes the chunks of a key that belong to no generation that anybody reads.
func sweep(ctx context.Context, s Store, c *Collection, key string, old BlobRef) error {
	chunks := Chunks(c)
	var b Batch
	for d, err := range s.Find(ctx, chunks, Ask{Query: "of", Equal: map[string]string{"of": key}}) {
		if err != nil {
			return fmt.Errorf("old chunks of blob %q: %w", key, err)
		}
		gen := d.Key
		if i := bytes.LastIndexByte([]byte(gen), '-'); i >= 0 {
			gen = gen[:i]
		}
		if gen != old.gen {
			b.Delete(chunks, d.Key, d.Version)
		}
	}
	if len(b.Ops) == 0 {
		return nil
	}
	// If old is no longer the blob, what looks like an orphan may be the new one.
	b.Require(c, key, old.Version)
	for ops := range slices.Chunk(b.Ops[:len(b.Ops)-1], MaxBatchWrites) {
		part := Batch{Ops: append(slices.Clone(ops), b.Ops[len(b.Ops)-1])}
		if err := s.Commit(ctx, &part); err != nil {
			return fmt.Errorf("removing orphaned chunks of blob %q: %w", key, err)
		}
	}
	return nil
}

// DeleteBlob adds to the batch the end of the blob that ref stands for.
func DeleteBlob(b *Batch, c *Collection, key string, ref BlobRef) {
	b.Delete(c, key, ref.Version)
	dropChunks(b, Chunks(c), ref)
}

// GetBlob reads a blob. The error wraps ErrNotFound when there is none.
func GetBlob(ctx context.Context, s Store, c *Collection, key string) ([]byte, BlobRef, error) {
	var last error
	for range 5 {
		d, err := s.Get(ctx, c, key)
		if err != nil {
			return nil, BlobRef{}, err
		}
		data, ref, err := readBlob(ctx, s, c, d)
		if err == nil {
			return data, ref, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, BlobRef{}, err
		}
		last = err // a chunk is gone: the blob was replaced in between, so look again
	}
	// Not ErrNotFound: the head is there.
	return nil, BlobRef{}, fmt.Errorf("blob %q of collection %q changes too often or has lost a part: %v", key, c.Name, last) //nolint:errorlint // on purpose not wrapped
}

func readBlob(ctx context.Context, s Store, c *Collection, d Doc) ([]byte, BlobRef, error) {
	damaged := func(why string) error {
		return fmt.Errorf("blob %q of collection %q is damaged: %s", d.Key, c.Name, why)
	}
	line, content, ok := bytes.Cut(d.Body, []byte{'\n'})
	var h blobHead
	if err := json.Unmarshal(line, &h); !ok || err != nil || h.Size < 0 || h.Size > MaxBlob {
		return nil, BlobRef{}, damaged("its head cannot be read (was it written by PutBlob?)")
	}
	chunks := Chunks(c)
	for i := range h.Chunks {
		chunk, err := s.Get(ctx, chunks, chunkKey(h.Gen, i))
		if err != nil {
			return nil, BlobRef{}, err
		}
		if i == 0 {
			content = nil
		}
		content = append(content, chunk.Body...)
	}
	if h.Gzip {
		data, err := unzip(content, h.Size)
		if err != nil {
			return nil, BlobRef{}, damaged(err.Error())
		}
		content = data
	}
	if sum := sha256.Sum256(content); len(content) != h.Size || hex.EncodeToString(sum[:]) != h.SHA256 {
		return nil, BlobRef{}, damaged("its content does not match its checksum")
	}
	return content, BlobRef{Version: d.Version, gen: h.Gen, chunks: h.Chunks}, nil
}

// unzippers are kept for use again, like zippers.
var unzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// unzip gives the content of a gzip stream, and one byte more than it should have at most, so that a wrong size shows.
func unzip(packed []byte, size int) ([]byte, error) {
	z := unzippers.Get().(*gzip.Reader)
	defer func() {
		_ = z.Reset(bytes.NewReader(nil)) // fails, and lets go of what was read
		unzippers.Put(z)
	}()
	if err := z.Reset(bytes.NewReader(packed)); err != nil {
		return nil, err
	}
	var content bytes.Buffer
	// What the head says of the size is not to be trusted with much memory before anything was read. ReadFrom wants room beyond the end.
	content.Grow(min(size, 16*len(packed)) + bytes.MinRead + 1)
	_, err := content.ReadFrom(io.LimitReader(z, int64(size)+1))
	return content.Bytes(), err
}
