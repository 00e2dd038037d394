{{/* What the upgrade image reads, in the Jobs and the CronJob: dict "root" $ "own" its section of the values. */}}
{{- define "datahub.env.upgrade" -}}
{{- $global := .root.Values.global -}}
{{- $host := include "datahub.gmsHost" .root -}}
{{- include "datahub.envs" (dict
  "DATAHUB_GMS_HOST" $host
  "DATAHUB_GMS_PORT" $global.datahub.gms.port
  "DATAHUB_MAE_CONSUMER_HOST" (printf "%s-datahub-mae-consumer" .root.Release.Name)
  "DATAHUB_MAE_CONSUMER_PORT" $global.datahub.mae_consumer.port
  "DATAHUB_ANALYTICS_ENABLED" $global.datahub_analytics_enabled
  "DATAHUB_PRECREATE_TOPICS" $global.kafka.precreateTopics
  "ELASTICSEARCH_INSECURE" $global.elasticsearch.insecure
  "MAX_MESSAGE_BYTES" $global.kafka.maxMessageBytes
  "USE_CONFLUENT_SCHEMA_REGISTRY" (eq $global.kafka.schemaregistry.type "KAFKA")
  "ZDU_STAGE_10" $global.datahub.systemUpdate.zdu.preEnable
  "ZDU_STAGE_20" $global.datahub.systemUpdate.zdu.enable) }}
{{- range $name, $key := dict "PARTITIONS" "partitions" "REPLICATION_FACTOR" "replicationFactor" }}
{{- with get $global.kafka $key }}
{{- include "datahub.env" (list $name .) }}
{{- end }}
{{- end }}
{{- include "datahub.env.sql" (dict "root" .root "own" .own.sql) }}
{{- include "datahub.env.kafka" (dict "root" .root "prefix" "SPRING_KAFKA_PROPERTIES") }}
{{- include "datahub.env.topics" (dict "root" .root) }}
{{- include "datahub.env.registry" (dict "root" .root "gms" $host) }}
{{- include "datahub.env.search" (dict "root" .root "own" .own.elasticsearch) }}
{{- include "datahub.env.tokens" .root }}
{{- end -}}
