{{/* The volume claim "data" of a StatefulSet, from its persistence values; "-" asks for no storage class at all. */}}
{{- define "prerequisites.claim" -}}
volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: {{ .name | default "data" }}}
    spec:
      accessModes: {{ toJson (.accessModes | default (list "ReadWriteOnce")) }}
      {{- with .storageClass }}
      storageClassName: {{ eq . "-" | ternary "" . | quote }}
      {{- end }}
      resources: {requests: {storage: {{ .size | quote }}}}
{{- end -}}
