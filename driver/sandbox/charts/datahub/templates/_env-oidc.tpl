{{/* Login by an OpenID Connect provider, for the frontend. */}}
{{- define "datahub.env.oidc" -}}
{{- $frontend := index .Values "datahub-frontend" -}}
{{- with $frontend.oidcAuthentication }}
{{- if .enabled }}
{{- $discovery := dict
  "google" "https://accounts.google.com/.well-known/openid-configuration"
  "okta" (printf "https://%s/.well-known/openid-configuration" .oktaDomain)
  "azure" (printf "https://login.microsoftonline.com/%s/v2.0/.well-known/openid-configuration" .azureTenantId)
  "other" .discoveryUri }}
{{- include "datahub.envs" (dict
  "AUTH_OIDC_ENABLED" true
  "AUTH_OIDC_CLIENT_ID" .clientId
  "AUTH_OIDC_CLIENT_SECRET" (.clientSecretRef | default .clientSecret)
  "AUTH_OIDC_BASE_URL" (.oidcBaseUrl | default (printf "https://%s" (first $frontend.ingress.hosts).host))
  "AUTH_OIDC_USER_NAME_CLAIM" (.user_name_claim | default "email")
  "AUTH_OIDC_USER_NAME_CLAIM_REGEX" (.user_name_claim_regex | default "([^@]+)")
  "AUTH_OIDC_DISCOVERY_URI" (get $discovery .provider)
  "AUTH_OIDC_SCOPE" (.scope | default (eq .provider "okta" | ternary "openid profile email groups" "openid profile email"))) }}
{{- end }}
{{- end }}
{{- end -}}
