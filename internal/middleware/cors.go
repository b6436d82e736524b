package middleware

import (
	"net/http"

	"github.com/rs/cors"
)

// CORS tells browsers who may read an answer (decision 21): an origin for which
// listed is true gets itself and credentials, every other one gets * and never
// credentials, and "null" is never listed. It answers preflights itself and lets
// everything else through: refusing an operation is up to those who know it.
// listed is asked once per request that has an Origin, preflights included.
func CORS(listed func(r *http.Request, origin string) bool) func(http.Handler) http.Handler {
	friend := corsOptions()
	friend.AllowCredentials = true
	// Each request was asked about before it came here, with its one Origin.
	friend.AllowOriginFunc = func(string) bool { return true }

	stranger := corsOptions()
	stranger.AllowedOrigins = []string{"*"}

	return func(next http.Handler) http.Handler {
		toFriend, toStranger := cors.New(friend).Handler(next), cors.New(stranger).Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// Two Origin lines are nobody's: the library would echo both of them.
			origins := r.Header["Origin"]
			known := len(origins) == 1 && origins[0] != "" && origins[0] != "null"
			if known && listed(r, origins[0]) {
				toFriend.ServeHTTP(w, r)
				return
			}
			toStranger.ServeHTTP(w, r)
		})
	}
}

func corsOptions() cors.Options {
	return cors.Options{
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{
			"Content-Type", "Authorization", "Accept-Language", "X-Requested-With", "Apollo-Require-Preflight",
			"X-Bc-Customer-Access-Token", "X-Bc-Error-On-Invalid-Customer-Access-Token", "X-Correlation-Id",
		},
		ExposedHeaders: []string{"X-Request-Id", "X-Bc-Graphql-Complexity", "Retry-After"},
		MaxAge:         7200,
	}
}
