// The fake of the controller that makes load balancers. It is a FAKE: a Service gets the name that
// AWS would give its load balancer, and behind the name is nothing.

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
)

const (
	// cleanupFinalizer keeps a Service until its load balancer is gone, as the real controller does.
	cleanupFinalizer = "service.kubernetes.io/load-balancer-cleanup"
	// removalTakes is how long a load balancer takes to go. The time of a deletion is stored without
	// its fraction of a second, so it may be up to a second less.
	removalTakes = 2 * time.Second
)

type balancers struct {
	client   kubernetes.Interface
	services listers.ServiceLister
	work     names
	events   record.EventRecorder
	region   string
}

func newBalancers(client kubernetes.Interface, factory informers.SharedInformerFactory, events record.EventRecorder, region string) *balancers {
	b := &balancers{
		client:   client,
		services: factory.Core().V1().Services().Lister(),
		work:     newNames(),
		events:   events,
		region:   region,
	}
	feed(factory.Core().V1().Services().Informer(), b.work)
	return b
}

func (b *balancers) start(life context.Context) {
	work(life, b.work, 2, b.sync)
}

func (b *balancers) sync(ctx context.Context, key string) (time.Duration, error) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return 0, err
	}
	service, err := b.services.Services(namespace).Get(name)
	if err != nil {
		return 0, notFoundIsFine(err)
	}
	held := slices.Contains(service.Finalizers, cleanupFinalizer)
	wanted := service.DeletionTimestamp == nil && service.Spec.Type == v1.ServiceTypeLoadBalancer
	switch {
	case wanted && !held:
		// The status follows when the change is seen.
		return 0, b.update(ctx, service, append(slices.Clone(service.Finalizers), cleanupFinalizer))
	case wanted:
		return 0, b.publish(ctx, service, []v1.LoadBalancerIngress{{Hostname: hostname(service, b.region)}})
	case held && service.DeletionTimestamp != nil:
		if left := time.Until(service.DeletionTimestamp.Add(removalTakes)); left > 0 {
			return left, nil
		}
		fallthrough
	case held:
		if err := b.publish(ctx, service, nil); err != nil {
			return 0, err
		}
		return 0, b.update(ctx, service, slices.DeleteFunc(slices.Clone(service.Finalizers), func(f string) bool { return f == cleanupFinalizer }))
	}
	return 0, nil
}

// publish writes where a Service can be reached from outside.
func (b *balancers) publish(ctx context.Context, service *v1.Service, ingress []v1.LoadBalancerIngress) error {
	if slices.EqualFunc(service.Status.LoadBalancer.Ingress, ingress, func(a, b v1.LoadBalancerIngress) bool { return a.Hostname == b.Hostname }) {
		return nil
	}
	changed := service.DeepCopy()
	changed.Status.LoadBalancer.Ingress = ingress
	if _, err := b.client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{}); err != nil {
		return notFoundIsFine(err)
	}
	if len(ingress) > 0 {
		b.events.Event(service, v1.EventTypeNormal, "EnsuredLoadBalancer", "Ensured load balancer")
	}
	return nil
}

// update writes the finalizers. After a change that the cache has not seen it conflicts, and is tried again.
func (b *balancers) update(ctx context.Context, service *v1.Service, finalizers []string) error {
	changed := service.DeepCopy()
	changed.Finalizers = finalizers
	_, err := b.client.CoreV1().Services(service.Namespace).Update(ctx, changed, metav1.UpdateOptions{})
	return notFoundIsFine(err)
}

// hostname has the form of a classic load balancer's name and is the same on every attempt.
func hostname(service *v1.Service, region string) string {
	id := strings.ReplaceAll(string(service.UID), "-", "")
	return fmt.Sprintf("a%s-%.10s.%s.elb.amazonaws.com", id[:31], id[22:], region)
}
