{{/* One of the two hook Jobs: dict "root" $ "suffix" of its name "annotations" HOOK "upgrade" what it runs. */}}
{{- define "datahub.systemUpdate" -}}
{{- $own := .root.Values.datahubSystemUpdate -}}
{{- $env := list
  (include "datahub.env" (list "DATAHUB_REVISION" .root.Release.Revision))
  (include "datahub.env.upgrade" (dict "root" .root "own" $own))
  (include "datahub.env.setup" .)
  (include "datahub.env.garbageCollection" .root) -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .root.Release.Name }}-{{ .suffix }}
  labels: {{- include "datahub.labels" (dict "root" .root "name" "datahub") | nindent 4 }}
  annotations: {{- toYaml .annotations | nindent 4 }}
spec:
  template:
    {{- if or $own.podAnnotations .root.Values.global.podLabels }}
    metadata: {{- dict "annotations" $own.podAnnotations "labels" .root.Values.global.podLabels | toYaml | nindent 6 }}
    {{- end }}
    spec: {{- include "datahub.pod" (dict "root" .root "values" $own "container" "datahub-system-update-job"
      "account" $own.serviceAccount.name "args" (list "-u" .upgrade) "restartPolicy" "Never" "env" (join "" $env)) | trim | nindent 6 }}
{{- end -}}
