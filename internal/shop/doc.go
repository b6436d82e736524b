// Package shop holds the words and the rules: types, validation, prices,
// consent, events and errors. It does no I/O and imports nothing of ours.
package shop
