package shop

// Fold is how spellings are compared.
var Fold = fold

// Choices is how many readers' languages are remembered.
func Choices() int64 { return choices.size.Load() }

// MostRemembered is how many there are at most.
const MostRemembered = mostRemembered
