{{/* The search cluster: dict "root" $ "own" {username, password, iam}. global.elasticsearch.implementation
     changes nothing, as in the released chart: the engine type is what counts. */}}
{{- define "datahub.env.search" -}}
{{- $search := .root.Values.global.elasticsearch -}}
{{- $own := .own | default dict -}}
{{- include "datahub.envs" (dict
  "ELASTICSEARCH_HOST" $search.host
  "ELASTICSEARCH_PORT" $search.port
  "ELASTICSEARCH_USE_SSL" $search.useSSL
  "SKIP_ELASTICSEARCH_CHECK" $search.skipcheck
  "ELASTICSEARCH_SHIM_ENGINE_TYPE" $search.engineType
  "ELASTICSEARCH_SHIM_AUTO_DETECT" $search.autoDetect
  "GRAPH_SERVICE_IMPL" .root.Values.global.graph_service_impl) }}
{{- $auth := $search.auth | default dict }}
{{- if or $own.username $auth.username }}
{{- include "datahub.envs" (dict
  "ELASTICSEARCH_USERNAME" ($own.username | default $auth.username)
  "ELASTICSEARCH_PASSWORD" ($own.password | default $auth.password)) }}
{{- end }}
{{- with $search.indexPrefix }}
{{- include "datahub.env" (list "INDEX_PREFIX" .) }}
{{- end }}
{{- if include "datahub.iam" (list $search.iam $own.iam) }}
{{- include "datahub.env" (list "OPENSEARCH_USE_AWS_IAM_AUTH" true) }}
{{- with $search.region }}
{{- include "datahub.env" (list "AWS_REGION" .) }}
{{- end }}
{{- end }}
{{- end -}}
