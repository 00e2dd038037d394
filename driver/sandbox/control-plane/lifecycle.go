// The fake kubelet, part three: the states of a pod. It is a FAKE: nothing runs, time passes. This
// file decides from what it is given alone: it reads no clock and asks nobody.
//
// A pod goes on by itself: init containers end one after the other, containers start together, become
// ready, and end with code 0 where the restart policy says that they are to end. Annotations steer:
//
//	sandbox.groundplan.dev/outcome: fail | never-pulls | never-ready
//	sandbox.groundplan.dev/delay: 5s    from start to ready, or to the end

package main

import (
	"fmt"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubeletevents "k8s.io/kubernetes/pkg/kubelet/events"
	kubeletstatus "k8s.io/kubernetes/pkg/kubelet/status"
	"k8s.io/utils/ptr"
)

const (
	outcomeAnnotation = "sandbox.groundplan.dev/outcome"
	delayAnnotation   = "sandbox.groundplan.dev/delay"

	outcomeFail       = "fail"
	outcomeNeverPulls = "never-pulls"
	outcomeNeverReady = "never-ready"

	usualDelay = 200 * time.Millisecond
	// initTime is how long an init container runs.
	initTime = 100 * time.Millisecond
	// lookAgain is how often a pod's missing references are looked for.
	lookAgain = 500 * time.Millisecond
	// restartAfter stands for the growing back-off of a kubelet, which nobody wants to wait for.
	restartAfter = time.Second
)

// plan is what is to become of a pod.
type plan struct {
	outcome string
	delay   time.Duration
	// problem says which annotation cannot be understood. Such a pod does not start.
	problem string
}

func planFor(pod *v1.Pod) plan {
	result := plan{outcome: pod.Annotations[outcomeAnnotation], delay: usualDelay}
	switch result.outcome {
	case "", outcomeFail, outcomeNeverPulls, outcomeNeverReady:
	default:
		result.problem = fmt.Sprintf("annotation %s: %q is not one of fail, never-pulls, never-ready", outcomeAnnotation, result.outcome)
	}
	if text, given := pod.Annotations[delayAnnotation]; given {
		delay, err := time.ParseDuration(text)
		if err != nil || delay < 0 {
			result.problem = fmt.Sprintf("annotation %s: %q is not a duration, such as 5s", delayAnnotation, text)
		}
		result.delay = delay
	}
	return result
}

// event is a warning a kubelet would record.
type event struct{ reason, message string }

// step is what a pod becomes now, and how long until it can go on; 0 waits for a change.
type step struct {
	status v1.PodStatus
	again  time.Duration
	event  event
}

// walk takes one pod through one step.
type walk struct {
	step
	pod     *v1.Pod
	plan    plan
	missing missing
	elapsed time.Duration
	now     metav1.Time
}

// advance takes a bound pod on from its status. elapsed is the time since that last changed.
func advance(pod *v1.Pod, plan plan, missing missing, elapsed time.Duration, now metav1.Time) step {
	w := &walk{pod: pod, plan: plan, missing: missing, elapsed: elapsed, now: now}
	w.status = *pod.Status.DeepCopy()
	w.enter()
	if w.initialise() {
		w.run()
	}
	w.summarise()
	return w.step
}

// enter lists all containers as waiting when the pod is seen for the first time.
func (w *walk) enter() {
	if w.status.StartTime != nil {
		return
	}
	w.status.StartTime = &w.now
	reason := "ContainerCreating"
	if len(w.pod.Spec.InitContainers) > 0 {
		reason = "PodInitializing"
	}
	waiting := func(containers []v1.Container) (statuses []v1.ContainerStatus) {
		for _, c := range containers {
			state := v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason}}
			statuses = append(statuses, v1.ContainerStatus{Name: c.Name, Image: c.Image, State: state, Started: ptr.To(false)})
		}
		return statuses
	}
	w.status.InitContainerStatuses = waiting(w.pod.Spec.InitContainers)
	w.status.ContainerStatuses = waiting(w.pod.Spec.Containers)
}

// initialise runs the init containers in their order and says whether all are done.
func (w *walk) initialise() bool {
	elapsed := w.elapsed
	for i := range w.pod.Spec.InitContainers {
		container, status := &w.pod.Spec.InitContainers[i], &w.status.InitContainerStatuses[i]
		sidecar := podutil.IsRestartableInitContainer(container)
		switch {
		case status.State.Terminated != nil, sidecar && status.State.Running != nil:
		case status.State.Running != nil:
			if elapsed < initTime {
				w.lookIn(initTime - elapsed)
				return false
			}
			w.exit(status, 0)
			// A kubelet calls an init container ready that has done its work.
			status.Ready = true
			// What follows starts now, so no time has passed for it.
			elapsed, w.elapsed = 0, 0
		case !w.begin(container, status):
			return false
		case sidecar:
			status.Ready = true
		default:
			w.lookIn(initTime)
			return false
		}
	}
	return true
}

// run takes every container on by itself.
func (w *walk) run() {
	for i := range w.pod.Spec.Containers {
		container, status := &w.pod.Spec.Containers[i], &w.status.ContainerStatuses[i]
		switch {
		case status.State.Waiting != nil && status.LastTerminationState.Terminated != nil:
			if w.elapsed < restartAfter {
				w.lookIn(restartAfter - w.elapsed)
				continue
			}
			if w.begin(container, status) {
				status.RestartCount++
				w.lookIn(w.plan.delay)
			}
		case status.State.Waiting != nil:
			if w.begin(container, status) {
				w.lookIn(w.plan.delay)
			}
		case status.State.Running != nil && !w.settled(status):
			if w.elapsed < w.plan.delay {
				w.lookIn(w.plan.delay - w.elapsed)
				continue
			}
			w.settle(container, status)
		}
	}
}

