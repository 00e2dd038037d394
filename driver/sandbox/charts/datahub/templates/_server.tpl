{{/* The Deployment and Service of a component. Call with (dict "root" $ "name" COMPONENT "ports" PORTS "env" TEXT),
     with "probe" for its health path and "annotations" for its pods. */}}
{{- define "datahub.server" -}}
{{- $values := index .root.Values .name -}}
{{- $pod := merge (dict "values" $values "container" .name "account" (include "datahub.appServiceAccount" (dict "root" .root "values" $values))) . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "datahub.fullname" . }}
  labels: {{- include "datahub.labels" . | nindent 4 }}
spec:
  replicas: {{ $values.replicaCount }}
  {{- with $values.revisionHistoryLimit }}
  revisionHistoryLimit: {{ . }}
  {{- end }}
  selector:
    matchLabels: {{- include "datahub.selector" . | nindent 6 }}
  template:
    metadata: {{- include "datahub.podMetadata" $pod | trim | nindent 6 }}
    spec: {{- include "datahub.pod" $pod | trim | nindent 6 }}
---
{{ include "datahub.service" . }}
{{- end -}}

{{- define "datahub.podMetadata" -}}
{{- with merge (dict) (.annotations | default dict) (.values.podAnnotations | default dict) }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
labels: {{- include "datahub.selector" . | nindent 2 }}
  {{- if eq .name "datahub-gms" }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion }}
  datahub.acryl.io/datahub-version: {{ include "datahub.version" . | quote }}
  {{- end }}
  {{- range $key, $value := merge (dict) (.values.extraPodLabels | default dict) .root.Values.global.podLabels }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
{{- end -}}
