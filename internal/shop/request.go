package shop

import (
	"context"
	"net/netip"
)

// Request is what the edge of the server learned about one HTTP request, before
// anybody knows which store it is for.
type Request struct {
	// ID is in the log, in the X-Request-Id header and in answers that blame us.
	ID string
	// Caller is the nearest address that is not one of our own proxies.
	Caller netip.Addr
	// Forwarded holds the addresses that Caller claims to have forwarded for,
	// nearest last. They count only when the caller proves itself (decision 20).
	Forwarded []netip.Addr
	// TLS says that the shopper's side of the connection is encrypted.
	TLS bool
}

type requestKey struct{}

// WithRequest returns a context that carries r.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns what WithRequest stored; never nil.
func RequestFrom(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}
