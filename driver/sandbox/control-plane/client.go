// The process at the other end of a connection, found in /proc and not by its word. What is ended or
// stopped is the leader of its process group: helm's requests come from a child of the run that
// started it.

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
	leader, err := c.leader()
	if err != nil {
		return err
	}
	return syscall.Kill(leader, syscall.SIGKILL)
}

// freeze sends SIGSTOP and returns when the process has stopped.
func (c client) freeze() error {
	leader, err := c.leader()
	if err != nil {
		return err
	}
	if err := syscall.Kill(leader, syscall.SIGSTOP); err != nil {
		return err
	}
	for state := stateOf(leader); state != "T" && state != ""; state = stateOf(leader) {
		time.Sleep(pollEvery)
	}
	return nil
}

// waitUntilItGoesOn reports whether it was told to go on; else it has ended.
func (c client) waitUntilItGoesOn() bool {
	leader, err := c.leader()
	if err != nil {
		return false
	}
	state := stateOf(leader)
	for ; state == "T"; state = stateOf(leader) {
		time.Sleep(pollEvery)
	}
	return state != ""
}

func (c client) leader() (int, error) {
	pid, err := c.pid()
	if err != nil {
		return 0, err
	}
	leader, err := syscall.Getpgid(pid)
	if err != nil {
		return 0, err
	}
	if leader == syscall.Getpgrp() {
		return 0, errors.New("it is not in a process group of its own")
	}
	return leader, nil
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
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), " ")
	if state := after[:1]; state != "Z" && state != "X" {
		return state
	}
	return ""
}
