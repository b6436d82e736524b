package page

import (
	"encoding/json"
	"net/http"

	"regulars/internal/shop"
)

// nobody is the contract's answer (contract/apps.md, resolution 3), letter by
// letter; clients look for the word errors in it.
const nobody = `{"errors":["No customer is logged in."]}`

// currentCustomer tells an app's script who is logged in. It is for programs, so
// its refusals are JSON.
func (v *visit) currentCustomer() {
	v.private()
	v.w.Header().Add("Vary", "Accept, Cookie, X-Bc-Customer-Access-Token")
	token, ok, err := v.sso.CurrentCustomer(v.r.Context(), v.a, v.r.URL.Query().Get("app_client_id"))
	switch {
	case err != nil:
		v.failJSON(err)
	case !ok: // a guest and an app that is not known here, alike
		v.write(http.StatusNotFound, typeJSON, []byte(nobody))
	case prefersJSON(v.r.Header.Values("Accept")):
		body, err := json.Marshal(map[string]string{"token": token})
		if err != nil {
			v.failJSON(err)
			return
		}
		v.write(http.StatusOK, typeJSON, body)
	default:
		v.write(http.StatusOK, "text/plain; charset=utf-8", []byte(token))
	}
}

const typeJSON = "application/json; charset=utf-8"

func (v *visit) write(status int, contentType string, body []byte) {
	v.w.Header().Set("Content-Type", contentType)
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body)
}

// failJSON is fail for programs.
func (v *visit) failJSON(err error) {
	if v.r.Context().Err() != nil {
		return // nobody listens any more
	}
	id := shop.RequestFrom(v.r.Context()).ID
	if refusals := shop.ErrorsIn(err); len(refusals) > 0 && refusals[0].Code == shop.Unavailable {
		v.retryAfter(refusals[0])
		v.logFailure("unavailable", refusals[0].Unwrap())
		v.write(http.StatusServiceUnavailable, typeJSON, shop.ErrorBody(shop.Unavailable, refusals[0].Error(), id))
		return
	}
	v.logFailure("internal error", err)
	v.write(http.StatusInternalServerError, typeJSON, shop.ErrorBody(shop.Internal, "Something went wrong on our side.", id))
}
