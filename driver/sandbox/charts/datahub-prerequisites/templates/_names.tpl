{{/* Names and labels. Call with (dict "root" $ "name" STORE), and "component" for a part of it. */}}

{{- define "prerequisites.fullname" -}}
{{- $release := .root.Release.Name -}}
{{- ternary $release (printf "%s-%s" $release .name) (contains .name $release) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "prerequisites.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/name: {{ .name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
app.kubernetes.io/part-of: {{ $.name }}
{{- end }}
{{- end -}}

{{- define "prerequisites.labels" -}}
{{ include "prerequisites.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{- define "prerequisites.kafka" -}}
{{- include "prerequisites.fullname" (dict "root" . "name" "kafka") -}}
{{- end -}}

{{- define "prerequisites.kafkaSecret" -}}
{{- .Values.kafka.sasl.existingSecret | default (printf "%s-user-passwords" (include "prerequisites.kafka" .)) -}}
{{- end -}}

{{- define "prerequisites.kafkaClusterId" -}}
{{- .Values.kafka.kraft.existingClusterIdSecret | default (printf "%s-kraft-cluster-id" (include "prerequisites.kafka" .)) -}}
{{- end -}}
