//go:build slow

package main

import "testing"

func TestSlowFiftyKillsLoseNoMail(t *testing.T) { killServers(t, 50) }
