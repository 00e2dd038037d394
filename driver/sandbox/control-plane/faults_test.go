package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const carol = "arn:aws:iam::123456789012:user/carol"

// asClient makes the test binary a process that creates a config map of this name, as carol.
const (
	asClient     = "GROUNDPLAN_CONTROL_PLANE_TEST_AS_CLIENT"
	clientConfig = "GROUNDPLAN_CONTROL_PLANE_TEST_KUBECONFIG"
)

func createOne() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv(clientConfig))
	if err == nil {
		err = create(context.Background(), asCarol(config), os.Getenv(asClient))
	}
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}

func asCarol(config *rest.Config) *kubernetes.Clientset {
	config = rest.AnonymousClientConfig(config)
	config.BearerToken = "token-of-carol"
	return kubernetes.NewForConfigOrDie(config)
}

func create(ctx context.Context, client kubernetes.Interface, name string) error {
	_, err := client.CoreV1().ConfigMaps("default").Create(ctx, &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	return err
}

func (c *runningCluster) arm(t *testing.T, rules string) {
	t.Helper()
	if err := os.WriteFile(c.faults+".new", []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(c.faults+".new", c.faults); err != nil {
		t.Fatal(err)
	}
}

func (c *runningCluster) has(t *testing.T, name string) bool {
	t.Helper()
	_, err := c.CoreV1().ConfigMaps("default").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	return err == nil
}

// last is the last line of the request log about an action.
func (c *runningCluster) last(t *testing.T, action string) (found logged) {
	t.Helper()
	text, err := os.ReadFile(c.requests)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var one logged
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		if one.Action == action {
			found = one
		}
	}
	return found
}

// faultsBefallRequests does one after the other, as they share the file of rules.
func (c *runningCluster) faultsBefallRequests(t *testing.T) {
	client := asCarol(c.config)
	if err := create(t.Context(), client, "plain"); err != nil {
		t.Fatal(err)
	}
	if line := c.last(t, "create configmaps"); line.Fault != "" || !line.Mutating || *line.Status != http.StatusCreated || line.Principal != carol {
		t.Errorf("logged %+v", line)
	}
	c.answersAreRefused(t, client)
	c.answersAreLost(t, client)
	c.clientsAreEnded(t)
	if err := os.Remove(c.faults); err != nil {
		t.Fatal(err)
	}
	if err := create(t.Context(), client, "free"); err != nil {
		t.Errorf("without rules: %v", err)
	}
}

func (c *runningCluster) answersAreRefused(t *testing.T, client kubernetes.Interface) {
	c.arm(t, `[{"call": "create config*", "do": "error", "status": 503, "code": "ServiceUnavailable", "nth": 2}]`)
	if err := create(t.Context(), client, "first"); err != nil {
		t.Errorf("the first is not befallen, but got %v", err)
	}
	if err := create(t.Context(), client, "second"); !apierrors.IsServiceUnavailable(err) || c.has(t, "second") {
		t.Errorf("the second got %v", err)
	}
	c.arm(t, `[{"call": "create configmaps", "about": "named", "do": "error", "status": 403, "code": "Forbidden", "times": null}]`)
	if err := create(t.Context(), client, "other"); err != nil {
		t.Errorf("what the rule is not about got %v", err)
	}
	if err := create(t.Context(), client, "named"); !apierrors.IsForbidden(err) {
		t.Errorf("what the rule is about got %v", err)
	}
	c.arm(t, `[{"call": "get configmaps", "changed": true, "do": "error", "status": 403, "code": "Forbidden"}]`)
	get := func() error {
		_, err := client.CoreV1().ConfigMaps("default").Get(t.Context(), "plain", metav1.GetOptions{})
		return err
	}
	if err := get(); err != nil {
		t.Errorf("before a change a read got %v", err)
	}
	if err := create(t.Context(), client, "change"); err != nil {
		t.Fatal(err)
	}
	if err := get(); !apierrors.IsForbidden(err) {
		t.Errorf("after a change a read got %v", err)
	}
}

func (c *runningCluster) answersAreLost(t *testing.T, client kubernetes.Interface) {
	for when, made := range map[string]bool{"before": false, "after": true} {
		c.arm(t, `[{"call": "create configmaps", "do": "reset", "when": "`+when+`"}]`)
		if err := create(t.Context(), client, "lost-"+when); err == nil || c.has(t, "lost-"+when) != made {
			t.Errorf("reset %s: got %v, made %v", when, err, !made)
		}
		if line := c.last(t, "create configmaps"); line.Fault != "reset "+when || line.Status != nil {
			t.Errorf("logged %+v", line)
		}
	}
	c.arm(t, `[{"call": "create configmaps", "do": "delay", "seconds": 0.1, "when": "after"}]`)
	if err := create(t.Context(), client, "late"); err != nil {
		t.Errorf("a late answer is an answer, but got %v", err)
	}
}

func (c *runningCluster) clientsAreEnded(t *testing.T) {
	for when, made := range map[string]bool{"before": false, "after": true} {
		c.arm(t, `[{"call": "create configmaps", "do": "kill", "when": "`+when+`"}]`)
		process := c.clientProcess(t, "killed-"+when)
		process.Wait()
		if signal := process.ProcessState.Sys().(syscall.WaitStatus).Signal(); signal != syscall.SIGKILL || c.has(t, "killed-"+when) != made {
			t.Errorf("kill %s: ended with %s, made %v", when, process.ProcessState, !made)
		}
	}
	c.arm(t, `[{"call": "create configmaps", "do": "freeze"}]`)
	process := c.clientProcess(t, "frozen")
	eventually(t, "a stopped process", func(context.Context) error {
		if state := stateOf(process.Process.Pid); state != "T" {
			return failure{Why: "it is in state " + state}
		}
		return nil
	})
	if c.has(t, "frozen") {
		t.Error("the request was handled though its sender is frozen")
	}
	process.Process.Signal(syscall.SIGCONT)
	if err := process.Wait(); err != nil || !c.has(t, "frozen") {
		t.Errorf("going on it ended with %v, made %v", err, c.has(t, "frozen"))
	}
}

// clientProcess starts a process that creates a config map, as the leader of a group of its own.
func (c *runningCluster) clientProcess(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	process := command(t)
	process.Env = append(os.Environ(), asClient+"="+name, clientConfig+"="+c.said.Kubeconfig)
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	return process
}
