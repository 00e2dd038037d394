{{/* The database: dict "root" $ "own" {username, password, iam}, the latter a component's own login. */}}
{{- define "datahub.env.sql" -}}
{{- $sql := .root.Values.global.sql -}}
{{- $source := $sql.datasource -}}
{{- $own := .own | default dict -}}
{{- include "datahub.envs" (dict
  "EBEAN_DATASOURCE_HOST" $source.host
  "EBEAN_DATASOURCE_URL" $source.url
  "EBEAN_DATASOURCE_DRIVER" $source.driver
  "EBEAN_DATASOURCE_USERNAME" ($own.username | default $source.username)
  "EBEAN_DATASOURCE_PASSWORD" ($own.password | default $source.password)) }}
{{- if include "datahub.iam" (list $sql.iam $own.iam) }}
{{- include "datahub.envs" (dict
  "EBEAN_USE_IAM_AUTH" true
  "EBEAN_POSTGRES_USE_AWS_IAM_AUTH" true
  "EBEAN_CLOUD_PROVIDER" ($sql.iam.cloudProvider | default "auto")) }}
{{- end }}
{{- end -}}