// endsByItself tells a pod of a Job from one that serves.
func (w *walk) endsByItself() bool { return w.pod.Spec.RestartPolicy != v1.RestartPolicyAlways }

func (w *walk) settled(status *v1.ContainerStatus) bool {
	return status.Ready && !w.endsByItself()
}

// begin starts a container, or says why it cannot.
func (w *walk) begin(container *v1.Container, status *v1.ContainerStatus) bool {
	waiting := func(reason, message string, told event) bool {
		status.State = v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}}
		w.event = told
		w.lookIn(lookAgain)
		return false
	}
	switch problem := w.missing.env[container.Name]; {
	case w.plan.problem != "":
		return waiting("CreateContainerError", w.plan.problem, event{kubeletevents.FailedToCreateContainer, "Error: " + w.plan.problem})
	case w.missing.volume != "":
		// A kubelet leaves the state as it is; only the event tells.
		w.event = event{kubeletevents.FailedMountVolume, w.missing.volume}
		w.lookIn(lookAgain)
		return false
	case w.plan.outcome == outcomeNeverPulls || strings.Contains(container.Image, outcomeNeverPulls):
		message := fmt.Sprintf("Back-off pulling image %q", container.Image)
		return waiting("ImagePullBackOff", message, event{kubeletevents.BackOffPullImage, message})
	case problem != "":
		return waiting("CreateContainerConfigError", problem, event{kubeletevents.FailedToCreateContainer, "Error: " + problem})
	}
	status.State = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: w.now}}
	status.Started = ptr.To(true)
	// Without a probe a container is ready while it runs; what serves gets ready after its delay.
	status.Ready = w.endsByItself() && w.plan.outcome != outcomeNeverReady
	return true
}

// settle is what happens to a running container after its delay.
func (w *walk) settle(container *v1.Container, status *v1.ContainerStatus) {
	switch {
	case w.plan.outcome == outcomeNeverReady:
		w.event = event{kubeletevents.ContainerUnhealthy, "Readiness probe failed: annotation " + outcomeAnnotation + " says never-ready"}
	case w.plan.outcome == outcomeFail && w.pod.Spec.RestartPolicy == v1.RestartPolicyNever:
		w.exit(status, 1)
	case w.plan.outcome == outcomeFail:
		w.exit(status, 1)
		status.LastTerminationState = status.State
		message := fmt.Sprintf("back-off %s restarting failed container=%s", restartAfter, container.Name)
		status.State = v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: message}}
		w.event = event{kubeletevents.BackOffStartContainer, message}
		w.lookIn(restartAfter)
	case w.endsByItself():
		w.exit(status, 0)
	default:
		status.Ready = true
	}
}

func (w *walk) exit(status *v1.ContainerStatus, code int32) {
	reason := "Completed"
	if code != 0 {
		reason = "Error"
	}
	status.State = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{
		ExitCode: code, Reason: reason, StartedAt: status.State.Running.StartedAt, FinishedAt: w.now,
	}}
	status.Started, status.Ready = ptr.To(false), false
}

// lookIn keeps the shortest wait.
func (w *walk) lookIn(wait time.Duration) {
	if w.again == 0 || wait < w.again {
		w.again = max(wait, time.Millisecond)
	}
}

// summarise derives phase and conditions from the containers, the conditions by a kubelet's own code.
func (w *walk) summarise() {
	w.status.Phase = phaseOf(w.status.ContainerStatuses)
	w.status.ObservedGeneration = w.pod.Generation
	all := append(append([]v1.ContainerStatus{}, w.status.InitContainerStatuses...), w.status.ContainerStatuses...)
	old := &w.pod.Status
	podutil.UpdatePodCondition(&w.status, ptr.To(kubeletstatus.GeneratePodInitializedCondition(w.pod, old, all, w.status.Phase)))
	podutil.UpdatePodCondition(&w.status, ptr.To(kubeletstatus.GenerateContainersReadyCondition(w.pod, old, all, w.status.Phase)))
	podutil.UpdatePodCondition(&w.status, ptr.To(kubeletstatus.GeneratePodReadyCondition(w.pod, old, w.status.Conditions, all, w.status.Phase)))
}

func phaseOf(containers []v1.ContainerStatus) v1.PodPhase {
	ended, failed := 0, 0
	for _, status := range containers {
		switch {
		case status.State.Waiting != nil && status.LastTerminationState.Terminated == nil:
			return v1.PodPending
		case status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
			failed++
			fallthrough
		case status.State.Terminated != nil:
			ended++
		}
	}
	switch {
	case ended < len(containers):
		return v1.PodRunning
	case failed > 0:
		return v1.PodFailed
	default:
		return v1.PodSucceeded
	}
}

func finished(pod *v1.Pod) bool {
	return pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
}

// waitsToStart reports whether a container is still to begin, so that its references matter.
func waitsToStart(pod *v1.Pod) bool {
	if pod.Status.StartTime == nil {
		return true
	}
	for _, statuses := range [][]v1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, status := range statuses {
			if status.State.Waiting != nil {
				return true
			}
		}
	}
	return false
}
