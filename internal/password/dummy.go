package password

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// dummyHash is a hash of nothing: a random key stands where a password's would. Checking it costs what a real one with the
// current parameters costs, making it costs nothing, and no password is known to fit.
func dummyHash() string {
	random := func(n uint32) string {
		b := make([]byte, n)
		_, _ = rand.Read(b) // never fails: it ends the program instead
		return base64.RawStdEncoding.EncodeToString(b)
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		current.Memory, current.Iterations, current.Parallelism, random(current.SaltLength), random(current.KeyLength))
}
