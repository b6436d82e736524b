package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// shopper is a customer of the store that is measured, by number. Everything
// about one follows from the number, so that an answer can be checked.
type shopper int

// books is how many addresses customers have.
type books int

const (
	smallBooks books = iota // 0 to 4, 2 on average
	fullBooks               // 10
)

// bookSize is the most addresses of any customer: what a page shows.
const bookSize = 10

// population splits n customers by their address books: nine in ten have small
// ones.
func population(b books, n int) (from, to shopper) {
	split := shopper(n * 9 / 10)
	if b == smallBooks {
		return 0, split
	}
	return split, shopper(n)
}

func (s shopper) addresses(b books) int {
	if b == fullBooks {
		return bookSize
	}
	return int(s % 5)
}

func (s shopper) email() string { return fmt.Sprintf("shopper%07d@example.com", int(s)) }

// groups is how many customer groups there are; a tenth of the customers has none.
const groups = 9

func (s shopper) group() string {
	if g := int(s) % (groups + 1); g > 0 {
		return groupName(g)
	}
	return ""
}

func groupName(g int) string { return fmt.Sprintf("Trade level %d", g) }

// street begins the first line of each of the shopper's addresses, and of nobody
// else's.
func (s shopper) street() string { return fmt.Sprintf("Harbour Road %07d", int(s)) }

// token is the shopper's session, as a login would have made it at random.
func (s shopper) token() string {
	sum := sha256.Sum256([]byte("session of " + s.email()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
