// The fake kubelet, part two: pods. It is a FAKE: it moves the status of pods the real scheduler has
// bound through the states a kubelet would report (see lifecycle.go), but only if everything the pod
// refers to exists (see references.go). This file reads and writes; it decides nothing.

package main

import (
	"context"
	"net/netip"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
)

// progress is what a pod's stored status is too coarse to tell.
type progress struct {
	// changed is when the status last changed; stored times have only seconds.
	changed time.Time
	// told is the last event, so that it is not told on every look.
	told event
}

func (k *kubelet) syncPod(ctx context.Context, key string) (time.Duration, error) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return 0, err
	}
	pod, err := k.pods.Pods(namespace).Get(name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if pod.Spec.NodeName == "" {
		return 0, nil
	}
	node, err := k.nodes.Get(pod.Spec.NodeName)
	if apierrors.IsNotFound(err) {
		// As on a real cluster: without its node nobody speaks for the pod.
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if pod.DeletionTimestamp != nil {
		return 0, k.finish(ctx, pod)
	}
	if finished(pod) {
		k.forget(pod.UID)
		return 0, nil
	}
	return k.advancePod(ctx, pod, node)
}

// advancePod takes the pod as far as it can go now.
func (k *kubelet) advancePod(ctx context.Context, pod *v1.Pod, node *v1.Node) (time.Duration, error) {
	known := k.recall(pod.UID)
	plan, missing := planFor(pod), missing{}
	if plan.problem == "" && waitsToStart(pod) {
		var err error
		if missing, err = findMissing(ctx, pod, keysIn(k.client, pod.Namespace)); err != nil {
			return 0, err
		}
	}
	wanted := pod.DeepCopy()
	k.giveAddresses(wanted, node)
	step := advance(wanted, plan, missing, time.Since(known.changed), metav1.Now())
	if step.event != (event{}) && step.event != known.told {
		known.told = step.event
		k.events.Event(pod, v1.EventTypeWarning, step.event.reason, step.event.message)
	}
	if !equality.Semantic.DeepEqual(pod.Status, step.status) {
		wanted.Status = step.status
		if _, err := k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, wanted, metav1.UpdateOptions{}); err != nil {
			return 0, notFoundIsFine(err)
		}
		known.changed = time.Now()
	}
	k.remember(pod.UID, known)
	return step.again, nil
}

// finish ends a pod that is being deleted. There is nothing to shut down, so it takes no grace.
func (k *kubelet) finish(ctx context.Context, pod *v1.Pod) error {
	k.forget(pod.UID)
	pods := k.client.CoreV1().Pods(pod.Namespace)
	if !finished(pod) {
		// A Job replaces its pod only once that has come to an end.
		ended := pod.DeepCopy()
		ended.Status.Phase = v1.PodFailed
		if _, err := pods.UpdateStatus(ctx, ended, metav1.UpdateOptions{}); err != nil {
			return notFoundIsFine(err)
		}
	}
	if ptr.Deref(pod.DeletionGracePeriodSeconds, 1) == 0 {
		// Deleted already; a finalizer of somebody else holds it.
		return nil
	}
	return notFoundIsFine(pods.Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: ptr.To[int64](0),
		Preconditions:      &metav1.Preconditions{UID: &pod.UID},
	}))
}

// giveAddresses does what the network plugin does. The addresses lead nowhere.
func (k *kubelet) giveAddresses(pod *v1.Pod, node *v1.Node) {
	if pod.Status.HostIP == "" {
		for _, address := range node.Status.Addresses {
			if address.Type == v1.NodeInternalIP {
				pod.Status.HostIP = address.Address
				pod.Status.HostIPs = []v1.HostIP{{IP: address.Address}}
			}
		}
	}
	if pod.Status.PodIP != "" {
		return
	}
	pod.Status.PodIP = pod.Status.HostIP
	if !pod.Spec.HostNetwork {
		pod.Status.PodIP = k.nextPodIP()
	}
	if pod.Status.PodIP != "" {
		pod.Status.PodIPs = []v1.PodIP{{IP: pod.Status.PodIP}}
	}
}

// podIPs hands out 100.64.0.0/10, which is large enough never to use an address twice.
type podIPs struct{ last netip.Addr }

func (p *podIPs) next() netip.Addr {
	if !p.last.IsValid() {
		p.last = netip.AddrFrom4([4]byte{100, 64, 0, 0})
	}
	p.last = p.last.Next()
	return p.last
}

func (k *kubelet) nextPodIP() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.podIPs.next().String()
}

// recall starts the clock of a pod that was not seen before.
func (k *kubelet) recall(pod types.UID) progress {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, seen := k.progress[pod]; !seen {
		k.progress[pod] = progress{changed: time.Now()}
	}
	return k.progress[pod]
}

func (k *kubelet) remember(pod types.UID, known progress) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.progress[pod] = known
}

func (k *kubelet) forget(pod types.UID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.progress, pod)
}

// notFoundIsFine: what is gone needs no more care.
func notFoundIsFine(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
