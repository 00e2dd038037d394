{{/* What only the frontend reads. It speaks to the search cluster with a password or not at all: it has no IAM login. */}}
{{- define "datahub.env.frontend" -}}
{{- $frontend := index .Values "datahub-frontend" -}}
{{- $search := .Values.global.elasticsearch -}}
{{- $secret := $frontend.existingGmsSecret | default (dict "name" (printf "%s-gms-secret" .Release.Name) "key" "datahub.gms.secret") -}}
{{- include "datahub.envs" (dict
  "AUTH_COOKIE_SAME_SITE" $frontend.authCookies.sameSite
  "AUTH_COOKIE_SECURE" $frontend.authCookies.secure
  "AUTH_SESSION_TTL_HOURS" $frontend.auth.sessionTTLHours
  "DATAHUB_ANALYTICS_ENABLED" .Values.global.datahub_analytics_enabled
  "DATAHUB_APP_VERSION" .Values.global.datahub.appVersion
  "DATAHUB_GMS_HOST" (include "datahub.gmsHost" .)
  "DATAHUB_GMS_PORT" .Values.global.datahub.gms.port
  "DATAHUB_SECRET" (dict "secretRef" $secret.name "secretKey" $secret.key)
  "DATAHUB_TRACKING_TOPIC" .Values.global.kafka.topics.datahub_usage_event_name
  "ELASTIC_CLIENT_HOST" $search.host
  "ELASTIC_CLIENT_PORT" $search.port
  "METADATA_SERVICE_AUTH_ENABLED" .Values.global.datahub.metadata_service_authentication.enabled) }}
{{- if .Values.global.datahub_analytics_enabled }}
{{- include "datahub.env" (list "ELASTIC_CLIENT_USE_SSL" $search.useSSL) }}
{{- with $search.auth }}
{{- include "datahub.envs" (dict "ELASTIC_CLIENT_USERNAME" .username "ELASTIC_CLIENT_PASSWORD" .password) }}
{{- end }}
{{- with $search.indexPrefix }}
{{- include "datahub.env" (list "ELASTIC_INDEX_PREFIX" .) }}
{{- end }}
{{- end }}
{{- end -}}
