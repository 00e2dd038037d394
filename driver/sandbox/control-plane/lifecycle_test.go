package main

import (
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/utils/ptr"
)

func somePod(policy v1.RestartPolicy, annotations map[string]string) *v1.Pod {
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", Annotations: annotations},
		Spec:       v1.PodSpec{RestartPolicy: policy, Containers: []v1.Container{{Name: "main", Image: "shop/web:1"}}},
	}
}

// liveThrough takes the pod on, waiting as long as each step asks, until it waits for a change or has taken
// that many steps. It returns all events on the way.
func liveThrough(pod *v1.Pod, lacks missing, steps int) (told []event) {
	elapsed := time.Duration(0)
	for range steps {
		step := advance(pod, planFor(pod), lacks, elapsed, metav1.Now())
		pod.Status = step.status
		told = append(told, step.event)
		if step.again == 0 {
			return told
		}
		elapsed = step.again
	}
	return told
}

func isReady(pod *v1.Pod) bool { return podutil.IsPodReady(pod) }

func waitingFor(pod *v1.Pod) v1.ContainerStateWaiting {
	return ptr.Deref(pod.Status.ContainerStatuses[0].State.Waiting, v1.ContainerStateWaiting{})
}

func TestServingPodGetsReadyAfterItsDelay(t *testing.T) {
	pod := somePod(v1.RestartPolicyAlways, map[string]string{delayAnnotation: "5s"})
	first := advance(pod, planFor(pod), missing{}, 0, metav1.Now())
	pod.Status = first.status
	if pod.Status.Phase != v1.PodRunning || isReady(pod) || first.again != 5*time.Second {
		t.Fatalf("phase %s, ready %t, next look in %s; want Running, not ready, 5s", pod.Status.Phase, isReady(pod), first.again)
	}
	early := advance(pod, planFor(pod), missing{}, 2*time.Second, metav1.Now())
	if early.again != 3*time.Second {
		t.Errorf("looked at early, the next look is in %s, want the remaining 3s", early.again)
	}
	last := advance(pod, planFor(pod), missing{}, 5*time.Second, metav1.Now())
	pod.Status = last.status
	if !isReady(pod) || last.again != 0 {
		t.Errorf("ready %t, next look in %s; want ready for good", isReady(pod), last.again)
	}
}

func TestOutcomes(t *testing.T) {
	for name, test := range map[string]struct {
		policy  v1.RestartPolicy
		outcome string
		phase   v1.PodPhase
		ready   bool
		waiting string
	}{
		"serves":              {v1.RestartPolicyAlways, "", v1.PodRunning, true, ""},
		"job completes":       {v1.RestartPolicyNever, "", v1.PodSucceeded, false, ""},
		"job fails":           {v1.RestartPolicyNever, outcomeFail, v1.PodFailed, false, ""},
		"job restarts":        {v1.RestartPolicyOnFailure, outcomeFail, v1.PodRunning, false, "CrashLoopBackOff"},
		"service crashes":     {v1.RestartPolicyAlways, outcomeFail, v1.PodRunning, false, "CrashLoopBackOff"},
		"service never ready": {v1.RestartPolicyAlways, outcomeNeverReady, v1.PodRunning, false, ""},
		"job never ends":      {v1.RestartPolicyNever, outcomeNeverReady, v1.PodRunning, false, ""},
		"never pulls":         {v1.RestartPolicyAlways, outcomeNeverPulls, v1.PodPending, false, "ImagePullBackOff"},
		"not understood":      {v1.RestartPolicyAlways, "explode", v1.PodPending, false, "CreateContainerError"},
	} {
		t.Run(name, func(t *testing.T) {
			pod := somePod(test.policy, map[string]string{outcomeAnnotation: test.outcome})
			liveThrough(pod, missing{}, 2)
			if pod.Status.Phase != test.phase || isReady(pod) != test.ready || waitingFor(pod).Reason != test.waiting {
				t.Errorf("phase %s, ready %t, waiting %q; want %s, %t, %q",
					pod.Status.Phase, isReady(pod), waitingFor(pod).Reason, test.phase, test.ready, test.waiting)
			}
		})
	}
}

