// The fake EBS provisioner. It is a FAKE: it does what the external provisioner of the driver
// ebs.csi.aws.com does to the API objects, but no EC2 volume exists behind a PersistentVolume.

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	listers "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	objectref "k8s.io/client-go/tools/reference"
	"k8s.io/component-helpers/storage/volume"
	"k8s.io/utils/ptr"
)

const ebsDriver = "ebs.csi.aws.com"

type provisioner struct {
	client     kubernetes.Interface
	claims     listers.PersistentVolumeClaimLister
	volumes    listers.PersistentVolumeLister
	classes    storagelisters.StorageClassLister
	drivers    storagelisters.CSIDriverLister
	nodes      listers.NodeLister
	claimWork  names
	volumeWork names
	events     record.EventRecorder
}

func newProvisioner(client kubernetes.Interface, factory informers.SharedInformerFactory, events record.EventRecorder) *provisioner {
	core := factory.Core().V1()
	p := &provisioner{
		client:     client,
		claims:     core.PersistentVolumeClaims().Lister(),
		volumes:    core.PersistentVolumes().Lister(),
		classes:    factory.Storage().V1().StorageClasses().Lister(),
		drivers:    factory.Storage().V1().CSIDrivers().Lister(),
		nodes:      core.Nodes().Lister(),
		claimWork:  newNames(),
		volumeWork: newNames(),
		events:     events,
	}
	feed(core.PersistentVolumeClaims().Informer(), p.claimWork)
	feed(core.PersistentVolumes().Informer(), p.volumeWork)
	return p
}

func (p *provisioner) start(life context.Context) {
	work(life, p.claimWork, 2, p.syncClaim)
	work(life, p.volumeWork, 2, p.syncVolume)
}

// syncClaim creates the volume a claim waits for. Binding the two is the real controller's work.
func (p *provisioner) syncClaim(ctx context.Context, key string) (time.Duration, error) {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return 0, err
	}
	claim, err := p.claims.PersistentVolumeClaims(namespace).Get(name)
	if err != nil {
		return 0, notFoundIsFine(err)
	}
	// The real controller writes the annotation once a claim is to be provisioned from outside.
	if claim.Spec.VolumeName != "" || claim.Annotations[volume.AnnStorageProvisioner] != ebsDriver {
		return 0, nil
	}
	if _, err := p.drivers.Get(ebsDriver); err != nil {
		// As on a real cluster: without the driver's add-on nobody provisions.
		return lookAgain, notFoundIsFine(err)
	}
	class, err := p.classes.Get(ptr.Deref(claim.Spec.StorageClassName, ""))
	if err != nil {
		return 0, err
	}
	nodeName := claim.Annotations[volume.AnnSelectedNode]
	if ptr.Deref(class.VolumeBindingMode, storagev1.VolumeBindingImmediate) == storagev1.VolumeBindingWaitForFirstConsumer && nodeName == "" {
		return 0, nil
	}
	if problem := refusal(claim); problem != "" {
		p.events.Event(claim, v1.EventTypeWarning, "ProvisioningFailed", problem)
		return 0, nil
	}
	zone := ""
	if nodeName != "" {
		node, err := p.nodes.Get(nodeName)
		if err != nil {
			return 0, err
		}
		zone = node.Labels[v1.LabelTopologyZone]
	}
	claimRef, err := objectref.GetReference(scheme.Scheme, claim)
	if err != nil {
		return 0, err
	}
	made := volumeFor(claim, class, claimRef, zone)
	_, err = p.client.CoreV1().PersistentVolumes().Create(ctx, made, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	p.events.Eventf(claim, v1.EventTypeNormal, "ProvisioningSucceeded", "Successfully provisioned volume %s", made.Name)
	return 0, nil
}

// refusal is the driver's answer to what EBS cannot do.
func refusal(claim *v1.PersistentVolumeClaim) string {
	if ptr.Deref(claim.Spec.VolumeMode, v1.PersistentVolumeFilesystem) == v1.PersistentVolumeBlock {
		return ""
	}
	for _, shared := range []v1.PersistentVolumeAccessMode{v1.ReadWriteMany, v1.ReadOnlyMany} {
		if slices.Contains(claim.Spec.AccessModes, shared) {
			return fmt.Sprintf("failed to provision volume with StorageClass %q: access mode %s is not supported, EBS volumes with a file system can only be ReadWriteOnce",
				ptr.Deref(claim.Spec.StorageClassName, ""), shared)
		}
	}
	return ""
}

// volumeFor is the PersistentVolume the external provisioner would write.
func volumeFor(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass, claimRef *v1.ObjectReference, zone string) *v1.PersistentVolume {
	fsType := class.Parameters["csi.storage.k8s.io/fstype"]
	if fsType == "" {
		fsType = "ext4"
	}
	made := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "pvc-" + string(claim.UID),
			Annotations: map[string]string{volume.AnnDynamicallyProvisioned: ebsDriver},
		},
		Spec: v1.PersistentVolumeSpec{
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: wholeGiB(claim.Spec.Resources.Requests[v1.ResourceStorage])},
			ClaimRef:                      claimRef,
			StorageClassName:              class.Name,
			MountOptions:                  class.MountOptions,
			VolumeMode:                    claim.Spec.VolumeMode,
			PersistentVolumeReclaimPolicy: ptr.Deref(class.ReclaimPolicy, v1.PersistentVolumeReclaimDelete),
			PersistentVolumeSource: v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{
				Driver: ebsDriver, VolumeHandle: volumeID(claim), FSType: fsType,
			}},
		},
	}
	if zone != "" {
		inZone := v1.NodeSelectorRequirement{Key: v1.LabelTopologyZone, Operator: v1.NodeSelectorOpIn, Values: []string{zone}}
		made.Spec.NodeAffinity = &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{
			NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: []v1.NodeSelectorRequirement{inZone}}},
		}}
	}
	return made
}

// wholeGiB rounds up, because EBS sells nothing smaller.
func wholeGiB(size resource.Quantity) resource.Quantity {
	const gib = 1 << 30
	return *resource.NewQuantity((size.Value()+gib-1)/gib*gib, resource.BinarySI)
}

// volumeID has the form of an EC2 volume's and is the same on every attempt.
func volumeID(claim *v1.PersistentVolumeClaim) string {
	sum := sha256.Sum256([]byte(claim.UID))
	return fmt.Sprintf("vol-0%x", sum[:8])
}

// syncVolume deletes a volume that has lost its claim, if its class wants that.
func (p *provisioner) syncVolume(ctx context.Context, name string) (time.Duration, error) {
	found, err := p.volumes.Get(name)
	if err != nil {
		return 0, notFoundIsFine(err)
	}
	ours := found.Annotations[volume.AnnDynamicallyProvisioned] == ebsDriver
	released := found.Status.Phase == v1.VolumeReleased && found.DeletionTimestamp == nil
	if !ours || !released || found.Spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimDelete {
		return 0, nil
	}
	err = p.client.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &found.UID}})
	return 0, notFoundIsFine(err)
}
