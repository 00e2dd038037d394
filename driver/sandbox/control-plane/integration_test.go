package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	authnv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
)

// patience is for a machine that is busy with other things.
const patience = time.Minute

// runningCluster is one cluster as its users see it.
type runningCluster struct {
	*kubernetes.Clientset
	config           *rest.Config
	said             readyReport
	requests, faults string
}

func TestCluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	c := startCluster(t, dir)
	c.addNode(t, "ip-10-0-1-2.eu-west-1.compute.internal")

	for name, promise := range map[string]func(*testing.T){
		"SaysItsVersion":              c.saysItsVersion,
		"NodeIsReady":                 c.nodeIsReady,
		"TokensAreReviewed":           c.tokensAreReviewed,
		"DeploymentWaitsForItsSecret": c.deploymentWaitsForItsSecret,
		"JobsEnd":                     c.jobsEnd,
		"DeletedJobPodIsReplaced":     c.deletedJobPodIsReplaced,
		"ClaimIsBoundAndReleased":     c.claimIsBoundAndReleased,
		"NamespaceGoesAway":           c.namespaceGoesAway,
		"BalancerComesAndGoes":        c.balancerComesAndGoes,
		"FaultsBefallRequests":        c.faultsBefallRequests,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			promise(t)
		})
	}
}

// startCluster runs the command until the test ends, and then holds it to its promises about ending.
func startCluster(t *testing.T, dir string) *runningCluster {
	review := httptest.NewServer(http.HandlerFunc(reviewToken))
	t.Cleanup(review.Close)
	shared := t.TempDir()
	requests, faults := filepath.Join(shared, "requests.jsonl"), filepath.Join(shared, "faults.json")
	cmd := command(t, "--dir", dir, "--name", "shop", "--authn-webhook", review.URL+"/authn", "--issuer", "https://oidc.test/id/1", "--region", "eu-west-1",
		"--requests", requests, "--faults", faults)
	started := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		asked := time.Now()
		cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil || time.Since(asked) > 3*time.Second {
			t.Errorf("ended %s after SIGTERM with %v, want a clean end within 3 s", time.Since(asked), err)
		}
		if _, err := os.Stat(filepath.Join(dir, readyFile)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("ready.json is still there: %v", err)
		}
	})
	var said readyReport
	eventually(t, "ready.json", func(context.Context) error {
		select {
		case err := <-ended:
			ended <- err
			log, _ := os.ReadFile(filepath.Join(dir, failedFile))
			t.Fatalf("the cluster ended with %v: %s", err, log)
		default:
		}
		content, err := os.ReadFile(filepath.Join(dir, readyFile))
		if err != nil {
			return err
		}
		return json.Unmarshal(content, &said)
	})
	t.Logf("ready after %s", time.Since(started).Round(10*time.Millisecond))
	config, err := clientcmd.BuildConfigFromFlags("", said.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	return &runningCluster{kubernetes.NewForConfigOrDie(config), config, said, requests, faults}
}

// reviewToken knows alice, who is nobody in particular, bob, who is in a group, and carol, who may do all.
func reviewToken(w http.ResponseWriter, r *http.Request) {
	var review authnv1.TokenReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	users := map[string]authnv1.UserInfo{
		"token-of-alice": {Username: "alice"},
		"token-of-bob":   {Username: "bob", Groups: []string{"readers"}},
		"token-of-carol": {Username: "carol", Groups: []string{"system:masters"}, Extra: map[string]authnv1.ExtraValue{arnExtra: {carol}}},
	}
	user, known := users[review.Spec.Token]
	review.Status = authnv1.TokenReviewStatus{Authenticated: known, User: user}
	json.NewEncoder(w).Encode(review)
}

// eventually asks until there is nothing left to complain about.
func eventually(t *testing.T, what string, complaint func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		last = complaint(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waited for %s: %v", what, last)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func (c *runningCluster) addNode(t *testing.T, name string) {
	node := &v1.Node{ObjectMeta: metav1.ObjectMeta{
		Name:        name,
		Labels:      map[string]string{"eks.amazonaws.com/nodegroup": "main", v1.LabelTopologyZone: "eu-west-1a"},
		Annotations: map[string]string{capacityAnnotation: "cpu=8"},
	}}
	must[*v1.Node](t)(c.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}))
}

func (c *runningCluster) saysItsVersion(t *testing.T) {
	version, err := c.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.GitVersion != c.said.KubernetesVersion || !strings.HasPrefix(version.GitVersion, "v1.") {
		t.Errorf("/version says %s and ready.json %s", version.GitVersion, c.said.KubernetesVersion)
	}
}

