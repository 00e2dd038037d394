// Which objects a pod refers to and do not exist. The sentences are a kubelet's own, because users
// and tools know them. Only files and environment count: what a kubelet does not look at is not
// looked at here.

package main

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// missing says what stops a pod. A volume stops all of it, an environment one container.
type missing struct {
	volume string
	env    map[string]string
}

// reference is one object a pod needs, and the keys it needs in it.
type reference struct {
	kind     string
	name     string
	optional *bool
	keys     []string
}

const (
	secretKind         = "secret"
	configMapKind      = "configmap"
	serviceAccountKind = "serviceaccount"
)

// keysOf lists the keys of an object, nil when it does not exist.
type keysOf func(ctx context.Context, kind, name string) (sets.Set[string], error)

// findMissing reports the first missing reference of each container, and the first of all volumes.
func findMissing(ctx context.Context, pod *v1.Pod, lookUp keysOf) (missing, error) {
	lookUp = once(lookUp)
	result := missing{env: map[string]string{}}
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		problem, err := firstProblem(ctx, volumeReferences(volume, pod.Spec.ServiceAccountName), lookUp, mountProblem)
		if err != nil {
			return missing{}, err
		}
		if problem != "" {
			result.volume = fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", volume.Name, problem)
			break
		}
	}
	for _, containers := range [][]v1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			problem, err := firstProblem(ctx, envReferences(&containers[i]), lookUp, func(r reference, key string) string {
				return envProblem(pod.Namespace, r, key)
			})
			if err != nil {
				return missing{}, err
			}
			if problem != "" {
				result.env[containers[i].Name] = problem
			}
		}
	}
	return result, nil
}

// firstProblem asks word to describe the first reference that leads nowhere; an empty key means the whole object.
func firstProblem(ctx context.Context, references []reference, lookUp keysOf, word func(r reference, key string) string) (string, error) {
	for _, r := range references {
		if ptr.Deref(r.optional, false) {
			continue
		}
		keys, err := lookUp(ctx, r.kind, r.name)
		if err != nil {
			return "", err
		}
		if keys == nil {
			return word(r, ""), nil
		}
		for _, key := range r.keys {
			if !keys.Has(key) {
				return word(r, key), nil
			}
		}
	}
	return "", nil
}

func envProblem(namespace string, r reference, key string) string {
	if key == "" {
		return fmt.Sprintf("%s %q not found", r.kind, r.name)
	}
	kind := map[string]string{secretKind: "Secret", configMapKind: "ConfigMap"}[r.kind]
	return fmt.Sprintf("couldn't find key %s in %s %s/%s", key, kind, namespace, r.name)
}

func mountProblem(r reference, key string) string {
	switch {
	case r.kind == serviceAccountKind:
		return fmt.Sprintf("failed to fetch token: serviceaccounts %q not found", r.name)
	case key == "":
		return fmt.Sprintf("%s %q not found", r.kind, r.name)
	case r.kind == secretKind:
		return "references non-existent secret key: " + key
	default:
		return "configmap references non-existent config key: " + key
	}
}

func envReferences(container *v1.Container) []reference {
	var found []reference
	for _, from := range container.EnvFrom {
		if ref := from.SecretRef; ref != nil {
			found = append(found, reference{secretKind, ref.Name, ref.Optional, nil})
		}
		if ref := from.ConfigMapRef; ref != nil {
			found = append(found, reference{configMapKind, ref.Name, ref.Optional, nil})
		}
	}
	for _, variable := range container.Env {
		if variable.ValueFrom == nil {
			continue
		}
		if ref := variable.ValueFrom.SecretKeyRef; ref != nil {
			found = append(found, reference{secretKind, ref.Name, ref.Optional, []string{ref.Key}})
		}
		if ref := variable.ValueFrom.ConfigMapKeyRef; ref != nil {
			found = append(found, reference{configMapKind, ref.Name, ref.Optional, []string{ref.Key}})
		}
	}
	return found
}

func volumeReferences(volume *v1.Volume, serviceAccount string) []reference {
	var found []reference
	if source := volume.Secret; source != nil {
		found = append(found, reference{secretKind, source.SecretName, source.Optional, itemKeys(source.Items)})
	}
	if source := volume.ConfigMap; source != nil {
		found = append(found, reference{configMapKind, source.Name, source.Optional, itemKeys(source.Items)})
	}
	if volume.Projected == nil {
		return found
	}
	for _, projection := range volume.Projected.Sources {
		if source := projection.Secret; source != nil {
			found = append(found, reference{secretKind, source.Name, source.Optional, itemKeys(source.Items)})
		}
		if source := projection.ConfigMap; source != nil {
			found = append(found, reference{configMapKind, source.Name, source.Optional, itemKeys(source.Items)})
		}
		if projection.ServiceAccountToken != nil {
			found = append(found, reference{serviceAccountKind, serviceAccount, nil, nil})
		}
	}
	return found
}

func itemKeys(items []v1.KeyToPath) []string {
	keys := make([]string, 0, len(items))
	for _, item := range items {
		keys = append(keys, item.Key)
	}
	return keys
}

// once asks for every object at most once: charts take dozens of variables from one Secret.
func once(lookUp keysOf) keysOf {
	known := map[[2]string]sets.Set[string]{}
	return func(ctx context.Context, kind, name string) (sets.Set[string], error) {
		object := [2]string{kind, name}
		if keys, asked := known[object]; asked {
			return keys, nil
		}
		keys, err := lookUp(ctx, kind, name)
		if err == nil {
			known[object] = keys
		}
		return keys, err
	}
}

// keysIn asks the API server itself: a cache may lag behind what the pod's creator has just written.
func keysIn(client kubernetes.Interface, namespace string) keysOf {
	return func(ctx context.Context, kind, name string) (sets.Set[string], error) {
		var keys sets.Set[string]
		var err error
		switch kind {
		case secretKind:
			var secret *v1.Secret
			if secret, err = client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{}); err == nil {
				keys = sets.KeySet(secret.Data)
			}
		case configMapKind:
			var config *v1.ConfigMap
			if config, err = client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{}); err == nil {
				keys = sets.KeySet(config.Data).Union(sets.KeySet(config.BinaryData))
			}
		case serviceAccountKind:
			if _, err = client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{}); err == nil {
				keys = sets.New[string]()
			}
		}
		return keys, notFoundIsFine(err)
	}
}
