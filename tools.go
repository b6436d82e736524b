//go:build tools

// Pins the generators, so that go mod tidy keeps what they need.
package main

import _ "github.com/99designs/gqlgen"
