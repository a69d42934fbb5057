//go:build !linux

package emulator

import "syscall"

// dieWithParent is known to Linux only; elsewhere Run stops the emulator, or nobody does.
func dieWithParent() *syscall.SysProcAttr { return nil }
