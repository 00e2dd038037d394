{{/* What only the hook Jobs read; "setup" is the blocking Job's alone. */}}
{{- define "datahub.env.setup" -}}
{{- if eq .root.Values.global.kafka.schemaregistry.type "INTERNAL" }}
{{- include "datahub.envs" (dict
  "SCHEMA_REGISTRY_SYSTEM_UPDATE" true
  "SPRING_KAFKA_PROPERTIES_AUTO_REGISTER_SCHEMAS" true
  "SPRING_KAFKA_PROPERTIES_USE_LATEST_VERSION" true) }}
{{- end }}
{{- $sql := .root.Values.datahubSystemUpdate.sql.setup }}
{{- if and .setup $sql.enabled }}
{{- include "datahub.envs" (dict
  "DATAHUB_SQL_SETUP_ENABLED" true
  "CREATE_TABLES" $sql.createTables
  "CREATE_DB" $sql.createDatabase) }}
{{- end }}
{{- if not .setup }}
{{- include "datahub.env" (list "ELASTICSEARCH_BUILD_INDICES_REINDEX_OPTIMIZATION_ENABLED" .root.Values.global.elasticsearch.index.upgrade.reindexOptimizationEnabled) }}
{{- end }}
{{- $search := .root.Values.datahubSystemUpdate.elasticsearch.setup }}
{{- if and .setup $search.enabled $search.createUser }}
{{- include "datahub.envs" (dict "CREATE_USER_ES" true "CREATE_USER_ES_IAM_ROLE_ARN" $search.createUserIamRoleArn) }}
{{- end }}
{{- end -}}

{{/* When the clean-up runs. Unless the values give an interval, its hour is drawn from the window at every render,
     in each Job: two renders of the same values differ, with provisioning off too. */}}
{{- define "datahub.env.garbageCollection" -}}
{{- $own := .Values.datahubSystemUpdate.bootstrapMCPs.datahubGC -}}
{{- $window := $own.dailyCronWindow -}}
{{- $width := add 1 (mod (sub (add 24 $window.endHour) $window.startHour) 24) | int -}}
{{- $hour := mod (add $window.startHour (randInt 0 $width)) 24 -}}
{{- $values := merge (dict) ($own.values | default dict) (dict
  "schedule" (dict "interval" (printf "0 %d * * *" $hour) "timezone" .Values.global.datahub.timezone)
  "ingestion" (dict "name" "datahub-gc" "version" .Values.global.datahub.managed_ingestion.defaultCliVersion)) | toJson -}}
{{- include "datahub.envs" (dict
  "DATAHUB_GC_BOOTSTRAP_VALUES" $values
  "DATAHUB_GC_BOOTSTRAP_REVISION" (dict "version" (printf "%s-%s" .Values.global.datahub.version (sha256sum $values | trunc 7)) | toJson)) }}
{{- end -}}
