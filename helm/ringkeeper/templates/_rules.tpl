{{/* What the operator may do where rings live. One rule for each kind, with the calls that it makes. */}}
{{- define "ringkeeper.rules" -}}
- apiGroups: [dht.ringkeeper.dev]
  resources: [dhtclusters]
  verbs: [list, watch]
- apiGroups: [dht.ringkeeper.dev]
  resources: [dhtclusters/status]
  verbs: [patch]
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [pods]
  # patch: opens the scheduling gate once the pod knows its volume.
  verbs: [get, list, watch, patch, delete]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  # patch: receipts, owners, growth.
  verbs: [get, list, watch, patch, delete]
- apiGroups: [""]
  resources: [configmaps]
  # The ring document, written by compare-and-set.
  verbs: [get, list, watch, create, update]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create]
# create and patch: applied on the server's side, which may do either.
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: [get, create, patch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, create, patch]
{{- if .Values.networkPolicy.rings }}
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, create, patch]
{{- end }}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- define "ringkeeper.subjects" -}}
- kind: ServiceAccount
  name: {{ include "ringkeeper.serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
