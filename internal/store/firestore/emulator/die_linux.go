package emulator

import "syscall"

// dieWithParent has the kernel kill the emulator when the thread that started it ends, so that a test binary that
// panics or times out leaves no Java behind.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
