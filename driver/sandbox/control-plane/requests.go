// The requests of those who have an access entry: written to the sandbox's request log, in the form
// that AWS requests have there, and befallen by faults on purpose. What controllers, the scheduler
// and the stand-ins do among themselves is neither.

package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"
)

// arnExtra is what the webhook says of everybody whom it lets in.
const arnExtra = "arn"

// logged is a line of the request log.
type logged struct {
	Time         string  `json:"time"`
	ID           string  `json:"id"`
	Service      string  `json:"service"`
	Cluster      string  `json:"cluster"`
	Action       string  `json:"action"`
	Mutating     bool    `json:"mutating"`
	Status       *int    `json:"status"`
	Error        *string `json:"error"`
	Principal    string  `json:"principal"`
	Milliseconds float64 `json:"milliseconds"`
	Fault        string  `json:"fault,omitempty"`
}

// watched is the API with the log and the faults in front of it. Who asks, and for what, is known by then.
type watched struct {
	cluster string
	log     *os.File
	faults  *faults
	api     http.Handler
}

// watch puts the log and the faults in front of an API, if files for them were named.
func (c *cluster) watch(generic *server.Config) error {
	if c.requests == "" {
		return nil
	}
	log, err := os.OpenFile(c.requests, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return because("could not open the request log", "give --requests a file you may write to", err)
	}
	build := generic.BuildHandlerChainFunc
	generic.BuildHandlerChainFunc = func(api http.Handler, config *server.Config) http.Handler {
		return build(&watched{cluster: c.name, log: log, faults: &faults{path: c.faults}, api: api}, config)
	}
	return nil
}

func (w *watched) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	info, known := request.RequestInfoFrom(r.Context())
	user, authenticated := request.UserFrom(r.Context())
	if !known || !authenticated || len(user.GetExtra()[arnExtra]) == 0 {
		w.api.ServeHTTP(out, r)
		return
	}
	begun := time.Now()
	line := logged{
		Time: begun.UTC().Format("2006-01-02T15:04:05.000+00:00"), ID: string(uuid.NewUUID()),
		Service: "kubernetes", Cluster: w.cluster, Action: action(info), Mutating: mutating(info, r),
		Principal: user.GetExtra()[arnExtra][0],
	}
	// Also when the handler is aborted.
	defer func() {
		line.Milliseconds = float64(time.Since(begun).Microseconds()) / 1000
		w.write(line)
	}()
	rule := w.faults.find(line.Action, func() string { return textOf(r) })
	if rule == nil {
		line.Status = w.handle(out, r, line.Mutating)
		return
	}
	line.Fault = rule.name()
	var done *kept
	if rule.When == "after" {
		done = &kept{header: http.Header{}}
		w.handle(done, r, line.Mutating)
	}
	if status := rule.strike(client(r.RemoteAddr)); status != nil {
		code, reason := int(status.Code), string(status.Reason)
		line.Status, line.Error = &code, &reason
		answer(out, status)
	} else if done == nil {
		line.Status = w.handle(out, r, line.Mutating)
	} else {
		line.Status = &done.status
		done.give(out)
	}
}

// handle lets the API answer, and is the status of that answer.
func (w *watched) handle(out http.ResponseWriter, r *http.Request, mutating bool) *int {
	observed := &statusWriter{ResponseWriter: out, status: http.StatusOK}
	w.api.ServeHTTP(responsewriter.WrapForHTTP1Or2(observed), r)
	if mutating && observed.status < http.StatusBadRequest {
		w.faults.noteChange()
	}
	return &observed.status
}

func (w *watched) write(line logged) {
	text, err := json.Marshal(line)
	if err == nil {
		// One write, as others append to the file too.
		_, err = w.log.Write(append(text, '\n'))
	}
	if err != nil {
		klog.ErrorS(err, "A request is not in the log")
	}
}

// action names a request as `create deployments`, or `get /version` where it is about no resource.
func action(info *request.RequestInfo) string {
	if !info.IsResourceRequest {
		return info.Verb + " " + info.Path
	}
	return info.Verb + " " + strings.TrimSuffix(info.Resource+"/"+info.Subresource, "/")
}

// mutating reports whether a request changes something: not a dry run, nor a question that is asked by
// creating it.
func mutating(info *request.RequestInfo, r *http.Request) bool {
	switch info.Verb {
	case "create", "update", "patch", "delete", "deletecollection":
		return info.IsResourceRequest && !strings.HasSuffix(info.Resource, "reviews") && !r.URL.Query().Has("dryRun")
	}
	return false
}

func answer(out http.ResponseWriter, status *metav1.Status) {
	text, err := json.Marshal(status)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	out.Header().Set("Content-Type", "application/json")
	if status.Code == http.StatusTooManyRequests {
		out.Header().Set("Retry-After", "1")
	}
	out.WriteHeader(int(status.Code))
	out.Write(text)
}

// statusWriter notes the status on its way.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// kept is an answer that is not given yet, and perhaps never.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(text []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(text)
}

func (k *kept) give(out http.ResponseWriter) {
	maps.Copy(out.Header(), k.header)
	out.WriteHeader(k.status)
	out.Write(k.body.Bytes())
}
