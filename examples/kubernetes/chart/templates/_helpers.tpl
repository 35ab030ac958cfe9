{{- define "reports.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What pods are selected by: must never change. */}}
{{- define "reports.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "reports.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "reports.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* Longer than all that shutdown() may take, by five seconds for the process to end. */}}
{{- define "reports.gracePeriodSeconds" -}}
{{- $shutdownMs := add .Values.shutdown.readinessDelayMs .Values.shutdown.timeoutMs -}}
{{- add (ceil (divf $shutdownMs 1000)) 5 -}}
{{- end -}}
