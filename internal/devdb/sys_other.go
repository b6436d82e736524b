//go:build unix && !linux

package devdb

import "syscall"

// sysProcAttr has no death signal outside Linux: a server that outlives us is
// stopped by the next start (settle).
func sysProcAttr(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true}
}
