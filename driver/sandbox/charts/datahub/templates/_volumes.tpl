{{/* Volumes and mounts of a pod: Kafka's certificates, the default users' file, and the values' own. */}}
{{- define "datahub.volumes" -}}
{{- with .root.Values.global.credentialsAndCertsSecrets }}
- name: datahub-certs-dir
  secret: {secretName: {{ .name }}, defaultMode: 0444}
{{- end }}
{{- if .values.defaultUserCredentials }}
- name: datahub-default-users
  secret: {secretName: {{ .root.Release.Name }}-user-secret, defaultMode: 0444}
{{- end }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "datahub.mounts" -}}
{{- with .root.Values.global.credentialsAndCertsSecrets }}
- {name: datahub-certs-dir, mountPath: {{ .path | default "/mnt/certs" }}}
{{- end }}
{{- if .values.defaultUserCredentials }}
- {name: datahub-default-users, mountPath: /datahub-frontend/conf/user.props, subPath: user.props}
{{- end }}
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
