package imports

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"hotleads/lead"
)

// ChunkSize is how many bytes of a file are kept together, before compression.
const ChunkSize = 1 << 20

// Chunks are where an uploaded file's parts are read from.
type Chunks interface {
	Chunk(ctx context.Context, id string, seq int) ([]byte, error)
}

// Pack compresses a part of a file.
func Pack(part []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(part); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// Unpack undoes Pack.
func Unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("a part of the file is broken: %w", err)
	}
	part, err := io.ReadAll(io.LimitReader(z, ChunkSize+1))
	if err != nil {
		return nil, fmt.Errorf("a part of the file is broken: %w", err)
	}
	return part, nil
}

// File reads an uploaded file from its beginning, part by part.
func File(ctx context.Context, from Chunks, id string) io.Reader {
	return &file{ctx: ctx, from: from, id: id}
}

type file struct {
	ctx  context.Context
	from Chunks
	id   string
	seq  int
	left []byte
}

// Read implements io.Reader.
func (f *file) Read(p []byte) (int, error) {
	for len(f.left) == 0 {
		packed, err := f.from.Chunk(f.ctx, f.id, f.seq)
		if errors.Is(err, lead.ErrNotFound) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		if f.left, err = Unpack(packed); err != nil {
			return 0, err
		}
		f.seq++
	}
	n := copy(p, f.left)
	f.left = f.left[n:]
	return n, nil
}

// Send unpacks a part of any size on its way.
func Send(to io.Writer, packed []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("a part of the file is broken: %w", err)
	}
	_, err = io.Copy(to, z) // #nosec G110 -- packed by this program
	return err
}
