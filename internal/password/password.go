// Package password hashes passwords with argon2id and verifies them, bcrypt hashes of imported customers included.
// It bounds how many run at once, and makes an unknown user cost what a known one costs.
package password

import (
	"context"
	"crypto/subtle"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// ErrBusy is answered, by Hash and Verify alike, when too many wait already or a wait took a second. Nothing was checked.
var ErrBusy = errors.New("password: too many passwords are being hashed")

// current is OWASP's smallest argon2id profile. A change is picked up by each customer's next login.
var current = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	longestWait = time.Second
	// waitersPerSlot is about what one slot can serve within longestWait; whoever comes later would wait in vain.
	waitersPerSlot = 32

	// What an imported hash may ask of us. Anything dearer would let one login occupy the server.
	maxMemory      = 64 * 1024
	maxIterations  = 10
	maxParallelism = 8
	maxBcryptCost  = 14
)

// Hasher is safe for concurrent use. A process needs one: two of them would hash twice as much at once.
type Hasher struct {
	slots      chan struct{}
	waiting    atomic.Int64
	maxWaiting int64
	dummy      string
}

// New bounds what runs at once, and so the memory (19 MiB each); 0 means one per processor that Go uses.
func New(concurrency int) *Hasher {
	if concurrency <= 0 {
		concurrency = runtime.GOMAXPROCS(0)
	}
	return &Hasher{
		slots:      make(chan struct{}, concurrency),
		maxWaiting: int64(concurrency * waitersPerSlot),
		dummy:      dummyHash(),
	}
}

// Hash answers with a PHC string and a fresh salt. The password is taken as it is: no trimming, no length rule.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.acquire(ctx); err != nil {
		return "", err
	}
	defer h.release()
	return argon2id.CreateHash(password, &current)
}

// Verify says whether password belongs to hash, and whether the hash should be replaced by a new one of this password:
// it is bcrypt's or has other parameters than Hash uses. An empty hash (nobody, or somebody without a password) and one
// that cannot be read are false after the same work as a wrong password, and no error tells them apart.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (ok, rehash bool, err error) {
	if err := h.acquire(ctx); err != nil {
		return false, false, err
	}
	defer h.release()
	if ok, rehash, readable := check(hash, password); readable {
		return ok, rehash, nil
	}
	_, _, _ = check(h.dummy, password)
	return false, false, nil
}

// check costs next to nothing when the hash is not readable.
func check(hash, password string) (ok, rehash, readable bool) {
	switch {
	case acceptableArgon2i(hash):
		ok := checkArgon2i(hash, password)
		return ok, ok, true
	case acceptableArgon2id(hash):
		ok, params, err := argon2id.CheckHash(password, hash)
		// A dearer hash is replaced too: its cost would tell its owner from a user who does not exist.
		return ok, ok && *params != current, err == nil
	case acceptableBcrypt(hash):
		// bcrypt sees the first 72 bytes only; the hash that replaces this one covers all of them.
		err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
		mismatch := errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) || errors.Is(err, bcrypt.ErrPasswordTooLong)
		return err == nil, err == nil, err == nil || mismatch
	}
	return false, false, false
}

// Readable tells whether Verify can check passwords against a hash from elsewhere: bcrypt and argon2, up to a cost that
// one login may have.
func Readable(hash string) bool {
	return acceptableArgon2id(hash) || acceptableArgon2i(hash) || acceptableBcrypt(hash)
}

// Cost is how long checking a wrong password against hash takes here.
func (h *Hasher) Cost(ctx context.Context, hash string) (time.Duration, error) {
	if err := h.acquire(ctx); err != nil {
		return 0, err
	}
	defer h.release()
	started := time.Now()
	_, _, _ = check(hash, "")
	return time.Since(started), nil
}

// acquire waits for a slot, a second at most.
func (h *Hasher) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > h.maxWaiting {
		return ErrBusy
	}
	timer := time.NewTimer(longestWait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		// Both may have been ready; nobody reads the answer of a cancelled request.
		if err := ctx.Err(); err != nil {
			h.release()
			return err
		}
		return nil
	case <-timer.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Hasher) release() { <-h.slots }

// acceptableArgon2id keeps out parameters that argon2 panics on, and those that cost too much.
func acceptableArgon2id(hash string) bool {
	if !argon2Form.MatchString(hash) {
		return false
	}
	p, _, _, err := argon2id.DecodeHash(hash)
	return err == nil &&
		p.Memory > 0 && p.Memory <= maxMemory &&
		p.Iterations > 0 && p.Iterations <= maxIterations &&
		p.Parallelism > 0 && p.Parallelism <= maxParallelism &&
		p.SaltLength >= 8 && p.SaltLength <= 64 &&
		p.KeyLength >= 16 && p.KeyLength <= 64
}

// asArgon2id is a hash of argon2i under the name that the library reads: the two differ in how a key is made, not in how it
// is written down.
func asArgon2id(hash string) string { return strings.Replace(hash, "$argon2i$", "$argon2id$", 1) }

func acceptableArgon2i(hash string) bool {
	return strings.HasPrefix(hash, "$argon2i$") && acceptableArgon2id(asArgon2id(hash))
}

// checkArgon2i is for hashes of shops whose PHP preferred argon2i.
func checkArgon2i(hash, password string) bool {
	p, salt, key, err := argon2id.DecodeHash(asArgon2id(hash))
	if err != nil {
		return false
	}
	other := argon2.Key([]byte(password), salt, p.Iterations, p.Memory, p.Parallelism, p.KeyLength)
	return subtle.ConstantTimeCompare(key, other) == 1
}

// The forms are stricter than what the libraries read: they see past what stands behind a hash, or find out with the first
// login only that there is no salt in it.
var (
	argon2Form = regexp.MustCompile(`^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$`)
	bcryptForm = regexp.MustCompile(`^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$`)
)

func acceptableBcrypt(hash string) bool {
	if !bcryptForm.MatchString(hash) {
		return false
	}
	cost, err := bcrypt.Cost([]byte(hash))
	return err == nil && cost <= maxBcryptCost
}
