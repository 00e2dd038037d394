package main

import (
	"context"
	"errors"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"
)

// world answers for a namespace with one of each kind.
func world(_ context.Context, kind, name string) (sets.Set[string], error) {
	return map[string]sets.Set[string]{
		"secret/db":              sets.New("password"),
		"configmap/app":          sets.New("url"),
		"serviceaccount/default": sets.New[string](),
	}[kind+"/"+name], nil
}

func fromSecret(name, key string, optional *bool) v1.EnvVar {
	return v1.EnvVar{Name: "X", ValueFrom: &v1.EnvVarSource{SecretKeyRef: &v1.SecretKeySelector{
		LocalObjectReference: v1.LocalObjectReference{Name: name}, Key: key, Optional: optional,
	}}}
}

func fromConfigMap(name, key string) v1.EnvVar {
	return v1.EnvVar{Name: "X", ValueFrom: &v1.EnvVarSource{ConfigMapKeyRef: &v1.ConfigMapKeySelector{
		LocalObjectReference: v1.LocalObjectReference{Name: name}, Key: key,
	}}}
}

func TestEnvironmentNamesWhatIsMissing(t *testing.T) {
	allOf := func(name string) v1.LocalObjectReference { return v1.LocalObjectReference{Name: name} }
	for name, test := range map[string]struct {
		container v1.Container
		want      string
	}{
		"present":            {v1.Container{Env: []v1.EnvVar{fromSecret("db", "password", nil), fromConfigMap("app", "url")}}, ""},
		"plain value":        {v1.Container{Env: []v1.EnvVar{{Name: "X", Value: "1"}}}, ""},
		"no secret":          {v1.Container{Env: []v1.EnvVar{fromSecret("mq", "password", nil)}}, `secret "mq" not found`},
		"no key":             {v1.Container{Env: []v1.EnvVar{fromSecret("db", "user", nil)}}, "couldn't find key user in Secret shop/db"},
		"no configmap key":   {v1.Container{Env: []v1.EnvVar{fromConfigMap("app", "port")}}, "couldn't find key port in ConfigMap shop/app"},
		"optional":           {v1.Container{Env: []v1.EnvVar{fromSecret("mq", "password", ptr.To(true))}}, ""},
		"optional said no":   {v1.Container{Env: []v1.EnvVar{fromSecret("mq", "password", ptr.To(false))}}, `secret "mq" not found`},
		"all of a configmap": {v1.Container{EnvFrom: []v1.EnvFromSource{{ConfigMapRef: &v1.ConfigMapEnvSource{LocalObjectReference: allOf("gone")}}}}, `configmap "gone" not found`},
		"all of a secret":    {v1.Container{EnvFrom: []v1.EnvFromSource{{SecretRef: &v1.SecretEnvSource{LocalObjectReference: allOf("db")}}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.container.Name = "main"
			pod := &v1.Pod{Spec: v1.PodSpec{Containers: []v1.Container{test.container}}}
			pod.Namespace = "shop"
			found, err := findMissing(t.Context(), pod, world)
			if err != nil {
				t.Fatal(err)
			}
			if got := found.env["main"]; got != test.want || found.volume != "" {
				t.Errorf("missing %q and volume %q, want %q and none", got, found.volume, test.want)
			}
		})
	}
}

func TestVolumeNamesWhatIsMissing(t *testing.T) {
	projected := func(sources ...v1.VolumeProjection) v1.VolumeSource {
		return v1.VolumeSource{Projected: &v1.ProjectedVolumeSource{Sources: sources}}
	}
	token := v1.VolumeProjection{ServiceAccountToken: &v1.ServiceAccountTokenProjection{Path: "token"}}
	for name, test := range map[string]struct {
		source         v1.VolumeSource
		serviceAccount string
		want           string
	}{
		"present":    {v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "db"}}, "default", ""},
		"no secret":  {v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "tls"}}, "default", `secret "tls" not found`},
		"optional":   {v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "tls", Optional: ptr.To(true)}}, "default", ""},
		"no item":    {v1.VolumeSource{Secret: &v1.SecretVolumeSource{SecretName: "db", Items: []v1.KeyToPath{{Key: "ca"}}}}, "default", "references non-existent secret key: ca"},
		"no config":  {projected(v1.VolumeProjection{ConfigMap: &v1.ConfigMapProjection{LocalObjectReference: v1.LocalObjectReference{Name: "gone"}}}), "default", `configmap "gone" not found`},
		"token":      {projected(token), "default", ""},
		"no account": {projected(token), "robot", `failed to fetch token: serviceaccounts "robot" not found`},
		"empty dir":  {v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}, "default", ""},
	} {
		t.Run(name, func(t *testing.T) {
			pod := &v1.Pod{Spec: v1.PodSpec{ServiceAccountName: test.serviceAccount, Volumes: []v1.Volume{{Name: "data", VolumeSource: test.source}}}}
			found, err := findMissing(t.Context(), pod, world)
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if want != "" {
				want = `MountVolume.SetUp failed for volume "data" : ` + want
			}
			if found.volume != want {
				t.Errorf("missing %q, want %q", found.volume, want)
			}
		})
	}
}

func TestLookUpHappensOncePerObjectAndItsErrorCounts(t *testing.T) {
	pod := &v1.Pod{Spec: v1.PodSpec{Containers: []v1.Container{{Name: "main", Env: []v1.EnvVar{
		fromSecret("db", "password", nil), fromSecret("db", "password", nil), fromSecret("mq", "password", nil),
	}}}}}
	asked := 0
	_, err := findMissing(t.Context(), pod, func(ctx context.Context, kind, name string) (sets.Set[string], error) {
		asked++
		return world(ctx, kind, name)
	})
	if err != nil || asked != 2 {
		t.Errorf("asked %d times with error %v, want 2 objects asked for once each", asked, err)
	}
	broken := errors.New("connection refused")
	_, err = findMissing(t.Context(), pod, func(context.Context, string, string) (sets.Set[string], error) { return nil, broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v: an object that cannot be looked up is not a missing one", err, broken)
	}
}
