// What the stand-ins share: their start, their view of the cluster, and the loop that works off a
// queue of object names.

package main

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// startFakes returns when the fakes have seen what the cluster holds.
func startFakes(life, starting context.Context, config *rest.Config, region string) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return because("could not make a client for the fake kubelet", "", err)
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	broadcaster := record.NewBroadcaster(record.WithContext(life))
	broadcaster.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: client.CoreV1().Events("")})

	kubelet := newKubelet(client, factory, broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "kubelet"}))
	volumes := newProvisioner(client, factory, broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: ebsDriver}))
	balancers := newBalancers(client, factory, broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "service-controller"}), region)
	factory.Start(life.Done())
	for kind, synced := range factory.WaitForCacheSync(starting.Done()) {
		if !synced {
			return failure{Why: "the fake kubelet could not list " + kind.String()}
		}
	}
	kubelet.start(life)
	volumes.start(life)
	balancers.start(life)
	return nil
}

// names is a queue of objects to look at, by namespace/name.
type names = workqueue.TypedRateLimitingInterface[string]

func newNames() names {
	return workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[string](20*time.Millisecond, 5*time.Second))
}

// feed puts every object an informer reports into the queue.
func feed(informer cache.SharedIndexInformer, queue names) {
	add := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			queue.Add(key)
		}
	}
	// A handler is refused only by an informer that has stopped, and none has started yet.
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    add,
		UpdateFunc: func(_, object any) { add(object) },
		DeleteFunc: add,
	})
	if err != nil {
		klog.ErrorS(err, "A fake sees no changes")
	}
}

// work calls sync for every name in the queue. A failure is tried again, later each time; a positive
// duration asks to be called again after it.
func work(life context.Context, queue names, workers int, sync func(ctx context.Context, key string) (time.Duration, error)) {
	go func() {
		<-life.Done()
		queue.ShutDown()
	}()
	for range workers {
		go wait.UntilWithContext(life, func(ctx context.Context) {
			for {
				key, closed := queue.Get()
				if closed {
					return
				}
				again, err := sync(ctx, key)
				switch {
				case err != nil:
					klog.V(1).InfoS("A fake tries again", "object", key, "err", err)
					queue.AddRateLimited(key)
				case again > 0:
					queue.Forget(key)
					queue.AddAfter(key, again)
				default:
					queue.Forget(key)
				}
				queue.Done(key)
			}
		}, time.Second)
	}
}
