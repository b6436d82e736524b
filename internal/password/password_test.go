package password_test

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"

	"regulars/internal/password"
)

func hashOf(t *testing.T, h *password.Hasher, secret string) string {
	t.Helper()
	hash, err := h.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func verify(t *testing.T, h *password.Hasher, hash, secret string, wantOK, wantRehash bool) {
	t.Helper()
	ok, rehash, err := h.Verify(t.Context(), hash, secret)
	if ok != wantOK || rehash != wantRehash || err != nil {
		t.Errorf("got %v, %v, %v; want %v, %v", ok, rehash, err, wantOK, wantRehash)
	}
}

func TestHashIsPHCWithFreshSalt(t *testing.T) {
	h := password.New(0)
	a, b := hashOf(t, h, "correct horse"), hashOf(t, h, "correct horse")
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(a) {
		t.Errorf("hash %q", a)
	}
	if a == b {
		t.Error("two hashes of one password are equal")
	}
}

func TestRoundTrips(t *testing.T) {
	h := password.New(0)
	base := strings.Repeat("a", 72)
	for name, secret := range map[string]string{
		"plain": "correct horse", "spaces": "  kept  ", "emoji": "🐎🔋🖇️ staple", "200 characters": strings.Repeat("é", 200),
		"73 bytes": base + "b", "null byte": "a\x00b", "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			hash := hashOf(t, h, secret)
			verify(t, h, hash, secret, true, false)
			verify(t, h, hash, secret+"x", false, false)
		})
	}
	verify(t, h, hashOf(t, h, base+"b"), base+"c", false, false)
	verify(t, h, hashOf(t, h, "  kept  "), "kept", false, false)
}

func TestImportedBcrypt(t *testing.T) {
	h := password.New(0)
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	php := strings.Replace(string(hash), "$2a$", "$2y$", 1)
	for _, hash := range []string{string(hash), php} {
		verify(t, h, hash, "correct horse", true, true)
		verify(t, h, hash, "wrong", false, false)
		verify(t, h, hash, strings.Repeat("x", 200), false, false)
	}
	base := strings.Repeat("a", 72)
	if hash, err = bcrypt.GenerateFromPassword([]byte(base), bcrypt.MinCost); err != nil {
		t.Fatal(err)
	}
	verify(t, h, string(hash), base+"what the old shop ignored", true, true)
}

