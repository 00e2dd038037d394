{{/* A Secret the chart fills itself: dict "root" $ "name" SECRET "provision" SWITCHES "keys" (KEY: GIVEN VALUE) "length" N.
     It keeps what the cluster has and draws the rest, so a render without a cluster draws everything anew. */}}
{{- define "datahub.provisionedSecret" -}}
{{- if .provision.enabled }}
{{- $kept := (lookup "v1" "Secret" .root.Release.Namespace .name).data | default dict }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .name }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-5"
    {{- with .provision.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
type: Opaque
data:
  {{- range $key, $given := .keys }}
  {{ $key }}: {{ $.provision.autoGenerate | ternary (get $kept $key | default (randAlphaNum $.length | b64enc)) ($given | default "" | b64enc) | quote }}
  {{- end }}
{{- end }}
{{- end -}}
