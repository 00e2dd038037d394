{{/* A single store with its two Services. Call with (dict "root" $ "name" LABEL "fullname" NAME "image" IMAGE
     "values" {resources, persistence, podSecurityContext}, "security" CONTEXT, "env" LIST, "port" PORT,
     "replicas" N, "mount" PATH, "claim" NAME). */}}
{{- define "prerequisites.store" -}}
{{- include "prerequisites.storeServices" . }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .fullname }}
  labels: {{- include "prerequisites.labels" . | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  serviceName: {{ .fullname }}-headless
  selector:
    matchLabels: {{- include "prerequisites.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "prerequisites.selector" . | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      securityContext: {{- toYaml .values.podSecurityContext | nindent 8 }}
      containers:
        - name: {{ .name }}
          image: {{ .image.registry | default "docker.io" }}/{{ .image.repository }}:{{ .image.tag }}
          securityContext: {{- toYaml .security | nindent 12 }}
          env: {{- toYaml .env | nindent 12 }}
          ports: [{name: {{ .name }}, containerPort: {{ .port }}}]
          readinessProbe: {tcpSocket: {port: {{ .name }}}, initialDelaySeconds: 5, periodSeconds: 10, failureThreshold: 3}
          resources: {{- toYaml .values.resources | nindent 12 }}
          volumeMounts: [{name: {{ .claim }}, mountPath: {{ .mount }}}]
  {{- include "prerequisites.claim" (merge (dict "name" .claim) .values.persistence) | nindent 2 }}
{{- end -}}
