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

{{/* Binds the policy of the same name. */}}
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
  {{- include "ringkeeper.policyScope" .root | nindent 2 }}
{{- end }}
