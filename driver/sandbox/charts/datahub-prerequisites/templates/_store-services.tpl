{{/* The two Services of a store. Call as "prerequisites.store". */}}
{{- define "prerequisites.storeServices" -}}
{{- range $headless := list false true }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $.fullname }}{{ $headless | ternary "-headless" "" }}
  labels: {{- include "prerequisites.labels" $ | nindent 4 }}
spec:
  type: ClusterIP
  {{- if $headless }}
  clusterIP: None
  publishNotReadyAddresses: true
  {{- end }}
  ports: [{name: {{ $.name }}, port: {{ $.port }}, targetPort: {{ $.name }}, protocol: TCP}]
  selector: {{- include "prerequisites.selector" $ | nindent 4 }}
{{- end }}
{{- end -}}
