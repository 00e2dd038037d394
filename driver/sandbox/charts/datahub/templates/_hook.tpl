{{/* The annotations of a hook that runs before the release, at the given weight. */}}
{{- define "datahub.preHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation
{{- end -}}
