package devdb

import "syscall"

// sysProcAttr puts a child in a process group of its own, because Ctrl-C has to
// reach this process first, which drains and then stops the database. The death
// signal gives a fast, clean shutdown even when this process is killed.
func sysProcAttr(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true, Pdeathsig: syscall.SIGINT}
}
