{{/* Of Kafka's server: how its pods spread by default, its image, and its container. */}}

{{- define "prerequisites.kafkaSpread" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 1
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- include "prerequisites.selector" (dict "root" . "name" "kafka") | nindent 12 }}
{{- end -}}

{{- define "prerequisites.kafkaImage" -}}
{{- $image := .Values.kafka.image -}}
image: {{ $image.registry }}/{{ $image.repository }}:{{ $image.tag }}
imagePullPolicy: IfNotPresent
securityContext: {{- toYaml .Values.kafka.controller.containerSecurityContext | nindent 2 }}
{{- end -}}

{{- define "prerequisites.kafkaServer" -}}
env:
  - {name: KAFKA_HEAP_OPTS, value: {{ .Values.kafka.heapOpts | quote }}}
  - name: KAFKA_KRAFT_CLUSTER_ID
    valueFrom: {secretKeyRef: {name: {{ include "prerequisites.kafkaClusterId" . }}, key: kraft-cluster-id}}
  {{- if contains "SASL" .Values.kafka.listeners.controller.protocol }}
  - {name: KAFKA_CONTROLLER_USER, value: {{ .Values.kafka.sasl.controller.user | quote }}}
  - name: KAFKA_CONTROLLER_PASSWORD
    valueFrom: {secretKeyRef: {name: {{ include "prerequisites.kafkaSecret" . }}, key: controller-password}}
  {{- end }}
ports:
  - {name: client, containerPort: 9092}
  - {name: controller, containerPort: 9093}
  - {name: interbroker, containerPort: 9094}
livenessProbe: {tcpSocket: {port: controller}, initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3}
readinessProbe: {tcpSocket: {port: controller}, initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
resources: {{- toYaml .Values.kafka.controller.resources | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: /bitnami/kafka}
  - {name: logs, mountPath: /opt/bitnami/kafka/logs}
  - {name: kafka-config, mountPath: /opt/bitnami/kafka/config/server.properties, subPath: server.properties}
  - {name: tmp, mountPath: /tmp}
{{- end -}}