func (c *runningCluster) nodeIsReady(t *testing.T) {
	eventually(t, "a node that takes pods", func(ctx context.Context) error {
		nodes, err := c.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		node := nodes.Items[0]
		if cpu := node.Status.Allocatable.Cpu().String(); cpu != "8" || len(node.Spec.Taints) > 0 {
			return failure{Why: "cpu " + cpu + ", taints " + node.Spec.String()}
		}
		return nil
	})
}

func (c *runningCluster) tokensAreReviewed(t *testing.T) {
	group := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "readers"}
	must[*rbacv1.ClusterRoleBinding](t)(c.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "readers"},
		Subjects:   []rbacv1.Subject{group},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
	}, metav1.CreateOptions{}))
	list := func(token string) error {
		config := rest.AnonymousClientConfig(c.config)
		config.BearerToken = token
		_, err := kubernetes.NewForConfigOrDie(config).CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
		return err
	}
	eventually(t, "the group's right", func(context.Context) error { return list("token-of-bob") })
	if err := list("token-of-alice"); !apierrors.IsForbidden(err) {
		t.Errorf("alice, who has no rights, got %v, want 403", err)
	}
	for _, nobody := range []string{"token-of-mallory", ""} {
		if err := list(nobody); !apierrors.IsUnauthorized(err) {
			t.Errorf("token %q got %v, want 401", nobody, err)
		}
	}
}

func podTemplate(policy v1.RestartPolicy, annotations map[string]string, container v1.Container) v1.PodTemplateSpec {
	container.Name, container.Image = "main", "shop/web:1"
	return v1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}, Annotations: annotations},
		Spec:       v1.PodSpec{RestartPolicy: policy, Containers: []v1.Container{container}},
	}
}

func (c *runningCluster) deploymentWaitsForItsSecret(t *testing.T) {
	apps, core := c.AppsV1().Deployments("default"), c.CoreV1()
	must[*appsv1.Deployment](t)(apps.Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To[int32](2),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
			Template: podTemplate(v1.RestartPolicyAlways, nil, v1.Container{Env: []v1.EnvVar{fromSecret("db", "password", nil)}}),
		},
	}, metav1.CreateOptions{}))
	eventually(t, "CreateContainerConfigError", func(ctx context.Context) error {
		pods := must[*v1.PodList](t)(core.Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=web"}))
		for _, pod := range pods.Items {
			if len(pod.Status.ContainerStatuses) > 0 && waitingFor(&pod) == (v1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: `secret "db" not found`}) {
				return nil
			}
		}
		return failure{Why: pods.String()}
	})
	secret := &v1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "db"}, StringData: map[string]string{"password": "x"}}
	must[*v1.Secret](t)(core.Secrets("default").Create(t.Context(), secret, metav1.CreateOptions{}))
	eventually(t, "two ready replicas", func(ctx context.Context) error {
		web := must[*appsv1.Deployment](t)(apps.Get(ctx, "web", metav1.GetOptions{}))
		if web.Status.ReadyReplicas != 2 {
			return failure{Why: web.Status.String()}
		}
		return nil
	})
}

func (c *runningCluster) createJob(t *testing.T, name string, annotations map[string]string) {
	must[*batchv1.Job](t)(c.BatchV1().Jobs("default").Create(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: batchv1.JobSpec{
			BackoffLimit: ptr.To[int32](0),
			Template:     podTemplate(v1.RestartPolicyNever, annotations, v1.Container{}),
		},
	}, metav1.CreateOptions{}))
}

func (c *runningCluster) awaitJob(t *testing.T, name string, wanted batchv1.JobConditionType) {
	eventually(t, name+" "+string(wanted), func(ctx context.Context) error {
		job := must[*batchv1.Job](t)(c.BatchV1().Jobs("default").Get(ctx, name, metav1.GetOptions{}))
		for _, condition := range job.Status.Conditions {
			if condition.Type == wanted && condition.Status == v1.ConditionTrue {
				return nil
			}
		}
		return failure{Why: job.Status.String()}
	})
}

func (c *runningCluster) jobsEnd(t *testing.T) {
	c.createJob(t, "migrate", nil)
	c.createJob(t, "broken", map[string]string{outcomeAnnotation: outcomeFail})
	c.awaitJob(t, "migrate", batchv1.JobComplete)
	c.awaitJob(t, "broken", batchv1.JobFailed)
}

func (c *runningCluster) deletedJobPodIsReplaced(t *testing.T) {
	must[*batchv1.Job](t)(c.BatchV1().Jobs("default").Create(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "slow"},
		Spec:       batchv1.JobSpec{Template: podTemplate(v1.RestartPolicyOnFailure, map[string]string{delayAnnotation: "1h"}, v1.Container{})},
	}, metav1.CreateOptions{}))
	pods := c.CoreV1().Pods("default")
	running := func(other string) (name string) {
		eventually(t, "a running pod of the job", func(ctx context.Context) error {
			list := must[*v1.PodList](t)(pods.List(ctx, metav1.ListOptions{LabelSelector: "job-name=slow"}))
			if len(list.Items) == 1 && list.Items[0].Status.Phase == v1.PodRunning && list.Items[0].Name != other {
				name = list.Items[0].Name
				return nil
			}
			return failure{Why: list.String()}
		})
		return name
	}
	first := running("")
	if err := pods.Delete(t.Context(), first, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	running(first)
}

