{{/* What only the actions component reads. */}}
{{- define "datahub.env.actions" -}}
{{- $actions := (index .Values "acryl-datahub-actions").actions -}}
{{- $host := include "datahub.gmsHost" . -}}
{{- include "datahub.envs" (dict
  "DATAHUB_GMS_HOST" $host
  "DATAHUB_GMS_PORT" .Values.global.datahub.gms.port
  "DATAHUB_GMS_PROTOCOL" .Values.global.datahub.gms.protocol
  "KAFKA_AUTO_OFFSET_POLICY" $actions.kafkaAutoOffsetPolicy) }}
{{- with $actions.executorId }}
{{- include "datahub.env" (list "EXECUTOR_ID" .) }}
{{- end }}
{{- with include "datahub.registryUrl" (dict "root" . "gms" $host) }}
{{- include "datahub.env" (list "SCHEMA_REGISTRY_URL" .) }}
{{- end }}
{{- end -}}
