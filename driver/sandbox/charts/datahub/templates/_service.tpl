{{/* The Service of a component; its "http" port is the values' own. Call as "datahub.server". */}}
{{- define "datahub.service" -}}
{{- $service := (index .root.Values .name).service -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "datahub.fullname" . }}
  labels: {{- include "datahub.labels" . | nindent 4 }}
  {{- with $service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $service.type }}
  {{- with $service.loadBalancerClass }}
  loadBalancerClass: {{ . }}
  {{- end }}
  ports: {{- range $name, $port := .ports }}
    - {name: {{ $name }}, port: {{ eq $name "http" | ternary $service.port $port }}, targetPort: {{ $name }}, protocol: TCP}
  {{- end }}
  selector: {{- include "datahub.selector" . | nindent 4 }}
{{- end -}}
