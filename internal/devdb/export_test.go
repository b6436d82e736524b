package devdb

import "testing"

// SetPlaces replaces the folders that are searched for server binaries.
func SetPlaces(t *testing.T, patterns ...string) {
	old := places
	places = patterns
	t.Cleanup(func() { places = old })
}

// SetSystem replaces the root that apt's files are written to.
func SetSystem(t *testing.T, root string) {
	old := system
	system = root
	t.Cleanup(func() { system = old })
}

// WithoutSystemCluster is withoutSystemCluster.
var WithoutSystemCluster = withoutSystemCluster
