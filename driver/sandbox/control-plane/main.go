// Command groundplan-control-plane is one Kubernetes cluster in one process: an embedded etcd, the
// real kube-apiserver, kube-controller-manager and kube-scheduler, and stand-ins for what a cluster
// has outside its control plane (see kubelet.go and volumes.go).
//
// This file owns the command line and the life of the process. Its contract with whoever starts it
// is files in --dir: ready.json appears last and only when the cluster can be used, failed.json says
// why it cannot.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

// startLimit bounds the time from start to ready.json; a loaded two-core machine needs well under 30 s.
const startLimit = 2 * time.Minute

// settings is what the command line decides.
type settings struct {
	dir          string
	name         string
	authnWebhook string
	issuer       string
	serviceCIDR  string
	region       string
	requests     string
	faults       string
	watchPID     int
}

func main() {
	s, err := parseFlags(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case errors.Is(err, errVersion):
		fmt.Printf("groundplan-control-plane: kubernetes %s, etcd %s, %s\n",
			moduleVersion("k8s.io/kubernetes"), moduleVersion("go.etcd.io/etcd/server/v3"), runtime.Version())
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, describe(err))
		os.Exit(2)
	}
	if err := live(s); err != nil {
		os.Exit(1)
	}
}

var errVersion = errors.New("the version was asked for")

func parseFlags(args []string, out io.Writer) (settings, error) {
	var s settings
	var version bool
	flags := flag.NewFlagSet("groundplan-control-plane", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.dir, "dir", "", "new or empty `directory` for everything the cluster keeps")
	flags.StringVar(&s.name, "name", "", "`name` of the cluster")
	flags.StringVar(&s.authnWebhook, "authn-webhook", "", "`URL` that answers TokenReview requests")
	flags.StringVar(&s.issuer, "issuer", "", "`URL` put as issuer into service account tokens")
	flags.StringVar(&s.serviceCIDR, "service-cidr", "172.20.0.0/16", "`range` of Service addresses")
	flags.StringVar(&s.region, "region", "us-east-1", "AWS `region` in the names of load balancers")
	flags.StringVar(&s.requests, "requests", "", "`file` to log requests to; without one they are neither logged nor befallen by faults")
	flags.StringVar(&s.faults, "faults", "", "`file` with rules for faults on purpose, there or yet to come")
	flags.IntVar(&s.watchPID, "watch-pid", 0, "end when the process with this `PID` has ended")
	flags.BoolVar(&version, "version", false, "print what is inside and exit")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if version {
		return s, errVersion
	}
	return s, s.check()
}

func (s *settings) check() error {
	for _, required := range []struct{ flag, value string }{
		{"--dir", s.dir}, {"--name", s.name}, {"--authn-webhook", s.authnWebhook}, {"--issuer", s.issuer},
	} {
		if required.value == "" {
			return failure{required.flag + " is missing", "groundplan-control-plane --help lists the flags"}
		}
	}
	for _, address := range []struct{ flag, value string }{{"--authn-webhook", s.authnWebhook}, {"--issuer", s.issuer}} {
		if parsed, err := url.Parse(address.value); err != nil || parsed.Host == "" {
			return failure{fmt.Sprintf("%s %q is not a URL", address.flag, address.value), "give scheme and host, such as http://127.0.0.1:8080/authn"}
		}
	}
	if _, _, err := net.ParseCIDR(s.serviceCIDR); err != nil {
		return failure{fmt.Sprintf("--service-cidr %q is not an address range", s.serviceCIDR), "give one such as 172.20.0.0/16"}
	}
	for _, path := range []*string{&s.dir, &s.requests, &s.faults} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return because("could not find the current directory", "give absolute paths", err)
		}
		*path = absolute
	}
	return nil
}

// live runs the cluster until it is told to end or breaks.
func live(s settings) error {
	shell, err := claim(s.dir)
	if err != nil {
		reportFailed(s.dir, err)
		fmt.Fprintln(os.Stderr, describe(err))
		return err
	}
	err = serve(s)
	if err != nil {
		klog.ErrorS(err, "the cluster failed")
		reportFailed(s.dir, err)
		fmt.Fprintln(shell, describe(err))
	}
	klog.Flush()
	return err
}

// claim makes dir this process's home: private, current (so that socket names stay short, see
// etcd.go), and the place where all components log. It returns the standard error it replaced.
func claim(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, because("could not create "+dir, "give a --dir you may write to", err)
	}
	content, err := os.ReadDir(dir)
	if err != nil {
		return nil, because("could not read "+dir, "give a --dir you may read", err)
	}
	if len(content) > 0 {
		return nil, failure{dir + " is not empty: one directory serves one cluster, once", "give a new directory, or remove this one"}
	}
	if err := errors.Join(os.Chmod(dir, 0o700), os.Chdir(dir)); err != nil {
		return nil, because("could not make "+dir+" private", "give a --dir you own", err)
	}
	log, err := os.OpenFile(filepath.Join(dir, logFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, because("could not create the log", "give a --dir you may write to", err)
	}
	// The components and the Go runtime write to the descriptors, so these are what has to move.
	shell, err := unix.Dup(2)
	if err != nil {
		return nil, because("could not keep standard error", "", err)
	}
	unix.CloseOnExec(shell)
	if err := errors.Join(unix.Dup2(int(log.Fd()), 1), unix.Dup2(int(log.Fd()), 2)); err != nil {
		return nil, because("could not redirect output to the log", "", err)
	}
	return os.NewFile(uintptr(shell), "stderr"), nil
}

// serve starts the cluster, announces it and waits for its end. A nil error is an orderly end.
func serve(s settings) error {
	// Several clusters may share a small machine: a smaller heap is worth some CPU.
	debug.SetGCPercent(50)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if s.watchPID != 0 {
		watched, cancel := context.WithCancel(ctx)
		ctx = watched
		go endWith(s.watchPID, cancel)
	}

	cluster := newCluster(s)
	started := time.Now()
	starting, cancel := context.WithTimeout(ctx, startLimit)
	err := cluster.start(ctx, starting)
	cancel()
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	// From here on, whatever ends the cluster, nobody may go on trusting the promise.
	defer os.Remove(filepath.Join(s.dir, readyFile))
	if err := cluster.reportReady(); err != nil {
		return err
	}
	klog.InfoS("The cluster is ready", "after", time.Since(started).Round(time.Millisecond))

	select {
	case <-ctx.Done():
		klog.InfoS("The cluster ends: it was asked to")
		// What is left open ends with the process; nothing of a sandbox has to survive it.
		return nil
	case err := <-cluster.broken:
		return err
	}
}

// endWith calls end when the process is gone. os.Process holds a handle on the process itself where
// the system has one, so that a reused PID does not keep the cluster alive.
func endWith(pid int, end func()) {
	defer end()
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	for ; ; time.Sleep(time.Second) {
		if err := process.Signal(syscall.Signal(0)); err != nil && !errors.Is(err, os.ErrPermission) {
			klog.InfoS("The process to watch has ended", "pid", pid)
			return
		}
	}
}

// moduleVersion is the version of a linked module.
func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == path {
				return module.Version
			}
		}
	}
	return "v0.0.0-unknown"
}
