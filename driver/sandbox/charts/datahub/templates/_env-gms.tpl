{{/* What only GMS reads. The revision is the release's, so GMS restarts with every upgrade. */}}
{{- define "datahub.env.gms" -}}
{{- $global := .Values.global -}}
{{- $ingestion := $global.datahub.managed_ingestion -}}
{{- include "datahub.envs" (dict
  "DATAHUB_ANALYTICS_ENABLED" $global.datahub_analytics_enabled
  "ELASTICSEARCH_BUILD_INDICES_REINDEX_OPTIMIZATION_ENABLED" $global.elasticsearch.index.upgrade.reindexOptimizationEnabled
  "MAE_CONSUMER_ENABLED" true
  "MCE_CONSUMER_ENABLED" true
  "PE_CONSUMER_ENABLED" true
  "SECRET_SERVICE_CALLER_GUARD_MODE" $global.datahub.encryptionKey.callerGuardMode
  "UI_INGESTION_DEFAULT_CLI_VERSION" $ingestion.defaultCliVersion
  "UI_INGESTION_ENABLED" $ingestion.enabled
  "ZDU_STAGE_20" $global.datahub.systemUpdate.zdu.enable) }}
{{- if $ingestion.enabled }}
{{- include "datahub.env" (list "SECRET_SERVICE_ENCRYPTION_KEY" (pick $global.datahub.encryptionKey "secretRef" "secretKey")) }}
{{- end }}
{{- if $global.datahub.systemUpdate.enabled }}
{{- include "datahub.env" (list "DATAHUB_REVISION" .Release.Revision) }}
{{- end }}
{{- end -}}
