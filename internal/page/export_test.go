package page

// PrefersJSON is for tests.
var PrefersJSON = prefersJSON
