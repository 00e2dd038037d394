{{/* The schema registry of a Java service: dict "root" $ "gms" HOST. */}}
{{- define "datahub.env.registry" -}}
{{- $registry := .root.Values.global.kafka.schemaregistry -}}
{{- include "datahub.env" (list "SCHEMA_REGISTRY_TYPE" $registry.type) }}
{{- with include "datahub.registryUrl" . }}
{{- include "datahub.env" (list "KAFKA_SCHEMAREGISTRY_URL" .) }}
{{- end }}
{{- with $registry.glue }}
{{- include "datahub.env" (list "AWS_GLUE_SCHEMA_REGISTRY_REGION" .region) }}
{{- with .registry }}
{{- include "datahub.env" (list "AWS_GLUE_SCHEMA_REGISTRY_NAME" .) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "datahub.registryUrl" -}}
{{- $registry := .root.Values.global.kafka.schemaregistry -}}
{{- if eq $registry.type "INTERNAL" }}http://{{ .gms }}:{{ .root.Values.global.datahub.gms.port }}/schema-registry/api/
{{- else if eq $registry.type "KAFKA" }}{{ $registry.url }}{{ end -}}
{{- end -}}
