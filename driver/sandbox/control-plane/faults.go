// Faults on purpose: a file of rules names requests, and what is to befall them. It is the file that
// the sandbox's AWS reads too (groundplan_aws/faults.py says what each word means); it is looked at
// before every request, and each new file counts anew. Without one, nothing here does anything.

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// rule is one rule, in the words of the file.
type rule struct {
	Call    string  `json:"call"`
	Do      string  `json:"do"`
	When    string  `json:"when"`
	Nth     int     `json:"nth"`
	Times   *int    `json:"times"`
	About   string  `json:"about"`
	Changed bool    `json:"changed"`
	Seconds float64 `json:"seconds"`
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Status  int     `json:"status"`

	pattern *regexp.Regexp
	matched int
}

// UnmarshalJSON fills in what is not said. "times": null is for every request.
func (r *rule) UnmarshalJSON(text []byte) error {
	type plain rule
	once := 1
	said := plain{When: "before", Nth: 1, Times: &once, Code: "InternalError", Message: "a fault on purpose", Status: 500}
	if err := json.Unmarshal(text, &said); err != nil {
		return err
	}
	*r = rule(said)
	pattern, err := regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(r.Call), `\*`, ".*") + "$")
	r.pattern = pattern
	return err
}

// fires reports whether the rule befalls this request, which counts.
func (r *rule) fires(call string, text func() string, changed bool) bool {
	if !r.pattern.MatchString(call) || (r.About != "" && !strings.Contains(text(), r.About)) || (r.Changed && !changed) {
		return false
	}
	r.matched++
	return r.matched >= r.Nth && (r.Times == nil || r.matched < r.Nth+*r.Times)
}

func (r *rule) name() string { return r.Do + " " + r.When }

// strike does it. A status is the answer; without one the request takes its course. Where there is to
// be no answer at all, it panics with http.ErrAbortHandler, which resets the stream.
func (r *rule) strike(client client) *metav1.Status {
	switch r.Do {
	case "delay":
		time.Sleep(time.Duration(r.Seconds * float64(time.Second)))
	case "error":
		return statusOf(r.Status, metav1.StatusReason(r.Code), r.Message)
	case "throttle":
		return statusOf(http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests, "too many requests")
	case "freeze":
		if err := client.freeze(); err != nil {
			return impossible(err)
		}
		// A request that was on its way arrives when its sender goes on.
		if r.When == "before" && !client.waitUntilItGoesOn() {
			panic(http.ErrAbortHandler)
		}
	case "kill":
		if err := client.kill(); err != nil {
			return impossible(err)
		}
		panic(http.ErrAbortHandler)
	case "reset":
		panic(http.ErrAbortHandler)
	}
	return nil
}

func impossible(err error) *metav1.Status {
	return statusOf(http.StatusInternalServerError, metav1.StatusReasonInternalError, "who called cannot be ended or stopped: "+err.Error())
}

func statusOf(code int, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
	}
}

// faults are the rules as the file has them now.
type faults struct {
	path    string
	mu      sync.Mutex
	seen    os.FileInfo
	rules   []*rule
	changed bool
}

// find is the rule that befalls a request. All that the request says is only asked for if need be.
func (f *faults) find(call string, text func() string) *rule {
	if f.path == "" {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	var first *rule
	for _, rule := range f.rules {
		if rule.fires(call, text, f.changed) && first == nil {
			first = rule
		}
	}
	return first
}

func (f *faults) noteChange() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed = true
}

func (f *faults) look() {
	now, err := os.Stat(f.path)
	if err != nil {
		f.seen, f.rules = nil, nil
		return
	}
	if f.seen != nil && os.SameFile(f.seen, now) && f.seen.ModTime().Equal(now.ModTime()) {
		return
	}
	f.seen, f.rules, f.changed = now, nil, false
	text, err := os.ReadFile(f.path)
	if err == nil {
		err = json.Unmarshal(text, &f.rules)
	}
	if err != nil {
		klog.ErrorS(err, "The rules for faults cannot be read", "file", f.path)
	}
}

// textOf is all that a request says, which can be read again afterwards.
func textOf(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r.URL.Path + "\n" + string(body)
}
