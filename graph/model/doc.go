// Package model holds the types of schema.graphqls that no other package is the
// home of. models_gen.go is generated; the rest is written by hand.
package model
