//go:build slow

package command_test

import "testing"

// The size that the promise was made for.
func TestSlowImportKilled(t *testing.T) {
	killImports(t, 100_000, 10)
}
