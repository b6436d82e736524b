package keys

import "github.com/gorilla/securecookie"

// Envelopes sign and read session cookies, newest key first. The value inside is
// the token itself; its age is the database's to judge.
func Envelopes(secrets [][]byte) (codecs []securecookie.Codec) {
	for _, key := range Derived(secrets, "session cookie") {
		codec := securecookie.New(key, nil)
		codec.SetSerializer(securecookie.NopEncoder{}) // no gob
		codec.MaxAge(0)
		codecs = append(codecs, codec)
	}
	return codecs
}
