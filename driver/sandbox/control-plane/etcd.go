// The embedded etcd. It listens on sockets in the cluster's private directory, so that nobody else
// on the machine can reach it.

package main

import (
	"context"
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcdAddress is a socket in the current directory, which is the cluster's own (see claim): a
// socket's path may have about 100 bytes, a directory's far more. etcd wants the form host:port.
const etcdAddress = "etcd.sock:0"

func (c *cluster) startEtcd(starting context.Context) error {
	config := embed.NewConfig()
	config.Name = "sandbox"
	config.Dir = filepath.Join(c.dir, "etcd")
	address := []url.URL{{Scheme: "unix", Host: etcdAddress}}
	config.ListenClientUrls, config.AdvertiseClientUrls = address, address
	// A member has to name a peer address, but this one never has peers to listen for.
	config.ListenPeerUrls, config.AdvertisePeerUrls = nil, address
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// The only member elects itself, and need not wait a second to do so.
	config.TickMs, config.ElectionMs = 10, 100
	config.LogLevel = "warn"
	config.LogOutputs = []string{"stderr"}
	// Left at zero, every request would be logged as a slow one.
	config.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration
	// The data need not survive the machine, and the log of changes is kept short for memory's sake.
	config.UnsafeNoFsync = true
	config.SnapshotCount = 1000
	config.SnapshotCatchUpEntries = 100

	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return because("could not start etcd", "", err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
	case err := <-etcd.Err():
		return because("etcd ended while starting", "", err)
	case <-starting.Done():
		return because("etcd did not become ready", "", starting.Err())
	}
	c.run(context.Background(), "etcd", func(context.Context) error { return <-etcd.Err() })
	return nil
}
