package main

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
)

func someClaim(mode v1.PersistentVolumeAccessMode) *v1.PersistentVolumeClaim {
	claim := &v1.PersistentVolumeClaim{Spec: v1.PersistentVolumeClaimSpec{
		StorageClassName: ptr.To("gp3"),
		AccessModes:      []v1.PersistentVolumeAccessMode{mode},
		Resources:        v1.VolumeResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1500Mi")}},
	}}
	claim.UID = "0f1e"
	return claim
}

func TestVolumeIsWhatTheDriverWouldMake(t *testing.T) {
	class := &storagev1.StorageClass{Parameters: map[string]string{"csi.storage.k8s.io/fstype": "xfs"}}
	class.Name = "gp3"
	made := volumeFor(someClaim(v1.ReadWriteOnce), class, &v1.ObjectReference{Name: "data"}, "eu-west-1a")
	if size := made.Spec.Capacity.Storage().String(); size != "2Gi" {
		t.Errorf("size %s, want whole GiB", size)
	}
	if made.Name != "pvc-0f1e" || made.Spec.CSI.FSType != "xfs" || made.Spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimDelete {
		t.Errorf("made %+v", made)
	}
	if zone := made.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values[0]; zone != "eu-west-1a" {
		t.Errorf("zone %s, want the node's", zone)
	}
}

func TestSharedAccessIsRefusedAsByEBS(t *testing.T) {
	if problem := refusal(someClaim(v1.ReadWriteOnce)); problem != "" {
		t.Errorf("refused ReadWriteOnce: %s", problem)
	}
	if problem := refusal(someClaim(v1.ReadWriteMany)); !strings.Contains(problem, "ReadWriteMany is not supported") {
		t.Errorf("ReadWriteMany got %q, want a refusal naming the mode", problem)
	}
}
