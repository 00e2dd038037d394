// The fake kubelet, part one: nodes. It is a FAKE: no machine stands behind a Node and no container
// runs. Others create Node objects; the fake kubelet of all nodes gives each capacity, keeps it Ready
// and renews its lease, so that the real node-lifecycle controller and scheduler trust it.

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
)

const (
	// capacityAnnotation holds what a Node offers, as name=quantity pairs: cpu=2,memory=8Gi.
	capacityAnnotation = "sandbox.groundplan.dev/capacity"
	// notReadyAnnotation holds why a Node is not ready. Without it, it is.
	notReadyAnnotation = "sandbox.groundplan.dev/not-ready"
	// leaseSeconds is a real kubelet's; it renews four times as often.
	leaseSeconds = 40
)

type kubelet struct {
	client   kubernetes.Interface
	nodes    listers.NodeLister
	pods     listers.PodLister
	nodeWork names
	podWork  names
	events   record.EventRecorder

	mu       sync.Mutex
	progress map[types.UID]progress
	podIPs   podIPs
}

func newKubelet(client kubernetes.Interface, factory informers.SharedInformerFactory, events record.EventRecorder) *kubelet {
	k := &kubelet{
		client:   client,
		nodes:    factory.Core().V1().Nodes().Lister(),
		pods:     factory.Core().V1().Pods().Lister(),
		nodeWork: newNames(),
		podWork:  newNames(),
		events:   events,
		progress: map[types.UID]progress{},
	}
	feed(factory.Core().V1().Nodes().Informer(), k.nodeWork)
	feed(factory.Core().V1().Pods().Informer(), k.podWork)
	return k
}

func (k *kubelet) start(life context.Context) {
	work(life, k.nodeWork, 2, k.syncNode)
	work(life, k.podWork, 8, k.syncPod)
	go wait.UntilWithContext(life, k.renewLeases, leaseSeconds/4*time.Second)
}

