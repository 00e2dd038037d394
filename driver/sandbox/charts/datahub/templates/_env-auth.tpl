{{/* The system login every component uses towards GMS; "datahub.env.tokens" adds what signs tokens. */}}
{{- define "datahub.env.system" -}}
{{- with .Values.global.datahub.metadata_service_authentication }}
{{- if .enabled }}
{{- include "datahub.envs" (dict
  "DATAHUB_SYSTEM_CLIENT_ID" .systemClientId
  "DATAHUB_SYSTEM_CLIENT_SECRET" .systemClientSecret) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "datahub.env.tokens" -}}
{{- with .Values.global.datahub.metadata_service_authentication }}
{{- if .enabled }}
{{- include "datahub.envs" (dict
  "METADATA_SERVICE_AUTH_ENABLED" true
  "DATAHUB_TOKEN_SERVICE_SIGNING_KEY" .tokenService.signingKey
  "DATAHUB_TOKEN_SERVICE_SALT" .tokenService.salt) }}
{{- end }}
{{- end }}
{{- include "datahub.env.system" . }}
{{- end -}}