func TestFailingContainerCountsItsRestarts(t *testing.T) {
	pod := somePod(v1.RestartPolicyOnFailure, map[string]string{outcomeAnnotation: outcomeFail})
	liveThrough(pod, missing{}, 6)
	status := pod.Status.ContainerStatuses[0]
	if status.RestartCount != 2 || status.LastTerminationState.Terminated.ExitCode != 1 {
		t.Errorf("%d restarts, last exit %v; want 2 restarts after exit code 1", status.RestartCount, status.LastTerminationState.Terminated)
	}
}

func TestImageNameCanBeOneThatNeverPulls(t *testing.T) {
	pod := somePod(v1.RestartPolicyAlways, nil)
	pod.Spec.Containers[0].Image = "shop/never-pulls:1"
	liveThrough(pod, missing{}, 2)
	if got := waitingFor(pod); got.Reason != "ImagePullBackOff" || !strings.Contains(got.Message, "shop/never-pulls:1") {
		t.Errorf("waiting %+v, want ImagePullBackOff naming the image", got)
	}
}

func TestMissingSecretStopsTheContainerUntilItAppears(t *testing.T) {
	pod := somePod(v1.RestartPolicyAlways, nil)
	told := liveThrough(pod, missing{env: map[string]string{"main": `secret "db" not found`}}, 3)
	if got := waitingFor(pod); got.Reason != "CreateContainerConfigError" || got.Message != `secret "db" not found` {
		t.Errorf("waiting %+v, want CreateContainerConfigError naming the secret", got)
	}
	if want := (event{"Failed", `Error: secret "db" not found`}); len(told) != 3 || told[2] != want {
		t.Errorf("told %v, want a look every time and %v", told, want)
	}
	liveThrough(pod, missing{}, 2)
	if !isReady(pod) {
		t.Errorf("not ready although nothing is missing any more: %+v", pod.Status)
	}
}

func TestMissingVolumeIsToldByEventOnly(t *testing.T) {
	pod := somePod(v1.RestartPolicyAlways, nil)
	told := liveThrough(pod, missing{volume: "MountVolume.SetUp failed"}, 1)
	if waitingFor(pod).Reason != "ContainerCreating" || told[0] != (event{"FailedMount", "MountVolume.SetUp failed"}) {
		t.Errorf("waiting %+v, told %v; want ContainerCreating and FailedMount", waitingFor(pod), told)
	}
}

func TestInitContainersEndBeforeContainersStart(t *testing.T) {
	pod := somePod(v1.RestartPolicyAlways, nil)
	pod.Spec.InitContainers = []v1.Container{{Name: "first"}, {Name: "sidecar", RestartPolicy: ptr.To(v1.ContainerRestartPolicyAlways)}, {Name: "last"}}
	liveThrough(pod, missing{}, 1)
	if waitingFor(pod).Reason != "PodInitializing" || pod.Status.InitContainerStatuses[0].State.Running == nil || pod.Status.Phase != v1.PodPending {
		t.Fatalf("want the first init container alone running, got %+v", pod.Status)
	}
	liveThrough(pod, missing{}, 9)
	inits := pod.Status.InitContainerStatuses
	if inits[0].State.Terminated == nil || inits[1].State.Running == nil || inits[2].State.Terminated == nil {
		t.Errorf("want the sidecar running and the others ended, got %+v", inits)
	}
	if !isReady(pod) {
		t.Errorf("not ready: %+v", pod.Status.Conditions)
	}
}

func TestDelayThatIsNoDurationIsNamed(t *testing.T) {
	plan := planFor(somePod(v1.RestartPolicyAlways, map[string]string{delayAnnotation: "soon"}))
	if want := `annotation sandbox.groundplan.dev/delay: "soon" is not a duration, such as 5s`; plan.problem != want {
		t.Errorf("problem %q, want %q", plan.problem, want)
	}
}
