package shop

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
)

// commonFile was made by tools/passwords.sh, which also tells how it is written.
//
//go:embed common_passwords.bin
var commonFile string

// common are the well-known passwords (ASVS 6.2.4), in order; unpacked when the
// first password is checked.
var common = sync.OnceValue(unpackCommon)

func unpackCommon() (words []string) {
	file, err := io.ReadAll(flate.NewReader(strings.NewReader(commonFile)))
	if err != nil {
		panic("shop: the well-known passwords cannot be unpacked: " + err.Error()) // they are compiled in
	}
	word := ""
	for len(file) > 0 {
		shared, end := int(file[0]), 1+bytes.IndexByte(file[1:], '\n')
		word = word[:shared] + string(file[1:end])
		words, file = append(words, word), file[end+1:]
	}
	return words
}

// isCommon tells whether a password is a well-known one, whatever its case.
func isCommon(password string) bool {
	_, found := slices.BinarySearch(common(), strings.ToLower(password))
	return found
}
