{{/* A Secret of one key: dict "root" $ "name" SECRET "key" KEY "given" VALUE "length" N. Given, else what the cluster
     has, else drawn: a render without a cluster draws it anew. */}}
{{- define "prerequisites.drawnSecret" -}}
{{- $kept := (lookup "v1" "Secret" .root.Release.Namespace .name).data | default dict -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "prerequisites.labels" (dict "root" .root "name" "kafka") | nindent 4 }}
type: Opaque
data:
  {{ .key }}: {{ .given | b64enc | default (get $kept .key) | default (randAlphaNum .length | b64enc) | quote }}
{{- end -}}
