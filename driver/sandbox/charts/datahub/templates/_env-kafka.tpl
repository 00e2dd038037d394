{{/* Kafka and its client properties: dict "root" $ "prefix" of their names. */}}
{{- define "datahub.env.kafka" -}}
{{- $global := .root.Values.global -}}
{{- include "datahub.env" (list "KAFKA_BOOTSTRAP_SERVER" $global.kafka.bootstrap.server) }}
{{- range $key, $value := $global.springKafkaConfigurationOverrides }}
{{- include "datahub.env" (list (printf "%s_%s" $.prefix ($key | replace "." "_" | upper)) $value) }}
{{- end }}
{{- with $global.credentialsAndCertsSecrets }}
{{- $secret := .name }}
{{- range $key, $secretKey := .secureEnv }}
{{- include "datahub.env" (list (printf "%s_%s" $.prefix ($key | replace "." "_" | upper)) (dict "secretRef" $secret "secretKey" $secretKey)) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The topics: dict "root" $ "omit" the keys a component does not name. */}}
{{- define "datahub.env.topics" -}}
{{- range $key, $topic := .root.Values.global.kafka.topics }}
{{- if not (has $key ($.omit | default list)) }}
{{- include "datahub.env" (list (upper $key) $topic) }}
{{- end }}
{{- end }}
{{- end -}}
