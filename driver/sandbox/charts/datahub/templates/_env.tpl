{{/* One variable: list NAME SOURCE, the source being a plain value, {value} or {secretRef, secretKey}. */}}
{{- define "datahub.env" -}}
{{- $name := index . 0 -}}
{{- $source := index . 1 -}}
{{- if not (kindIs "map" $source) }}
- {name: {{ $name }}, value: {{ $source | toString | quote }}}
{{- else if $source.value }}
- {name: {{ $name }}, value: {{ $source.value | toString | quote }}}
{{- else }}
{{- $missing := printf "%s has no value: give its key a secretRef and a secretKey" $name }}
- name: {{ $name }}
  valueFrom: {secretKeyRef: {name: {{ required $missing $source.secretRef | quote }}, key: {{ required $missing $source.secretKey | quote }}}}
{{- end }}
{{- end -}}

{{/* Several variables with plain values, in the order of their names: dict NAME VALUE. */}}
{{- define "datahub.envs" -}}
{{- range $name, $value := . }}
{{- include "datahub.env" (list $name $value) }}
{{- end }}
{{- end -}}

{{/* Whether IAM login is on: list GLOBAL OVERRIDE; the override counts once it names "enabled". */}}
{{- define "datahub.iam" -}}
{{- $own := index . 1 | default dict -}}
{{- if hasKey $own "enabled" | ternary $own.enabled (index . 0).enabled }}yes{{ end -}}
{{- end -}}

{{/* Where GMS is, as its clients write it. */}}
{{- define "datahub.gmsHost" -}}
{{- printf "%s-datahub-gms" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
