{{/* The one container of a pod; "resources" overrides the values' own. Call as "datahub.pod". */}}
{{- define "datahub.container" -}}
{{- $image := .values.image }}
image: {{ $image.registry | default .root.Values.global.imageRegistry }}/{{ $image.repository }}:{{ $image.tag | default .root.Values.global.datahub.version }}
imagePullPolicy: {{ $image.pullPolicy | default "IfNotPresent" }}
securityContext: {{- toYaml .values.securityContext | nindent 2 }}
{{- with .args }}
args: {{ toJson . }}
{{- end }}
{{- with .ports }}
ports: {{- range $name, $port := . }}
  - {name: {{ $name }}, containerPort: {{ $port }}, protocol: TCP}
{{- end }}
{{- end }}
{{- with .probe }}
livenessProbe: {{- toYaml (merge (dict "httpGet" (dict "path" . "port" "http")) $.values.livenessProbe) | nindent 2 }}
readinessProbe: {{- toYaml (merge (dict "httpGet" (dict "path" . "port" "http")) $.values.readinessProbe) | nindent 2 }}
{{- end }}
env: {{- .env | trim | nindent 2 }}
{{- with .values.extraEnvs }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "datahub.mounts" . | trim }}
volumeMounts: {{- . | nindent 2 }}
{{- end }}
resources: {{- toYaml (.resources | default .values.resources) | nindent 2 }}
{{- end -}}
