package shop

// Fold is how spellings are compared.
var Fold = fold
