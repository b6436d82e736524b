package plain

import (
	"bytes"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// largestKept bounds what an unusually large answer leaves behind.
const largestKept = 64 << 10

// Bytes is what m writes, in a slice of just that size.
func Bytes(m graphql.Marshaler) []byte {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	m.MarshalGQL(b)
	out := bytes.Clone(b.Bytes())
	if b.Cap() <= largestKept {
		buffers.Put(b)
	}
	return out
}
