package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asCommand makes the test binary be the command, so that tests meet the process users start.
const asCommand = "GROUNDPLAN_CONTROL_PLANE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	if os.Getenv(asClient) != "" {
		createOne()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(own, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

func TestFlagsThatCannotWorkAreNamed(t *testing.T) {
	good := []string{"--dir", "d", "--name", "shop", "--authn-webhook", "http://127.0.0.1:1/authn", "--issuer", "https://oidc.test/id/1"}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"nothing":    {nil, "--dir is missing"},
		"no name":    {[]string{"--dir", "d"}, "--name is missing"},
		"bad url":    {append(good, "--issuer", "oidc"), `--issuer "oidc" is not a URL`},
		"bad range":  {append(good, "--service-cidr", "172.20"), `--service-cidr "172.20" is not an address range`},
		"all is set": {good, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parseFlags(test.args, io.Discard)
			if test.want == "" {
				if err != nil || !filepath.IsAbs(s.dir) {
					t.Errorf("directory %q, error %v; want an absolute directory", s.dir, err)
				}
				return
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestUsedDirectoryIsRefusedWithAdvice(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := command(t, "--dir", dir, "--name", "shop", "--authn-webhook", "http://127.0.0.1:1/", "--issuer", "https://oidc.test/").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("ended with %v, want exit code 1", err)
	}
	content, err := os.ReadFile(filepath.Join(dir, failedFile))
	if err != nil {
		t.Fatal(err)
	}
	var left failure
	if err := json.Unmarshal(content, &left); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(left.Why, "is not empty") || !strings.Contains(left.Hint, "give a new directory") {
		t.Errorf("failed.json says %+v, want the reason and a hint", left)
	}
	if want := "error: " + left.Why + "\nhint: " + left.Hint + "\n"; string(said) != want {
		t.Errorf("said %q, want %q", said, want)
	}
}

func TestFailureWithoutAdviceOfItsOwnPointsToTheLog(t *testing.T) {
	said := advised(because("could not start etcd", "", errors.New("disk full")), "/sandbox/shop")
	if want := (failure{"could not start etcd: disk full", "see /sandbox/shop/control-plane.log"}); said != want {
		t.Errorf("said %+v, want %+v", said, want)
	}
}

func TestEndsWithTheProcessItWatches(t *testing.T) {
	// The child ends when its input is closed.
	child := exec.Command("cat")
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go endWith(child.Process.Pid, func() { close(ended) })
	select {
	case <-ended:
		t.Fatal("ended although the process lives")
	default:
	}
	input.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	<-ended
}