func (c *runningCluster) claimIsBoundAndReleased(t *testing.T) {
	core := c.CoreV1()
	driver := &storagev1.CSIDriver{ObjectMeta: metav1.ObjectMeta{Name: ebsDriver}}
	must[*storagev1.CSIDriver](t)(c.StorageV1().CSIDrivers().Create(t.Context(), driver, metav1.CreateOptions{}))
	must[*storagev1.StorageClass](t)(c.StorageV1().StorageClasses().Create(t.Context(), &storagev1.StorageClass{
		ObjectMeta:        metav1.ObjectMeta{Name: "gp3"},
		Provisioner:       ebsDriver,
		VolumeBindingMode: ptr.To(storagev1.VolumeBindingWaitForFirstConsumer),
	}, metav1.CreateOptions{}))
	claim := func(name string, class *string) {
		must[*v1.PersistentVolumeClaim](t)(core.PersistentVolumeClaims("default").Create(t.Context(), &v1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: v1.PersistentVolumeClaimSpec{
				StorageClassName: class,
				AccessModes:      []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
				Resources:        v1.VolumeResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("8Gi")}},
			},
		}, metav1.CreateOptions{}))
	}
	claim("data", ptr.To("gp3"))
	claim("classless", nil)
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "store"}, Spec: podTemplate(v1.RestartPolicyAlways, nil, v1.Container{}).Spec}
	pod.Spec.Volumes = []v1.Volume{{Name: "data", VolumeSource: v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}}}
	must[*v1.Pod](t)(core.Pods("default").Create(t.Context(), pod, metav1.CreateOptions{}))
	eventually(t, "a ready pod", func(ctx context.Context) error {
		pod := must[*v1.Pod](t)(core.Pods("default").Get(ctx, "store", metav1.GetOptions{}))
		if !isReady(pod) {
			return failure{Why: pod.Status.String()}
		}
		return nil
	})
	bound := must[*v1.PersistentVolumeClaim](t)(core.PersistentVolumeClaims("default").Get(t.Context(), "data", metav1.GetOptions{}))
	unbound := must[*v1.PersistentVolumeClaim](t)(core.PersistentVolumeClaims("default").Get(t.Context(), "classless", metav1.GetOptions{}))
	if bound.Status.Phase != v1.ClaimBound || unbound.Status.Phase != v1.ClaimPending {
		t.Errorf("phases %s and %s, want Bound with the class and Pending without", bound.Status.Phase, unbound.Status.Phase)
	}
	for _, err := range []error{
		core.Pods("default").Delete(t.Context(), "store", metav1.DeleteOptions{}),
		core.PersistentVolumeClaims("default").Delete(t.Context(), "data", metav1.DeleteOptions{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the volume's end", func(ctx context.Context) error {
		volume, err := core.PersistentVolumes().Get(ctx, bound.Spec.VolumeName, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return failure{Why: volume.Status.String()}
	})
}

func (c *runningCluster) balancerComesAndGoes(t *testing.T) {
	services := c.CoreV1().Services("default")
	must[*v1.Service](t)(services.Create(t.Context(), &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "front"},
		Spec:       v1.ServiceSpec{Type: v1.ServiceTypeLoadBalancer, Ports: []v1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{}))
	eventually(t, "the load balancer's name", func(ctx context.Context) error {
		front := must[*v1.Service](t)(services.Get(ctx, "front", metav1.GetOptions{}))
		ingress := front.Status.LoadBalancer.Ingress
		if len(ingress) != 1 || !strings.HasSuffix(ingress[0].Hostname, ".eu-west-1.elb.amazonaws.com") {
			return failure{Why: front.Status.String()}
		}
		return nil
	})
	deleted := time.Now()
	if err := services.Delete(t.Context(), "front", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the Service's end", func(ctx context.Context) error {
		_, err := services.Get(ctx, "front", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return failure{Why: "it is still there"}
	})
	if took := time.Since(deleted); took < removalTakes-time.Second {
		t.Errorf("gone after %s, before its load balancer", took)
	}
}

func (c *runningCluster) namespaceGoesAway(t *testing.T) {
	namespaces := c.CoreV1().Namespaces()
	must[*v1.Namespace](t)(namespaces.Create(t.Context(), &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "brief"}}, metav1.CreateOptions{}))
	if err := namespaces.Delete(t.Context(), "brief", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace's end", func(ctx context.Context) error {
		_, err := namespaces.Get(ctx, "brief", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return failure{Why: "it is still there"}
	})
}