// syncNode writes the status a kubelet would report.
func (k *kubelet) syncNode(ctx context.Context, name string) (time.Duration, error) {
	node, err := k.nodes.Get(name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	wanted := node.DeepCopy()
	wanted.Status = nodeStatus(node, metav1.Now())
	if equality.Semantic.DeepEqual(node.Status, wanted.Status) {
		return 0, nil
	}
	if err := k.renewLease(ctx, node); err != nil {
		return 0, err
	}
	_, err = k.client.CoreV1().Nodes().UpdateStatus(ctx, wanted, metav1.UpdateOptions{})
	return 0, err
}

// nodeStatus keeps what the Node's creator said and adds what a kubelet does. A Node whose capacity
// cannot be read is not Ready and says why.
func nodeStatus(node *v1.Node, now metav1.Time) v1.NodeStatus {
	status := *node.Status.DeepCopy()
	capacity, err := parseCapacity(node.Annotations[capacityAnnotation])
	if err != nil {
		setNodeCondition(&status, now, v1.NodeReady, v1.ConditionFalse, "KubeletNotReady", err.Error())
		return status
	}
	status.Capacity, status.Allocatable = capacity, capacity.DeepCopy()
	if len(status.Addresses) == 0 {
		status.Addresses = nodeAddresses(node.Name)
	}
	status.NodeInfo.KubeletVersion = moduleVersion("k8s.io/kubernetes")
	status.NodeInfo.OperatingSystem = "linux"
	status.NodeInfo.Architecture = "amd64"
	if arch := node.Labels[v1.LabelArchStable]; arch != "" {
		status.NodeInfo.Architecture = arch
	}
	status.NodeInfo.OSImage = "sandbox, no machine"
	status.NodeInfo.ContainerRuntimeVersion = "none://"
	setNodeCondition(&status, now, v1.NodeMemoryPressure, v1.ConditionFalse, "KubeletHasSufficientMemory", "the sandbox has no memory to run out of")
	setNodeCondition(&status, now, v1.NodeDiskPressure, v1.ConditionFalse, "KubeletHasNoDiskPressure", "the sandbox has no disk to fill")
	setNodeCondition(&status, now, v1.NodePIDPressure, v1.ConditionFalse, "KubeletHasSufficientPID", "the sandbox runs no processes")
	if why := node.Annotations[notReadyAnnotation]; why != "" {
		setNodeCondition(&status, now, v1.NodeReady, v1.ConditionFalse, "KubeletNotReady", why)
		return status
	}
	setNodeCondition(&status, now, v1.NodeReady, v1.ConditionTrue, "KubeletReady", "the fake kubelet is ready")
	return status
}

func setNodeCondition(status *v1.NodeStatus, now metav1.Time, kind v1.NodeConditionType, value v1.ConditionStatus, reason, message string) {
	wanted := v1.NodeCondition{Type: kind, Status: value, Reason: reason, Message: message, LastHeartbeatTime: now, LastTransitionTime: now}
	for i, old := range status.Conditions {
		if old.Type != kind {
			continue
		}
		if old.Status == value && old.Reason == reason && old.Message == message {
			return
		}
		if old.Status == value {
			wanted.LastTransitionTime = old.LastTransitionTime
		}
		status.Conditions[i] = wanted
		return
	}
	status.Conditions = append(status.Conditions, wanted)
}

// parseCapacity reads name=quantity pairs over the defaults of a medium-sized instance.
func parseCapacity(annotation string) (v1.ResourceList, error) {
	capacity := v1.ResourceList{
		v1.ResourceCPU:              resource.MustParse("4"),
		v1.ResourceMemory:           resource.MustParse("16Gi"),
		v1.ResourcePods:             resource.MustParse("110"),
		v1.ResourceEphemeralStorage: resource.MustParse("20Gi"),
	}
	for pair := range strings.SplitSeq(annotation, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, amount, _ := strings.Cut(pair, "=")
		quantity, err := resource.ParseQuantity(amount)
		if err != nil {
			return nil, fmt.Errorf("annotation %s: %q is not name=quantity, such as cpu=2", capacityAnnotation, pair)
		}
		capacity[v1.ResourceName(name)] = quantity
	}
	return capacity, nil
}

// nodeAddresses derives the address from a name like ip-10-0-1-2.eu-west-1.compute.internal.
func nodeAddresses(name string) []v1.NodeAddress {
	addresses := []v1.NodeAddress{{Type: v1.NodeHostName, Address: name}, {Type: v1.NodeInternalDNS, Address: name}}
	host, _, _ := strings.Cut(name, ".")
	if dashed, ok := strings.CutPrefix(host, "ip-"); ok {
		addresses = append(addresses, v1.NodeAddress{Type: v1.NodeInternalIP, Address: strings.ReplaceAll(dashed, "-", ".")})
	}
	return addresses
}

func (k *kubelet) renewLeases(ctx context.Context) {
	nodes, err := k.nodes.List(labels.Everything())
	if err != nil {
		klog.ErrorS(err, "The fake kubelet could not list nodes")
	}
	for _, node := range nodes {
		if err := k.renewLease(ctx, node); err != nil {
			klog.ErrorS(err, "The fake kubelet could not renew a lease", "node", node.Name)
		}
	}
}

func (k *kubelet) renewLease(ctx context.Context, node *v1.Node) error {
	leases := k.client.CoordinationV1().Leases(v1.NamespaceNodeLease)
	spec := coordinationv1.LeaseSpec{
		HolderIdentity:       &node.Name,
		LeaseDurationSeconds: ptr.To[int32](leaseSeconds),
		RenewTime:            ptr.To(metav1.NowMicro()),
	}
	lease, err := leases.Get(ctx, node.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}
		lease = &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: node.Name, OwnerReferences: []metav1.OwnerReference{owner}}, Spec: spec}
		_, err = leases.Create(ctx, lease, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	lease.Spec = spec
	_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	return err
}
