package graph

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"regulars/internal/shop"
)

// Media types that answers can have.
const (
	typeJSON    = "application/json"
	typeGraphQL = "application/graphql-response+json"
)

// maxErrors bounds how many request errors are told at once: a small query can
// have tens of thousands.
const maxErrors = 5

// transport is GraphQL over HTTP, all of it: gqlgen's own transports answer
// otherwise in a dozen cases (statuses, media types, bodies that are echoed).
type transport struct{}

// Supports takes every request, so that a wrong one is told what is wrong.
func (transport) Supports(*http.Request) bool { return true }

// Do implements graphql.Transport.
func (transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	reply := &reply{}
	ctx := context.WithValue(r.Context(), replyKey{}, reply)
	mediaType, ok := negotiate(r.Header.Get("Accept"))
	if !ok {
		refuse(w, typeJSON, http.StatusNotAcceptable, "Accept has to allow application/json or application/graphql-response+json.")
		return
	}
	params, status, problem := readRequest(w, r)
	if problem != "" {
		refuse(w, mediaType, status, problem)
		return
	}
	oc, errs := exec.CreateOperationContext(ctx, params)
	if oc != nil {
		ctx = graphql.WithOperationContext(ctx, oc)
		tellComplexity(ctx, w)
	}
	if errs != nil {
		resp := exec.DispatchError(ctx, firstErrors(errs))
		resp.Data = nil
		writeReply(w, mediaType, requestStatus(mediaType, reply), reply, resp)
		return
	}
	if r.Method == http.MethodGet && oc.Operation.Operation != ast.Query {
		w.Header().Set("Allow", "POST")
		refuse(w, mediaType, http.StatusMethodNotAllowed, "Mutations have to be sent with POST.")
		return
	}
	run, ctx := exec.DispatchOperation(ctx, oc)
	resp := run(ctx)
	if resp == nil {
		return // the client has gone
	}
	status = http.StatusOK
	if reply.unavailable && (len(resp.Data) == 0 || string(resp.Data) == "null") {
		status = http.StatusServiceUnavailable
	}
	writeReply(w, mediaType, status, reply, resp)
}

// requestStatus is the status of a request that was not run (decision 3: the
// audits win).
func requestStatus(mediaType string, reply *reply) int {
	switch {
	case reply.forbidden:
		return http.StatusForbidden
	case mediaType == typeGraphQL:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// negotiate picks the media type of the answer.
func negotiate(accept string) (string, bool) {
	if accept == "" || accept == typeJSON { // nearly all
		return typeJSON, true
	}
	best, bestQ := "", 0.0
	for part := range strings.SplitSeq(accept, ",") {
		mediaType, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := quality(params["q"])
		switch mediaType {
		case typeGraphQL:
			if q > 0 && q >= bestQ {
				best, bestQ = typeGraphQL, q
			}
		case typeJSON, "application/*", "*/*":
			if q > bestQ {
				best, bestQ = typeJSON, q
			}
		}
	}
	return best, best != ""
}

// quality is 1 when it is not given or cannot be read.
func quality(q string) float64 {
	if n, err := strconv.ParseFloat(q, 64); err == nil {
		return n
	}
	return 1
}

// firstErrors are the first few in the order of the query: gqlparser's own order
// changes from run to run.
func firstErrors(errs gqlerror.List) gqlerror.List {
	place := func(e *gqlerror.Error) (line, column int) {
		if len(e.Locations) == 0 {
			return 0, 0
		}
		return e.Locations[0].Line, e.Locations[0].Column
	}
	slices.SortStableFunc(errs, func(a, b *gqlerror.Error) int {
		al, ac := place(a)
		bl, bc := place(b)
		return cmp.Or(cmp.Compare(al, bl), cmp.Compare(ac, bc), cmp.Compare(a.Message, b.Message))
	})
	return errs[:min(len(errs), maxErrors)]
}

// tellComplexity sets the header that the contract's clients log.
func tellComplexity(ctx context.Context, w http.ResponseWriter) {
	if cost, ok := graphql.GetOperationContext(ctx).Stats.GetExtension(costKey).(string); ok {
		w.Header().Set("X-Bc-Graphql-Complexity", cost)
	}
}

// writeReply writes data as it is: encoding/json would read all of it again.
func writeReply(w http.ResponseWriter, mediaType string, status int, reply *reply, resp *graphql.Response) {
	before := []byte(`{`)
	if len(resp.Errors) > 0 {
		errs, err := json.Marshal(resp.Errors)
		if err != nil {
			errs = []byte(`[]`)
		}
		before = append(append(before, `"errors":`...), errs...)
		if resp.Data != nil {
			before = append(before, ',')
		}
	}
	if resp.Data != nil {
		before = append(before, `"data":`...)
	}
	const after = "}\n" // the line feed is for those who read it in a terminal
	h := w.Header()
	if reply.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(reply.retryAfter.Seconds()))))
	}
	h.Set("Content-Type", mediaType+"; charset=utf-8")
	h.Add("Vary", "Accept-Language") // names and refusals are in the reader's own
	// Without it, all but the shortest answers would go out in chunks.
	h.Set("Content-Length", strconv.Itoa(len(before)+len(resp.Data)+len(after)))
	w.WriteHeader(status)
	_, _ = w.Write(before)
	_, _ = w.Write(resp.Data)
	_, _ = io.WriteString(w, after)
}

// refuse answers a request that never got as far as GraphQL.
func refuse(w http.ResponseWriter, mediaType string, status int, text string) {
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(shop.ErrorBody(shop.BadUserInput, text, ""))
}

// readRequest gives the parameters, or status and text of what is wrong. The
// text never repeats what was sent.
func readRequest(w http.ResponseWriter, r *http.Request) (p *graphql.RawParams, status int, problem string) {
	p = &graphql.RawParams{Headers: r.Header}
	switch r.Method {
	case http.MethodPost:
		if !isJSON(r.Header.Get("Content-Type")) {
			return nil, http.StatusUnsupportedMediaType, "Send the request as application/json in UTF-8."
		}
		body, err := readAll(w, r)
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, http.StatusRequestEntityTooLarge, "The request is larger than 100 KB."
		}
		if err != nil {
			return nil, http.StatusBadRequest, "The request could not be read to its end."
		}
		return p, http.StatusBadRequest, readBody(body, p)
	case http.MethodGet:
		q := r.URL.Query()
		p.Query, p.OperationName = q.Get("query"), q.Get("operationName")
		if p.Query == "" {
			return nil, http.StatusBadRequest, "The parameter query is missing."
		}
		return p, http.StatusBadRequest, readMaps(json.RawMessage(q.Get("variables")), json.RawMessage(q.Get("extensions")), p)
	}
	w.Header().Set("Allow", "GET, POST, OPTIONS")
	return nil, http.StatusMethodNotAllowed, "Use GET or POST."
}

func isJSON(contentType string) bool {
	if contentType == typeJSON { // nearly all
		return true
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(params["charset"])
	return err == nil && mediaType == typeJSON && (charset == "" || charset == "utf-8")
}

// readAll makes room once where the client says how much there is.
func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(bytes.MinRead + int(min(max(r.ContentLength, 0), MaxBody)))
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, MaxBody))
	return b.Bytes(), err
}
