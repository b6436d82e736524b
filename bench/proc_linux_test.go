package main

import (
	"os"
	"testing"
)

// What this machine says has to be readable, and to grow.
func TestThisProcess(t *testing.T) {
	t.Parallel()
	before, err := cpuOfFamily(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for begin := before; begin < before+2*tick; {
		if begin, err = cpuOfFamily(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := residentOf(os.Getpid()); err != nil || n < 1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if own, err := cpuOf(os.Getpid()); err != nil || own < before {
		t.Errorf("%v after %v, %v", own, before, err)
	}
}
