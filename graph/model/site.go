package model

// Site is what the storefront's pages are made of. It is written by hand because
// package shop has a function of this name, which gqlgen would take for it.
type Site struct {
	Settings *Settings
}
