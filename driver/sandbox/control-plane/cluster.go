// The cluster as a whole: what starts in which order, and when it counts as ready.

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// pollEvery is how often the start looks whether the next step can be taken.
const pollEvery = 50 * time.Millisecond

type cluster struct {
	settings
	files    files
	endpoint string
	// broken carries the first reason why a part ended by itself.
	broken chan error
}

func newCluster(s settings) *cluster {
	return &cluster{settings: s, files: filesIn(s.dir), broken: make(chan error, 1)}
}

// start returns once the cluster can be used. Its parts live as long as life; starting bounds the wait.
func (c *cluster) start(life, starting context.Context) error {
	// The API server gets this listener itself, so no other process can take the port meanwhile.
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return because("could not listen on 127.0.0.1", "ip address show lo must list it", err)
	}
	c.endpoint = "https://" + listener.Addr().String()
	if err := writeCredentials(c.files, c.settings, c.endpoint); err != nil {
		return err
	}
	if err := c.startEtcd(starting); err != nil {
		return err
	}
	if err := c.startAPIServer(life, listener); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.files.adminKubeconfig)
	if err != nil {
		return because("could not read "+c.files.adminKubeconfig, "", err)
	}
	// All parts share the process, so there is nobody to be protected from the fakes' requests.
	config.QPS = -1
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return because("could not make a client for the API server", "", err)
	}
	if err := c.until(starting, "the API server to be ready", apiServerReady(client)); err != nil {
		return err
	}
	if err := c.startControllers(life); err != nil {
		return err
	}
	if err := c.startScheduler(life); err != nil {
		return err
	}
	if err := startFakes(life, starting, rest.AddUserAgent(config, "groundplan-fakes"), c.region); err != nil {
		return err
	}
	return c.until(starting, "the default namespace's service account", defaultServiceAccount(client))
}

// run keeps a part going and reports when it ends before the cluster does.
func (c *cluster) run(life context.Context, part string, body func(context.Context) error) {
	go func() {
		err := body(life)
		if life.Err() != nil {
			return
		}
		select {
		case c.broken <- failure{Why: fmt.Sprintf("the %s ended by itself: %v", part, err)}:
		default:
		}
	}()
}

// until waits for a condition. A condition's error is not final, it says what is still missing.
func (c *cluster) until(starting context.Context, what string, met func(context.Context) error) error {
	var missing error
	err := wait.PollUntilContextCancel(starting, pollEvery, true, func(ctx context.Context) (bool, error) {
		select {
		case broken := <-c.broken:
			return false, broken
		default:
		}
		missing = met(ctx)
		return missing == nil, nil
	})
	if starting.Err() != nil {
		return failure{Why: fmt.Sprintf("waited %s for %s: %v", startLimit, what, missing)}
	}
	return err
}

func apiServerReady(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		var status int
		answer := client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).StatusCode(&status)
		if status == http.StatusOK {
			return nil
		}
		return answer.Error()
	}
}

// defaultServiceAccount is made by a controller, so its presence shows that controllers work.
func defaultServiceAccount(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return fmt.Errorf("no controller has created it")
		}
		return err
	}
}
