{{/* The pod of a combined controller and broker: an init container numbers it, the server runs. */}}
{{- define "prerequisites.kafkaPod" -}}
{{- $controller := .Values.kafka.controller -}}
{{- $name := include "prerequisites.kafka" . -}}
serviceAccountName: {{ $name }}
automountServiceAccountToken: false
securityContext: {{- toYaml $controller.podSecurityContext | nindent 2 }}
initContainers:
  - name: kafka-init
    {{- include "prerequisites.kafkaImage" . | nindent 4 }}
    command: [/bin/bash, /scripts/kafka-init.sh]
    env:
      - {name: MY_POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
      - {name: KAFKA_MIN_ID, value: {{ $controller.minId | quote }}}
    volumeMounts:
      - {name: kafka-configmaps, mountPath: /configmaps}
      - {name: kafka-config, mountPath: /config}
      - {name: scripts, mountPath: /scripts}
containers:
  - name: kafka
    {{- include "prerequisites.kafkaImage" . | nindent 4 }}
    {{- include "prerequisites.kafkaServer" . | nindent 4 }}
volumes:
  - {name: kafka-configmaps, configMap: {name: {{ $name }}-controller-configuration}}
  - {name: scripts, configMap: {name: {{ $name }}-scripts, defaultMode: 493}}
  {{- range ternary (list "kafka-config" "logs" "tmp") (list "kafka-config" "logs" "tmp" "data") $controller.persistence.enabled }}
  - {name: {{ . }}, emptyDir: {}}
  {{- end }}
affinity: {{- $controller.affinity | default (include "prerequisites.kafkaSpread" . | fromYaml) | toYaml | nindent 2 }}
{{- range $key := list "nodeSelector" "tolerations" }}
{{- with get $controller $key }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
