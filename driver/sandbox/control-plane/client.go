// The process at the other end of a connection, found in /proc and not by its word. What is ended or
// stopped is a run: for requests of helm, which is a child of one, its parent. A run is the leader of a
// process group of its own, as a shell starts it; nobody else is ever sent a signal.

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// client is one end of a connection over IPv4 on this machine, such as 127.0.0.1:40000.
type client string

// kill sends SIGKILL, now.
func (c client) kill() error {
	run, err := c.run()
	if err != nil {
		return err
	}
	return syscall.Kill(run, syscall.SIGKILL)
}

// A signal is delivered within stopsWithin. One that is not seen stopped by then was told to go on between
// two looks.
const (
	stopsWithin = time.Second
	lookEvery   = time.Millisecond
)

// freeze sends SIGSTOP and returns when the process has stopped.
func (c client) freeze() error {
	run, err := c.run()
	if err != nil {
		return err
	}
	if err := syscall.Kill(run, syscall.SIGSTOP); err != nil {
		return err
	}
	for sent := time.Now(); time.Since(sent) < stopsWithin; time.Sleep(lookEvery) {
		if state := stateOf(run); state == "T" || state == "" {
			break
		}
	}
	return nil
}

// waitUntilItGoesOn reports whether it was told to go on; else it has ended.
func (c client) waitUntilItGoesOn() bool {
	run, err := c.run()
	if err != nil {
		return false
	}
	state := stateOf(run)
	for ; state == "T"; state = stateOf(run) {
		time.Sleep(pollEvery)
	}
	return state != ""
}

func (c client) run() (int, error) {
	run, err := c.pid()
	if err != nil {
		return 0, err
	}
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", run)); err != nil {
		return 0, err
	} else if string(name) == "helm\n" {
		_, run = statOf(run)
	}
	leader, err := syscall.Getpgid(run)
	if err != nil {
		return 0, err
	}
	if run <= 1 || leader != run {
		return 0, errors.New("it is no run, which leads a process group of its own")
	}
	return run, nil
}

func (c client) pid() (int, error) {
	inode, err := c.inode()
	if err != nil {
		return 0, err
	}
	descriptors, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, descriptor := range descriptors {
		// One that ended meanwhile, or is somebody else's, cannot be read.
		if link, err := os.Readlink(descriptor); err == nil && link == "socket:["+inode+"]" {
			return strconv.Atoi(strings.Split(descriptor, "/")[2])
		}
	}
	return 0, errors.New("it has ended, or belongs to another user")
}

func (c client) inode() (string, error) {
	address, err := netip.ParseAddrPort(string(c))
	if err != nil || !address.Addr().Is4() {
		return "", fmt.Errorf("%s is no IPv4 address on this machine", c)
	}
	bytes := address.Addr().As4()
	local := fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(bytes[:]), address.Port())
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(string(table), "\n") {
		if columns := strings.Fields(line); len(columns) > 9 && columns[1] == local && columns[9] != "0" {
			return columns[9], nil
		}
	}
	return "", errors.New("it has hung up")
}

// stateOf is "T" for a process that is stopped, and empty for one that has ended.
func stateOf(pid int) string {
	if state, _ := statOf(pid); state != "Z" && state != "X" {
		return state
	}
	return ""
}

// statOf is the state of a process and its parent; empty and 0 for one that has ended.
func statOf(pid int) (state string, parent int) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	// They stand after its name, which may hold anything.
	after := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
	fmt.Sscan(after, &state, &parent)
	return state, parent
}
