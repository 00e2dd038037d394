{{/* Names and labels. Call with (dict "root" $ "name" COMPONENT); the component "datahub" is the release itself. */}}

{{- define "datahub.fullname" -}}
{{- $release := .root.Release.Name -}}
{{- ternary $release (printf "%s-%s" $release .name) (contains .name $release) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "datahub.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "datahub.labels" -}}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{ include "datahub.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion }}
{{- if eq .name "datahub-gms" }}
datahub.acryl.io/datahub-version: {{ include "datahub.version" . | quote }}
{{- end }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{- define "datahub.version" -}}
{{- (index .root.Values .name).image.tag | default .root.Values.global.datahub.version -}}
{{- end -}}

{{- define "datahub.appServiceAccount" -}}
{{- ((.values | default dict).serviceAccount | default dict).name | default .root.Values.global.datahub.appServiceAccount.name | default "default" -}}
{{- end -}}
