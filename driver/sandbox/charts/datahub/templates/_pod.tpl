{{/* A pod of one container. Call with (dict "root" $ "values" VALUES "container" NAME "account" SA "env" TEXT),
     and for a server "ports" and "probe", for a Job "args" and "restartPolicy". */}}
{{- define "datahub.pod" -}}
{{- $global := .root.Values.global -}}
{{- with .restartPolicy }}
restartPolicy: {{ . }}
{{- end }}
{{- with .values.terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
serviceAccountName: {{ .account }}
securityContext: {{- toYaml .values.podSecurityContext | nindent 2 }}
containers:
  - name: {{ .container }}
    {{- include "datahub.container" . | trim | nindent 4 }}
{{- with include "datahub.volumes" . | trim }}
volumes: {{- . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" }}
{{- with get $.values $key | default (get $global $key) }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
