package graphtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
)

// HandOff begins to hand on whoever sends headers, and gives token and address.
func (s *Server) HandOff(t testing.TB, to string, headers ...Header) (token, url string) {
	t.Helper()
	r := s.Query(t, `mutation { generateSessionSyncJwt(redirectTo: `+strconv.Quote(to)+`) { result { token url } errors { __typename } } }`, headers...)
	var data struct {
		GenerateSessionSyncJwt struct{ Result struct{ Token, URL string } }
	}
	r.Data(t, &data)
	if data.GenerateSessionSyncJwt.Result.Token == "" {
		t.Fatalf("no hand-off: %d %s", r.Status, r.Body)
	}
	return data.GenerateSessionSyncJwt.Result.Token, data.GenerateSessionSyncJwt.Result.URL
}

// Resign changes claims of a hand-off's token, and signs it as the server would.
func (s *Server) Resign(t testing.TB, token string, changed map[string]any) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	maps.Copy(claims, changed)
	if payload, err = json.Marshal(claims); err != nil {
		t.Fatal(err)
	}
	key := s.ring.MACKeys("session sync", fmt.Sprint(claims["store_hash"]))[0]
	return SignHS256(`{"alg":"HS256","typ":"JWT"}`, string(payload), string(key))
}
