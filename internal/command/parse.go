package command

import (
	"fmt"
	"math"
	"strconv"
)

// parse sets to from the text of a flag; an empty text sets nil.
func parse[T any](flag, what, text string, to **T, read func(string) (T, bool)) error {
	if text == "" {
		*to = nil
		return nil
	}
	v, ok := read(text)
	if !ok {
		return fmt.Errorf("%s is %s", flag, what)
	}
	*to = &v
	return nil
}

func wholeNumber(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func decimalNumber(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func unlessZero(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}
