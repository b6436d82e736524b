package shop

// Common are the well-known passwords.
var Common = common