func TestOtherParametersAreUpgraded(t *testing.T) {
	h := password.New(0)
	for name, p := range map[string]argon2id.Params{
		"less memory": {Memory: 8 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		"one round":   {Memory: 19 * 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		"short salt":  {Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 8, KeyLength: 32},
		"short key":   {Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 16},
		"dearer":      {Memory: 32 * 1024, Iterations: 3, Parallelism: 2, SaltLength: 16, KeyLength: 32},
	} {
		t.Run(name, func(t *testing.T) {
			hash, err := argon2id.CreateHash("correct horse", &p)
			if err != nil {
				t.Fatal(err)
			}
			verify(t, h, hash, "correct horse", true, true)
			verify(t, h, hash, "wrong", false, false)
		})
	}
}

// unreadable are hashes that must cost a verification and answer like a wrong password.
var unreadable = map[string]string{
	"empty":           "",
	"nonsense":        "nonsense",
	"another kind":    "$argon2d$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
	"another version": "$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
	"no rounds":       "$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
	"no threads":      "$argon2id$v=19$m=19456,t=2,p=0$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
	"no key":          "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY$",
	"4 GiB":           "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
	"bcrypt cost 31":  "$2a$31$abcdefghijklmnopqrstuuSDrvtVXbcdefghijklmnopqrstuvwxy",
	"bcrypt no salt":  "$2a$04$!!!!!!!!!!!!!!!!!!!!!!SDrvtVXbcdefghijklmnopqrstuvwxy",
	"bcrypt short":    "$2a$04$abc",
	"bcrypt and more": "$2a$04$abcdefghijklmnopqrstuuSDrvtVXbcdefghijklmnopqrstuvwxyX",
	"bcrypt of old":   "$2x$04$abcdefghijklmnopqrstuuSDrvtVXbcdefghijklmnopqrstuvwxy",
	"bcrypt 1":        "$1a$04$abcdefghijklmnopqrstuuSDrvtVXbcdefghijklmnopqrstuvwxy",
	"argon2 and more": "$argon2id$v=19$m=19456,t=2,p=1 or so$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
}

// An import refuses what no login could be checked against.
func TestReadable(t *testing.T) {
	t.Parallel()
	for name, hash := range unreadable {
		if password.Readable(hash) {
			t.Errorf("%s: %s is taken", name, hash)
		}
	}
	for _, hash := range []string{
		"$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
		"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY$RdescudvJCsgt3ub+b+dWRWJTmaaJObG",
		"$2a$04$abcdefghijklmnopqrstuuSDrvtVXbcdefghijklmnopqrstuvwxy",
		"$2b$10$u1bMCQG5hUnvbLtnTH8wxOTxG5tQFFnHGJHGhlJkNoXlmF0Z9wBSm",
		"$2y$14$u1bMCQG5hUnvbLtnTH8wxOTxG5tQFFnHGJHGhlJkNoXlmF0Z9wBSm",
	} {
		if !password.Readable(hash) {
			t.Errorf("%s is refused", hash)
		}
	}
}

func TestUnreadableHashIsJustFalse(t *testing.T) {
	h := password.New(0)
	for name, hash := range unreadable {
		t.Run(name, func(t *testing.T) {
			verify(t, h, hash, "correct horse", false, false)
			verify(t, h, hash, "", false, false)
		})
	}
}

func TestUnreadableHashCostsARealVerification(t *testing.T) {
	h := password.New(1)
	real := hashOf(t, h, "correct horse")
	median := func(hash string) time.Duration {
		var took []time.Duration
		for range 3 {
			start := worked(t)
			verify(t, h, hash, "wrong", false, false)
			took = append(took, worked(t)-start)
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	for name, hash := range unreadable {
		t.Run(name, func(t *testing.T) {
			ratio := 0.0
			for range 10 { // other work of the machine can spoil a try
				if ratio = float64(median(hash)) / float64(median(real)); ratio > 0.5 && ratio < 2 {
					return
				}
			}
			t.Errorf("costs %.2f of a real verification", ratio)
		})
	}
}

// worked is the processor time of this process so far, which others on the machine
// do not add to.
func worked(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestManyAtOnceStayWithinMemory(t *testing.T) {
	h := password.New(2)
	hash := hashOf(t, h, "correct horse")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var right, busy atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			ok, _, err := h.Verify(t.Context(), hash, "correct horse")
			switch {
			case ok && err == nil:
				right.Add(1)
			case errors.Is(err, password.ErrBusy) && !ok:
				busy.Add(1)
			default:
				t.Errorf("got %v, %v", ok, err)
			}
		})
	}
	wg.Wait()
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 300<<20 {
		t.Errorf("200 verifications took %d MiB more", grown>>20)
	}
	if right.Load() == 0 || right.Load()+busy.Load() != 200 {
		t.Errorf("%d right, %d busy", right.Load(), busy.Load())
	}
}

func TestSaturatedIsBusyAndSoonOver(t *testing.T) {
	h := password.New(1)
	hash := hashOf(t, h, "correct horse")
	var busy atomic.Int32
	var wg sync.WaitGroup
	start := time.Now()
	for range 300 {
		wg.Go(func() {
			if _, _, err := h.Verify(t.Context(), hash, "wrong"); errors.Is(err, password.ErrBusy) {
				busy.Add(1)
			}
		})
	}
	wg.Wait()
	if busy.Load() < 200 {
		t.Errorf("only %d of 300 were refused", busy.Load())
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	verify(t, h, hash, "correct horse", true, false)
}

func TestCancelledContext(t *testing.T) {
	h := password.New(1)
	hash := hashOf(t, h, "correct horse")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var cancelled atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, _, err := h.Verify(ctx, hash, "correct horse")
			if errors.Is(err, context.Canceled) {
				cancelled.Add(1)
			} else if err != nil {
				t.Errorf("got %v", err)
			}
			cancel()
		})
	}
	wg.Wait()
	if cancelled.Load() == 0 {
		t.Error("nobody noticed")
	}
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	verify(t, h, hash, "correct horse", true, false)
}

func BenchmarkVerify(b *testing.B) {
	h := password.New(0)
	hash, err := h.Hash(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	for name, hash := range map[string]string{"right": hash, "nobody": ""} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := h.Verify(b.Context(), hash, "correct horse"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
