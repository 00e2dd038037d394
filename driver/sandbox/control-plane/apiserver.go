// The real kube-apiserver, kube-controller-manager and kube-scheduler. Each is set up by its own
// command-line flags, as in any cluster, but run without its command: three commands in one process
// would each claim the process's signals.

package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	apimachineryversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/compatibility"
	kubeapiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	apiserveroptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	controlleroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

func (c *cluster) startAPIServer(life context.Context, listener net.Listener) error {
	// Components watch deprecated APIs too; their warnings help nobody here.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	options := apiserveroptions.NewServerRunOptions()
	err := parse(options.Flags(), []string{
		"--etcd-servers=unix://" + etcdAddress,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		// Endpoints may not hold a loopback address, so the kubernetes Service has none.
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=" + c.serviceCIDR,
		"--allow-privileged=true",
		"--tls-cert-file=" + c.files.serverCert,
		"--tls-private-key-file=" + c.files.serverKey,
		"--client-ca-file=" + c.files.ca,
		"--authentication-config=" + c.files.authnConfig,
		"--authentication-token-webhook-config-file=" + c.files.authnWebhook,
		"--authentication-token-webhook-version=v1",
		"--authentication-token-webhook-cache-ttl=1s",
		"--authorization-mode=RBAC",
		"--service-account-issuer=" + c.issuer,
		"--service-account-signing-key-file=" + c.files.serviceAccountKey,
		"--service-account-key-file=" + c.files.serviceAccountKey,
		"--api-audiences=https://kubernetes.default.svc",
		// No node has this kind of address: logs and exec fail at once instead of dialling 10.x.
		"--kubelet-preferred-address-types=ExternalDNS",
		"--profiling=false",
	})
	if err != nil {
		return because("kube-apiserver refused its flags", "", err)
	}
	options.SecureServing.Listener = listener
	// A changed access entry counts at once, for whoever is known already too.
	options.Authentication.TokenSuccessCacheTTL = time.Second
	// Feature gates are the process's, not a component's: they are settled here for all three.
	if err := options.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return because("could not settle the feature gates", "", err)
	}
	completed, err := options.Complete(life)
	if err != nil {
		return because("kube-apiserver could not complete its options", "", err)
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return because("kube-apiserver refused its options", "", utilerrors.NewAggregate(errs))
	}
	config, err := kubeapiserver.NewConfig(completed)
	if err != nil {
		return because("could not configure kube-apiserver", "", err)
	}
	generic := &config.Aggregator.GenericConfig.Config
	generic.EffectiveVersion = releasedVersion{generic.EffectiveVersion}
	if err := c.watch(generic); err != nil {
		return err
	}
	chained, err := config.Complete()
	if err != nil {
		return because("could not complete kube-apiserver's configuration", "", err)
	}
	server, err := kubeapiserver.CreateServerChain(chained)
	if err != nil {
		return because("could not create kube-apiserver", "", err)
	}
	prepared, err := server.PrepareRun()
	if err != nil {
		return because("could not prepare kube-apiserver", "", err)
	}
	c.run(life, "kube-apiserver", prepared.Run)
	return nil
}

// releasedVersion makes /version answer with the release that is linked in. Kubernetes' own build
// scripts stamp it by linker flags; without them charts would see v0.0.0 and refuse the cluster.
type releasedVersion struct{ compatibility.EffectiveVersion }

func (v releasedVersion) Info() *apimachineryversion.Info {
	info := *v.EffectiveVersion.Info()
	info.GitVersion, info.GitCommit, info.GitTreeState = moduleVersion("k8s.io/kubernetes"), "", "clean"
	return &info
}

func (c *cluster) startControllers(life context.Context) error {
	options, err := controlleroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return because("could not set up kube-controller-manager", "", err)
	}
	known, disabled, aliases := controllermanager.KnownControllers(), controllermanager.ControllersDisabledByDefault(), controllermanager.ControllerAliases()
	err = parse(options.Flags(known, disabled, aliases), []string{
		"--kubeconfig=" + c.files.adminKubeconfig,
		"--cluster-name=" + c.name,
		"--secure-port=0",
		"--leader-elect=false",
		"--service-account-private-key-file=" + c.files.serviceAccountKey,
		"--root-ca-file=" + c.files.ca,
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		// Nothing attaches volumes to a fake node, and EKS gives pods their addresses itself.
		"--controllers=*,-persistentvolume-attach-detach-controller,-node-ipam-controller",
		"--profiling=false",
	})
	if err != nil {
		return because("kube-controller-manager refused its flags", "", err)
	}
	config, err := options.Config(life, known, disabled, aliases)
	if err != nil {
		return because("could not configure kube-controller-manager", "", err)
	}
	completed := config.Complete()
	c.run(life, "kube-controller-manager", func(ctx context.Context) error {
		return controllermanager.Run(ctx, completed)
	})
	return nil
}

func (c *cluster) startScheduler(life context.Context) error {
	options := scheduleroptions.NewOptions()
	err := parse(*options.Flags, []string{
		"--kubeconfig=" + c.files.adminKubeconfig,
		"--secure-port=0",
		"--leader-elect=false",
		"--profiling=false",
	})
	if err != nil {
		return because("kube-scheduler refused its flags", "", err)
	}
	config, instance, err := scheduler.Setup(life, options)
	if err != nil {
		return because("could not set up kube-scheduler", "", err)
	}
	c.run(life, "kube-scheduler", func(ctx context.Context) error {
		return scheduler.Run(ctx, config, instance)
	})
	return nil
}

// parse sets options as their command would from its arguments.
func parse(sections cliflag.NamedFlagSets, args []string) error {
	flags := pflag.NewFlagSet("component", pflag.ContinueOnError)
	for _, section := range sections.FlagSets {
		flags.AddFlagSet(section)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected arguments %q", flags.Args())
	}
	return nil
}
