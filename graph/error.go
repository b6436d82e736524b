package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"regulars/internal/session"
	"regulars/internal/shop"
)

// say is the text of a refusal in the asker's language.
func say(ctx context.Context, e *shop.Error) string {
	a := session.From(ctx)
	return e.Text(shop.Printer(a.Language, a.Store.Locale))
}

// members makes err the members of a payload's union. An error that the union
// has no member for comes back as it was, and is a GraphQL error then.
func members[T comparable](ctx context.Context, err error, member func(*shop.Error, string) T) ([]T, error) {
	out := []T{}
	if err == nil {
		return out, nil
	}
	refusals := shop.ErrorsIn(err)
	if len(refusals) == 0 {
		return out, err
	}
	var none T
	for _, e := range refusals {
		m := member(e, say(ctx, e))
		if m == none {
			return []T{}, topLevel(ctx, refusals)
		}
		out = append(out, m)
		replyFrom(ctx).note(e)
	}
	return out, nil
}

// topLevel reports all refusals as GraphQL errors: none is swallowed because
// another one has no member.
func topLevel(ctx context.Context, refusals shop.Errors) error {
	last := len(refusals) - 1
	for _, e := range refusals[:last] {
		graphql.AddError(ctx, e)
	}
	return refusals[last]
}

// presenter makes any error one that a client may see: ours with their text and
// code, gqlgen's own without what they quote, all others as INTERNAL, with the
// request's id and a line in the log.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		own, isOwn := errors.AsType[*gqlerror.Error](err)
		if isOwn && own.Err == nil && len(shop.ErrorsIn(err)) == 0 {
			return tidy(own)
		}
		out := &gqlerror.Error{Path: graphql.GetPath(ctx), Locations: locations(ctx)}
		if isOwn && len(own.Path) > 0 {
			out.Path = own.Path
		}
		if refusals := shop.ErrorsIn(err); len(refusals) > 0 {
			present(ctx, out, refusals[0])
			if refusals[0].Code == shop.Unavailable {
				logFailure(ctx, log, "unavailable", refusals[0].Unwrap())
			}
			return out
		}
		id := shop.RequestFrom(ctx).ID
		present(ctx, out, shop.Errorf(shop.Internal, "Something went wrong on our side."))
		out.Extensions["requestId"] = id
		if !errors.Is(err, context.Canceled) {
			logFailure(ctx, log, "internal error", err)
		}
		return out
	}
}

func present(ctx context.Context, out *gqlerror.Error, e *shop.Error) {
	out.Message = say(ctx, e)
	out.Extensions = map[string]any{"code": string(e.Code)}
	if e.Field != "" {
		out.Extensions["field"] = e.Field
	}
	if e.Code == shop.Unavailable {
		out.Extensions["requestId"] = shop.RequestFrom(ctx).ID
	}
	replyFrom(ctx).note(e)
}

// locations tells where in the query the field stands, as the contract does.
func locations(ctx context.Context) []gqlerror.Location {
	f := graphql.GetFieldContext(ctx)
	if f == nil || f.Field.Field == nil || f.Field.Position == nil {
		return nil
	}
	return []gqlerror.Location{{Line: f.Field.Position.Line, Column: f.Field.Position.Column}}
}

func logFailure(ctx context.Context, log *slog.Logger, what string, err error) {
	log.ErrorContext(ctx, what, "request_id", shop.RequestFrom(ctx).ID, "store", session.From(ctx).Store.Hash,
		"path", graphql.GetPath(ctx).String(), "error", err)
}

var (
	quoted     = regexp.MustCompile(` ?"(?:[^"\\]|\\.)*"`)
	foundValue = regexp.MustCompile(`(?s)(, found |: ).*$`)
	enumValue  = regexp.MustCompile(`(?s)^Value ".*" does not exist`)
	notValid   = regexp.MustCompile(`(?s)^.* is not a valid (\w+)$`)
	notFound   = regexp.MustCompile(`(?s)^operation .* not found$`)
)

// tidy takes literal values out of gqlgen's own errors, since those may be
// passwords, and quotes names as the contract does.
func tidy(e *gqlerror.Error) *gqlerror.Error {
	out := *e
	switch code, _ := e.Extensions["code"].(string); {
	case code == errcode.ParseFailed:
		out.Message = quoted.ReplaceAllString(e.Message, "")
	case strings.HasPrefix(e.Rule, "ValuesOfCorrectType"):
		message := enumValue.ReplaceAllString(e.Message, "Value does not exist")
		out.Message = strings.TrimSuffix(foundValue.ReplaceAllString(message, ""), ".") + "."
	default:
		message := notValid.ReplaceAllString(e.Message, "Not a valid $1.")
		out.Message = notFound.ReplaceAllString(message, "The operation was not found.")
	}
	out.Message = strings.ReplaceAll(out.Message, `"`, `'`)
	return &out
}

// recovered logs where a resolver panicked. The value is left out unless the Go
// runtime made it: others may hold what the request held.
func recovered(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, value any) error {
		err := fmt.Errorf("panic of type %T", value)
		if e, ok := value.(runtime.Error); ok {
			err = fmt.Errorf("panic: %w", e)
		}
		log.ErrorContext(ctx, "panic", "request_id", shop.RequestFrom(ctx).ID, "error", err, "stack", string(debug.Stack()))
		return err
	}
}

// reply is what errors decide about the HTTP response beyond its body. Fields
// that fail at the same time note it at the same time.
type reply struct {
	mu          sync.Mutex
	retryAfter  time.Duration
	unavailable bool
	forbidden   bool // by origin: the only 403 there is
}

func (r *reply) note(e *shop.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retryAfter = max(r.retryAfter, e.RetryAfter)
	r.unavailable = r.unavailable || e.Code == shop.Unavailable
}

type replyKey struct{}

// replyFrom is never nil.
func replyFrom(ctx context.Context) *reply {
	if r, ok := ctx.Value(replyKey{}).(*reply); ok {
		return r
	}
	return &reply{}
}
