//go:build slow && race

package account_test

// bcryptCost is what takes about as long with the race detector as 10 without:
// bcrypt is not in assembly, and the detector makes it ten times as slow.
const bcryptCost = 7
