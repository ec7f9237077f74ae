{{/* Name of everything of this release that is not a ring. */}}
{{- define "ringkeeper.name" -}}
{{- $base := .Release.Name -}}
{{- if not (contains .Chart.Name .Release.Name) }}{{ $base = printf "%s-%s" .Release.Name .Chart.Name }}{{ end -}}
{{- printf "%s-operator" ($base | trunc 54 | trimSuffix "-") -}}
{{- end }}

{{/* The same for objects of the whole cluster: two releases that watch different namespaces coexist. */}}
{{- define "ringkeeper.clusterName" -}}
{{- printf "%s.%s" (include "ringkeeper.name" .) .Release.Namespace -}}
{{- end }}

{{- define "ringkeeper.selector" -}}
app.kubernetes.io/name: ringkeeper
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ringkeeper.labels" -}}
{{ include "ringkeeper.selector" . }}
app.kubernetes.io/part-of: ringkeeper
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "ringkeeper.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "ringkeeper.name" .) }}
{{- else -}}
{{ required "serviceAccount.name: name the account to use, or set serviceAccount.create to true" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{/* Who the operator is to the API server. */}}
{{- define "ringkeeper.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "ringkeeper.serviceAccount" . }}
{{- end }}

{{- define "ringkeeper.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What a container may do: nothing but run (the restricted pod security standard). */}}
{{- define "ringkeeper.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "ringkeeper.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}
