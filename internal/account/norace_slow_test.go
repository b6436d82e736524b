//go:build slow && !race

package account_test

// bcryptCost is that of most shops' hashes.
const bcryptCost = 10
