// What the process tells the one who started it: ready.json or failed.json, each written whole.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/klog/v2"
)

const (
	readyFile  = "ready.json"
	failedFile = "failed.json"
	logFile    = "control-plane.log"
)

// failure is an error with advice: why it happened, and a command or place that helps.
type failure struct {
	Why  string `json:"why"`
	Hint string `json:"hint"`
}

func (f failure) Error() string { return f.Why }

// because makes a failure out of a cause. Without a hint of its own it points to the log.
func because(what, hint string, cause error) failure {
	return failure{fmt.Sprintf("%s: %v", what, cause), hint}
}

// advised gives every error the shape of a failure; the log is the place to look when nothing better is known.
func advised(err error, dir string) failure {
	var known failure
	if !errors.As(err, &known) {
		known = failure{Why: err.Error()}
	}
	if known.Hint == "" {
		known.Hint = "see " + filepath.Join(dir, logFile)
	}
	return known
}

func describe(err error) string {
	var known failure
	if errors.As(err, &known) && known.Hint != "" {
		return fmt.Sprintf("error: %s\nhint: %s", known.Why, known.Hint)
	}
	return fmt.Sprintf("error: %v", err)
}

// readyReport is the content of ready.json.
type readyReport struct {
	Endpoint          string `json:"endpoint"`
	CAFile            string `json:"ca_file"`
	Kubeconfig        string `json:"kubeconfig"`
	PID               int    `json:"pid"`
	KubernetesVersion string `json:"kubernetes_version"`
}

func (c *cluster) reportReady() error {
	return writeJSON(filepath.Join(c.dir, readyFile), readyReport{
		Endpoint:          c.endpoint,
		CAFile:            c.files.ca,
		Kubeconfig:        c.files.adminKubeconfig,
		PID:               os.Getpid(),
		KubernetesVersion: moduleVersion("k8s.io/kubernetes"),
	})
}

// reportFailed is best effort: without a usable directory, standard error has to do.
func reportFailed(dir string, err error) {
	if unwritten := writeJSON(filepath.Join(dir, failedFile), advised(err, dir)); unwritten != nil {
		klog.ErrorS(unwritten, "Nobody is told of the failure")
	}
}

// writeJSON makes the file appear with all its content or not at all.
func writeJSON(path string, content any) error {
	encoded, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return because("could not encode "+path, "", err)
	}
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, append(encoded, '\n'), 0o600); err != nil {
		return because("could not write "+path, "", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return because("could not write "+path, "", err)
	}
	return nil
}
