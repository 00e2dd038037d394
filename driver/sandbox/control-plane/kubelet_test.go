package main

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestNodeGetsTheCapacityItsAnnotationNames(t *testing.T) {
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{
		Name: "ip-10-0-1-2.eu-west-1.compute.internal", Annotations: map[string]string{capacityAnnotation: "cpu=2, memory=8Gi"},
	}}
	status := nodeStatus(node, metav1.Now())
	if cpu, pods := status.Allocatable.Cpu().String(), status.Allocatable.Pods().String(); cpu != "2" || pods != "110" {
		t.Errorf("cpu %s, pods %s; want 2 as annotated and 110 by default", cpu, pods)
	}
	if last := status.Addresses[len(status.Addresses)-1]; last.Type != v1.NodeInternalIP || last.Address != "10.0.1.2" {
		t.Errorf("address %v, want the one in the name", last)
	}
	node.Status = status
	if again := nodeStatus(node, metav1.Now()); again.Conditions[0] != status.Conditions[0] {
		t.Errorf("a second look changed %v to %v", status.Conditions[0], again.Conditions[0])
	}
}

func TestNodeWithUnreadableCapacityIsNotReadyAndSaysWhy(t *testing.T) {
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{capacityAnnotation: "cpu=many"}}}
	condition := nodeStatus(node, metav1.Now()).Conditions[0]
	if condition.Status != v1.ConditionFalse || !strings.Contains(condition.Message, `"cpu=many" is not name=quantity`) {
		t.Errorf("condition %+v, want not ready with the reason", condition)
	}
}

func TestNodeIsNotReadyForAsLongAsItsAnnotationSays(t *testing.T) {
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{notReadyAnnotation: "no network"}}}
	ready := func() v1.NodeCondition {
		node.Status = nodeStatus(node, metav1.Now())
		for _, condition := range node.Status.Conditions {
			if condition.Type == v1.NodeReady {
				return condition
			}
		}
		return v1.NodeCondition{}
	}
	if before := ready(); before.Status != v1.ConditionFalse || before.Message != "no network" {
		t.Errorf("condition %+v, want not ready with the reason", before)
	}
	delete(node.Annotations, notReadyAnnotation)
	if after := ready(); after.Status != v1.ConditionTrue {
		t.Errorf("condition %+v, want ready", after)
	}
}

func TestPodAddressesAreNeverUsedTwice(t *testing.T) {
	var ips podIPs
	first := ips.next()
	for range 1000 {
		if next := ips.next(); next == first || !next.Is4() {
			t.Fatalf("got %s after %s", next, first)
		}
	}
}
