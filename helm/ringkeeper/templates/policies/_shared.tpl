{{/* Variables that every policy has. */}}
{{- define "ringkeeper.policyVariables" -}}
- name: isOperator
  expression: request.userInfo.username == '{{ include "ringkeeper.user" . }}'
# Whoever deletes a whole namespace means it: nothing in it is protected any more.
- name: isEnding
  expression: namespaceObject != null && has(namespaceObject.metadata.deletionTimestamp)
# Kubernetes itself, deleting what belonged to a DhtCluster that is gone.
- name: isCollected
  expression: >-
    request.userInfo.username in ['system:serviceaccount:kube-system:generic-garbage-collector', 'system:kube-controller-manager']
    && has(oldObject.metadata.ownerReferences)
    && oldObject.metadata.ownerReferences.exists(owner, owner.kind == 'DhtCluster' && owner.apiVersion.startsWith('dht.ringkeeper.dev/'))
{{- end }}

{{/* What the operator puts on all that it makes (operator/kubernetes/names.ts). */}}
{{- define "ringkeeper.ringSelector" -}}
app.kubernetes.io/name: ringkeeper
app.kubernetes.io/component: node
{{- end }}

{{/* An object selector asks the new object as well; what counts is what it was before. */}}
{{- define "ringkeeper.isOfRing" -}}
- name: is-of-a-ring
  expression: >-
    oldObject.metadata.?labels[?'app.kubernetes.io/name'] == optional.of('ringkeeper')
    && oldObject.metadata.?labels[?'app.kubernetes.io/component'] == optional.of('node')
    && has(oldObject.metadata.labels) && 'app.kubernetes.io/instance' in oldObject.metadata.labels
{{- end }}

{{/* In the namespaces that this release looks after. */}}
{{- define "ringkeeper.policyScope" -}}
{{- with .Values.watchNamespaces -}}
matchResources:
  namespaceSelector:
    matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: In
        values:
          {{- toYaml . | nindent 10 }}
{{- end -}}
{{- end }}

{{/* Binds the policy of the same name; `params`: which of the namespace's objects are its parameters. */}}
{{- define "ringkeeper.policyBinding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .name }}
  labels:
    {{- include "ringkeeper.labels" .root | nindent 4 }}
spec:
  policyName: {{ .name }}
  validationActions: [Deny]
  {{- if hasKey . "params" }}
  paramRef:
    selector: {{- toYaml .params | nindent 6 }}
    # Without a ring, or with one that was never founded, there is nothing to lose.
    parameterNotFoundAction: Allow
  {{- end }}
  {{- include "ringkeeper.policyScope" .root | nindent 2 }}
{{- end }}

{{/*
Each release lets its own operator alone change rings, so two that look after one namespace would hold
each other up for ever. Asked of the cluster itself: helm template has none, and passes.
*/}}
{{- define "ringkeeper.refuseOverlap" -}}
{{- $own := printf "%s.claims" (include "ringkeeper.clusterName" .) }}
{{- range (lookup "admissionregistration.k8s.io/v1" "ValidatingAdmissionPolicyBinding" "" "").items }}
{{- $name := index (.metadata.labels | default dict) "app.kubernetes.io/name" | default "" }}
{{- if and (eq $name "ringkeeper") (hasSuffix ".claims" .metadata.name) (ne .metadata.name $own) }}
{{- $theirs := list }}
{{- range ((.spec.matchResources | default dict).namespaceSelector | default dict).matchExpressions }}
{{- $theirs = concat $theirs .values }}
{{- end }}
{{- $shared := $.Values.watchNamespaces | default list }}
{{- if and $theirs $shared }}
{{- $both := list }}
{{- range $shared }}{{ if has . $theirs }}{{ $both = append $both . }}{{ end }}{{ end }}
{{- $shared = $both }}
{{- else }}
{{- $shared = concat $theirs $shared | default (list "all namespaces") }}
{{- end }}
{{- if $shared }}
{{- $other := trimSuffix ".claims" .metadata.name }}
{{- fail (printf "%s looks after rings of %s already, and two operators of one ring would hold each other up: give each release other namespaces with watchNamespaces, or uninstall one (helm list -A)" $other (join ", " $shared)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
